"""Statements from facts, purely: the same facts and the same content edition give the same bytes.

What each column reads is said in the README of `app.standards`. Columns of one span share their facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.books.types import BookRef
from app.kernel.money import ZERO, show
from app.kernel.periods import Period
from app.ledger.statements.types import LeafFacts, LedgerFacts, Made, NamedShare
from app.standards.formula import items
from app.standards.statements import Cell, CheckResult, Facts, Leaf, Reclass, Share, check, evaluate, shares
from app.standards.types import Column, Row, Standard, Statement

# A form of flows agrees with the balance sheet of the day its column ends on.
_SAME_DAY = {
    "period": "closing",
    "quarter": "closing",
    "year_to_date": "closing",
    "previous_year": "year_opening",
}
SIDES = frozenset({"dr_side", "cr_side"})
FLOWS = frozenset({"flow"})


def reclass_of(book: BookRef) -> Reclass:
    """How a book splits receivables and payables by side (往来重分类): its setting `reclass`, `detail` by default."""
    return "account" if book.settings.get("reclass") == "account" else "detail"


def span(period: Period, cycle: str) -> tuple[Period, Period]:
    """What a cycle shows beside the year to date: the period, the quarter up to it, or the whole year before.

    The first quarter begins with month 00: what a book that began in it brought along is of that quarter.
    """
    if cycle == "quarter":
        return (period.opening if period.quarter == 1 else period.quarter_start), period
    if cycle == "year":
        return Period(period.year - 1, 0), Period(period.year - 1, 12)
    return period, period


def asks(standard: Standard, forms: Iterable[Statement], functions: frozenset[str]) -> bool:
    """Whether these forms, or those they must agree with, read one of these functions of the formula language."""
    return any(
        not functions.isdisjoint(each.functions)
        for form in forms
        for each in (form, *(standard.statements[name] for name in form.beside))
    )


def by_own_codes(leaves: Iterable[LeafFacts]) -> list[LeafFacts]:
    """The leaves by the book's own codes, which its own statements name, and not by the standard's."""
    return [leaf._replace(code=leaf.account) for leaf in leaves]


class Sheets:
    """The forms of one book, period and cycle as they are evaluated: each column of each form once."""

    def __init__(self, standard: Standard, facts: LedgerFacts, reclass: Reclass, cycle: str) -> None:
        self.standard, self.ledger, self.reclass, self.cycle = standard, facts, reclass, cycle
        self._facts: dict[str, Facts] = {}
        self._cells: dict[tuple[str, str], list[Cell]] = {}

    def facts(self, reads: str) -> Facts:
        """The facts of the columns that read this."""
        source = _source(reads, self.cycle)
        if source not in self._facts:
            self._facts[source] = _facts(self.ledger, source)
        return self._facts[source]

    def cells(self, form: Statement, column: Column) -> list[Cell]:
        """One column of a form, or of the part of it that the column shows."""
        return self._evaluated(form.of(column), column.id, column.reads)

    def _evaluated(self, form: Statement, name: str, reads: str) -> list[Cell]:
        key = form.id, name
        if key not in self._cells:
            self._cells[key] = evaluate(form, self.facts(reads), self.reclass)
        return self._cells[key]

    def made(self, form: Statement) -> Made:
        """A form with every column of the cycle and every articulation."""
        listed = form.cycles[self.cycle]
        return Made(
            form,
            self.cycle,
            {column.id: self.cells(form, column) for column in listed},
            {column.id: self._checked(form, column) for column in listed},
        )

    def shares(self, form: Statement, column: Column, row: Row) -> list[Share]:
        """What the figure of a row in a column is made of."""
        amounts = {cell.key: cell.amount for cell in self.cells(form, column) if cell.amount is not None}
        return shares(row, self.facts(column.reads), form.above, amounts, self.reclass)

    def _checked(self, form: Statement, column: Column) -> list[CheckResult]:
        """The first year of a book stands beside nothing: what it began with is no closing of a year before."""
        others: dict[str, list[Cell]] = {}
        if column.reads != "previous_year" or self.ledger.previous:
            for other in (self.standard.statements[name] for name in form.of(column).beside):
                of_days = all(each.reads in _SAME_DAY.values() for each in other.columns)
                reads = _SAME_DAY.get(column.reads, column.reads) if of_days else column.reads
                others[other.id] = self._evaluated(other, reads, reads)
        return check(form.of(column), self.cells(form, column), others)


def _source(reads: str, cycle: str) -> str:
    """Which facts a column reads: the year's, those of the cycle's span, of the year's beginning or the year before."""
    if reads == "closing":
        return "year" if cycle == "year" else "span"
    return {"year_to_date": "year", "year_opening": "opening", "previous_year": "previous"}.get(reads, "span")


def _facts(ledger: LedgerFacts, source: str) -> Facts:
    if source == "previous" and not ledger.previous:
        return Facts.of(())
    flows = {"year": ledger.year_flows, "opening": {}}.get(source, ledger.flows)
    leaves = [_leaf(each, source) for each in ledger.leaves]
    if source == "opening" and ledger.restated:
        known = ((leaf, ledger.restated.get(leaf.account)) for leaf in leaves)
        leaves = [leaf._replace(net=begun[0], aside=begun[1]) if begun else leaf for leaf, begun in known]
    return Facts.of(leaves, flows)


def _leaf(leaf: LeafFacts, source: str) -> Leaf:
    account, code, cash, closing, aside, year_aside, year_debit, year_credit, year_turnover, *span = leaf
    if source == "year":
        return Leaf(code, closing, aside, year_debit, year_credit, year_turnover, account, cash)
    debit, credit, turnover = span
    if source == "span":
        return Leaf(code, closing, aside, debit, credit, turnover, account, cash)
    opening = closing - year_debit + year_credit
    if source == "opening":
        return Leaf(code, opening, year_aside, ZERO, ZERO, ZERO, account, cash)
    return Leaf(code, opening, year_aside, debit, credit, turnover, account, cash)


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
            cells[0].key: [None if cell.amount is None else show(cell.amount) for cell in cells]
            for cells in zip(*columns, strict=True)
            if any(cell.amount is not None for cell in cells)
        },
        "failed": [[column_id, result.code] for column_id, result in failures({one.statement.id: one})],
    }


def spanned(column: Column, period: Period, start: Period) -> tuple[Period, Period]:
    """The periods of the subsidiary ledger that show how the figures of a column came about; `start` is the book's.

    A balance is shown by the year that led to it, the opening of the year by the year before where there is one.
    """
    first, last = Period(period.year, 1), period
    if column.reads == "period":
        first = period
    elif column.reads == "quarter":
        first = period.quarter_start
    elif column.reads in ("previous_year", "year_opening") and start.year < period.year:
        first, last = Period(period.year - 1, 1), Period(period.year - 1, 12)
    return max(first, start), max(last, start)


def named_row(form: Statement, share: Share) -> NamedShare:
    """The share of a row with the row's name."""
    row = form.row(share.key)
    return NamedShare(share.key, row.name_zh, row.name_en, share.amount)


def named_flow(standard: Standard, share: Share) -> NamedShare:
    """The share of a cash-flow item with the name of the line of the cash-flow statement that shows it."""
    row = next(row for row in standard.statements["cash_flow"].rows if share.key in items(row.formula))
    return NamedShare(share.key, row.name_zh, row.name_en, share.amount)
