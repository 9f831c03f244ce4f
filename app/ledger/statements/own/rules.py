"""What makes a book's own statement a form: every formula can be read, and names what there is, without a circle.

Invariant: a statement without violations becomes a `Statement` that evaluates; what is broken has a pointer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from app.ledger.accounts.types import Account
from app.ledger.statements import errors
from app.ledger.statements.own.types import COLUMNS, OwnStatement
from app.standards import formula, reading
from app.standards.errors import ContentError
from app.standards.fields import Fields
from app.standards.formula import Formula
from app.standards.types import Statement
from infra.errors import Violation

_DEEPEST = 20
"""Brackets inside brackets; a formula is a sum, and no sum needs as many."""


def above(chart: Iterable[Account]) -> dict[str, tuple[str, ...]]:
    """Each account of a book's chart with the codes above it, nearest first."""
    parents = {account.code: account.parent_code for account in chart}
    found: dict[str, tuple[str, ...]] = {}
    for code in sorted(parents, key=len):
        parent = parents[code]
        found[code] = (code, *(found[parent] if parent else ()))
    return found


def check(own: OwnStatement, known: Mapping[str, tuple[str, ...]], cash_items: frozenset[str]) -> list[Violation]:
    """Every rule the statement breaks, each with a pointer."""
    found = [*_check_columns(own), *_check_keys(own)]
    rows: dict[str, Formula] = {row["key"]: () for row in own.rows}
    for index, row in enumerate(own.rows):
        path = f"/rows/{index}/formula"
        try:
            rows[row["key"]] = parsed = _parsed(row["formula"])
        except ContentError as fault:
            found.append(errors.FORMULA.at(path, fault=str(fault)))
            continue
        found += _check_names(path, parsed, rows.keys() | {each["key"] for each in own.rows}, known, cash_items)
    for index, rule in enumerate(own.checks):
        found += _check_rule(f"/checks/{index}/rule", rule["rule"], rows.keys())
    if not found:
        try:
            formula.evaluation_order(rows)
        except ContentError as fault:
            found.append(errors.FORMULA.at("/rows", fault=str(fault)))
    return found


def _parsed(text: str) -> Formula:
    depth = deepest = 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        deepest = max(deepest, depth)
    if deepest > _DEEPEST:
        raise ContentError(f"more than {_DEEPEST} brackets inside each other")
    return () if text == reading.HAND else formula.parse(text)


def _check_columns(own: OwnStatement) -> Iterator[Violation]:
    if not any(own.columns.values()):
        yield errors.NO_COLUMNS.at("/columns")
    for cycle, columns in own.columns.items():
        ids = [column["id"] for column in columns]
        for index, each in enumerate(ids):
            if each not in COLUMNS[cycle] or each in ids[:index]:
                yield errors.COLUMN_UNFIT.at(f"/columns/{cycle}/{index}/id", column=each, cycle=cycle)


def _check_keys(own: OwnStatement) -> Iterator[Violation]:
    seen: set[str] = set()
    for index, row in enumerate(own.rows):
        if row["key"] in seen:
            yield errors.ROW_TWICE.at(f"/rows/{index}/key", row=row["key"])
        seen.add(row["key"])


def _check_names(
    path: str, parsed: Formula, rows: Iterable[str], known: Mapping[str, object], cash_items: frozenset[str]
) -> Iterator[Violation]:
    yield from (errors.ACCOUNT_UNREAD.at(path, account=code) for code in formula.codes(parsed) if code not in known)
    yield from (errors.ITEM_UNREAD.at(path, item=item) for item in formula.items(parsed) if item not in cash_items)
    yield from (errors.ROW_UNKNOWN.at(path, row=key) for key in formula.lines(parsed) if key not in rows)


def _check_rule(path: str, text: str, rows: Iterable[str]) -> Iterator[Violation]:
    left, sign, right = text.partition(">=" if ">=" in text else "=")
    try:
        parsed = _parsed(left) + _parsed(right)
    except ContentError as fault:
        yield errors.FORMULA.at(path, fault=str(fault))
        return
    if not sign or not parsed or any(term.function != "line" for term in parsed):
        yield errors.FORMULA.at(path, fault="line(...) = line(...)")
    yield from (errors.ROW_UNKNOWN.at(path, row=key) for key in formula.lines(parsed) if key not in rows)


def form(own: OwnStatement, known: Mapping[str, tuple[str, ...]]) -> Statement:
    """The statement as a form over the book's own chart; it must have no violations."""
    fields = {
        "form": own.code,
        "title_zh": own.title_zh,
        "title_en": own.title_en,
        "source": "自定义报表",
        "columns": {cycle: list(columns) for cycle, columns in own.columns.items() if columns},
        "rows": [{name: value for name, value in row.items() if value is not None} for row in own.rows],
        "checks": [dict(rule) for rule in own.checks],
    }
    return reading.statement(Fields(fields, own.code), own.code, known)
