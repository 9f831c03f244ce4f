"""Workbooks of vouchers, made by XlsxWriter as an accountant's spreadsheet would save them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

HEADERS = ("日期", "凭证字", "凭证号", "摘要", "科目编码", "借方", "贷方")


def workbook(rows: Sequence[Sequence[Any]], headers: Sequence[str] = HEADERS, above: Sequence[str] = ()) -> bytes:
    """A workbook of one sheet: lines of heading, the headers, the rows."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("凭证")
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for number, cells in enumerate([*([line] for line in above), headers, *rows]):
        for place, cell in enumerate(cells):
            if isinstance(cell, date):
                sheet.write_datetime(number, place, datetime.combine(cell, time()), day)
            elif cell is not None:
                sheet.write(number, place, cell)
    book.close()
    return file.getvalue()
