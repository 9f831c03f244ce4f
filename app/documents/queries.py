"""Reads of the kept documents.

A document that is kept and that no job is going to read any more (it failed, was cancelled, or lost its originator) is
`unread`: its row says `stored`, and whether somebody still reads it is asked of the jobs, however they ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, RowMapping, Text, any_, case, cast, func, literal, select

from app.books.types import BookScope
from app.documents.errors import DocumentNotFound
from app.documents.models import document
from app.documents.types import Document
from app.kernel.jobs import RECOGNISE
from tenants.models import job
from tenants.scope import TenantScope

_READ_BY_A_JOB = (
    select(job.c.id)
    .where(
        job.c.finished_at.is_(None),
        job.c.type == RECOGNISE,
        job.c.book_id == document.c.book_id,
        job.c.args["parts"].contains(
            func.jsonb_build_array(func.jsonb_build_object("document", cast(document.c.id, Text)))
        ),
    )
    .exists()
)
_UNREAD = (document.c.state == "stored") & ~_READ_BY_A_JOB
_STATE = case((_UNREAD, "unread"), else_=document.c.state)
_COLUMNS = [_STATE.label(name) if name == "state" else document.c[name] for name in Document.__slots__]


def _document(row: RowMapping) -> Document:
    return Document(**{**row, "sha256": bytes(row["sha256"])})


def find(scope: BookScope, document_id: UUID) -> Document:
    """One document; raises `DocumentNotFound`."""
    query = select(*_COLUMNS).where(document.c.book_id == scope.book.id, document.c.id == document_id)
    row = scope.execute(query).mappings().first()
    if row is None:
        raise DocumentNotFound
    return _document(row)


def by_digests(scope: BookScope, digests: Iterable[bytes]) -> dict[bytes, UUID]:
    """The documents of the book that hold exactly these bytes, by SHA-256."""
    wanted = sorted(set(digests))
    query = select(document.c.sha256, document.c.id).where(
        document.c.book_id == scope.book.id, document.c.sha256.in_(wanted)
    )
    return {bytes(row.sha256): row.id for row in scope.execute(query)}


def page(scope: BookScope, states: Sequence[str], before: UUID | None, limit: int) -> list[Document]:
    """The newest documents first, from the one before `before` on, of these states or of all."""
    query = select(*_COLUMNS).where(document.c.book_id == scope.book.id)
    if states:
        query = query.where(_STATE.in_(states))
    if before is not None:
        query = query.where(document.c.id < before)
    return [_document(row) for row in scope.execute(query.order_by(document.c.id.desc()).limit(limit)).mappings()]


def unread(scope: BookScope, limit: int) -> list[Document]:
    """The oldest documents that are kept and that no job is going to read."""
    query = select(*_COLUMNS).where(document.c.book_id == scope.book.id, _UNREAD).order_by(document.c.id).limit(limit)
    return [_document(row) for row in scope.execute(query).mappings()]


def unread_counts(scope: TenantScope, books: Sequence[int]) -> dict[int, int]:
    """How many documents are kept and no job is going to read, by book id; one query."""
    wanted = literal(list(books), ARRAY(BigInteger))
    query = select(document.c.book_id, func.count().label("documents")).where(
        document.c.book_id == any_(wanted), _UNREAD
    )
    return {row.book_id: row.documents for row in scope.execute(query.group_by(document.c.book_id))}
