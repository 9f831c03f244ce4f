"""What points at vouchers from elsewhere: who reverses or corrects them, and the documents they are made from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from infra.ids import encode
from tenants.scope import TenantScope

_RELATED = """
SELECT r.reverses AS voucher_id, 'reversed_by' AS kind, r.id FROM tenant.voucher r
 WHERE r.book_id = :book AND r.reverses = ANY(cast(:ids AS uuid[]))
 UNION ALL
SELECT k.i, 'corrected_by', c.id
  FROM unnest(cast(:ids AS uuid[]), cast(:names AS text[])) AS k (i, n)
  JOIN tenant.voucher c ON c.book_id = :book AND c.source_type = 'correction' AND c.source_id = k.n
 UNION ALL
SELECT d.voucher_id, 'documents', d.document_id FROM tenant.voucher_document d
 WHERE d.book_id = :book AND d.voucher_id = ANY(cast(:ids AS uuid[]))
 ORDER BY 1, 2, 3
"""


class Relation(NamedTuple):
    """One thing that points at a voucher: `reversed_by`, `corrected_by` or `documents`."""

    kind: str
    id: UUID


def related(scope: TenantScope, book_id: int, ids: Sequence[UUID]) -> dict[UUID, list[Relation]]:
    """What points at each of these vouchers of a book, in one query."""
    if not ids:
        return {}
    found: dict[UUID, list[Relation]] = {}
    names = [encode("vch", one) for one in ids]
    for row in scope.run(_RELATED, book=book_id, ids=list(ids), names=names):
        found.setdefault(row.voucher_id, []).append(Relation(row.kind, row.id))
    return found
