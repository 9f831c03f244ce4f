"""INV-18: every statement of any book, in every cycle and column, equals the one added up anew from every line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.kernel.periods import Period
from app.ledger.statements import service
from app.ledger.statements.types import Made
from app.standards.loader import load
from app.standards.reading import READS
from tests.factories.doors import Doors
from tests.scenarios.random_books import RandomBook
from tests.scenarios.slow_statements import Column, Figures, SlowBook, by_formulas, by_reference

THREE = ("balance_sheet", "income_statement", "cash_flow")
_BESIDE = Path(__file__).resolve().parents[2].parent / "shared"
REFERENCE = Path(os.environ.get("ZHANGFANG_SHARED", _BESIDE)) / "reference"


@pytest.fixture(autouse=True)
def _open_for_years(monkeypatch: pytest.MonkeyPatch) -> None:
    """Months stay open, so that years pass without closing."""
    monkeypatch.setattr("app.ledger.periods.service.AHEAD", 60)


def differences(one: RandomBook, slow: SlowBook, period: Period) -> list[str]:
    """Where the statements of a period differ from the slow ones, a sentence each."""
    standard, found = load(one.book.standard), []
    columns = {reads: Column(slow, reads, str(period), str(one.book.settings["reclass"])) for reads in READS}
    for cycle in ("month", "quarter", "year"):
        forms = (*standard.statements.values(), *standard.notes.values())
        names = [form.id for form in forms if cycle in form.cycles]
        with one.doors.book(one.book.uid, read_only=True) as scope:
            made = service.statements(scope, one.book, period, cycle=cycle, only=names).made
        for name, statement in made.items():
            for column in statement.titled:
                slow_column = columns[column.reads]
                ours = amounts(statement, column.id)
                expected = by_formulas(standard.id, name, column.part, slow_column)
                if standard.id == "sbe" and name in THREE:
                    expected |= by_reference(REFERENCE, name, slow_column)
                place = f"book {one.seed} {period} {cycle} {name} {column.id}"
                found += [
                    f"{place} {key}: {ours.get(key)} is {expected.get(key)}"
                    for key in {**ours, **expected}
                    if ours.get(key, "no row") != expected.get(key, "no row")
                ]
    return found


def amounts(made: Made, column: str) -> Figures:
    """The amounts of a column by row key."""
    return {cell.key: cell.amount for cell in made.columns[column]}


def play(doors: Doors, seed: int, months: int, vouchers: int) -> list[str]:
    """A book goes through its months; where its statements differ."""
    one = RandomBook(doors, seed, months)
    for period in one.periods:
        one.goes_through(period, vouchers)
    with doors.book(one.book.uid, read_only=True) as scope:
        slow = SlowBook(scope, one.book.id, str(one.book.start_period), one.own_items, one.flows)
    return [sentence for period in one.periods for sentence in differences(one, slow, period)]


@pytest.mark.parametrize("seed", range(5))
def test_statements_of_five_books_over_six_months_equal_the_slow_ones(doors: Doors, seed: int) -> None:
    assert play(doors, seed, 6, 8) == []


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 150))
def test_statements_of_fifty_books_over_two_years_equal_the_slow_ones(doors: Doors, seed: int) -> None:
    assert play(doors, seed, 24, 6) == []
