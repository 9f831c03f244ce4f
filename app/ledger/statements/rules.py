"""Statements from facts, purely: the same facts and the same content edition give the same bytes.

The `closing` and `period` columns read the month's facts, `year_to_date` the year's, and `year_opening` the balances
the year began with and no turnover.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from app.books.types import BookRef
from app.kernel.money import ZERO, show
from app.kernel.periods import Period
from app.ledger.statements.types import LedgerFacts, Made
from app.standards.statements import Cell, CheckResult, Fact, Facts, Reclass, check, evaluate
from app.standards.types import Standard, Statement

ColumnOf = Callable[[Statement, str], list[Cell]]

_SOURCES = {"closing": "month", "period": "month", "year_to_date": "year", "year_opening": "year_opening"}
# A form of flows stands beside the balance sheet of the same day, whatever its column is called.
_SAME_DAY = {"period": "closing", "year_to_date": "closing"}


def reclass_of(book: BookRef) -> Reclass:
    """How a book splits receivables and payables by side (往来重分类): its setting `reclass`, `detail` by default."""
    return "account" if book.settings.get("reclass") == "account" else "detail"


def make(standard: Standard, facts: LedgerFacts, reclass: Reclass, wanted: Iterable[str]) -> dict[str, Made]:
    """Evaluate and check the wanted statements (`balance_sheet`, `income_statement`, `cash_flow`), both columns.

    Forms that a wanted one must agree with are evaluated too, so cross-form articulation (勾稽关系) is always checked.
    """
    sums: dict[str, Facts] = {}
    cells: dict[tuple[str, str], list[Cell]] = {}

    def column(statement: Statement, column_id: str) -> list[Cell]:
        if (statement.id, column_id) not in cells:
            source = _SOURCES[column_id]
            if source not in sums:
                sums[source] = _sums(facts, source)
            cells[statement.id, column_id] = evaluate(statement, sums[source], reclass)
        return cells[statement.id, column_id]

    return {name: _one(standard, standard.statements[name], column) for name in wanted}


def _one(standard: Standard, statement: Statement, column: ColumnOf) -> Made:
    columns = {each.id: column(statement, each.id) for each in statement.columns}
    checks: dict[str, list[CheckResult]] = {}
    for column_id, of_column in columns.items():
        beside = {}
        if statement.id == "cash_flow":
            beside["balance_sheet"] = column(standard.statements["balance_sheet"], _SAME_DAY[column_id])
        checks[column_id] = check(statement, of_column, beside)
    return Made(statement, columns, checks)


def _sums(facts: LedgerFacts, source: str) -> Facts:
    if source == "month":
        return Facts(facts.month, facts.month_flows, facts.cash_opening)
    if source == "year":
        return Facts(facts.year, facts.year_flows, facts.cash_year_opening)
    return Facts([Fact(fact.code, fact.dim_set_id, fact.opening, ZERO, ZERO) for fact in facts.year])


def failures(made: Mapping[str, Made]) -> Iterator[tuple[str, CheckResult]]:
    """The blocking articulations that do not hold, each with its column id."""
    for one in made.values():
        for column_id, results in one.checks.items():
            yield from ((column_id, result) for result in results if not result.ok and result.severity == "blocks")


def content(standard: Standard, period: Period, reclass: Reclass, one: Made) -> dict[str, Any]:
    """A statement as it is kept at a close: every figure by row key, and by which content it was made.

    Names and line numbers are not repeated: the form of the pinned edition has them.
    """
    columns = list(one.columns.values())
    return {
        "standard": standard.id,
        "edition": standard.edition,
        "fingerprint": standard.fingerprint,
        "form": one.statement.form,
        "period": str(period),
        "reclass": reclass,
        "columns": list(one.columns),
        "amounts": {
            cells[0].key: [show(cell.amount) for cell in cells if cell.amount is not None]
            for cells in zip(*columns, strict=True)
            if cells[0].amount is not None
        },
        "failed": [[column_id, result.code] for column_id, result in failures({one.statement.id: one})],
    }
