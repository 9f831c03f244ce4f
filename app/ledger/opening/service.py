"""Opening balances (期初建账), mid-year included: 年初余额, 本年累计借方 and 贷方 per leaf account and counterparty.

They are kept as the balance rows of month 00 of the first year, so year-to-date figures need no special case.
Invariant: the rows of every opened period move with a change of the opening, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from app.audit import service as audit
from app.audit.service import Act
from app.books.types import BookScope
from app.kernel.money import ZERO
from app.ledger.accounts import queries as accounts
from app.ledger.accounts.types import Account
from app.ledger.dimensions import service as dimensions
from app.ledger.dimensions.service import Counterparty
from app.ledger.opening import errors
from app.ledger.vouchers import errors as voucher_errors
from app.standards.loader import load
from infra.ids import encode


@dataclass(frozen=True, slots=True)
class OpeningRow:
    """One leaf account (x counterparty): signed 年初余额 (debit positive) and the turnover before the first period.

    `actual` is what a profit-and-loss account really earned or cost (本年累计损益实际发生额); without it the whole
    turnover of its normal side counts and the other side is taken as transferred.
    """

    account: str
    year_opening: Decimal = ZERO
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    counterparty: str = ""
    actual: Decimal | None = None


class OpeningTrial(NamedTuple):
    """Both differences of the opening trial balance; the book balances when they are zero."""

    opening_difference: Decimal
    turnover_difference: Decimal


_HEAD = "SELECT opening_frozen FROM tenant.ledger_head WHERE book_id = :book FOR UPDATE"
_OLD = """
SELECT account_id, dim_set_id, opening, debit, credit FROM tenant.balance WHERE book_id = :book AND period = :period
"""
_WRITE = """
INSERT INTO tenant.balance AS b
       (book_id, period, account_id, dim_set_id, opening, debit, credit, transfer_debit, transfer_credit)
SELECT :book, :period, a, s, o, d, c, td, tc
  FROM unnest(cast(:accounts AS bigint[]), cast(:sets AS bigint[]), cast(:openings AS numeric[]),
              cast(:debits AS numeric[]), cast(:credits AS numeric[]), cast(:transfer_debits AS numeric[]),
              cast(:transfer_credits AS numeric[])) AS k (a, s, o, d, c, td, tc)
 ORDER BY a, s
ON CONFLICT (book_id, period, account_id, dim_set_id) DO UPDATE
   SET opening = excluded.opening, debit = excluded.debit, credit = excluded.credit,
       transfer_debit = excluded.transfer_debit, transfer_credit = excluded.transfer_credit
"""
_SHIFT = """
INSERT INTO tenant.balance AS b
       (book_id, period, account_id, dim_set_id, opening, debit, credit, transfer_debit, transfer_credit)
SELECT :book, p.period, a, s, delta, 0, 0, 0, 0
  FROM unnest(cast(:accounts AS bigint[]), cast(:sets AS bigint[]), cast(:deltas AS numeric[])) AS k (a, s, delta)
 CROSS JOIN tenant.period p
 WHERE p.book_id = :book
 ORDER BY p.period, a, s
ON CONFLICT (book_id, period, account_id, dim_set_id) DO UPDATE SET opening = b.opening + excluded.opening
"""
_FLOWS = """
INSERT INTO tenant.cash_flow (book_id, period, item, amount)
SELECT :book, :period, i, a FROM unnest(cast(:items AS text[]), cast(:amounts AS numeric[])) AS k (i, a) ORDER BY i
ON CONFLICT (book_id, period, item) DO UPDATE SET amount = excluded.amount
"""
_FLOWS_GONE = """
UPDATE tenant.cash_flow SET amount = 0
 WHERE book_id = :book AND period = :period AND item <> ALL(cast(:items AS text[]))
"""
_TRIAL = """
SELECT coalesce(sum(opening), 0) AS opening, coalesce(sum(debit) - sum(credit), 0) AS turnover
  FROM tenant.balance WHERE book_id = :book AND period = :period
