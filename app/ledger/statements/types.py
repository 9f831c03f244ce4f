"""The facts statements are made of, and the statements as made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from app.kernel.periods import Period
from app.standards.statements import Cell, CheckResult, Reclass
from app.standards.types import Column, Standard, Statement


class LeafFacts(NamedTuple):
    """What one leaf account has, in debit terms: its balance at the end of the period and the turnover of two spans.

    The spans are the year up to the period, and what the cycle stands beside it: the period, the quarter or the year
    before. `turnover` is debits less credits without profit-and-loss transfers; `aside` and `year_aside` are the
    credit balances of single counterparties at the period's end and at the year's beginning.
    """

    account: str
    code: str
    cash: bool
    closing: Decimal
    aside: Decimal
    year_aside: Decimal
    year_debit: Decimal
    year_credit: Decimal
    year_turnover: Decimal
    debit: Decimal
    credit: Decimal
    turnover: Decimal


@dataclass(slots=True)
class LedgerFacts:
    """What one book's ledger says of one period and cycle, after its posting `seq`.

    `flows` are the cash flows of the cycle's span by item, `year_flows` those of the year. `previous`: the book has a
    ledger of the year before. `restated`: by account code, what the year begins with, and aside, where
    corrections of earlier years changed it (追溯重述, CAS 28 Art. 12).
    """

    seq: int
    previous: bool
    leaves: list[LeafFacts] = field(default_factory=list)
    flows: dict[str, Decimal] = field(default_factory=dict)
    year_flows: dict[str, Decimal] = field(default_factory=dict)
    restated: dict[str, tuple[Decimal, Decimal]] = field(default_factory=dict)


class Made(NamedTuple):
    """One statement as evaluated in one cycle: its cells by column id and every articulation by column id."""

    statement: Statement
    cycle: str
    columns: Mapping[str, list[Cell]]
    checks: Mapping[str, list[CheckResult]]

    @property
    def titled(self) -> Sequence[Column]:
        """The columns with their titles, in printing order."""
        return self.statement.cycles[self.cycle]


class StatementSet(NamedTuple):
    """Statements of one book, period and cycle, and everything their figures depend on."""

    standard: Standard
    reclass: Reclass
    ledger_seq: int
    cycle: str
    made: Mapping[str, Made]


class AccountShare(NamedTuple):
    """What one leaf account adds to a cell, and the periods of its subsidiary ledger that show how it came about."""

    code: str
    name_zh: str
    name_en: str
    amount: Decimal
    first: Period
    last: Period


class NamedShare(NamedTuple):
    """What another row or a cash-flow item adds to a cell."""

    key: str
    name_zh: str
    name_en: str
    amount: Decimal


class CellSources(NamedTuple):
    """One cell and what it is made of; the shares of accounts, rows and cash-flow items sum to its amount."""

    standard: Standard
    ledger_seq: int
    cycle: str
    cell: Cell
    amount: Decimal
    accounts: Sequence[AccountShare]
    rows: Sequence[NamedShare]
    flows: Sequence[NamedShare]
