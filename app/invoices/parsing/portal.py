"""Tax-portal workbooks (全量发票查询导出结果): rows by header name, grouped into invoices.

Invariant: 发票基础信息 (a row an invoice) gives the totals, 信息汇总表 (a row a line) the lines; a sheet without
amounts (铁路电子客票, 建筑服务…) adds nothing and disturbs nothing; one bad invoice never hides its neighbours.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from app.invoices.parsing import errors, figures, kinds, rules
from app.invoices.parsing.cells import digits_text, money_text
from app.invoices.parsing.errors import Unreadable
from app.invoices.parsing.readings import LineReading, Reading
from app.invoices.parsing.rules import problem
from app.invoices.parsing.types import ParsedInvoice, Problem, Refused, Status
from infra.hostile.cells import Cell, Sheet, text

_HEADERS: Mapping[str, tuple[str, ...]] = {
    "code": ("发票代码",),
    "number": ("发票号码",),
    "digital": ("数电发票号码", "数电票号码", "全电发票号码"),
    "seller_tax_id": ("销方识别号", "销方税号", "销售方识别号", "销售方税号", "销售方纳税人识别号"),
    "seller_name": ("销方名称", "销售方名称", "销售方纳税人名称"),
    "buyer_tax_id": ("购方识别号", "购方税号", "购买方识别号", "购买方税号", "购买方纳税人识别号"),
    "buyer_name": ("购买方名称", "购方名称", "购买方纳税人名称"),
    "issued_on": ("开票日期",),
    "tax_code": ("税收分类编码",),
    "name": ("货物或应税劳务名称", "货物或应税劳务、服务名称", "货物名称", "项目名称"),
    "specification": ("规格型号",),
    "unit": ("单位",),
    "quantity": ("数量",),
    "unit_price": ("单价",),
    "net": ("金额", "不含税金额"),
    "tax_rate": ("税率", "税率/征收率"),
    "tax": ("税额", "票面税额"),
    "gross": ("价税合计",),
    "kind": ("发票票种", "票种", "发票类型"),
    "status": ("发票状态",),
    "positive": ("是否正数发票",),
    "remark": ("备注",),
}
_FIELD_OF = {header: name for name, headers in _HEADERS.items() for header in headers}
_DEDUCTION_MARKS = {"勾选状态", "有效抵扣税额", "是否勾选"}
_MONEY_FIELDS = {"net", "tax", "gross"}
_WIDTHS = {"code": 0, "number": 8, "digital": 20}
_HEADER_WITHIN = 30  # rows; titles such as 纳税人识别号：… may stand above
_HEAD = ("seller_tax_id", "seller_name", "buyer_tax_id", "buyer_name", "issued_on", "kind", "status", "positive")
Row = dict[str, str]


@dataclass(slots=True)
class _Invoice:
    """The rows of one invoice: its own row and its lines' rows."""

    where: str
    own: Row | None = None
    lines: list[Row] = field(default_factory=list)
    lines_sheet: str = ""
    problems: list[Problem] = field(default_factory=list)


def read(sheets: list[Sheet], source_file: str) -> tuple[list[ParsedInvoice], list[Refused]]:
    """The invoices of a workbook and those refused one by one; raises `Unreadable` when no sheet is an export."""
    invoices: dict[tuple[str, str], _Invoice] = {}
    refused: list[Refused] = []
    exports = deductions = 0
    for sheet in sheets:
        header = _header(sheet)
        if header is None:
            continue
        at, columns, deduction = header
        deductions += deduction
        if deduction or not {"net", "tax", "issued_on"} <= columns.keys():
            continue
        exports += 1
        refused += _gather(sheet, at, columns, invoices, source_file)
    if not exports:
        raise Unreadable(errors.WORKBOOK_DEDUCTIONS if deductions else errors.WORKBOOK_NO_HEADER)
    items = []
    for invoice in invoices.values():
        try:
            items.append(rules.judge(_reading(invoice), source_file))
        except Unreadable as refusal:
            refused.append(Refused(source_file, refusal.code, f"{invoice.where}: {refusal.detail}"))
    return items, refused


def _header(sheet: Sheet) -> tuple[int, dict[str, int], bool] | None:
    """The header's row, the column of each field, and whether it is a deduction list; None when there is no header."""
    for at, row in enumerate(sheet.rows[:_HEADER_WITHIN]):
        names = [_normal(cell) for cell in row]
        known = [_FIELD_OF.get(name) for name in names]
        if "issued_on" not in known or not {"number", "digital"} & set(known):
            continue
        columns: dict[str, int] = {}
        for column, name in enumerate(known):
            if name and columns.setdefault(name, column) != column:
                raise Unreadable(errors.WORKBOOK_NO_HEADER, f"{sheet.name}: {names[column]} ×2")
        return at, columns, bool(_DEDUCTION_MARKS & set(names))
    return None


