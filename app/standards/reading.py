"""Turns the content files of a standard into its types: forms with their notes, posting rules and closing steps.

Each function reads one file and refuses (`ContentError`) what it does not know; what needs two files is in `loader`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from app.standards import formula
from app.standards.errors import ContentError
from app.standards.fields import Fields
from app.standards.types import (
    AccountClass,
    BusinessKind,
    Check,
    ClosingEntry,
    ClosingStep,
    Column,
    Covers,
    PostingRule,
    Row,
    Side,
    Statement,
    Taxpayer,
    TemplateLine,
)

ROW_KINDS = ("item", "detail", "total", "heading")
SEVERITIES = ("blocks", "warns")
CYCLES = ("month", "quarter", "year")
READS = ("closing", "year_opening", "period", "quarter", "year_to_date", "previous_year")
HAND = "hand"
AMOUNTS = ("ledger", "given")


def statement(fields: Fields, statement_id: str, above: Mapping[str, tuple[str, ...]]) -> Statement:
    """One form over a standard's chart, its rows sorted for evaluation; raises `ContentError` for cycles."""
    part_names = fields.texts("parts")
    listed = [_row(entry, part_names) for entry in fields.each("rows")]
    rows = tuple(row for row, _ in listed)
    checks = tuple(_check(entry) for entry in fields.each("checks"))
    form = Statement(
        id=statement_id,
        form=fields.text("form"),
        title_zh=fields.text("title_zh"),
        title_en=fields.text("title_en"),
        source=fields.text("source"),
        cycles=_cycles(fields, part_names),
        rows=rows,
        evaluation_order=_in_order(rows, fields.place),
        checks=checks,
        covers=next((_covers(entry) for entry in fields.nested("covers")), None),
        functions=frozenset(
            term.function for row, parts in listed for each in (row, *parts.values()) for term in each.formula
        ),
        beside=_beside(checks),
        above=above,
        parts=MappingProxyType({}),
    )
    fields.done()
    parts = {name: _part(form, tuple(parts[name] for _, parts in listed), fields.place) for name in part_names}
    return replace(form, parts=MappingProxyType(parts))


def _part(form: Statement, rows: tuple[Row, ...], place: str) -> Statement:
    """The form with the rows of one part; checks against other forms speak of the whole and stay there."""
    keys = {row.key for row in rows}
    checks = tuple(check for check in form.checks if keys.issuperset(formula.lines(check.left + check.right)))
    return replace(form, rows=rows, evaluation_order=_in_order(rows, place), checks=checks, covers=None, beside=())


def _beside(checks: tuple[Check, ...]) -> tuple[str, ...]:
    keys = [key for check in checks for key in formula.lines(check.left + check.right)]
    return tuple(dict.fromkeys(key.partition(".")[0] for key in keys if "." in key))


def _in_order(rows: tuple[Row, ...], place: str) -> tuple[Row, ...]:
    by_key = {row.key: row for row in rows}
    if len(by_key) < len(rows):
        raise ContentError(f"{place}: a key is used by two rows")
    return tuple(by_key[key] for key in formula.evaluation_order({row.key: row.formula for row in rows}))


def _cycles(fields: Fields, part_names: tuple[str, ...]) -> Mapping[str, tuple[Column, ...]]:
    found: dict[str, tuple[Column, ...]] = {}
    for listed in fields.nested("columns"):
        found = {cycle: tuple(_column(entry) for entry in listed.each(cycle)) for cycle in CYCLES}
        listed.done()
    columns = [column for each in found.values() for column in each]
    if not columns or not all(column.reads in READS and column.part in ("", *part_names) for column in columns):
        raise ContentError(f"{fields.place}.columns: a column reads one of {READS}, and a part of {part_names}")
    return MappingProxyType({cycle: each for cycle, each in found.items() if each})


def _covers(fields: Fields) -> Covers:
    covers = Covers(
        total=formula.parse(fields.text("total")),
        classes=frozenset(AccountClass(name) for name in fields.texts("classes")),
        exceptions=MappingProxyType(fields.mapping("except", {})),
    )
    fields.done()
    return covers


def _column(fields: Fields) -> Column:
    column = Column(fields.text("id"), fields.text("title_zh"), fields.text("title_en"))
    fields.done()
    return column


def _row(fields: Fields, part_names: tuple[str, ...]) -> tuple[Row, Mapping[str, Row]]:
    """A row, and the same row in each part.

    A row of lines, by hand or without a formula is so in every part; one that reads the ledger says what of it each is.
    """
    bare = Row(
        key=fields.text("key"),
        line=fields.optional_number("line"),
        kind=_one_of(fields, "kind", ROW_KINDS, "item"),
        side=fields.text("side", ""),
        indent=fields.number("indent", 0),
        name_zh=fields.text("name_zh"),
        name_en=fields.text("name_en"),
        formula_text="",
        formula=(),
        codes=(),
        note=fields.text("note", ""),
    )
    text, given = fields.text("formula", ""), fields.mapping("parts", {})
    whole = _reading(bare, text)
    if any(term.function != "line" for term in whole.formula) and set(part_names) != set(given):
        raise ContentError(f"{fields.place}: row {bare.key} does not say what it is in each of {part_names}")
    fields.done()
    return whole, {name: _reading(bare, given.get(name, text)) for name in part_names}


