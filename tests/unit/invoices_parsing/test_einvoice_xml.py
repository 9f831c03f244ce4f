"""数电票 XML: absolute paths, red marks, words for rates, wrappings and encodings."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from app.invoices.parsing.service import parse
from app.invoices.parsing.types import ParsedInvoice, Party

from .builders import BUYER, BUYER_ID, NUMBER, SELLER, SELLER_ID, SHARED, einvoice, item

D = Decimal


def read(text: str | bytes) -> ParsedInvoice:
    parsed = parse("数电票.xml", text.encode() if isinstance(text, str) else text)
    assert parsed.refused == ()
    (invoice,) = parsed.items
    return invoice


def refusal(text: str) -> str:
    parsed = parse("数电票.xml", text.encode())
    assert parsed.items == ()
    (refused,) = parsed.refused
    return refused.code


def codes(invoice: ParsedInvoice) -> list[str]:
    return [problem.code for problem in invoice.problems]


def test_a_blue_special_invoice_is_read_whole():
    invoice = read(einvoice())
    assert (invoice.kind, invoice.format, invoice.special) == ("digital_special", "einvoice_xml", True)
    assert (invoice.number, invoice.code, invoice.red, invoice.status) == (NUMBER, "", False, "normal")
    assert (invoice.seller, invoice.buyer) == (Party(SELLER, SELLER_ID), Party(BUYER, BUYER_ID))
    assert (invoice.net, invoice.tax, invoice.gross) == (D("1000.00"), D("130.00"), D("1130.00"))
    (line,) = invoice.lines
    assert (line.tax_code, line.tax_rate, line.tax_rate_text) == ("1060105010000000000", D("0.13"), "0.130000")
    assert (line.specification, line.unit, line.quantity, line.unit_price) == ("A4", "箱", D(10), D(100))
    assert invoice.problems == ()


def test_the_date_of_issue_is_the_request_and_not_the_generation():
    assert read(einvoice()).issued_on == date(2026, 10, 8)


def test_the_time_of_generation_dates_an_invoice_without_request_time():
    assert read(einvoice(requested="")).issued_on == date(2026, 10, 9)


def test_the_plate_of_a_toll_invoice_is_not_its_number():
    toll = "<Toll><PlateNumber>苏A00000</PlateNumber><VehicleType>客车</VehicleType></Toll>"
    invoice = read(
        einvoice(
            specific=toll,
            label="02",
            net="18.63",
            tax="0.56",
            gross="19.19",
            words="壹拾玖元壹角玖分",
            items=[item("*经营租赁*通行费", "18.63", "3%", "0.56", "", "")],
        )
    )
    assert (invoice.number, invoice.kind) == (NUMBER, "digital_ordinary")


def test_two_trips_of_one_plate_are_two_invoices():
    toll = "<Toll><PlateNumber>苏A00000</PlateNumber></Toll>"
    other = "26992000000012345679"
    both = "<batch>" + einvoice(specific=toll, head="") + einvoice(number=other, specific=toll, head="") + "</batch>"
    assert [invoice.number for invoice in parse("a.xml", both.encode()).items] == [NUMBER, other]


def test_one_bad_invoice_of_a_batch_leaves_the_other():
    both = "<batch>" + einvoice(head="", gross="1.00") + einvoice(number="26992000000012345679", head="") + "</batch>"
    parsed = parse("a.xml", both.encode())
    assert [invoice.number for invoice in parsed.items] == ["26992000000012345679"]
    assert [refused.code for refused in parsed.refused] == ["invoice.amounts_disagree"]


RED = {
    "mark": "N", "net": "-500.00", "tax": "-65.00", "gross": "-565.00", "words": "（负数）伍佰陆拾伍圆整",
    "items": [item(net="-500.00", tax="-65.00", quantity="-5")],
}  # fmt: skip


def test_a_red_invoice_is_negative_and_names_the_blue_one():
    red = "<RedEInvoice><OriginalInvoiceCode>26992000000000000001</OriginalInvoiceCode></RedEInvoice>"
    invoice = read(einvoice(**RED, specific=red))
    assert (invoice.red, invoice.gross, invoice.original_number) == (True, D("-565.00"), "26992000000000000001")


def test_a_red_invoice_names_the_blue_one_in_its_remark_when_nowhere_else():
    remark = "被红冲蓝字数电发票号码：26992000000000000001 红字发票信息确认单编号：32000026100000000001"
    assert read(einvoice(**RED, remark=remark)).original_number == "26992000000000000001"


def test_a_red_mark_on_positive_amounts_is_refused():
    assert refusal(einvoice(mark="N")) == "invoice.red_sign"


def test_negative_amounts_under_a_blue_mark_are_refused():
    assert refusal(einvoice(**{**RED, "mark": "Y"})) == "invoice.red_sign"


@pytest.mark.parametrize(
    ("text", "fraction"),
    [("0.130000", "0.13"), ("0.06", "0.06"), ("6%", "0.06"), ("13.00%", "0.13"), ("1.5%", "0.015"), ("0%", "0"),
     ("13", "0.13"), ("免税", None), ("不征税", None), ("***", None), ("", None)],
)  # fmt: skip
def test_a_rate_is_a_fraction_or_a_word(text, fraction):
    tax = "0.00" if fraction is None or D(fraction) == 0 else "130.00"
    gross = "1000.00" if tax == "0.00" else "1130.00"
    (line,) = read(einvoice(tax=tax, gross=gross, items=[item(rate=text, tax=tax)])).lines
    assert line.tax_rate == (None if fraction is None else D(fraction))
    assert line.tax_rate_text == text


def test_an_exempt_invoice_writes_stars_for_its_tax():
    invoice = read(einvoice(tax="***", gross="1000.00", items=[item(rate="免税", tax="***")]))
    assert (invoice.tax, invoice.lines[0].tax) == (D("0.00"), D("0.00"))


def test_a_discount_line_is_negative_and_has_no_quantity():
    lines = [item(), item(net="-100.00", tax="-13.00", quantity="", price="")]
    invoice = read(einvoice(net="900.00", tax="117.00", gross="1017.00", items=lines))
    assert [(line.net, line.quantity) for line in invoice.lines] == [(D("1000.00"), D(10)), (D("-100.00"), None)]
    assert (invoice.red, invoice.problems) == (False, ())


def test_totals_that_do_not_add_up_are_refused():
    assert refusal(einvoice(gross="1130.01")) == "invoice.amounts_disagree"


def test_a_gross_that_its_words_contradict_is_a_problem():
    assert codes(read(einvoice(words="壹仟壹佰叁拾壹圆整"))) == ["invoice.words_disagree"]


def test_words_refuse_a_derived_total_that_they_contradict_and_confirm_it_otherwise():
    assert refusal(einvoice(gross="", words="壹仟壹佰叁拾壹圆整")) == "invoice.amounts_disagree"
    assert codes(read(einvoice(gross="", words="壹仟壹佰叁拾圆整"))) == []


def test_lines_a_fen_away_each_are_rounding_and_more_is_a_problem():
    thirds = [item(net="333.33", tax="43.33")] * 3
    assert codes(read(einvoice(items=thirds))) == []
    assert codes(read(einvoice(items=thirds[:2]))) == ["invoice.lines_disagree"]


def test_a_missing_line_table_is_a_problem_and_not_a_refusal():
    assert codes(read(einvoice(items=[]))) == ["invoice.no_lines"]


def test_one_unreadable_line_leaves_no_half_table():
    invoice = read(einvoice(items=[item(), item(net="many")]))
    assert (invoice.lines, codes(invoice)) == ((), ["invoice.line_unreadable"])


@pytest.mark.parametrize(
    ("change", "code"),
    [({"number": ""}, "invoice.no_number"), ({"number": "123"}, "invoice.bad_number"),
     ({"requested": "2026-13-40", "issued": ""}, "invoice.no_date"), ({"net": "", "tax": ""}, "invoice.no_totals"),
     ({"net": "1e3"}, "invoice.bad_amount"), ({"net": "1000.005"}, "invoice.bad_amount"),
     ({"net": "1" * 17}, "invoice.bad_amount"), ({"net": "1" * 200}, "invoice.bad_amount"),
     ({"net": "9" * 60}, "invoice.bad_amount"),
     ({"buyer": "", "buyer_id": ""}, "invoice.no_party"), ({"buyer": "甲" * 501}, "invoice.text_too_long")],
)  # fmt: skip
def test_what_decides_is_refused_by_code(change, code):
    assert refusal(einvoice(**change)) == code


def test_a_private_buyer_has_a_name_and_no_tax_id():
    assert read(einvoice(label="02", buyer="个人", buyer_id=" \t ")).buyer == Party("个人", "")


@pytest.mark.parametrize("buyer_id", ["' OR 1=1 --", "123", "91110105MA0000001X9999", "=1+1"])
def test_a_tax_id_that_is_none_is_a_problem(buyer_id):
    assert codes(read(einvoice(buyer_id=buyer_id))) == ["invoice.bad_tax_id"]


@pytest.mark.parametrize(
    "buyer_id", ["", "--", "11010119900307123X", "110101199003071234", "1101**********1234", "91110105ma0000001x"]
)
def test_a_natural_person_has_no_tax_id_or_an_identity_number(buyer_id):
    assert codes(read(einvoice(label="02", buyer="张三", buyer_id=buyer_id))) == []


def test_words_beyond_all_money_are_a_problem_and_no_fault_of_ours():
    assert codes(read(einvoice(words="玖亿" * 20 + "圆整"))) == ["invoice.words_disagree"]


def test_a_nameless_buyer_of_an_ordinary_invoice_is_a_problem():
    assert codes(read(einvoice(label="02", buyer="", buyer_id=""))) == ["invoice.no_buyer"]


def test_an_unlabelled_invoice_is_of_unknown_kind_and_not_special():
    invoice = read(einvoice(label=""))
    assert (invoice.kind, invoice.special, codes(invoice)) == ("unknown", False, ["invoice.unknown_kind"])


def test_a_different_header_number_is_a_problem():
    assert codes(read(einvoice(eiid="26992000000000000009"))) == ["invoice.numbers_disagree"]


def test_a_field_stated_twice_with_two_values_is_refused():
    twice = einvoice().replace(
        "</TaxSupervisionInfo>", "<InvoiceNumber>26992000000000000009</InvoiceNumber></TaxSupervisionInfo>"
    )
    assert refusal(twice) == "xml.ambiguous"


def test_a_missing_tax_is_derived_and_said():
    invoice = read(einvoice(tax=""))
    assert (invoice.tax, codes(invoice)) == (D("130.00"), ["invoice.total_derived"])


def test_a_namespace_a_wrapper_and_a_signature_do_not_matter():
    signature = '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:Object>{}</ds:Object></ds:Signature>'
    inner = einvoice(head="", attributes=' xmlns="http://www.chinatax.gov.cn/einvoice"')
    assert read(f"<response><body>{signature.format(inner)}</body></response>").number == NUMBER


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-16", "utf-16-le", "utf-8-sig"])
def test_every_encoding_of_the_trade_is_read(encoding):
    label = {"utf-8-sig": "UTF-8", "utf-16-le": "UTF-16"}.get(encoding, encoding)
    text = einvoice(head=f'<?xml version="1.0" encoding="{label}"?>')
    assert read(text.encode(encoding)).seller.name == SELLER


def test_a_file_that_calls_itself_gbk_but_is_utf8_is_utf8():
    assert read(einvoice(head='<?xml version="1.0" encoding="GBK"?>').encode()).seller.name == SELLER


def test_a_file_that_calls_itself_utf8_but_is_gbk_is_gbk():
    assert read(einvoice().encode("gbk")).seller.name == SELLER


def test_the_published_sample_is_read():
    sample = SHARED / "reference" / "interfaces" / "einvoice_xml_sample_synthetic.xml"
    invoice = read(sample.read_bytes())
    assert (invoice.number, invoice.gross, codes(invoice)) == ("26992000000012345678", D("1130.00"), [])


def test_xml_of_something_else_is_refused():
    assert refusal("<catalogue><book/></catalogue>") == "xml.no_invoice"
