"""Filled forms become files: BIFF8 .xls by xlwt, which is what the bureaus hand out, and .xlsx by XlsxWriter.

Invariant: both files come from the same cells. Amounts are numbers, within the 15 digits a spreadsheet keeps exactly;
texts are text cells and never formulas; no clock is read, so the same workbook gives the same bytes.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime, time
from typing import Any, NamedTuple

import xlsxwriter  # type: ignore[import-untyped]
import xlwt  # type: ignore[import-untyped]

from app.ledger.filing.types import Workbook

XLS = "application/vnd.ms-excel"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_FONT = "宋体"
_GREY = (59, (224, 224, 224))
"""The place in the .xls palette, and the colour of cells that are not for filling."""


class _Look(NamedTuple):
    """How a kind of cell looks; `size` in points."""

    align: str
    number_format: str = "General"
    size: int = 10
    bordered: bool = True
    grey: bool = True
    wrapped: bool = False


_LOOKS = {
    "title": _Look("center", size=14, bordered=False, grey=False),
    "unit": _Look("right", bordered=False, grey=False),
    "label": _Look("center", wrapped=True),
    "text": _Look("left", "@", grey=False, wrapped=True),
    "date": _Look("left", "yyyy/m/d;@", grey=False),
    "head": _Look("center"),
    "name": _Look("left", wrapped=True),
    "line": _Look("center"),
    "figure": _Look("right", "0.00_ ", grey=False),
    "blank": _Look("left"),
}


def xls(workbook: Workbook) -> bytes:
    """The form as an .xls workbook."""
    book = xlwt.Workbook(encoding="utf-8")
    book.set_colour_RGB(_GREY[0], *_GREY[1])
    styles = {kind: _style(look) for kind, look in _LOOKS.items()}
    for sheet in workbook.sheets:
        page = book.add_sheet(sheet.name)
        page.show_grid = False
        for column, width in enumerate(sheet.widths):
            page.col(column).width = width
        for row, height in enumerate(sheet.heights):
            page.row(row).height, page.row(row).height_mismatch = height, True
        merged = {area.first: area.last for area in sheet.merges}
        for place, kind, value in sheet.cells:
            if last := merged.get(place):
                page.write_merge(place.row, last.row, place.column, last.column, value, styles[kind])
            else:
                page.write(*place, value, styles[kind])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _style(look: _Look) -> Any:
    lines = "thin" if look.bordered else "no_line"
    fill = f"pattern solid, fore_colour {_GREY[0]}" if look.grey else "pattern no_fill"
    return xlwt.easyxf(
        f"font: name {_FONT}, height {look.size * 20};"
        f"alignment: horizontal {look.align}, vertical center, wrap {look.wrapped};"
        f"borders: left {lines}, right {lines}, top {lines}, bottom {lines}; pattern: {fill};",
        num_format_str=look.number_format,
    )


def xlsx(workbook: Workbook) -> bytes:
    """The form as an .xlsx workbook."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    book.set_properties({"title": workbook.title, "created": datetime.combine(workbook.made_for, time(), UTC)})
    formats = {kind: book.add_format(_format(look)) for kind, look in _LOOKS.items()}
    write = {"date": "write_datetime", "figure": "write_number", "line": "write_number", "blank": "write_blank"}
    for sheet in workbook.sheets:
        page = book.add_worksheet(sheet.name)
        page.hide_gridlines(2)
        for column, width in enumerate(sheet.widths):
            page.set_column(column, column, width / 256)
        for row, height in enumerate(sheet.heights):
            page.set_row(row, height / 20)
        kinds = {place: kind for place, kind, _ in sheet.cells}
        for first, last in sheet.merges:
            page.merge_range(*first, *last, "", formats[kinds[first]])
        for place, kind, value in sheet.cells:
            getattr(page, write.get(kind, "write_string"))(*place, value, formats[kind])
    book.close()
    return file.getvalue()


def _format(look: _Look) -> dict[str, Any]:
    return {
        "font_name": _FONT,
        "font_size": look.size,
        "align": look.align,
        "valign": "vcenter",
        "num_format": look.number_format,
        "border": int(look.bordered),
        "text_wrap": look.wrapped,
    } | ({"bg_color": "#{:02X}{:02X}{:02X}".format(*_GREY[1])} if look.grey else {})
