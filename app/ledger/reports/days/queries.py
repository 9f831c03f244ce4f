"""The counterpart accounts of lines: what stands on the other side of their vouchers."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from tenants.scope import TenantScope

_VOUCHERS = """
SELECT voucher_id, account_id, debit <> 0 AS on_debit FROM tenant.voucher_line
 WHERE book_id = :book AND voucher_id = ANY(cast(:vouchers AS uuid[]))
 GROUP BY voucher_id, account_id, debit <> 0
"""


def accounts_of(scope: TenantScope, book: int, vouchers: Collection[UUID]) -> dict[UUID, list[Any]]:
    """The accounts of these vouchers and the side each is on, by voucher."""
    found: dict[UUID, list[Any]] = {}
    for row in scope.run(_VOUCHERS, book=book, vouchers=list(vouchers)):
        found.setdefault(row.voucher_id, []).append(row)
    return found