"""

Key = tuple[int, int]


def set_opening(
    scope: BookScope, rows: Sequence[OpeningRow], cash_flows: Mapping[str, Decimal] | None = None
) -> OpeningTrial:
    """Replace the whole opening of a book; `cash_flows` are the signed flows by item before the first period.

    An opening that does not balance is kept and reported: it blocks the first close. Raises `OpeningFrozen`,
    `OpeningRejected`.
    """
    if scope.run(_HEAD, book=scope.book.id).scalar_one():
        raise errors.OpeningFrozen
    found = accounts.in_books(scope, [scope.book.id], (row.account for row in rows))
    flows = dict(cash_flows or {})
    _refuse(scope, rows, found, flows)
    period = str(scope.book.start_period.opening)
    old = {
        (r.account_id, r.dim_set_id): r.opening + r.debit - r.credit
        for r in scope.run(_OLD, book=scope.book.id, period=period)
    }
    new = _keyed(scope, rows, found)
    _write(scope, period, {**dict.fromkeys(old), **new})
    deltas = {
        key: (row.year_opening + row.debit - row.credit if (row := new.get(key, (None,))[0]) else ZERO)
        - old.get(key, ZERO)
        for key in {**old, **new}
    }
    changed = sorted(key for key, delta in deltas.items() if delta)
    scope.run(
        _SHIFT,
        book=scope.book.id,
        accounts=[key[0] for key in changed],
        sets=[key[1] for key in changed],
        deltas=[deltas[key] for key in changed],
    )
    scope.run(_FLOWS, book=scope.book.id, period=period, items=list(flows), amounts=list(flows.values()))
    scope.run(_FLOWS_GONE, book=scope.book.id, period=period, items=list(flows))
    uid = encode("bk", scope.book.uid)
    audit.record(scope, [Act("opening.set", "book", uid, {"rows": len(rows)}, scope.book.id)])
    return trial(scope)


def trial(scope: BookScope) -> OpeningTrial:
    """The opening trial balance (期初试算): both differences."""
    row = scope.run(_TRIAL, book=scope.book.id, period=str(scope.book.start_period.opening)).one()
    return OpeningTrial(row.opening, row.turnover)


def _refuse(
    scope: BookScope,
    rows: Sequence[OpeningRow],
    found: Mapping[tuple[int, str], Account],
    flows: Mapping[str, Decimal],
) -> None:
    items = load(scope.book.standard, scope.book.edition).cash_items
    violations = [
        errors.OPENING_CASH_ITEM.at(f"/cash_flows/{index}/item", item=item)
        for index, item in enumerate(flows)
        if item not in items
    ]
    seen: set[tuple[str, str]] = set()
    for index, row in enumerate(rows):
        path, account = f"/rows/{index}", found.get((scope.book.id, row.account))
        if account is None:
            violations.append(voucher_errors.ACCOUNT_UNKNOWN.at(f"{path}/account_code", account=row.account))
            continue
        if not account.leaf:
            violations.append(voucher_errors.ACCOUNT_NOT_LEAF.at(f"{path}/account_code", account=row.account))
        if account.dimension and not row.counterparty:
            violations.append(voucher_errors.COUNTERPARTY_MISSING.at(f"{path}/counterparty", account=row.account))
        if row.counterparty and not account.dimension:
            violations.append(voucher_errors.COUNTERPARTY_FORBIDDEN.at(f"{path}/counterparty", account=row.account))
        if account.account_class == "profit_and_loss" and row.year_opening:
            violations.append(errors.OPENING_PROFIT_LOSS.at(path, account=row.account))
        if scope.book.start_period.month == 1 and (row.debit or row.credit):
            violations.append(errors.OPENING_EARLY.at(path))
        if (row.account, row.counterparty) in seen:
            violations.append(errors.OPENING_DUPLICATE.at(path, account=row.account, counterparty=row.counterparty))
        seen.add((row.account, row.counterparty))
    if violations:
        raise errors.OpeningRejected(violations=violations, count=len(violations))


def _keyed(
    scope: BookScope, rows: Sequence[OpeningRow], found: Mapping[tuple[int, str], Account]
) -> dict[Key, tuple[OpeningRow, Account]]:
    book = scope.book.id
    wanted = {
        (book, account.dimension, row.counterparty)
        for row in rows
        if (account := found[book, row.account]).dimension is not None
    }
    sets = dimensions.ensure(scope, (Counterparty(b, d, n) for b, d, n in wanted if d))
    keyed: dict[Key, tuple[OpeningRow, Account]] = {}
    for row in rows:
        account = found[book, row.account]
        key = (account.id, sets[book, account.dimension, row.counterparty] if account.dimension else 0)
        keyed[key] = (row, account)
    return keyed


def _transfers(row: OpeningRow, account: Account) -> tuple[Decimal, Decimal]:
    """The part of a profit-and-loss account's turnover that earlier months transferred: (debit, credit)."""
    if account.account_class != "profit_and_loss":
        return ZERO, ZERO
    if account.normal_side == "credit":
        actual = row.credit if row.actual is None else row.actual
        return actual - row.credit + row.debit, ZERO
    actual = row.debit if row.actual is None else row.actual
    return ZERO, actual - row.debit + row.credit


def _write(scope: BookScope, period: str, rows: Mapping[Key, tuple[OpeningRow, Account] | None]) -> None:
    keys = sorted(rows)
    values = [rows[key] for key in keys]
    moved = [_transfers(*value) if value else (ZERO, ZERO) for value in values]
    scope.run(
        _WRITE,
        book=scope.book.id,
        period=period,
        accounts=[key[0] for key in keys],
        sets=[key[1] for key in keys],
        openings=[value[0].year_opening if value else ZERO for value in values],
        debits=[value[0].debit if value else ZERO for value in values],
        credits=[value[0].credit if value else ZERO for value in values],
        transfer_debits=[debit for debit, _ in moved],
        transfer_credits=[credit for _, credit in moved],
    )
