"""The lint of statements: accounts a total reads twice (重复取数) or not at all (遗漏取数), and loose cash-flow items.

It works on the formulas and not on figures, so it is exact, and on plain rows, so that a book's own chart can be
checked as well as a standard's. A debit balance and a credit balance of an account are read apart (往来重分类): in a
sound form each is read exactly once, in debit terms, whatever the reclassification.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from app.standards.formula import BALANCE_MEASURES, TURNOVER_MEASURES, Formula, Term, items
from app.standards.statements import Reclass
from app.standards.types import AccountClass, Covers, Standard, Statement


class Kind(StrEnum):
    """What is wrong: read by no line, by several, by sides that do not fit; unknown; an item no account leads to."""

    UNREAD = "unread"
    REPEATED = "repeated"
    UNEVEN = "uneven"
    UNKNOWN = "unknown"
    UNUSED = "unused"


class ChartRow(NamedTuple):
    """An account of a chart: its own code, the account of the standard it is or descends from, its default items."""

    code: str
    standard_code: str
    account_class: AccountClass
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """An account (its code) or cash-flow item that a statement does not read exactly once, and the lines that do."""

    kind: Kind
    statement: str
    code: str
    lines: tuple[str, ...] = ()


class _Reading(NamedTuple):
    """How one term weighs an account, in debit terms: its net, and the credit balances it leaves aside of `unit`s."""

    line: str
    net: int
    aside: int
    unit: str


def chart_of(standard: Standard) -> list[ChartRow]:
    """Every account of a standard, of both taxpayer kinds and with the optional ones."""
    accounts = {account.code: account for chart in standard.charts.values() for account in chart}
    return [
        ChartRow(code, code, account.account_class, tuple(filter(None, (account.cash_item_in, account.cash_item_out))))
        for code, account in sorted(accounts.items())
    ]


def lint(standard: Standard, chart: Iterable[ChartRow]) -> list[Finding]:
    """Every account and cash-flow item of a chart that a statement reads twice, not at all or not evenly.

    What a statement leaves out on purpose stands in its `covers.except` with the reason and is no finding.
    """
    known, found = [], []
    for row in chart:
        if row.standard_code in standard.above:
            known.append(row)
        else:
            found.append(Finding(Kind.UNKNOWN, "chart", row.code))
    for statement in standard.statements.values():
        if statement.covers is not None:
            found += _of_accounts(statement, statement.covers, known)
            found += _of_items(statement, statement.covers, known)
    return found


def _of_accounts(statement: Statement, covers: Covers, chart: Iterable[ChartRow]) -> Iterator[Finding]:
    """Findings by account, under both ways of reclassification."""
    terms = list(_expanded(statement, covers.total, "", 1))
    readings = [_readings(terms, "detail"), _readings(terms, "account")]
    for row in chart:
        line_up = statement.above[row.standard_code]
        if row.account_class in covers.classes and covers.exceptions.keys().isdisjoint(line_up):
            judged = (_judge(reading, line_up) for reading in readings)
            fault = next((one for one in judged if one is not None), None)
            if fault is not None:
                yield Finding(fault[0], statement.id, row.code, fault[1])


def _judge(readings: dict[str, list[_Reading]], line_up: Iterable[str]) -> tuple[Kind, tuple[str, ...]] | None:
    read = [reading for code in line_up for reading in readings.get(code, ())]
    aside: Counter[str] = Counter()
    for reading in read:
        aside[reading.unit] += reading.aside
    debit = sum(reading.net for reading in read)
    credit = debit - sum(aside.values())
    if debit == credit == 1 and not any(aside.values()):
        return None
    kind = Kind.REPEATED if max(debit, credit) > 1 else Kind.UNREAD if min(debit, credit) < 1 else Kind.UNEVEN
    return kind, tuple(dict.fromkeys(reading.line for reading in read))


def _readings(terms: Iterable[tuple[str, Term]], reclass: Reclass) -> dict[str, list[_Reading]]:
    """The readings of a total by the account they name."""
    found: defaultdict[str, list[_Reading]] = defaultdict(list)
    for line, term in terms:
        if term.function not in BALANCE_MEASURES | TURNOVER_MEASURES:
            continue
        measure = term.function.removeprefix("turnover_")
        debit, whole = measure.startswith("dr"), measure in ("dr", "cr")
        for named in term.args:
            # dr_side = net + aside, cr_side = aside, where aside is the credit balance of each unit.
            net = term.sign * (1 if debit else -1 if whole else 0)
            unit = "leaf" if measure.endswith("_side") and reclass == "detail" else named
            found[named].append(_Reading(line, net, 0 if whole else term.sign, unit))
    return found


def _of_items(statement: Statement, covers: Covers, chart: Iterable[ChartRow]) -> Iterator[Finding]:
    listed = dict.fromkeys(item for row in statement.rows for item in items(row.formula))
    read: defaultdict[str, list[str]] = defaultdict(list)
    weights: Counter[str] = Counter()
    for line, term in _expanded(statement, covers.total, "", 1) if listed else ():
        for item in term.args if term.function == "flow" else ():
            read[item].append(line)
            weights[item] += term.sign
    led_to = {item for row in chart for item in row.items}
    for item in listed:
        if weights[item] != 1:
            yield Finding(Kind.REPEATED if weights[item] > 1 else Kind.UNREAD, statement.id, item, tuple(read[item]))
        elif item not in led_to and item not in covers.exceptions:
            yield Finding(Kind.UNUSED, statement.id, item, tuple(read[item]))
    for row in chart if listed else ():
        yield from (Finding(Kind.UNKNOWN, statement.id, row.code) for item in row.items if item not in listed)


def _expanded(statement: Statement, formula: Formula, line: str, sign: int) -> Iterator[tuple[str, Term]]:
    """The terms of a formula with the line each stands in; a line that is added up is replaced by its own terms."""
    for term in formula:
        if term.function != "line":
            yield line, term._replace(sign=sign * term.sign)
        for key in term.args if term.function == "line" else ():
            yield from _expanded(statement, statement.row(key).formula, key, sign * term.sign)
