"""Opening balances (期初建账), mid-year included: 年初余额, 本年累计借方 and 贷方 per leaf account, items and currency.

They are kept as the balance rows of month 00 of the first year, so year-to-date figures need no special case.
Invariant: the rows of every opened period move with a change of the opening, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from app.audit import service as audit
from app.audit.service import Act
from app.books.types import BookScope
from app.kernel.money import ZERO
from app.ledger.accounts import queries as accounts
from app.ledger.accounts.types import Account
from app.ledger.dimensions import queries as dimensions
from app.ledger.dimensions import service as desk
from app.ledger.dimensions.types import Item, ItemKey
from app.ledger.opening import errors, queries, rules
from app.ledger.opening.types import NOTHING, Measures, OpeningRow, Review
from app.ledger.opening.types import OpeningTrial as OpeningTrial
from infra.ids import encode

_HEAD = "SELECT opening_frozen FROM tenant.ledger_head WHERE book_id = :book FOR UPDATE"
_OLD = """
SELECT account_id, dim_set_id, currency, opening + debit - credit AS amount, opening_fc + debit_fc - credit_fc AS fc,
       opening_qty + debit_qty - credit_qty AS qty
  FROM tenant.balance WHERE book_id = :book AND period = :period
"""
_WRITE = """
INSERT INTO tenant.balance AS b
       (book_id, period, account_id, dim_set_id, currency, opening, debit, credit, transfer_debit, transfer_credit,
        opening_fc, debit_fc, credit_fc, opening_qty, debit_qty, credit_qty)
SELECT :book, :period, a, s, cur, o, d, c, td, tc, ofc, dfc, cfc, oq, dq, cq
  FROM unnest(cast(:accounts AS bigint[]), cast(:sets AS bigint[]), cast(:currencies AS text[]),
              cast(:openings AS numeric[]), cast(:debits AS numeric[]), cast(:credits AS numeric[]),
              cast(:transfer_debits AS numeric[]), cast(:transfer_credits AS numeric[]),
              cast(:openings_fc AS numeric[]), cast(:debits_fc AS numeric[]), cast(:credits_fc AS numeric[]),
              cast(:openings_qty AS numeric[]), cast(:debits_qty AS numeric[]), cast(:credits_qty AS numeric[]))
       AS k (a, s, cur, o, d, c, td, tc, ofc, dfc, cfc, oq, dq, cq)
 ORDER BY a, s, cur
ON CONFLICT (book_id, period, account_id, dim_set_id, currency) DO UPDATE
   SET opening = excluded.opening, debit = excluded.debit, credit = excluded.credit,
       transfer_debit = excluded.transfer_debit, transfer_credit = excluded.transfer_credit,
       opening_fc = excluded.opening_fc, debit_fc = excluded.debit_fc, credit_fc = excluded.credit_fc,
       opening_qty = excluded.opening_qty, debit_qty = excluded.debit_qty, credit_qty = excluded.credit_qty
"""
_SHIFT = """
INSERT INTO tenant.balance AS b
       (book_id, period, account_id, dim_set_id, currency, opening, debit, credit, transfer_debit, transfer_credit,
        opening_fc, debit_fc, credit_fc, opening_qty, debit_qty, credit_qty)
SELECT :book, p.period, a, s, cur, amount, 0, 0, 0, 0, fc, 0, 0, qty, 0, 0
  FROM unnest(cast(:accounts AS bigint[]), cast(:sets AS bigint[]), cast(:currencies AS text[]),
              cast(:amounts AS numeric[]), cast(:fcs AS numeric[]), cast(:qtys AS numeric[]))
       AS k (a, s, cur, amount, fc, qty)
 CROSS JOIN tenant.period p
 WHERE p.book_id = :book
 ORDER BY p.period, a, s, cur
ON CONFLICT (book_id, period, account_id, dim_set_id, currency) DO UPDATE
   SET opening = b.opening + excluded.opening, opening_fc = b.opening_fc + excluded.opening_fc,
       opening_qty = b.opening_qty + excluded.opening_qty
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

Key = tuple[int, int, str]
Keyed = Mapping[Key, tuple[OpeningRow, Account]]


