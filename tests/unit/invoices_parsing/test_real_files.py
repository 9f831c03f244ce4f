"""Real OFD invoices; every expected figure was read from the page as it is printed, not from the parsed parts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from app.invoices.parsing.service import parse
from app.invoices.parsing.types import ParsedInvoice, Party

from .builders import REAL_OFD, SHARED, einvoice, zipped

D = Decimal


def read(name: str) -> ParsedInvoice:
    parsed = parse(name, (REAL_OFD / name).read_bytes())
    assert parsed.refused == ()
    (invoice,) = parsed.items
    return invoice


def test_the_chongqing_invoice_of_2020_has_three_equal_lines():
    invoice = read("dzpp_2020_chongqing_sample.ofd")
    assert (invoice.kind, invoice.format, invoice.special) == ("electronic_ordinary", "ofd_original_xml", False)
    assert (invoice.code, invoice.number, invoice.issued_on) == ("050001700111", "99999951", date(2020, 10, 10))
    assert invoice.seller == Party("杭州融易算企业管理咨询有限公司", "91500106MA2CE71F65")
    assert invoice.buyer == Party("科游迈利有限公司", "9150010807MGZHI002")
    assert (invoice.net, invoice.tax, invoice.gross) == (D("300.00"), D("18.00"), D("318.00"))
    assert [
        (line.name, line.unit, line.quantity, line.unit_price, line.net, line.tax_rate, line.tax)
        for line in invoice.lines
    ] == [("*餐饮服务*餐费", "次", D(4), D(25), D("100.00"), D("0.06"), D("6.00"))] * 3
    changed_after_it_was_sealed = [("ofd.seal_broken", "Doc_0/Document.xml")]
    assert [(problem.code, problem.detail) for problem in invoice.problems] == changed_after_it_was_sealed


def test_the_zhejiang_invoice_is_read_from_its_attachment_beside_an_ill_formed_tag_file():
    invoice = read("dzpp_2020_zhejiang_canyin.ofd")
    assert (invoice.kind, invoice.format) == ("electronic_ordinary", "ofd_original_xml")
    assert (invoice.code, invoice.number, invoice.issued_on) == ("033002000211", "83089647", date(2020, 7, 23))
    assert invoice.seller == Party("兰溪市悦济舫餐厅", "92330781MA2EDMFU50")
    assert invoice.buyer == Party("江苏京利华新材料有限公司", "91320115MA202UKD7X")
    assert (invoice.net, invoice.tax, invoice.gross) == (D("510.68"), D("15.32"), D("526.00"))
    (line,) = invoice.lines
    assert (line.name, line.quantity, line.unit_price) == ("*餐饮服务*餐费", D(1), D("510.679612"))
    assert (line.net, line.tax_rate, line.tax) == (D("510.68"), D("0.03"), D("15.32"))
    assert [problem.code for problem in invoice.problems] == ["ofd.part_damaged"]
    assert "CustomTag.xml" in invoice.problems[0].detail


def test_the_invoice_of_2022_is_read_from_its_xbrl_attachment():
    invoice = read("dzpp_2022_with_mof_xbrl_attachment.ofd")
    assert (invoice.kind, invoice.format) == ("electronic_ordinary", "ofd_xbrl")
    assert (invoice.code, invoice.number, invoice.issued_on) == ("033002200211", "99934328", date(2022, 9, 1))
    assert invoice.seller == Party("杭州融运科技有限公司", "91330106MA7GAL1299")
    assert invoice.buyer == Party("江苏中电创新环境科技有限公司", "913202133140424571")
    assert (invoice.net, invoice.tax, invoice.gross) == (D("9.91"), D("1.29"), D("11.20"))
    (line,) = invoice.lines
    assert (line.name, line.specification) == ("*金属制品*A系列一字形螺丝批3.2x75MM", "62202")
    assert (line.unit, line.quantity, line.unit_price) == ("批", D(1), D("9.91150442"))
    assert (line.net, line.tax_rate, line.tax) == (D("9.91"), D("0.13"), D("1.29"))
    assert invoice.problems == ()


def test_the_digital_special_invoice_of_2024_is_read_from_its_tags_alone():
    invoice = read("shudian_zhuanpiao_2024_beijing.ofd")
    assert (invoice.kind, invoice.format, invoice.special) == ("digital_special", "ofd_custom_tag", True)
    assert (invoice.code, invoice.number, invoice.issued_on) == ("", "24112000000048542163", date(2024, 5, 28))
    assert invoice.seller == Party("北京互联三六五科技有限公司", "91110108690017781B")
    assert invoice.buyer == Party("海南麒麟云服科技有限公司", "91460300MAA92DJN95")
    assert (invoice.net, invoice.tax, invoice.gross) == (D("4197.17"), D("251.83"), D("4449.00"))
    (line,) = invoice.lines
    assert (line.name, line.quantity, line.unit_price) == ("*信息技术服务*技术服务费", D(1), D("4197.16981132075"))
    assert (line.net, line.tax_rate, line.tax) == (D("4197.17"), D("0.06"), D("251.83"))
    assert invoice.problems == ()


@pytest.mark.parametrize("name", sorted(path.name for path in REAL_OFD.glob("*.ofd")))
def test_no_invoice_is_lost_silently_whatever_the_file_is_called(name):
    content = (REAL_OFD / name).read_bytes()
    for other in ("发票", "发票.zip", "发票 (1).OFD"):
        assert [item.number for item in parse(other, content).items] == [read(name).number]
    assert [refusal.code for refusal in parse("发票.xml", content).refused] == ["file.type_mismatch"]


def test_a_real_bank_statement_in_an_old_workbook_is_of_another_format_and_no_two_things_at_once():
    """Its theme lies in it as a zip among its records; a zip behind it is another matter."""
    (path,) = (SHARED / "data" / "bank" / "cn" / "ccb").glob("*.xls")
    content = path.read_bytes()
    behind = zipped({"a.xml": einvoice()})
    found = [parse("流水.xls", each).refused[0].code for each in (content, content + behind)]
    assert found == ["file.unsupported_format", "file.polyglot"]
