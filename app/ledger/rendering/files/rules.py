"""Tables become files: xlsx by XlsxWriter, PDF by Typst with its Chinese font embedded.

Invariant: what a user wrote is data in both. In xlsx a text is written as a text cell, and one that a spreadsheet
could take for a formula carries the quote prefix; in PDF texts enter as JSON and are never read as markup. No clock is
read, so the same table gives the same bytes.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime, time
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
import pylopdf_fonts_zh_cn
import typst
import xlsxwriter  # type: ignore[import-untyped]

from app.kernel.money import show
from app.ledger.rendering.types import Table, TableColumn, Value

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"

_TEMPLATE = Path(__file__).with_name("table.typ")
_LONGEST = 32_767
"""Characters a spreadsheet cell holds."""
_EXACT = Decimal(10) ** 13
"""Spreadsheets keep 15 digits; an amount of more would be rounded, so it is written as a text."""
_PAPERS = {"a3": 8, "a4": 9}
_SUSPECT = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r")


def xlsx(table: Table) -> bytes:
    """The table as a workbook of one sheet: three lines of heading, the column titles, then the rows.

    Rows go to a temporary file as they come, so that a long book takes no more memory than a short one.
    """
    file = io.BytesIO()
    plain = {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
    workbook = xlsxwriter.Workbook(file, {"constant_memory": True, **plain})
    workbook.set_properties({"title": table.title, "created": datetime.combine(table.made_on, time(), UTC)})
    sheet = workbook.add_worksheet()
    writer = _Sheet(workbook, sheet)
    writer.heading(table)
    for number, row in enumerate(table.rows, 4):
        for place, (value, column) in enumerate(zip(row, table.columns, strict=True)):
            writer.cell(number, place, value, column)
    workbook.close()
    return file.getvalue()


class _Sheet:
    """One sheet and the formats its cells use."""

    def __init__(self, workbook: Any, sheet: Any) -> None:
        self.sheet = sheet
        self.bold = workbook.add_format({"bold": True, "align": "center"})
        self.amount = workbook.add_format({"num_format": "#,##0.00"})
        self.number = workbook.add_format({"num_format": "#,##0.########"})
        self.centre = workbook.add_format({"align": "center"})
        self.quoted = workbook.add_format({"quote_prefix": True})
        self.bold_quoted = workbook.add_format({"bold": True, "align": "center", "quote_prefix": True})

    def heading(self, table: Table) -> None:
        self.text(0, 0, table.title)
        self.text(1, 0, f"编制单位：{table.company}")
        self.text(2, 0, "  ".join(part for part in (table.span, table.form, "单位：元", table.note) if part))
        for place, column in enumerate(table.columns):
            self.sheet.set_column(place, place, column.width * 2)
            self.text(3, place, column.title, self.bold)
        self.sheet.freeze_panes(4, 0)
        self.sheet.set_landscape() if table.landscape else self.sheet.set_portrait()
        self.sheet.set_paper(_PAPERS[table.paper])
        self.sheet.fit_to_pages(1, 0)
        self.sheet.repeat_rows(3)

    def cell(self, row: int, place: int, value: Value, column: TableColumn) -> None:
        if isinstance(value, Decimal):
            if abs(value) < _EXACT:
                self.sheet.write_number(row, place, value, self.number if column.kind == "number" else self.amount)
            else:
                self.text(row, place, show(value))
        elif isinstance(value, int):
            self.sheet.write_number(row, place, value, self.centre)
        elif value:
            self.text(row, place, value, self.centre if column.kind == "centre" else None)

    def text(self, row: int, place: int, value: str, style: Any = None) -> None:
        """Write a text; a column's title is one as well, for it may be the name of a user's item."""
        if value.startswith(_SUSPECT):
            style = self.bold_quoted if style is self.bold else self.quoted
        self.sheet.write_string(row, place, value[:_LONGEST], style)


def pdf(table: Table) -> bytes:
    """The table as a PDF, its column titles and page numbers on every page."""
    kinds = [column.kind for column in table.columns]
    content = {
        "title": table.title,
        "company": table.company,
        "span": table.span,
        "form": table.form,
        "note": table.note,
        "landscape": table.landscape,
        "paper": table.paper,
        "made_on": [table.made_on.year, table.made_on.month, table.made_on.day],
        "made_on_text": table.made_on.isoformat(),
        "columns": [{"title": c.title, "kind": c.kind, "width": c.width} for c in table.columns],
        "rows": [list(map(_printed, row, kinds)) for row in table.rows],
    }
    made_at = int(datetime.combine(table.made_on, time(), UTC).timestamp())
    made = typst.compile(
        _TEMPLATE.read_bytes(),
        font_paths=_fonts(),
        sys_inputs={"table": orjson.dumps(content).decode()},
        format="pdf",
        timestamp=made_at,
    )
    assert isinstance(made, bytes)  # noqa: S101  (the type checker's: one PDF is one file)
    return made


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    """The Noto fonts of the package and no others, so that a file never depends on the machine it was made on."""
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[pylopdf_fonts_zh_cn.sans_path().parent]
    )


def _printed(value: Value, kind: str) -> str:
    if isinstance(value, Decimal):
        return f"{value:,f}" if kind == "number" else f"{value:,.2f}"
    return "" if value is None else str(value)
