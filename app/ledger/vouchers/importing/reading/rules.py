"""Reading the rows of a sheet as texts: columns by their headers, each cell as the text that the API takes.

Invariant: a cell becomes the text that the API takes for its field, or stays as it is and is refused there; nothing is
rounded or guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from itertools import islice

from app.kernel.money import FEN, fen
from app.ledger.vouchers.importing.reading.types import MOST_ROWS, Row, Table
from infra.hostile.cells import Cell, Sheet, text
from infra.hostile.texts import clean

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
_LONGEST_HEADER = 80
_LOOKED_AT = 20  # rows in which the headers are looked for
_DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?:[ T].*)?")
_DAY_RUN = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_PLAIN = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")
Columns = Mapping[int, str]


def table(sheets: Sequence[Sheet], dimensions: Mapping[str, str]) -> Table:
    """The rows of the first sheet that has the headers of vouchers."""
    for sheet in sheets:
        found = header_row(sheet.rows, dimensions)
        if found is not None:
            place, columns, repeated = found
            rows = () if repeated else tuple(islice(said(sheet.rows[place + 1 :], place + 2, columns), MOST_ROWS + 1))
            return Table(tuple(columns.values()), tuple(repeated), rows)
    return Table()


def columns_of(cells: Sequence[Cell], dimensions: Mapping[str, str]) -> tuple[Columns, list[str]] | None:
    """The field of each column when a row is one of headers; `dimensions` are dimension codes by name.

    A dimension's column is `items.` and its code; a header that is there twice is told.
    """
    found: dict[int, str] = {}
    repeated = []
    for place, cell in enumerate(cells):
        header = re.sub(r"[\s*（()）]", "", unicodedata.normalize("NFKC", text(cell)))
        field = _FIELDS.get(header) or (f"items.{dimensions[header]}" if header in dimensions else None)
        if field is None:
            continue
        if field in found.values():
            repeated.append(header[:_LONGEST_HEADER])
        found[place] = field
    held = set(found.values())
    complete = {"date", "number", "summary", "debit", "credit"} <= held and held & {"account_code", "account_name"}
    return (found, repeated) if complete else None


def header_row(rows: Sequence[Sequence[Cell]], dimensions: Mapping[str, str]) -> tuple[int, Columns, list[str]] | None:
    """The place of the row of headers within the first rows, and its columns."""
    for place, cells in enumerate(rows[:_LOOKED_AT]):
        found = columns_of(cells, dimensions)
        if found is not None:
            return place, *found
    return None


def said(rows: Sequence[Sequence[Cell]], first: int, columns: Columns) -> Iterator[Row]:
    """The rows below the headers that say anything; `first` is the number of the first of them."""
    for number, cells in enumerate(rows, first):
        texts = [_said(field, cells[place]) if place < len(cells) else "" for place, field in columns.items()]
        if any(texts):
            yield Row(number, tuple(texts))


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
