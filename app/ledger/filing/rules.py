"""A bureau's form filled with the figures of statements, purely.

Invariant: there is nothing but the form's own texts, what is filed of the company, and an amount in every cell the form
has for one; the form takes no empty figure, so nothing is written as 0.00.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from app.kernel.money import show
from app.kernel.periods import Period
from app.ledger.filing.errors import FilingAmountTooLarge
from app.ledger.filing.types import Amounts, Cell, Filed, Sheet, Workbook
from app.standards.filing import Area, FilingForm, FormSheet, Place


def ends(period: Period, cycle: str) -> bool:
    """Whether a month, a quarter or a year ends with the period."""
    return cycle == "month" or (period.ends_quarter if cycle == "quarter" else period.ends_year)


def first_day(period: Period, cycle: str) -> date:
    """The day a cycle that ends with the period began on (所属期起)."""
    if cycle == "month":
        return period.first_day
    return (period.quarter_start if cycle == "quarter" else Period(period.year, 1)).first_day


def fill(form: FilingForm, amounts: Amounts, filed: Filed) -> Workbook:
    """The form with every figure in its cell; raises `FilingAmountTooLarge` for what the form does not take."""
    sheets = tuple(_filled(form, sheet, amounts, filed) for sheet in form.sheets)
    return Workbook(form.title_zh, filed.last_day, sheets)


def _filled(form: FilingForm, sheet: FormSheet, amounts: Amounts, filed: Filed) -> Sheet:
    said: Mapping[str, str | date] = filed._asdict()
    cells = {place: Cell(place, kind, text) for place, kind, text in sheet.texts}
    for place, name in sheet.particulars.items():
        cells[place] = Cell(place, "date" if isinstance(said[name], date) else "text", said[name])
    cells |= {cell.place: cell for cell in _figures(form, sheet, amounts)}
    rows, columns = zip(*cells, strict=True)
    framed = Area(Place(min(sheet.particulars).row, min(columns)), Place(max(rows), max(columns)))
    firsts = {area.first for area in sheet.merges}
    covered = {place for area in sheet.merges for place in _places(area)} - firsts
    for place in {*_places(framed), *firsts} - covered - cells.keys():
        cells[place] = Cell(place, "blank", None)
    heights = (*sheet.heights, *[sheet.heights[-1]] * (max(rows) + 1 - len(sheet.heights)))
    return Sheet(sheet.name, sheet.widths, heights, sheet.merges, tuple(cells[place] for place in sorted(cells)))


def _figures(form: FilingForm, sheet: FormSheet, amounts: Amounts) -> Iterator[Cell]:
    made = amounts[sheet.statement]
    for place, key, column_id in sheet.figures:
        amount = made[column_id][key]
        if abs(amount) > form.largest:
            raise FilingAmountTooLarge(sheet=sheet.name, line=key, amount=show(amount), largest=show(form.largest))
        yield Cell(place, "figure", amount)


def _places(area: Area) -> Iterator[Place]:
    for row in range(area.first.row, area.last.row + 1):
        yield from (Place(row, column) for column in range(area.first.column, area.last.column + 1))
