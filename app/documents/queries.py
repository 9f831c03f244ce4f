"""Reads of the kept documents of one book."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import RowMapping, select

from app.books.types import BookScope
from app.documents.errors import DocumentNotFound
from app.documents.models import document
from app.documents.types import Document

_COLUMNS = [document.c[name] for name in Document.__slots__]


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
        query = query.where(document.c.state.in_(states))
    if before is not None:
        query = query.where(document.c.id < before)
    return [_document(row) for row in scope.execute(query.order_by(document.c.id.desc()).limit(limit)).mappings()]