def _normal(cell: Cell) -> str:
    if not isinstance(cell, str):
        return ""
    return "".join(unicodedata.normalize("NFKC", cell[:60]).split()).rstrip("*")


def _gather(
    sheet: Sheet, at: int, columns: dict[str, int], invoices: dict[tuple[str, str], _Invoice], source_file: str
) -> list[Refused]:
    """Put a sheet's rows to their invoices; a row without a number is refused unless it is a total or blank."""
    refused = []
    by_line = "name" in columns
    for index, cells in enumerate(sheet.rows[at + 1 :], start=at + 2):
        where = f"{sheet.name} {index}"
        try:
            row = _row(cells, columns)
            key = _key(row)
        except Unreadable as refusal:
            refused.append(Refused(source_file, refusal.code, f"{where}: {refusal.detail}"))
            continue
        if key is None:
            if _is_lost_invoice(row):
                refused.append(Refused(source_file, errors.NO_NUMBER.code, where))
            continue
        _put(invoices.setdefault(key, _Invoice(where)), row, sheet.name, by_line)
    return refused


def _row(cells: list[Cell], columns: dict[str, int]) -> Row:
    row = {}
    for name, column in columns.items():
        cell = cells[column] if column < len(cells) else ""
        if name in _MONEY_FIELDS:
            row[name] = money_text(cell)
        elif name in _WIDTHS:
            row[name] = digits_text(cell, _WIDTHS[name])
        else:
            row[name] = text(cell)
    return row


def _key(row: Row) -> tuple[str, str] | None:
    """(code, number): a digital invoice has its number in 数电发票号码, an older one `--` there."""
    digital, number, code = (row.get(name, "").strip(" -") for name in ("digital", "number", "code"))
    if digital:
        row["number"], row["code"] = digital, code
        return "", digital
    if not number:
        return None
    row["number"], row["code"] = number, code.zfill(12) if len(code) == 11 else code
    return row["code"], number


def _is_lost_invoice(row: Row) -> bool:
    """Amounts with a date but no number are an invoice that lost it; totals (合计) and blank rows have no date."""
    return bool(row.get("issued_on")) and figures.day(row["issued_on"]) is not None and bool(row.get("net"))


def _put(invoice: _Invoice, row: Row, sheet: str, by_line: bool) -> None:
    first = invoice.own or (invoice.lines[0] if invoice.lines else row)
    differing = [name for name in _HEAD if row.get(name) and first.get(name) and row[name] != first[name]]
    if by_line:
        if invoice.lines_sheet in ("", sheet):
            invoice.lines_sheet = sheet
            invoice.lines.append(row)
    elif invoice.own is None:
        invoice.own = row
    else:
        differing += [name for name in _MONEY_FIELDS if row.get(name) != invoice.own.get(name)]
    if differing:
        invoice.problems.append(problem(errors.ROWS_DISAGREE, f"{row['number']}: {', '.join(sorted(differing))}"))


def _reading(invoice: _Invoice) -> Reading:
    """The reading of an invoice's rows; 信息汇总表 alone gives the totals as the sums of its lines."""
    head = invoice.own or {**invoice.lines[0], **{name: _total(invoice.lines, name) for name in _MONEY_FIELDS}}
    status, problems = _status(head.get("status", ""))
    kind = kinds.by_title(head.get("kind", ""))
    blue = {"是": False, "否": True}
    reading = Reading(
        format="portal_workbook", kind=kind, number=head["number"], code=head["code"],
        issued_on=head.get("issued_on", ""), seller_name=_said(head, "seller_name"),
        seller_tax_id=_said(head, "seller_tax_id"), buyer_name=_said(head, "buyer_name"),
        buyer_tax_id=_said(head, "buyer_tax_id"), net=head.get("net", ""), tax=head.get("tax", ""),
        gross=head.get("gross", ""), red=blue.get(head.get("positive", "")), status=status,
        remark=head.get("remark", ""), lines=tuple(_line(row) for row in invoice.lines),
    )  # fmt: skip
    return replace(reading, problems=(*invoice.problems, *problems))


def _said(row: Row, name: str) -> str:
    value = row.get(name, "")
    return value if value.strip("- ") else ""


def _total(rows: list[Row], name: str) -> str:
    stated = [row.get(name, "") for row in rows]
    if not any(stated):
        return ""
    return f"{sum((figures.money(value) if value.strip('-* ') else Decimal(0) for value in stated), Decimal(0)):f}"


def _line(row: Row) -> LineReading:
    columns = ("name", "tax_code", "specification", "unit", "quantity", "unit_price", "net", "tax_rate", "tax")
    return LineReading(**{name: row.get(name, "") for name in columns})


def _status(words: str) -> tuple[Status, tuple[Problem, ...]]:
    if "作废" in words:
        return "void", ()
    if "红冲" in words:
        return ("partly_reversed" if "部分" in words else "reversed"), ()
    return "normal", () if words in ("", "正常") else (problem(errors.UNKNOWN_STATUS, words[:60]),)
