"""Reads of a book's opening, as it was entered."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from app.books.types import BookScope
from app.ledger.dimensions import queries as dimensions
from app.ledger.dimensions.types import Named, split

_HEAD = "SELECT opening_frozen FROM tenant.ledger_head WHERE book_id = :book"
_HEAD_LOCKED = f"{_HEAD} FOR UPDATE"
_ROWS = """
SELECT a.code AS account_code, a.name_zh AS account_name, a.class = 'profit_and_loss' AS profit_and_loss, a.normal_side,
       b.dim_set_id, b.currency, b.opening, b.debit, b.credit, b.transfer_debit, b.transfer_credit,
       b.opening_fc AS foreign_year_opening, b.debit_fc AS foreign_debit, b.credit_fc AS foreign_credit,
       b.opening_qty AS quantity_year_opening, b.debit_qty AS quantity_debit, b.credit_qty AS quantity_credit
  FROM tenant.balance b
  JOIN tenant.account a ON a.book_id = b.book_id AND a.id = b.account_id
 WHERE b.book_id = :book AND b.period = :period
   AND (b.opening, b.debit, b.credit, b.opening_fc, b.debit_fc, b.credit_fc, b.opening_qty, b.debit_qty, b.credit_qty)
    <> (0, 0, 0, 0, 0, 0, 0, 0, 0)
"""
_FLOWS = """
SELECT item, amount FROM tenant.cash_flow WHERE book_id = :book AND period = :period AND amount <> 0 ORDER BY item
"""


class Opening(NamedTuple):
    """The opening of a book: rows by account and counterparty, cash flows by item, and whether it is frozen."""

    rows: list[dict[str, Any]]
    cash_flows: list[dict[str, Any]]
    frozen: bool


def read(scope: BookScope, *, lock: bool = False) -> Opening:
    """The opening as it stands; `lock` keeps others from changing it in this transaction."""
    frozen = scope.run(_HEAD_LOCKED if lock else _HEAD, book=scope.book.id).scalar_one()
    where = {"book": scope.book.id, "period": str(scope.book.start_period.opening)}
    found = [dict(row) for row in scope.run(_ROWS, **where).mappings()]
    held = dimensions.named(scope, scope.book.id, (row["dim_set_id"] for row in found))
    rows = sorted((_row(row, held.get(row["dim_set_id"], ())) for row in found), key=_place)
    flows = [dict(row) for row in scope.run(_FLOWS, **where).mappings()]
    return Opening(rows, flows, frozen)


def _place(row: dict[str, Any]) -> tuple[str, str, list[tuple[str, str]], str]:
    return row["account_code"], row["counterparty"], sorted(row["items"].items()), row["currency"]


def _row(row: dict[str, Any], held: Named) -> dict[str, Any]:
    """What a profit-and-loss account really earned or cost, from the part of its turnover that was transferred."""
    debit_moved, credit_moved = row.pop("transfer_debit"), row.pop("transfer_credit")
    moved: Decimal = row["debit"] - row["credit"] - debit_moved + credit_moved
    actual = moved if row.pop("normal_side") == "debit" else -moved
    of_profit = row.pop("profit_and_loss")
    del row["dim_set_id"]
    row["counterparty"], row["items"] = split(held)
    row["year_opening"] = row.pop("opening")
    row["actual"] = actual if of_profit else None
    return row
