"""Reads of the amounts given for steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from app.closing.types import Given
from app.kernel.money import ZERO
from app.kernel.periods import Period
from app.ledger.vouchers.types import Line
from tenants.scope import TenantScope

_OF_BOOKS = """
SELECT book_id, step, figures, lines FROM tenant.closing_given
 WHERE book_id = ANY(cast(:books AS bigint[])) AND period = :period
"""
_ONE = """
SELECT figures, lines, row_version, at, actor FROM tenant.closing_given
 WHERE book_id = :book AND period = :period AND step = :step
"""

_NUMBERS = ("debit", "credit", "foreign_amount", "rate", "quantity", "unit_price")


class GivenRow(NamedTuple):
    """Amounts as they were entered; version 0 stands for none yet."""

    given: Given
    version: int


def given_of(scope: TenantScope, books: Sequence[int], period: Period) -> dict[int, dict[str, Given]]:
    """The amounts given in these books for a period, by book id and step."""
    found: dict[int, dict[str, Given]] = {}
    for row in scope.run(_OF_BOOKS, books=list(books), period=str(period)):
        found.setdefault(row.book_id, {})[row.step] = _given(row.figures, row.lines)
    return found


def one(scope: TenantScope, book: int, period: Period, step: str) -> GivenRow:
    """The amounts given for one step."""
    row = scope.run(_ONE, book=book, period=str(period), step=step).first()
    return GivenRow(_given(row.figures, row.lines), row.row_version) if row else GivenRow(Given(), 0)


def _given(figures: Mapping[str, Mapping[str, str]], lines: Sequence[Mapping[str, Any]]) -> Given:
    return Given(
        {case: {name: Decimal(amount) for name, amount in named.items()} for case, named in figures.items()},
        tuple(_line(line) for line in lines),
    )


def _line(kept: Mapping[str, Any]) -> Line:
    values = {**kept, "items": tuple((dimension, name) for dimension, name in kept.get("items", ()))}
    for name in _NUMBERS:
        if values.get(name) is not None:
            values[name] = Decimal(values[name])
    line = Line(**values)
    return line._replace(debit=line.debit or ZERO, credit=line.credit or ZERO)
