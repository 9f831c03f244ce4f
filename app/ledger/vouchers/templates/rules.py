"""The pure rules of templates: how one and what is filled in become the request for a voucher."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.kernel.money import ZERO
from app.ledger.vouchers.asking.rules import BALANCE
from app.ledger.vouchers.templates import errors
from infra.errors import Violation

_NUMBERS = ("amount", "foreign_amount", "rate", "quantity", "unit_price")
SIDES = ("debit", "credit")

Fields = Mapping[str, Any]


def kept(lines: Sequence[Fields]) -> list[dict[str, Any]]:
    """The lines as JSON keeps them: numbers as texts."""
    return [
        {name: str(value) if isinstance(value, Decimal) else value for name, value in each.items()} for each in lines
    ]


def read(lines: Sequence[Fields]) -> list[dict[str, Any]]:
    """The lines from JSON."""
    return [
        {name: Decimal(value) if name in _NUMBERS and value is not None else value for name, value in each.items()}
        for each in lines
    ]


def filled(lines: Sequence[Fields], given: Sequence[Fields]) -> tuple[list[dict[str, Any]], list[Violation]]:
    """The lines of a request for a voucher: the template's, with what is filled in by line number (from 1).

    A line whose amount stays open balances the voucher; a filled-in amount of zero leaves the line out.
    """
    broken = [
        errors.NO_SUCH_LINE.at(f"/lines/{index}/line", line=each["line"])
        for index, each in enumerate(given)
        if each["line"] > len(lines)
    ]
    by_line = {each["line"]: {name: value for name, value in each.items() if name != "line"} for each in given}
    merged = [{**line, **by_line.get(number, {})} for number, line in enumerate(lines, 1)]
    return [_asked(line) for line in merged if line["amount"] != ZERO], broken


def _asked(line: Fields) -> dict[str, Any]:
    amount = BALANCE if line["amount"] is None else line["amount"]
    rest = {name: value for name, value in line.items() if name not in ("side", "amount")}
    return {**rest, **{side: amount if side == line["side"] else ZERO for side in SIDES}}