def set_opening(
    scope: BookScope, rows: Sequence[OpeningRow], cash_flows: Mapping[str, Decimal] | None = None
) -> OpeningTrial:
    """Replace the whole opening of a book; `cash_flows` are the signed flows by item before the first period.

    An opening that does not balance is kept and reported: it blocks the first close. Raises `OpeningFrozen`,
    `OpeningRejected`.
    """
    if scope.run(_HEAD, book=scope.book.id).scalar_one():
        raise errors.OpeningFrozen
    book, flows = scope.book.id, dict(cash_flows or {})
    found = accounts.in_books(scope, [book], (row.account for row in rows))
    named = [(row, account) for row in rows if (account := found.get((book, row.account)))]
    items = dimensions.items(scope, ((book, *item) for row, account in named for item in rules.named(row, account)))
    violations = rules.check(scope.book, rows, found, items, flows)
    if violations:
        raise errors.OpeningRejected(violations=violations, count=len(violations))
    period = str(scope.book.start_period.opening)
    _replace(scope, period, _keyed(scope, named, items))
    scope.run(_FLOWS, book=book, period=period, items=list(flows), amounts=list(flows.values()))
    scope.run(_FLOWS_GONE, book=book, period=period, items=list(flows))
    uid = encode("bk", scope.book.uid)
    audit.record(scope, [Act("opening.set", "book", uid, {"rows": len(rows)}, scope.book.id)])
    return trial(scope)


def trial(scope: BookScope) -> OpeningTrial:
    """The opening trial balance (期初试算): both differences."""
    row = scope.run(_TRIAL, book=scope.book.id, period=str(scope.book.start_period.opening)).one()
    return OpeningTrial(row.opening, row.turnover)


def review(scope: BookScope, opening: queries.Opening) -> Review:
    """The difference of an opening's balance sheet, and what of it is probably not meant so."""
    found = accounts.in_books(scope, [scope.book.id], (row["account_code"] for row in opening.rows))
    return rules.review(opening.rows, {code: each for (_, code), each in found.items()}, opening.cash_flows)


def _keyed(
    scope: BookScope, rows: Sequence[tuple[OpeningRow, Account]], items: Mapping[ItemKey, Item]
) -> dict[Key, tuple[OpeningRow, Account]]:
    """The rows by account, set and currency; customers and suppliers are made where a row first names them."""
    book = scope.book.id
    held = [(book, rules.named(row, account)) for row, account in rows]
    items = desk.ensure_items(scope, ((book, *item) for _, of_row in held for item in of_row), items)
    sets = desk.ensure_sets(scope, held, items)
    return {
        (account.id, sets.get(key, 0), row.currency): (row, account)
        for key, (row, account) in zip(held, rows, strict=True)
    }


def _replace(scope: BookScope, period: str, new: Keyed) -> None:
    """Write month 00 anew, and move the openings of every period by the difference."""
    old: dict[Key, Measures] = {
        (row.account_id, row.dim_set_id, row.currency): Measures(row.amount, row.fc, row.qty)
        for row in scope.run(_OLD, book=scope.book.id, period=period)
    }
    _write(scope, period, {**dict.fromkeys(old), **new})
    moved = {key: rules.closing(row) for key, (row, _) in new.items()}
    deltas = {key: moved.get(key, NOTHING).less(old.get(key, NOTHING)) for key in {**old, **new}}
    changed = sorted(key for key, delta in deltas.items() if any(delta))
    scope.run(
        _SHIFT,
        book=scope.book.id,
        accounts=[key[0] for key in changed],
        sets=[key[1] for key in changed],
        currencies=[key[2] for key in changed],
        amounts=[deltas[key].amount for key in changed],
        fcs=[deltas[key].foreign for key in changed],
        qtys=[deltas[key].quantity for key in changed],
    )


def _write(scope: BookScope, period: str, rows: Mapping[Key, tuple[OpeningRow, Account] | None]) -> None:
    keys = sorted(rows)
    values = [(value[0], rules.transfers(*value)) if (value := rows[key]) else _NO_ROW for key in keys]
    scope.run(
        _WRITE,
        book=scope.book.id,
        period=period,
        accounts=[key[0] for key in keys],
        sets=[key[1] for key in keys],
        currencies=[key[2] for key in keys],
        openings=[row.year_opening for row, _ in values],
        debits=[row.debit for row, _ in values],
        credits=[row.credit for row, _ in values],
        transfer_debits=[moved[0] for _, moved in values],
        transfer_credits=[moved[1] for _, moved in values],
        openings_fc=[row.foreign_year_opening for row, _ in values],
        debits_fc=[row.foreign_debit for row, _ in values],
        credits_fc=[row.foreign_credit for row, _ in values],
        openings_qty=[row.quantity_year_opening for row, _ in values],
        debits_qty=[row.quantity_debit for row, _ in values],
        credits_qty=[row.quantity_credit for row, _ in values],
    )


_NO_ROW = (OpeningRow(""), (ZERO, ZERO))
