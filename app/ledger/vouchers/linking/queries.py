"""Which vouchers a document was used for."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.books.types import BookScope

_OF_DOCUMENT = """
SELECT v.id, v.period, v.date, v.word, v.number, v.part, v.parts, v.status, d.linked_by, d.linked_at
  FROM tenant.voucher_document d
  JOIN tenant.voucher v ON v.book_id = d.book_id AND v.id = d.voucher_id
 WHERE d.book_id = :book AND d.document_id = :document
 ORDER BY v.period, v.word, v.number, v.part
"""


def of_document(scope: BookScope, document_id: UUID) -> list[Any]:
    """The vouchers a document is attached to, in the order of their numbers."""
    return list(scope.run(_OF_DOCUMENT, book=scope.book.id, document=document_id))