def _reading(bare: Row, text: str) -> Row:
    if text == HAND:
        return replace(bare, kind=HAND)
    parsed = formula.parse(text)
    return replace(bare, formula_text=text, formula=parsed, codes=formula.codes(parsed))


def _check(fields: Fields) -> Check:
    text = fields.text("rule")
    operator = ">=" if ">=" in text else "="
    left, _, right = text.partition(operator)
    check = Check(
        code=fields.text("code"),
        left=formula.parse(left),
        operator=operator,
        right=formula.parse(right),
        severity=_one_of(fields, "severity", SEVERITIES),
        text=text,
    )
    fields.done()
    return check


def posting(fields: Fields) -> tuple[Mapping[tuple[str, str], BusinessKind], tuple[PostingRule, ...]]:
    """The business kinds by (direction, kind) and the rules in the order they are tried."""
    listed = [_kind(entry) for entry in fields.each("kinds")]
    rules = tuple(_rule(entry) for entry in fields.each("rules"))
    fields.done()
    kinds = {(kind.direction, kind.id): kind for kind in listed}
    if len(kinds) < len(listed):
        raise ContentError(f"{fields.place}: a business kind is listed twice")
    return MappingProxyType(kinds), rules


def _kind(fields: Fields) -> BusinessKind:
    kind = BusinessKind(
        id=fields.text("id"),
        direction=_one_of(fields, "direction", ("sales", "purchase")),
        name_zh=fields.text("name_zh"),
        name_en=fields.text("name_en"),
        role=fields.text("role"),
    )
    fields.done()
    return kind


def _rule(fields: Fields) -> PostingRule:
    taxpayer = fields.optional_text("taxpayer")
    rule = PostingRule(
        id=fields.text("id"),
        direction=_one_of(fields, "direction", ("sales", "purchase")),
        taxpayer=None if taxpayer is None else Taxpayer(taxpayer),
        deductible=fields.optional_flag("deductible"),
        summary_zh=fields.text("summary_zh"),
        lines=tuple(_line(entry) for entry in fields.each("lines")),
        source=fields.text("source"),
    )
    fields.done()
    return rule


def _line(fields: Fields) -> TemplateLine:
    line = TemplateLine(
        side=Side(_one_of(fields, "side", tuple(Side))),
        role=fields.text("role"),
        amount=fields.text("amount"),
        dimension=fields.optional_text("dimension"),
    )
    fields.done()
    return line


def closing(fields: Fields) -> tuple[ClosingStep, ...]:
    """The month-end steps in the order they run."""
    steps = tuple(_step(entry) for entry in fields.each("steps"))
    fields.done()
    if [step.number for step in steps] != sorted({step.number for step in steps}):
        raise ContentError(f"{fields.place}: steps are not in the order of their numbers")
    return steps


def _step(fields: Fields) -> ClosingStep:
    cycles = {Taxpayer(kind): str(cycle) for kind, cycle in fields.mapping("cycles").items()}
    if not set(cycles.values()) <= set(CYCLES):
        raise ContentError(f"{fields.place}: a cycle is one of {CYCLES}")
    amounts = _one_of(fields, "amounts", AMOUNTS)
    step = ClosingStep(
        id=fields.text("id"),
        number=fields.number("number"),
        title_zh=fields.text("title_zh"),
        title_en=fields.text("title_en"),
        cycles=MappingProxyType(cycles),
        amounts=amounts,
        reads=fields.texts("reads"),
        reversed_next_month=fields.optional_flag("reversed_next_month") or False,
        entries=tuple(_entry(entry, amounts) for entry in fields.each("entries")),
        source=fields.text("source"),
        status=fields.text("status"),
    )
    fields.done()
    return step


def _entry(fields: Fields, amounts: str) -> ClosingEntry:
    lines = tuple(_line(entry) for entry in fields.each("lines"))
    own = _one_of(fields, "amounts", AMOUNTS, amounts)
    entry = ClosingEntry(fields.text("case"), fields.text("summary_zh"), own, lines)
    fields.done()
    return entry


def _one_of(fields: Fields, name: str, allowed: tuple[str, ...], default: str | None = None) -> str:
    given = fields.text(name) if default is None else fields.text(name, default)
    if given not in allowed:
        raise ContentError(f"{fields.place}.{name}: {given!r} is none of {allowed}")
    return given
