"""What an .xls workbook says, cell by cell, and where two of them differ; the official empty forms lie in `shared`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal as D
from pathlib import Path

import xlrd

SHARED = Path(os.environ.get("ZHANGFANG_SHARED", Path(__file__).resolve().parents[4] / "shared"))
FORMS = {"month": "月季报", "quarter": "月季报", "year": "年报"}
FIGURE = "0.00_ "
DAY = "yyyy/m/d;@"
LABELS = {"纳税人识别号": "tax_id", "纳税人名称": "company", "所属期起": "first_day", "所属期止": "last_day"}
HEADS = {
    "期末余额": {"month": "closing", "quarter": "closing", "year": "closing"},
    "年初余额": {"month": "year_opening", "quarter": "year_opening", "year": "year_opening"},
    "本期金额": {"month": "period", "quarter": "quarter"},
    "本年累计金额": {"month": "year_to_date", "quarter": "year_to_date", "year": "year_to_date"},
    "上年金额": {"year": "previous_year"},
}
STATEMENTS = {"资产负债表": "balance_sheet", "利润表": "income_statement", "现金流量表": "cash_flow"}

At = tuple[int, int]


@dataclass(frozen=True)
class Page:
    """One sheet: its texts, whole numbers, figures, days and number formats by (row, column), and its measures."""

    name: str
    texts: dict[At, str]
    numbers: dict[At, D]
    formats: dict[At, str]
    merges: set[tuple[int, int, int, int]]
    widths: dict[int, int]
    heights: dict[int, int]

    @property
    def statement(self) -> str:
        """Which statement stands on the sheet, by its Chinese name."""
        return STATEMENTS[self.name.partition("_")[0]]

    @property
    def figures(self) -> dict[At, D]:
        """The cells for amounts: those written with two decimals."""
        return {at: number for at, number in self.numbers.items() if self.formats[at] == FIGURE}

    @property
    def said(self) -> dict[str, At]:
        """The cells beside the labels of what is filed of the company: the first to the right that is no label's."""
        right = {(top, left): end for top, _, left, end in self.merges}
        return {LABELS[text]: (at[0], right.get(at, at[1] + 1)) for at, text in self.texts.items() if text in LABELS}

    def asked(self, cycle: str) -> dict[At, tuple[str, str]]:
        """What each figure cell is for, from the form's own words: the line number left of it, the head above it."""
        head = 4
        found = {}
        for row, column in self.figures:
            lines = [at for at in self.numbers if at[0] == row and at[1] < column and at not in self.figures]
            line = self.numbers[max(lines)]
            found[row, column] = (str(int(line)), HEADS[self.texts[head, column]][cycle])
        return found


def official(cycle: str) -> list[Page]:
    """The empty form that the bureau hands out."""
    name = f"财务报表报送与信息采集（小企业会计准则）{FORMS[cycle]}.xls"
    return pages((SHARED / "reference/templates" / name).read_bytes())


def pages(file: bytes) -> list[Page]:
    """The sheets of an .xls workbook in their order."""
    book = xlrd.open_workbook(file_contents=file, formatting_info=True)
    return [_page(book, sheet) for sheet in book.sheets()]


def _page(book: xlrd.Book, sheet: xlrd.sheet.Sheet) -> Page:
    cells = {(row, column): sheet.cell(row, column) for row in range(sheet.nrows) for column in range(sheet.ncols)}
    kinds = {xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK, xlrd.XL_CELL_TEXT, xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE}
    assert {cell.ctype for cell in cells.values()} <= kinds
    numeric = (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE)
    formats = {
        at: book.format_map[book.xf_list[cell.xf_index].format_key].format_str
        for at, cell in cells.items()
        if cell.xf_index is not None
    }
    return Page(
        sheet.name,
        {at: cell.value for at, cell in cells.items() if cell.ctype == xlrd.XL_CELL_TEXT and cell.value},
        {at: D(repr(cell.value)) for at, cell in cells.items() if cell.ctype in numeric},
        formats,
        set(sheet.merged_cells),
        {column: known.width for column, known in sheet.colinfo_map.items()},
        {row: known.height for row, known in sheet.rowinfo_map.items()},
    )


def day(number: D) -> date:
    """The day a spreadsheet counts so."""
    return xlrd.xldate_as_datetime(int(number), 0).date()


def differences(form: list[Page], ours: list[Page]) -> Iterator[str]:
    """Where a filled workbook is not the empty form: anything but what stands in the cells for figures and names."""
    if [page.name for page in form] != [page.name for page in ours]:
        yield f"sheets {[page.name for page in ours]}"
        return
    for empty, filled in zip(form, ours, strict=True):
        open_cells = set(empty.said.values())
        for what in ("texts", "numbers"):
            wanted, got = getattr(empty, what), getattr(filled, what)
            for at in sorted(wanted.keys() | got.keys()):
                if at in open_cells or (what == "numbers" and at in empty.figures and at in filled.figures):
                    continue
                if wanted.get(at) != got.get(at):
                    yield f"{empty.name}{at}: {wanted.get(at)!r} is {got.get(at)!r}"
        yield from (f"{empty.name} merge {area}" for area in sorted(empty.merges ^ filled.merges))
        yield from (
            f"{empty.name} {what} {at}"
            for what in ("widths", "heights")
            for at, measure in getattr(filled, what).items()
            if getattr(empty, what).get(at) != measure
        )
