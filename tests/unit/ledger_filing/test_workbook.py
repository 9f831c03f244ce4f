"""The upload workbook is the bureau's empty form, cell by cell, with each figure in the cell the form has for it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from io import BytesIO
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from app.kernel.periods import Period
from app.ledger.filing import rules
from app.ledger.filing.errors import FilingAmountTooLarge
from app.ledger.filing.files.rules import xls, xlsx
from app.ledger.filing.types import Filed, Workbook
from app.standards.filing import FilingForm, Place, filing_form
from app.standards.loader import load
from tests.unit.ledger_filing.workbooks import DAY, day, differences, official, pages

EACH = pytest.mark.parametrize("cycle", ["month", "quarter", "year"])
FILED = Filed("91330106MA27X0AB1C", "杭州甲商贸有限公司", date(2026, 10, 1), date(2026, 12, 31))
STATEMENTS = load("sbe").statements
Amounts = dict[str, dict[str, dict[str, D]]]


def form_of(cycle: str) -> FilingForm:
    """The small enterprises' form."""
    form = filing_form(load("sbe"), cycle)
    assert form is not None
    return form


def all_different() -> Amounts:
    """An amount of its own for every row of every statement in every column, some of them negative."""
    amounts = (D(number * 997) / 100 * (-1 if number % 7 == 0 else 1) for number in itertools.count(1))
    return {
        name: {
            column: {row.key: next(amounts) for row in form.rows if row.kind != "heading"}
            for column in sorted({column.id for columns in form.cycles.values() for column in columns})
        }
        for name, form in STATEMENTS.items()
    }


def everywhere(amount: D) -> Amounts:
    """The same amount in every cell."""
    return {
        name: {column: dict.fromkeys(keys, amount) for column, keys in columns.items()}
        for name, columns in all_different().items()
    }


def filled(cycle: str, amounts: Amounts | None = None, filed: Filed = FILED) -> Workbook:
    """The form of a cycle, filled."""
    return rules.fill(form_of(cycle), amounts or all_different(), filed)


@EACH
def test_the_workbook_is_the_empty_form_cell_by_cell(cycle: str) -> None:
    ours = pages(xls(filled(cycle)))
    assert list(differences(official(cycle), ours)) == []
    for empty, page in zip(official(cycle), ours, strict=True):
        assert set(range(max(column for _, column in empty.texts) + 1)) <= page.widths.keys()
        assert page.heights.keys() == empty.heights.keys()


@EACH
def test_every_figure_cell_has_the_figure_the_form_asks_for_there(cycle: str) -> None:
    amounts, seen = all_different(), 0
    for empty, page in zip(official(cycle), pages(xls(filled(cycle, amounts))), strict=True):
        assert page.figures.keys() == empty.figures.keys()
        for at, (line, column) in empty.asked(cycle).items():
            assert page.figures[at] == amounts[empty.statement][column][line], (empty.name, at)
            seen += 1
    assert seen == (53 + 32 + 22) * 2


@EACH
def test_the_workbook_names_its_company_tax_id_and_days(cycle: str) -> None:
    for empty, page in zip(official(cycle), pages(xls(filled(cycle))), strict=True):
        said = empty.said
        assert said.keys() == {"tax_id", "company", "first_day", "last_day"}
        assert (page.texts[said["tax_id"]], page.texts[said["company"]]) == (FILED.tax_id, FILED.company)
        days = [page.numbers[said[name]] for name in ("first_day", "last_day")]
        assert [day(number) for number in days] == [FILED.first_day, FILED.last_day]
        assert {page.formats[said[name]] for name in ("first_day", "last_day")} == {DAY}
        assert page.formats[said["tax_id"]] == "@"


def moved(workbook: Workbook, change: Callable[[Any], Any]) -> Workbook:
    """The workbook with its second sheet changed."""
    first, second, third = workbook.sheets
    return replace(workbook, sheets=(first, change(second), third))


def shifted(sheet: Any) -> Any:
    """Everything from the first row of the table on, one row lower."""
    lower = [cell._replace(place=Place(cell.place.row + 1, cell.place.column)) for cell in sheet.cells]
    cells = [below if cell.place.row >= 5 else cell for cell, below in zip(sheet.cells, lower, strict=True)]
    return replace(sheet, cells=tuple(cells), heights=(*sheet.heights, sheet.heights[-1]))


