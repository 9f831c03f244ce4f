"""The workbook that is handed out to be filled in and imported."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import xlsxwriter  # type: ignore[import-untyped]

from app.ledger.vouchers.importing.reading.rules import HEADERS, NEEDED

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_DIMENSIONS = ("客户", "供应商", "部门", "员工", "存货", "项目")
_HINTS = (
    "每行一条分录；日期、凭证字、凭证号相同的行为一张凭证，空白沿用上一行。",
    f"必填列：{'、'.join(NEEDED)}。列按表头名称识别，顺序不限，可删除不用的列。",
    "凭证号只用于分组，导入后按账套顺序重新编号；凭证字留空时按分录自动选择。",
    "科目可填编码或名称；借方、贷方只填一方，红字填负数。",
    "外币分录填写币种（如 USD）、原币、汇率；数量核算科目填写数量、单价。",
    "辅助核算按列填写核算项目名称，自定义核算类别以其名称为表头。",
    "同一凭证重复导入不会重复制单。",
)


def blank(now: datetime) -> bytes:
    """The empty workbook: a sheet of headers and a sheet of hints; equal for one day, whatever the hour."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"strings_to_formulas": False, "strings_to_urls": False})
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    book.set_properties({"title": "凭证导入", "created": day})
    bold = book.add_format({"bold": True, "border": 1, "bg_color": "#E0E0E0"})
    texts = book.add_format({"num_format": "@"})
    sheet = book.add_worksheet("凭证")
    first = [headers[0] for field, headers in HEADERS.items() if field != "note"]
    for place, header in enumerate([*first, *_DIMENSIONS, "备注"]):
        sheet.write_string(0, place, header, bold)
        sheet.set_column(place, place, 14, texts if header in ("科目编码", "凭证号") else None)
    sheet.freeze_panes(1, 0)
    hints = book.add_worksheet("说明")
    hints.set_column(0, 0, 100)
    for row, hint in enumerate(_HINTS):
        hints.write_string(row, 0, hint)
    book.close()
    return file.getvalue()
