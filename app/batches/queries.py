"""Jobs and their items as callers may see them: one's own, those of books one may enter, or the whole firm's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, or_, select

from app.books.models import book, book_grant
from app.kernel.permissions import ALL_BOOKS
from tenants.models import job, job_item
from tenants.scope import TenantScope

ENDED = frozenset({"succeeded", "partially_succeeded", "failed", "cancelled"})


def _visible(scope: TenantScope) -> Select[Any]:
    query = select(job, book.c.uid.label("book_uid")).outerjoin(book, book.c.id == job.c.book_id)
    if scope.actor.role in ALL_BOOKS:
        return query
    granted = select(book_grant.c.book_id).where(book_grant.c.user_id == scope.actor.id)
    own = job.c.created_by["id"].astext == str(scope.actor.id or "")
    return query.where(or_(own, job.c.book_id.in_(granted)))


def find(scope: TenantScope, job_id: UUID) -> RowMapping | None:
    """A job the caller may see, or None."""
    return scope.execute(_visible(scope).where(job.c.id == job_id)).mappings().first()


def page(scope: TenantScope, before: UUID | None, limit: int) -> list[RowMapping]:
    """The jobs the caller may see, newest first, from the one before `before` on."""
    query = _visible(scope).order_by(job.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(job.c.id < before)
    return list(scope.execute(query).mappings())


def items(scope: TenantScope, job_id: UUID, after: int, limit: int) -> list[RowMapping]:
    """The items of a job from the one after `after` on, in books the caller may enter."""
    query = select(job_item, book.c.uid.label("book_uid")).join(book, book.c.id == job_item.c.book_id)
    if scope.actor.role not in ALL_BOOKS:
        on = (book_grant.c.book_id == job_item.c.book_id) & (book_grant.c.user_id == scope.actor.id)
        query = query.join(book_grant, on)
    query = query.where(job_item.c.job_id == job_id, job_item.c.seq > after).order_by(job_item.c.seq).limit(limit)
    return list(scope.execute(query).mappings())
