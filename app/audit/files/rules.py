"""The log as files that people read: xlsx, CSV and NDJSON, built without a clock.

Invariant: what a user wrote is text in each of them. A text a spreadsheet could take for a formula carries the quote
prefix in xlsx, and an apostrophe in CSV.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import xlsxwriter  # type: ignore[import-untyped]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"
NDJSON = "application/x-ndjson"
KINDS = {"xlsx": XLSX, "csv": CSV, "ndjson": NDJSON}

COLUMNS = (
    ("at", "时间 Time"),
    ("actor_name", "操作人 Operator"),
    ("actor", "操作人标识 Operator id"),
    ("on_behalf", "代表 On behalf of"),
    ("action", "操作 Action"),
    ("book_id", "账套 Book"),
    ("object_type", "对象 Object"),
    ("object_id", "对象标识 Object id"),
    ("reason", "原因 Reason"),
    ("details", "内容 Content"),
    ("personal", "个人信息 Personal"),
    ("address", "网络地址 Address"),
    ("agent", "终端 Program"),
    ("session", "会话 Session"),
    ("request_id", "请求 Request"),
    ("seq", "序号 Place"),
    ("hash", "哈希 Hash"),
)
_SUSPECT = ("=", "+", "-", "@", "\t", "\r")
_LONGEST = 32_767
"""Characters a spreadsheet cell holds."""

Row = Mapping[str, Any]


def written(kind: str, rows: Sequence[Row]) -> bytes:
    """The rows as a file of a kind."""
    return {"xlsx": _xlsx, "csv": _csv, "ndjson": _ndjson}[kind](rows)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _xlsx(rows: Sequence[Row]) -> bytes:
    file = io.BytesIO()
    plain = {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
    workbook = xlsxwriter.Workbook(file, {"constant_memory": True, **plain})
    quoted, bold = workbook.add_format({"quote_prefix": True}), workbook.add_format({"bold": True})
    sheet = workbook.add_worksheet("操作日志")
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(COLUMNS) - 1, 24)
    for place, (_, title) in enumerate(COLUMNS):
        sheet.write_string(0, place, title, bold)
    for number, row in enumerate(rows, 1):
        for place, (name, _) in enumerate(COLUMNS):
            text = _text(row[name])[:_LONGEST]
            sheet.write_string(number, place, text, quoted if text.startswith(_SUSPECT) else None)
    workbook.close()
    return file.getvalue()


def _csv(rows: Sequence[Row]) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(title for _, title in COLUMNS)
    for row in rows:
        texts = (_text(row[name]) for name, _ in COLUMNS)
        writer.writerow(f"'{text}" if text.startswith(_SUSPECT) else text for text in texts)
    return "\ufeff".encode() + file.getvalue().encode()  # spreadsheets know UTF-8 by its mark


def _ndjson(rows: Sequence[Row]) -> bytes:
    return b"".join(orjson.dumps({name: row[name] for name, _ in COLUMNS}) + b"\n" for row in rows)
