"""Vouchers drafted from others: a copy (复制), and one business over several vouchers (分数编号)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from app.books.types import BookScope
from app.ledger.vouchers import errors, queries, rules, service
from app.ledger.vouchers.asking.service import Read
from app.ledger.vouchers.types import Draft, Drafted
from infra.errors import Violation


def copy_voucher(scope: BookScope, voucher_id: UUID, on: date) -> Drafted:
    """Draft a voucher with the lines of another one under its word; source, external id and documents are not copied.

    Raises `VoucherNotFound`, `VoucherRejected` when the lines no longer fit the chart, `PeriodClosed`.
    """
    row = queries.one(scope, scope.book.id, voucher_id)
    if row is None:
        raise errors.VoucherNotFound
    lines = tuple(map(rules.again, row["lines"]))
    (done,) = service.draft_vouchers(scope, [Draft(scope.book.id, on, lines, row["word"], note=row["note"])])
    return done


def draft_parts(scope: BookScope, parts: Sequence[Read]) -> list[Drafted]:
    """Draft vouchers of one business under one number, `5-1/3` to `5-3/3` (会计基础工作规范 Art. 51(2)).

    Raises what `draft_vouchers` does; the pointers of violations begin with `/parts`.
    """
    broken = [
        Violation(violation.code, f"/parts/{index}{violation.path}", violation.params)
        for index, part in enumerate(parts)
        if isinstance(part, errors.VoucherRejected)
        for violation in part.violations
    ]
    drafts = [part for part in parts if isinstance(part, Draft)]
    numbered = [replace(draft, part=at, parts=len(drafts)) for at, draft in enumerate(drafts, 1)]
    if broken:
        raise errors.VoucherRejected(violations=broken, count=len(broken))
    try:
        return service.draft_vouchers(scope, numbered)
    except errors.VoucherRejected as refusal:
        below = [Violation(each.code, f"/parts{each.path}", each.params) for each in refusal.violations]
        raise errors.VoucherRejected(violations=below, count=len(below)) from refusal
