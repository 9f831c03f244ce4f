"""The cashier's signature (出纳签字) on vouchers of receipts and payments, before they are posted.

会计基础工作规范 Art. 51: 收款和付款记账凭证还应当由出纳人员签名或者盖章. Invariant: whoever signs did not prepare the
voucher, and a change of the voucher takes the signature away.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from app.books.types import BookScope
from app.ledger.vouchers import service as vouchers
from app.ledger.vouchers.acts import service as acts
from app.ledger.vouchers.errors import VoucherNotFound, VoucherPosted, VoucherState
from app.ledger.vouchers.signatures import errors
from infra.errors import Refusal

_FACTS = """
SELECT v.id, v.status, v.cashier, v.preparer,
       EXISTS (SELECT 1 FROM tenant.voucher_line l
                 JOIN tenant.account a ON a.book_id = l.book_id AND a.id = l.account_id
                WHERE l.book_id = :book AND l.voucher_id = v.id AND a.cash) AS cash
  FROM tenant.voucher v
 WHERE v.book_id = :book AND v.id = ANY(cast(:ids AS uuid[]))
 ORDER BY v.id
   FOR UPDATE OF v
"""
_SIGN = """
UPDATE tenant.voucher SET cashier = :cashier, row_version = row_version + 1, updated_at = :now
 WHERE book_id = :book AND id = ANY(cast(:ids AS uuid[]))
"""


def sign_vouchers(scope: BookScope, ids: Sequence[UUID]) -> dict[UUID, Refusal | None]:
    """Sign those of these vouchers that may be; says why not for the others: `VoucherNotFound`, `VoucherPosted`,
    `VoucherState`, `NothingToSign`, `SignerIsPreparer`. One that is signed already stays as it is."""
    facts = {row.id: row for row in scope.run(_FACTS, book=scope.book.id, ids=list(ids))}
    fates = {one: _why_not(scope, facts.get(one)) for one in ids}
    chosen = [one for one, refusal in fates.items() if refusal is None and facts[one].cashier is None]
    if chosen:
        scope.run(_SIGN, book=scope.book.id, ids=chosen, cashier=scope.actor.name, now=scope.now)
        acts.each(scope, "voucher.sign", chosen)
    return fates


def _why_not(scope: BookScope, row: Row[Any] | None) -> Refusal | None:
    if row is None:
        return VoucherNotFound()
    if row.status in ("posted", "void"):
        return VoucherPosted() if row.status == "posted" else VoucherState(status="void")
    if not row.cash:
        return errors.NothingToSign()
    return errors.SignerIsPreparer() if row.preparer == scope.actor.key else None


def unsign_voucher(scope: BookScope, voucher_id: UUID) -> None:
    """Take the cashier's signature back; raises `VoucherNotFound`, `VoucherPosted`, `VoucherState`, `NotSigned`."""
    row = vouchers.open_row(scope, voucher_id)
    if row["cashier"] is None:
        raise errors.NotSigned
    scope.run(_SIGN, book=scope.book.id, ids=[voucher_id], cashier=None, now=scope.now)
    acts.one(scope, "voucher.unsign", voucher_id, cashier=row["cashier"])
