"""The facts statements are made of, and the statements as made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from app.kernel.money import ZERO
from app.standards.statements import Cell, CheckResult, Fact, Reclass
from app.standards.types import Standard, Statement


@dataclass(slots=True)
class LedgerFacts:
    """What one book's ledger says of one period: leaf facts of the month and of the year up to it, and cash flows.

    Both lists have the same keys in the same order, an account and what of it stands on one side; `opening` of `year`
    is the opening of the year. `cash_opening` and `cash_year_opening` are the cash (货币资金) before month and year.
    """

    month: list[Fact] = field(default_factory=list)
    year: list[Fact] = field(default_factory=list)
    month_flows: dict[str, Decimal] = field(default_factory=dict)
    year_flows: dict[str, Decimal] = field(default_factory=dict)
    cash_opening: Decimal = ZERO
    cash_year_opening: Decimal = ZERO


class Made(NamedTuple):
    """One statement as evaluated: its cells by column id and every articulation by column id."""

    statement: Statement
    columns: Mapping[str, list[Cell]]
    checks: Mapping[str, list[CheckResult]]


class StatementSet(NamedTuple):
    """Statements of one book and period, and everything their figures depend on."""

    standard: Standard
    reclass: Reclass
    ledger_seq: int
    made: Mapping[str, Made]
