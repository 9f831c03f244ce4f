"""The tax portal's workbook 全量发票查询导出结果: sheet 信息汇总表 (a row a line) and 发票基础信息 (a row an invoice).

The headers are exact, and so are the traps: `--` for a number that does not exist, quantities as text with thirteen
decimals, rates as text, negative rows, blank seller ids.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

import xlsxwriter  # type: ignore[import-untyped]

from app.samples.einvoice.rules import remark
from app.samples.markup.rules import figure, percent
from app.samples.types import SampleInvoice, SampleLine

Cell = str | Decimal
_CREATED = datetime.fromisoformat("2026-01-01")  # a fixed stamp keeps the bytes the same
_HEAD = (
    "序号",
    "发票代码",
    "发票号码",
    "数电发票号码",
    "销方识别号",
    "销方名称",
    "购方识别号",
    "购买方名称",
    "开票日期",
)
_TAIL = ("发票来源", "发票票种", "发票状态", "是否正数发票", "发票风险等级", "开票人", "备注")
LINE_HEADERS = (
    *_HEAD,
    "税收分类编码",
    "特定业务类型",
    "货物或应税劳务名称",
    "规格型号",
    "单位",
    "数量",
    "单价",
    "金额",
    "税率",
    "税额",
    "价税合计",
    *_TAIL,
)
INVOICE_HEADERS = (*_HEAD, "金额", "税额", "价税合计", *_TAIL)
_STATES = {"normal": "正常", "reversed": "已红冲-全额", "void": "已作废"}
_KINDS = {
    "special": "数电发票（增值税专用发票）",
    "ordinary": "数电发票（普通发票）",
    "rail": "数电发票（铁路电子客票）",
}


def workbook(invoices: Sequence[SampleInvoice]) -> bytes:
    """The export of one direction (取得 or 开具), invoices in the order given."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"created": _CREATED})
    lines = ((invoice, line) for invoice in invoices for line in invoice.lines)
    _fill(book.add_worksheet("信息汇总表"), LINE_HEADERS, (_line_row(invoice, line) for invoice, line in lines))
    _fill(book.add_worksheet("发票基础信息"), INVOICE_HEADERS, (_invoice_row(invoice) for invoice in invoices))
    book.close()
    return buffer.getvalue()


def _fill(sheet: xlsxwriter.worksheet.Worksheet, headers: Sequence[str], rows: Iterable[tuple[Cell, ...]]) -> None:
    for column, header in enumerate(headers):
        sheet.write_string(0, column, header)
    for number, row in enumerate(rows, start=1):
        for column, cell in enumerate((str(number), *row)):
            if isinstance(cell, str):
                sheet.write_string(number, column, cell)
            else:
                sheet.write_number(number, column, cell)


def _line_row(invoice: SampleInvoice, line: SampleLine) -> tuple[Cell, ...]:
    business = "铁路电子客票" if invoice.kind == "rail" else ""
    return (
        *_head(invoice),
        line.tax_code,
        business,
        line.item,
        line.spec,
        line.unit,
        figure(line.quantity),
        figure(line.unit_price),
        line.net,
        percent(line.rate),
        line.tax,
        line.net + line.tax,
        *_tail(invoice),
    )


def _invoice_row(invoice: SampleInvoice) -> tuple[Cell, ...]:
    return (*_head(invoice), invoice.net, invoice.tax, invoice.gross, *_tail(invoice))


def _head(invoice: SampleInvoice) -> tuple[str, ...]:
    digital = not invoice.code
    return (
        invoice.code,
        "" if digital else invoice.number,
        invoice.number if digital else "--",
        invoice.seller.tax_id,
        invoice.seller.name,
        invoice.buyer.tax_id,
        invoice.buyer.name,
        f"{invoice.issued_at:%Y-%m-%d %H:%M:%S}",
    )


def _tail(invoice: SampleInvoice) -> tuple[str, ...]:
    source = "增值税发票管理系统" if invoice.code else "电子发票服务平台"
    kind = "增值税电子普通发票" if invoice.code else _KINDS[invoice.kind]
    positive = "否" if invoice.red_of else "是"
    return (source, kind, _STATES[invoice.state], positive, "正常", invoice.seller.drawer, remark(invoice))
