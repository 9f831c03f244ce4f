"""Reads of requests to the client of one book."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, select

from app.books.types import BookScope
from app.portal.models import client_request as table
from app.portal.requests.errors import RequestNotFound

_DOCUMENTS = """
SELECT request_id, array_agg(document_id ORDER BY document_id) AS documents
  FROM tenant.client_request_document
 WHERE book_id = :book AND request_id = ANY(cast(:ids AS uuid[]))
 GROUP BY request_id
"""


def find(scope: BookScope, request_id: UUID, *, lock: bool = False) -> dict[str, Any]:
    """One request with its documents, locked when it is to be changed; raises `RequestNotFound`."""
    query = select(table).where(table.c.book_id == scope.book.id, table.c.id == request_id)
    row = scope.execute(query.with_for_update() if lock else query).mappings().first()
    if row is None:
        raise RequestNotFound
    return _with_documents(scope, [row])[0]


def page(scope: BookScope, state: str | None, before: UUID | None, limit: int) -> list[dict[str, Any]]:
    """The newest requests first, from the one before `before` on, of one state or of all."""
    query = select(table).where(table.c.book_id == scope.book.id)
    if state:
        query = query.where(table.c.state == state)
    if before is not None:
        query = query.where(table.c.id < before)
    return _with_documents(scope, scope.execute(query.order_by(table.c.id.desc()).limit(limit)).mappings().all())


def _with_documents(scope: BookScope, rows: Sequence[RowMapping]) -> list[dict[str, Any]]:
    found = scope.run(_DOCUMENTS, book=scope.book.id, ids=[row["id"] for row in rows])
    named = {row.request_id: row.documents for row in found}
    return [{**row, "documents": named.get(row["id"], [])} for row in rows]
