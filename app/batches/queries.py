"""Jobs and their items as callers may see them: those of books one may enter, and one's own of the firm as a whole.

Who started a job of a book and may not enter that book any more does not see it: there is none, as for everybody else.
Of a job over several books that one may not all enter any more the totals are not shown; its items say the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, or_, select

from app.books import queries as books
from app.books.access.queries import in_books
from tenants.models import job, job_item
from tenants.scope import TenantScope

ENDED = frozenset({"succeeded", "partially_succeeded", "failed", "cancelled"})

Row = dict[str, Any]


def _visible(scope: TenantScope) -> Select[Any]:
    granted = books.enterable(scope)
    if granted is None:
        return select(job)
    own = job.c.created_by["id"].astext == str(scope.actor.id or "")
    return select(job).where(or_(job.c.book_id.in_(granted), job.c.book_id.is_(None) & own))


def books_of(scope: TenantScope, row: Row) -> list[int]:
    """The books (by internal id) a job is about: its own, or those it was asked to do; none of work on the firm."""
    return [row["book_id"]] if row["book_id"] else sorted(books.named(scope, row["args"].get("books", ())).values())


def _named(scope: TenantScope, rows: Sequence[RowMapping]) -> list[Row]:
    uids = books.uids(scope, (row["book_id"] for row in rows if row["book_id"]))
    return [{**row, "book_uid": uids.get(row["book_id"])} for row in rows]


def _shown(scope: TenantScope, rows: Sequence[RowMapping]) -> list[Row]:
    """Jobs with their books' uids, and without the totals of work that is partly in books closed to the caller."""
    partly = _partly(scope, {row["id"]: row["args"]["books"] for row in rows if row["args"].get("books")})
    untold: Row = {"progress": {}, "result": None}
    return [{**row, **untold} if row["id"] in partly else row for row in _named(scope, rows)]


def _partly(scope: TenantScope, shared: Mapping[UUID, Sequence[str | int]]) -> set[UUID]:
    """Which of these jobs, each with the books it names, name one that the caller may not enter."""
    if not shared or books.enterable(scope) is None:
        return set()
    known = books.named(scope, {name for names in shared.values() for name in names})
    may = in_books(scope, known.values())
    return {job_id for job_id, names in shared.items() if not all(name in known and may[known[name]] for name in names)}


def find(scope: TenantScope, job_id: UUID) -> Row | None:
    """A job the caller may see, with its book's uid, or None."""
    found = _shown(scope, scope.execute(_visible(scope).where(job.c.id == job_id)).mappings().all())
    return found[0] if found else None


def page(scope: TenantScope, before: UUID | None, limit: int) -> list[Row]:
    """The jobs the caller may see, newest first, from the one before `before` on."""
    query = _visible(scope).order_by(job.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(job.c.id < before)
    return _shown(scope, scope.execute(query).mappings().all())


def items(scope: TenantScope, job_id: UUID, after: int, limit: int) -> list[Row]:
    """The items of a job from the one after `after` on, in books the caller may enter."""
    query = select(job_item).where(job_item.c.job_id == job_id, job_item.c.seq > after)
    granted = books.enterable(scope)
    if granted is not None:
        query = query.where(job_item.c.book_id.in_(granted))
    return _named(scope, scope.execute(query.order_by(job_item.c.seq).limit(limit)).mappings().all())
