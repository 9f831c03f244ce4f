"""Jobs and their items as callers may see them: in each book with the permission that such work is read with.

A job of one book is seen by whoever holds that permission there (`app.kernel.jobs.READ_WITH`), one over several books
by who started it and still holds it in one of them, one of the firm as a whole by who holds it everywhere. Who started
a job and lost its books does not see it: there is none, as for everybody else. Of a job over several books not all of
which are left the totals are not shown; its items say the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, func, or_, select

from app.books import queries as books
from app.books.access.queries import in_books
from app.kernel.jobs import READ_WITH
from app.kernel.permissions import Permission
from tenants.models import job, job_item
from tenants.scope import TenantScope

ENDED = frozenset({"succeeded", "partially_succeeded", "failed", "cancelled"})

Row = dict[str, Any]


def _visible(scope: TenantScope) -> Select[Any]:
    return select(job).where(or_(*(_read_with(scope, needs) for needs in sorted(set(READ_WITH.values())))))


def _read_with(scope: TenantScope, needs: Permission) -> ColumnElement[bool]:
    """The jobs that are read with this permission, of the books where the actor holds it."""
    of_type = job.c.type.in_([one for one, wanted in READ_WITH.items() if wanted is needs])
    granted = books.enterable(scope, needs)
    if granted is None:
        return of_type
    own = job.c.created_by["id"].astext == str(scope.actor.id or "")
    one = func.jsonb_array_elements_text(job.c.args["books"]).column_valued("one")
    left = select(one).where(one.in_(books.names(scope, needs))).exists()
    return of_type & or_(job.c.book_id.in_(granted), job.c.book_id.is_(None) & own & left)


def books_of(scope: TenantScope, row: Row) -> list[int]:
    """The books (by internal id) a job is about: its own, or those it was asked to do; none of work on the firm."""
    return [row["book_id"]] if row["book_id"] else sorted(books.named(scope, row["args"].get("books", ())).values())


def _named(scope: TenantScope, rows: Sequence[RowMapping]) -> list[Row]:
    uids = books.uids(scope, (row["book_id"] for row in rows if row["book_id"]))
    return [{**row, "book_uid": uids.get(row["book_id"])} for row in rows]


def _shown(scope: TenantScope, rows: Sequence[RowMapping]) -> list[Row]:
    """Jobs with their books' uids, and without the totals of work that is partly in books closed to the caller."""
    partly = _partly(scope, [row for row in rows if row["args"].get("books")])
    untold: Row = {"progress": {}, "result": None}
    told = [{**row, "whole": row["id"] not in partly} for row in _named(scope, rows)]
    return [row if row["whole"] else {**row, **untold} for row in told]


def _partly(scope: TenantScope, shared: Sequence[RowMapping]) -> set[UUID]:
    """Which of these jobs, all of which name books, name one where the caller may not read such work."""
    if not shared:
        return set()
    known = books.named(scope, {name for row in shared for name in row["args"]["books"]})
    may = in_books(scope, known.values())
    reads = {name: may[book_id] for name, book_id in known.items()}
    return {
        row["id"]
        for row in shared
        if any(READ_WITH[row["type"]] not in reads.get(name, ()) for name in row["args"]["books"])
    }


def find(scope: TenantScope, job_id: UUID) -> Row | None:
    """A job the caller may see, with its book's uid and whether all of it may be seen (`whole`), or None."""
    found = _shown(scope, scope.execute(_visible(scope).where(job.c.id == job_id)).mappings().all())
    return found[0] if found else None


def page(scope: TenantScope, before: UUID | None, limit: int) -> list[Row]:
    """The jobs the caller may see, newest first, from the one before `before` on."""
    query = _visible(scope).order_by(job.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(job.c.id < before)
    return _shown(scope, scope.execute(query).mappings().all())


def items(scope: TenantScope, found: Row, after: int, limit: int) -> list[Row]:
    """The items of a job from the one after `after` on, in the books where the caller may read such work."""
    query = select(job_item).where(job_item.c.job_id == found["id"], job_item.c.seq > after)
    granted = books.enterable(scope, READ_WITH[found["type"]])
    if granted is not None:
        query = query.where(job_item.c.book_id.in_(granted))
    return _named(scope, scope.execute(query.order_by(job_item.c.seq).limit(limit)).mappings().all())
