"""Reading vouchers from the rows of a sheet: columns by their headers, rows grouped by date, word and number.

Invariant: a cell becomes the text that the API takes for its field, or stays as it is and is refused there; nothing is
rounded or guessed. Cells of date and number that are blank go on from the row above, and the word with the number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from app.kernel.money import FEN, fen
from app.ledger.vouchers.importing import errors
from app.ledger.vouchers.importing.types import Group
from infra.errors import Violation
from infra.hostile.texts import clean
from infra.hostile.workbook import Cell, text

HEADERS: Mapping[str, tuple[str, ...]] = {
    "date": ("日期", "凭证日期", "制单日期"),
    "word": ("凭证字", "凭证类别", "凭证类型"),
    "number": ("凭证号", "凭证号数", "凭证编号"),
    "attachments": ("附单据数", "附件数", "附件张数"),
    "summary": ("摘要", "凭证摘要"),
    "account_code": ("科目编码", "科目代码", "科目编号"),
    "account_name": ("科目名称", "会计科目", "科目"),
    "debit": ("借方", "借方金额", "借方本币"),
    "credit": ("贷方", "贷方金额", "贷方本币"),
    "counterparty": ("往来单位",),
    "currency": ("币种", "币别"),
    "foreign_amount": ("原币", "原币金额", "外币金额"),
    "rate": ("汇率",),
    "quantity": ("数量",),
    "unit_price": ("单价",),
    "cash_item": ("现金流量项目", "现金流量"),
    "note": ("备注",),
}
NEEDED = ("日期", "凭证号", "摘要", "科目编码或科目名称", "借方", "贷方")
_FIELDS = {header: field for field, headers in HEADERS.items() for header in headers}
_NUMBERS = ("debit", "credit", "foreign_amount", "rate", "quantity", "unit_price")
_MONEY = ("debit", "credit", "foreign_amount")
_TINY = Decimal("0.00000001")
_LOOKED_AT = 20  # rows in which the headers are looked for
_DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?:[ T].*)?")
_DAY_RUN = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_PLAIN = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")
Columns = Mapping[int, str]


def columns_of(cells: Sequence[Cell], dimensions: Mapping[str, str]) -> tuple[Columns, list[Violation]] | None:
    """The field of each column when a row is one of headers; `dimensions` are dimension codes by name.

    A dimension's column is `items.` and its code; a header that is there twice is a violation.
    """
    found: dict[int, str] = {}
    broken = []
    for place, cell in enumerate(cells):
        header = re.sub(r"[\s*（()）]", "", unicodedata.normalize("NFKC", text(cell)))
        field = _FIELDS.get(header) or (f"items.{dimensions[header]}" if header in dimensions else None)
        if field is None:
            continue
        if field in found.values():
            broken.append(errors.HEADER_TWICE.at("", column=header))
        found[place] = field
    held = set(found.values())
    complete = {"date", "number", "summary", "debit", "credit"} <= held and held & {"account_code", "account_name"}
    return (found, broken) if complete else None


def header_row(
    rows: Sequence[Sequence[Cell]], dimensions: Mapping[str, str]
) -> tuple[int, Columns, list[Violation]] | None:
    """The place of the row of headers within the first rows, and its columns."""
    for place, cells in enumerate(rows[:_LOOKED_AT]):
        found = columns_of(cells, dimensions)
        if found is not None:
            return place, *found
    return None


def groups(rows: Sequence[Sequence[Cell]], first: int, columns: Columns) -> list[Group]:
    """The vouchers of the rows below the headers; `first` is the number of the first of these rows."""
    found: dict[tuple[str, str, str], list[tuple[int, dict[str, str]]]] = {}
    head = ("", "", "")
    for number, cells in enumerate(rows, first):
        said = {field: _said(field, cells[place]) for place, field in columns.items() if place < len(cells)}
        if not any(said.values()):
            continue
        own = (said.get("date", ""), said.get("word", ""), said.get("number", ""))
        head = (own[0] or head[0], own[1] if own[2] else own[1] or head[1], own[2] or head[2])
        found.setdefault(head, []).append((number, said))
    return [_group(key, lines) for key, lines in found.items()]


def _said(field: str, cell: Cell) -> str:
    if field == "date":
        return _day(cell)
    if field in _NUMBERS:
        return _number(cell, money=field in _MONEY)
    return clean(unicodedata.normalize("NFC", text(cell)))


def _day(cell: Cell) -> str:
    """`YYYY-MM-DD`, or the text as it is."""
    if isinstance(cell, (date, datetime)):
        return f"{cell:%Y-%m-%d}"
    said = unicodedata.normalize("NFKC", text(cell)).strip()
    match = _DAY.fullmatch(said) or _DAY_RUN.fullmatch(said)
    return f"{match[1]}-{int(match[2]):02d}-{int(match[3]):02d}" if match else said


def _number(cell: Cell, *, money: bool) -> str:
    """A plain number as the API writes it, money with two decimals; anything else as it is."""
    said = re.sub(r"[,\s¥￥]", "", unicodedata.normalize("NFKC", text(cell)))[:80]
    if not _PLAIN.fullmatch(said):
        return said
    try:
        exact = Decimal(said)
    except InvalidOperation:
        return said
    if money or isinstance(cell, float):
        nearest = fen(exact) if money else exact.quantize(_TINY, ROUND_HALF_UP)
        dust = FEN / 10_000 if isinstance(cell, float) else 0
        exact = nearest if abs(exact - nearest) <= dust else exact
    plain = f"{exact:f}"
    if money:
        return f"{exact:.2f}" if exact == fen(exact) and exact else plain if exact else ""
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _group(key: tuple[str, str, str], lines: Sequence[tuple[int, dict[str, str]]]) -> Group:
    day, word, number = key
    broken: list[Violation] = []
    first = lines[0][0]
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day):
        broken.append(errors.NO_DATE.at(f"/rows/{first}/date"))
    if not number:
        broken.append(errors.NO_NUMBER.at(f"/rows/{first}/number"))
    asked_lines: list[dict[str, Any]] = []
    for row, said in lines:
        if not (said.get("account_code") or said.get("account_name")):
            broken.append(errors.NO_ACCOUNT.at(f"/rows/{row}/account_code"))
        above = asked_lines[-1]["summary"] if asked_lines else ""
        asked_lines.append(_line(said, above))
    asked: dict[str, Any] = {"date": day, "lines": asked_lines}
    if word:
        asked["word"] = word
    attachments = [said["attachments"] for _, said in lines if said.get("attachments")]
    if attachments:
        asked["attachments"] = int(attachments[0]) if re.fullmatch("[0-9]{1,6}", attachments[0]) else attachments[0]
    notes = [said["note"] for _, said in lines if said.get("note")]
    if notes:
        asked["note"] = notes[0]
    return Group(f"{word}-{number}" if word else number, tuple(row for row, _ in lines), asked, tuple(broken))


def _line(said: Mapping[str, str], above: str) -> dict[str, Any]:
    plain = (
        "debit",
        "credit",
        "counterparty",
        "currency",
        "foreign_amount",
        "rate",
        "quantity",
        "unit_price",
        "cash_item",
    )
    line: dict[str, Any] = {field: said[field] for field in plain if said.get(field)}
    if line.get("currency") in ("人民币", "RMB"):
        line["currency"] = "CNY"
    if line.get("currency", "CNY") == "CNY":
        line = {field: value for field, value in line.items() if field not in ("foreign_amount", "rate")}
    line["account_code"] = said.get("account_code") or said.get("account_name", "")
    line["summary"] = said.get("summary") or above
    items = {field.partition(".")[2]: name for field, name in said.items() if field.startswith("items.") and name}
    return {**line, "items": items} if items else line


def located(violation: Violation, rows: Sequence[int]) -> Violation:
    """The violation with its pointer into the workbook: `/rows/7/debit` for `/lines/2/debit` of a voucher."""
    match = re.match(r"/lines/([0-9]+)(.*)", violation.path)
    if match and int(match[1]) < len(rows):
        path = f"/rows/{rows[int(match[1])]}{match[2]}"
    else:
        path = violation.path if violation.path.startswith("/rows/") else f"/rows/{rows[0]}{violation.path}"
    return Violation(violation.code, path, violation.params)