WRONG = {
    "a row lower": lambda book: moved(book, shifted),
    "a word": lambda book: moved(
        book,
        lambda sheet: replace(
            sheet,
            cells=tuple(c._replace(value="销售成本") if c.value == "减：营业成本" else c for c in sheet.cells),
        ),
    ),
    "a line number": lambda book: moved(
        book,
        lambda sheet: replace(sheet, cells=tuple(c._replace(value=3) if c.value == 2 else c for c in sheet.cells)),
    ),
    "a text too many": lambda book: moved(
        book,
        lambda sheet: replace(sheet, cells=(*sheet.cells, sheet.cells[0]._replace(place=Place(40, 1)))),
    ),
    "no figure": lambda book: moved(
        book, lambda sheet: replace(sheet, cells=tuple(c for c in sheet.cells if c.place != Place(9, 3)))
    ),
    "no merge": lambda book: moved(book, lambda sheet: replace(sheet, merges=sheet.merges[1:])),
    "a width": lambda book: moved(book, lambda sheet: replace(sheet, widths=(1, *sheet.widths[1:]))),
    "a height": lambda book: moved(book, lambda sheet: replace(sheet, heights=(1, *sheet.heights[1:]))),
    "a sheet's name": lambda book: moved(book, lambda sheet: replace(sheet, name="利润表")),
    "the order of the sheets": lambda book: replace(book, sheets=book.sheets[::-1]),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_wrong_layout_is_found(wrong: Callable[[Workbook], Workbook]) -> None:
    assert list(differences(official("month"), pages(xls(wrong(filled("month")))))) != []


def test_figures_in_the_wrong_column_are_found() -> None:
    """Were 本期 and 本年累计 exchanged, no figure of the sheet would stand where the form asks for it."""
    amounts = all_different()
    income = amounts["income_statement"]
    income["period"], income["year_to_date"] = income["year_to_date"], income["period"]
    empty, page = official("month")[1], pages(xls(filled("month", amounts)))[1]
    right = all_different()["income_statement"]
    wrong = [at for at, (line, column) in empty.asked("month").items() if page.figures[at] != right[column][line]]
    assert len(wrong) == 32 * 2


@EACH
def test_both_formats_say_the_same(cycle: str) -> None:
    made = filled(cycle)
    old, new = (CalamineWorkbook.from_filelike(BytesIO(write(made))) for write in (xls, xlsx))
    assert old.sheet_names == new.sheet_names
    for name in old.sheet_names:
        one, other = old.get_sheet_by_name(name), new.get_sheet_by_name(name)
        assert one.to_python(skip_empty_area=False) == other.to_python(skip_empty_area=False)
        assert sorted(one.merged_cell_ranges or []) == sorted(other.merged_cell_ranges or [])


@pytest.mark.parametrize("write", [xls, xlsx])
def test_the_same_statements_give_the_same_bytes(write: Callable[[Workbook], bytes]) -> None:
    assert write(filled("month")) == write(filled("month"))
    assert write(filled("month")) != write(filled("month", everywhere(D("0.01"))))


@settings(max_examples=40, deadline=None)
@given(st.decimals(D("-9999999999999.00"), D("9999999999999.00"), places=2))
def test_every_amount_the_form_takes_reads_back_to_the_fen(amount: D) -> None:
    page = pages(xls(filled("month", everywhere(amount))))[0]
    assert set(page.figures.values()) == {amount}


@pytest.mark.parametrize("amount", [D("9999999999999.01"), D("-10000000000000.00")])
def test_an_amount_the_form_does_not_take_is_refused_and_named(amount: D) -> None:
    amounts = all_different()
    amounts["cash_flow"]["year_to_date"]["12"] = amount
    with pytest.raises(FilingAmountTooLarge) as refusal:
        filled("month", amounts)
    assert refusal.value.params == {
        "sheet": "现金流量表_月季报",
        "line": "12",
        "amount": str(amount),
        "largest": "9999999999999.00",
    }


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=200))
@example("=1+1")
@example('@HYPERLINK("http://x")')
@example("𠮷野餐饮（深圳）有限公司")
def test_whatever_a_company_is_called_is_a_text_and_never_a_formula(company: str) -> None:
    made = filled("year", filed=FILED._replace(company=company))
    at = official("year")[0].said["company"]
    page = pages(xls(made))[0]
    assert (page.texts[at], page.formats[at]) == (company, "@")
    sheet = CalamineWorkbook.from_filelike(BytesIO(xlsx(made))).get_sheet_by_index(0)
    assert sheet.to_python(skip_empty_area=False)[at[0]][at[1]] == company


@pytest.mark.parametrize(
    ("period", "cycle", "began"),
    [
        ("2026-02", "month", date(2026, 2, 1)),
        ("2026-03", "quarter", date(2026, 1, 1)),
        ("2026-12", "quarter", date(2026, 10, 1)),
        ("2026-12", "year", date(2026, 1, 1)),
    ],
)
def test_a_cycle_begins_with_its_first_day(period: str, cycle: str, began: date) -> None:
    assert rules.first_day(Period.parse(period), cycle) == began


def test_each_month_ends_the_cycles_it_ends() -> None:
    ended = {cycle: [m for m in range(1, 13) if rules.ends(Period(2026, m), cycle)] for cycle in ("quarter", "year")}
    assert ended == {"quarter": [3, 6, 9, 12], "year": [12]}
    assert all(rules.ends(Period(2026, month), "month") for month in range(1, 13))


def test_no_sheet_has_a_cell_twice_or_inside_a_merge() -> None:
    for sheet in filled("year").sheets:
        places = [cell.place for cell in sheet.cells]
        assert len(places) == len(set(places))
        for first, last in sheet.merges:
            inside = [p for p in places if first.row <= p.row <= last.row and first.column <= p.column <= last.column]
            assert inside == [first]
