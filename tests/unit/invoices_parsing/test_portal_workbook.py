"""Tax-portal workbooks: rows to invoices by header name, with the traps real exports carry."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from app.invoices.parsing.service import parse
from app.invoices.parsing.types import Parsed, ParsedInvoice, Party

from .builders import (
    BASE_HEADERS,
    BUYER,
    BUYER_ID,
    LINE_HEADERS,
    NUMBER,
    RAIL_HEADERS,
    SELLER,
    SELLER_ID,
    export,
    row,
    workbook,
)  # fmt: skip

D = Decimal
AT_NINE = datetime.fromisoformat("2026-10-08T09:30:00")  # a date cell knows no time zone
OTHER = "26992000000012345679"


def read(content: bytes) -> Parsed:
    return parse("全量发票查询导出结果 (1).xlsx", content)


def one(content: bytes) -> ParsedInvoice:
    parsed = read(content)
    assert parsed.refused == ()
    (invoice,) = parsed.items
    return invoice


def codes(invoice: ParsedInvoice) -> list[str]:
    return [problem.code for problem in invoice.problems]


def test_a_row_an_invoice_and_a_row_a_line_meet_by_number():
    lines = [row(金额=60.0, 税额=3.6, 价税合计=63.6), row(数电发票号码=OTHER), row(金额=40.0, 税额=2.4, 价税合计=42.4)]
    parsed = read(export(lines, [row(), row(数电发票号码=OTHER)]))
    assert [(invoice.number, len(invoice.lines), codes(invoice)) for invoice in parsed.items] == [
        (NUMBER, 2, []), (OTHER, 1, []),
    ]  # fmt: skip
    invoice = parsed.items[0]
    assert (invoice.format, invoice.kind, invoice.code) == ("portal_workbook", "digital_ordinary", "")
    assert (invoice.seller, invoice.buyer) == (Party(SELLER, SELLER_ID), Party(BUYER, BUYER_ID))
    assert (invoice.net, invoice.tax, invoice.gross) == (D("100.00"), D("6.00"), D("106.00"))
    assert (invoice.issued_on, invoice.lines[0].quantity) == (date(2026, 10, 8), D(1))
    assert (invoice.lines[0].tax_code, invoice.lines[0].tax_rate) == ("3040203000000000000", D("0.06"))


def test_lines_alone_give_the_totals_as_their_sum():
    invoice = one(export([row(金额=60.0, 税额=3.6, 价税合计=63.6), row(金额=40.0, 税额=2.4, 价税合计=42.4)]))
    assert (invoice.net, invoice.tax, invoice.gross) == (D("100.00"), D("6.00"), D("106.00"))


def test_invoice_rows_alone_are_invoices_without_lines():
    assert codes(one(workbook({"发票基础信息": (BASE_HEADERS, [row()])}))) == ["invoice.no_lines"]


def test_lines_that_miss_the_invoice_row_are_a_problem():
    assert codes(one(export([row(金额=60.0, 税额=3.6, 价税合计=63.6)], [row()]))) == ["invoice.lines_disagree"]


def test_dashes_for_a_digital_number_mean_code_and_number():
    old = row(数电发票号码="--", 发票代码="033002100311", 发票号码="00123456", 发票票种="增值税电子普通发票")
    invoice = one(export([old], [old]))
    assert (invoice.code, invoice.number, invoice.kind) == ("033002100311", "00123456", "electronic_ordinary")


def test_two_codes_with_one_number_are_two_invoices():
    old = [row(数电发票号码="--", 发票代码=code, 发票号码="00123456") for code in ("033002100311", "033002100411")]
    assert len(read(export(old, old)).items) == 2


def test_numbers_that_excel_made_numeric_get_their_zeros_back():
    old = row(数电发票号码="--", 发票代码=33002100311, 发票号码=123456, 发票票种="增值税电子普通发票")
    invoice = one(export([old], [old]))
    assert (invoice.code, invoice.number) == ("033002100311", "00123456")


def test_a_digital_number_that_lost_its_digits_to_excel_is_refused():
    lost = row(数电发票号码=float(NUMBER))
    assert {refusal.code for refusal in read(export([lost], [lost])).refused} == {"invoice.bad_number"}


@pytest.mark.parametrize(
    "amounts", [(100.0, 6.0, 106.0), ("100.00", "6.00", "106.00"), (100, 6, 106), ("1,00.00", "6", "106")]
)
def test_amounts_are_numbers_or_strings(amounts):
    net, tax, gross = amounts
    parsed = read(export([row(金额=net, 税额=tax, 价税合计=gross)], [row(金额=net, 税额=tax, 价税合计=gross)]))
    if net == "1,00.00":  # a comma in the wrong place is no amount
        assert [refusal.code for refusal in parsed.refused] == ["invoice.bad_amount"]
    else:
        assert parsed.items[0].net == D("100.00")


def test_binary_dust_is_removed_and_nothing_else_is_rounded():
    dusty = row(金额=0.1 + 0.2, 税额=0.0, 价税合计=0.30000000000000004, 税率="免税")
    assert one(export([dusty], [dusty])).net == D("0.30")
    half = row(金额=100.005)
    assert read(export([half], [half])).refused[0].code == "invoice.bad_amount"


def test_text_rates_and_long_quantities_are_kept():
    line = one(
        export([row(税率="免税", 税额=0, 价税合计=100.0, 数量="3.3333333333333", 单价="30.0000000000003")])
    ).lines[0]
    assert (line.tax_rate, line.tax_rate_text, line.quantity) == (None, "免税", D("3.3333333333333"))


def test_a_red_row_is_negative_and_names_the_blue_one():
    red = row(
        金额=-100.0,
        税额=-6.0,
        价税合计=-106.0,
        数量="-1.0000000000000",
        是否正数发票="否",
        备注="被红冲蓝字数电发票号码：26992000000000000001 红字发票信息确认单编号：1",
    )
    invoice = one(export([red], [red]))
    assert (invoice.red, invoice.gross, invoice.original_number) == (True, D("-106.00"), "26992000000000000001")


@pytest.mark.parametrize(
    ("words", "status", "problems"),
    [("正常", "normal", []), ("已红冲-全额", "reversed", []), ("已红冲-部分", "partly_reversed", []),
     ("已作废", "void", []), ("作废", "void", []), ("异常凭证", "normal", ["invoice.unknown_status"])],
)  # fmt: skip
def test_the_status_is_read(words, status, problems):
    invoice = one(export([row(发票状态=words)], [row(发票状态=words)]))
    assert (invoice.status, codes(invoice)) == (status, problems)


@pytest.mark.parametrize(
    ("words", "kind", "special"),
    [("数电发票（普通发票）", "digital_ordinary", False), ("数电发票（增值税专用发票）", "digital_special", True),
     ("数电发票(增值税专用发票)", "digital_special", True), ("数电发票（铁路电子客票）", "rail_ticket", False),
     ("数电发票（航空运输电子客票行程单）", "air_itinerary", False),
     ("数电纸质发票（普通发票）", "digital_paper_ordinary", False),
     ("数电纸质发票（增值税专用发票）", "digital_paper_special", True), ("增值税普通发票", "paper_ordinary", False),
     ("增值税电子普通发票", "electronic_ordinary", False), ("增值税电子专用发票", "electronic_special", True),
     ("增值税专用发票", "paper_special", True), ("增值税普通发票（卷式）", "paper_roll", False),
     ("道路通行费电子普通发票", "toll", False), ("机动车销售统一发票", "vehicle", False),
     ("数电发票（机动车销售统一发票）", "vehicle", False), ("二手车销售统一发票", "used_vehicle", False),
     ("别的", "unknown", False)],
)  # fmt: skip
def test_the_kind_is_read(words, kind, special):
    invoice = one(export([row(发票票种=words)], [row(发票票种=words)]))
    assert (invoice.kind, invoice.special) == (kind, special)


def test_a_railway_ticket_has_no_seller_id_and_its_own_sheet_adds_nothing():
    ticket = row(
        发票票种="数电发票（铁路电子客票）",
        销方识别号="",
        销方名称="中国铁路",
        税率="9%",
        金额=100.0,
        税额=9.0,
        价税合计=109.0,
    )
    sheets = {
        "信息汇总表": (LINE_HEADERS, [ticket]), "发票基础信息": (BASE_HEADERS, [ticket]),
        "铁路电子客票": (RAIL_HEADERS, [{**ticket, "旅客姓名": "甲"}]),
    }  # fmt: skip
    invoice = one(workbook(sheets))
    assert (invoice.kind, invoice.gross, len(invoice.lines), invoice.seller.tax_id) == (
        "rail_ticket",
        D("109.00"),
        1,
        "",
    )


def test_headers_are_found_by_name_below_titles_in_any_order_and_with_stars():
    headers = tuple(f"{name}*" if name in ("金额", "开票日期") else name for name in reversed(LINE_HEADERS))
    starred = {**row(), "金额*": 100.0, "开票日期*": "2026-10-08 09:30:00"}
    content = workbook(
        {"Sheet1": (headers, [starred])}, titles=["全量发票查询", "纳税人识别号：91320000TEST000022", ""]
    )
    assert one(content).gross == D("106.00")


def test_a_total_row_is_no_invoice_and_a_row_that_lost_its_number_is_refused():
    total = {"序号": "合计", "金额": 100.0, "税额": 6.0, "价税合计": 106.0}
    parsed = read(export([row(), total, {}], [row(), total]))
    assert (len(parsed.items), parsed.refused) == (1, ())
    lost = read(export([row(), row(数电发票号码="--")], [row()]))
    assert [(refusal.code, refusal.detail) for refusal in lost.refused] == [("invoice.no_number", "信息汇总表 3")]


def test_rows_of_one_invoice_with_two_buyers_are_a_problem():
    assert "workbook.rows_disagree" in codes(
        one(export([row(), row(购买方名称="别人", 金额=0, 税额=0, 价税合计=0)], [row()]))
    )


def test_one_bad_invoice_leaves_its_neighbours():
    bad = row(价税合计=1.0)
    parsed = read(export([bad, row(数电发票号码=OTHER)], [bad, row(数电发票号码=OTHER)]))
    assert [invoice.number for invoice in parsed.items] == [OTHER]
    assert [refusal.code for refusal in parsed.refused] == ["invoice.amounts_disagree"]


@pytest.mark.parametrize("cell", [AT_NINE, "2026/10/8", "2026-10-08", "20261008"])
def test_a_date_is_a_date_cell_or_one_of_the_usual_spellings(cell):
    assert one(export([row(开票日期=cell)], [row(开票日期=cell)])).issued_on == date(2026, 10, 8)


def test_a_deduction_list_is_named_as_such():
    headers = ("序号", "勾选状态", "数电发票号码", "发票代码", "发票号码", "开票日期", "金额", "税额", "有效抵扣税额")
    assert read(workbook({"发票": (headers, [row()])})).refused[0].code == "workbook.deduction_list"


def test_a_workbook_of_something_else_is_refused():
    assert (
        read(workbook({"工资": (("姓名", "实发"), [{"姓名": "甲", "实发": 1}])})).refused[0].code
        == "workbook.no_header"
    )
