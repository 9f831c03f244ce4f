"""Jobs and their items as callers may see them: those of books one may enter, and one's own of the firm as a whole.

Who started a job of a book and may not enter that book any more does not see it: there is none, as for everybody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, or_, select

from app.books import queries as books
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


def _named(scope: TenantScope, rows: Sequence[RowMapping]) -> list[Row]:
    uids = books.uids(scope, (row["book_id"] for row in rows if row["book_id"]))
    return [{**row, "book_uid": uids.get(row["book_id"])} for row in rows]


def find(scope: TenantScope, job_id: UUID) -> Row | None:
    """A job the caller may see, with its book's uid, or None."""
    found = _named(scope, scope.execute(_visible(scope).where(job.c.id == job_id)).mappings().all())
    return found[0] if found else None


def page(scope: TenantScope, before: UUID | None, limit: int) -> list[Row]:
    """The jobs the caller may see, newest first, from the one before `before` on."""
    query = _visible(scope).order_by(job.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(job.c.id < before)
    return _named(scope, scope.execute(query).mappings().all())


def items(scope: TenantScope, job_id: UUID, after: int, limit: int) -> list[Row]:
    """The items of a job from the one after `after` on, in books the caller may enter."""
    query = select(job_item).where(job_item.c.job_id == job_id, job_item.c.seq > after)
    granted = books.enterable(scope)
    if granted is not None:
        query = query.where(job_item.c.book_id.in_(granted))
    return _named(scope, scope.execute(query.order_by(job_item.c.seq).limit(limit)).mappings().all())
