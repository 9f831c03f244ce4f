"""The workbooks a tax bureau takes financial statements in (财务报表报送与信息采集): where each text and figure stands.

Invariant: every figure cell names a row of the standard's statement and a column it is made with in that cycle, no
cell is used twice, and all texts are the bureau's own, its slips of the pen included. A standard without a form here is
keyed in by hand.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from app.standards.errors import ContentError
from app.standards.fields import Fields, read_yaml
from app.standards.loader import CONTENT, load
from app.standards.types import Standard

CYCLES = ("month", "quarter", "year")
PARTICULARS = ("tax_id", "company", "first_day", "last_day")
TEXT_KINDS = ("title", "unit", "label", "head", "name", "line")
_PLACE = re.compile(r"([A-Z])([1-9][0-9]*)")


class Place(NamedTuple):
    """A cell by row and column, both counted from 0."""

    row: int
    column: int


class Area(NamedTuple):
    """A merge: its first and its last cell."""

    first: Place
    last: Place


class FormText(NamedTuple):
    """A text of the form, or the number of a line (行次); `kind` is one of `TEXT_KINDS`."""

    place: Place
    kind: str
    text: str | int


class FormFigure(NamedTuple):
    """A cell for the amount of a statement's row in one of its columns."""

    place: Place
    key: str
    column_id: str


@dataclass(frozen=True, slots=True)
class FormSheet:
    """One sheet for one statement; widths are in 1/256 of a character, heights in 1/20 of a point.

    The last height holds for all the rows below. `particulars` are cells for what the filing says of the company.
    """

    name: str
    statement: str
    widths: tuple[int, ...]
    heights: tuple[int, ...]
    merges: tuple[Area, ...]
    texts: tuple[FormText, ...]
    particulars: Mapping[Place, str]
    figures: tuple[FormFigure, ...]


@dataclass(frozen=True, slots=True)
class FilingForm:
    """A bureau's workbook for one cycle; it refuses an amount that is greater than `largest` either way."""

    title_zh: str
    title_en: str
    source: str
    cycle: str
    largest: Decimal
    sheets: tuple[FormSheet, ...]


def filing_form(standard: Standard, cycle: str) -> FilingForm | None:
    """The form in which statements of this standard are filed for a month, a quarter or a year, if there is one."""
    return filing_forms().get((standard.id, standard.edition, cycle))


@lru_cache(maxsize=1)
def filing_forms() -> Mapping[tuple[str, str, str], FilingForm]:
    """Every form by standard, edition and cycle."""
    found: dict[tuple[str, str, str], FilingForm] = {}
    for path in sorted(CONTENT.glob("*/filing/*.yaml")):
        named = read_yaml(path.parent.parent / "standard.yaml")
        standard = load(named.text("id"), named.text("edition"))
        for form in read_forms(path, standard):
            key = (standard.id, standard.edition, form.cycle)
            if found.setdefault(key, form) is not form:
                raise ContentError(f"{path.name}: {key} is filed in two forms")
    return MappingProxyType(found)


def read_forms(path: Path, standard: Standard) -> tuple[FilingForm, ...]:
    """The form of a file once for each of its cycles; raises `ContentError` for whatever is wrong in it."""
    return tuple(_form(read_yaml(path), cycle, standard) for cycle in read_yaml(path).texts("cycles"))


def _form(fields: Fields, cycle: str, standard: Standard) -> FilingForm:
    form = FilingForm(
        title_zh=fields.text("title_zh"),
        title_en=fields.text("title_en"),
        source=fields.text("source"),
        cycle=cycle,
        largest=Decimal(fields.text("largest")),
        sheets=tuple(_sheet(entry, cycle) for entry in fields.each("sheets")),
    )
    if cycle not in fields.texts("cycles") or cycle not in CYCLES:
        raise ContentError(f"{fields.place}: {cycle} is none of {CYCLES}")
    fields.done()
    faults = [fault for sheet in form.sheets for fault in _faults(sheet, cycle, standard)]
    if faults:
        raise ContentError(f"{fields.place}: " + "; ".join(faults))
    return form


def _sheet(fields: Fields, cycle: str) -> FormSheet:
    texts = [_text(entry) for entry in fields.each("texts")]
    figures: list[FormFigure] = []
    for entry in fields.each("tables"):
        of_table = _table(entry, cycle)
        texts += of_table[0]
        figures += of_table[1]
    sheet = FormSheet(
        name=fields.text("name"),
        statement=fields.text("statement"),
        widths=fields.numbers("widths"),
        heights=fields.numbers("heights"),
        merges=tuple(_area(text, fields.place) for text in fields.texts("merges")),
        texts=tuple(texts),
        particulars=MappingProxyType(
            {_place(at, fields.place): str(what) for at, what in fields.mapping("particulars").items()}
        ),
        figures=tuple(figures),
    )
    fields.done()
    return sheet


def _text(fields: Fields) -> FormText:
    text = FormText(_place(fields.text("at"), fields.place), fields.text("kind"), fields.text("text"))
    fields.done()
    return text


def _table(fields: Fields, cycle: str) -> tuple[list[FormText], list[FormFigure]]:
    """Names, line numbers and figures side by side; a row without a line number has no figures."""
    name, line = fields.text("name"), fields.text("line")
    columns = {
        letter: str(given.get(cycle) if isinstance(given, dict) else given)
        for letter, given in fields.mapping("figures").items()
    }
    texts: list[FormText] = []
    figures: list[FormFigure] = []
    for entry in fields.each("rows"):
        row, number = entry.number("row"), entry.optional_number("line")
        texts.append(FormText(_place(f"{name}{row}", entry.place), "name", entry.text("name")))
        if number is not None:
            texts.append(FormText(_place(f"{line}{row}", entry.place), "line", number))
            key = entry.text("key", str(number))
            figures += [FormFigure(_place(f"{at}{row}", entry.place), key, each) for at, each in columns.items()]
        entry.done()
    fields.done()
    return texts, figures


def _place(text: str, where: str) -> Place:
    match = _PLACE.fullmatch(text)
    if match is None:
        raise ContentError(f"{where}: {text!r} is not a cell")
    return Place(int(match[2]) - 1, ord(match[1]) - ord("A"))


def _area(text: str, where: str) -> Area:
    first, _, last = text.partition(":")
    return Area(_place(first, where), _place(last, where))


def _faults(sheet: FormSheet, cycle: str, standard: Standard) -> Iterator[str]:
    """What the sheet says and the standard, or the sheet itself, contradicts."""
    if sheet.statement not in standard.statements:
        yield f"{sheet.name} is for the unknown statement {sheet.statement}"
        return
    statement = standard.statements[sheet.statement]
    known = {row.key for row in statement.rows if row.kind != "heading"}
    made = {column.id for column in statement.cycles.get(cycle, ())}
    yield from (f"{sheet.name} names line {each.key}" for each in sheet.figures if each.key not in known)
    yield from (f"{sheet.name} asks for {each.column_id}" for each in sheet.figures if each.column_id not in made)
    yield from (f"{sheet.name} has a {each.kind}" for each in sheet.texts if each.kind not in TEXT_KINDS)
    yield from (f"{sheet.name} asks for {what}" for what in sheet.particulars.values() if what not in PARTICULARS)
    used = Counter([text.place for text in sheet.texts])
    used.update(figure.place for figure in sheet.figures)
    used.update(list(sheet.particulars))
    yield from (f"{sheet.name} uses {place} twice" for place, times in used.items() if times > 1)
