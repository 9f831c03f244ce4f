"""XBRL instances of the electronic voucher standard by themselves."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from app.invoices.parsing.service import parse
from app.invoices.parsing.types import ParsedInvoice, Party

from .builders import BUYER, BUYER_ID, NUMBER, SELLER, SELLER_ID, air, facts, old_invoice_xbrl, rail, xbrl

D = Decimal


def read(text: str) -> ParsedInvoice:
    parsed = parse("voucher.xml", text.encode())
    assert parsed.refused == ()
    (invoice,) = parsed.items
    return invoice


def refusal(text: str) -> str:
    parsed = parse("voucher.xml", text.encode())
    assert parsed.items == ()
    return parsed.refused[0].code


def test_the_machine_number_is_not_the_invoice_number():
    invoice = read(old_invoice_xbrl())
    assert (invoice.format, invoice.number, invoice.kind) == ("xbrl", "00123456", "electronic_ordinary")


def test_a_special_invoice_is_special_by_its_title():
    invoice = read(old_invoice_xbrl(TypeOfInvoice="增值税电子专用发票", CodeOfInvoice="033002100313"))
    assert (invoice.kind, invoice.special) == ("electronic_special", True)


def test_the_receivers_view_names_the_accounting_entity_as_buyer():
    values = {
        "InvoiceNumber": NUMBER, "SellerName": SELLER, "SellerIdNum": SELLER_ID, "TotalAmWithoutTax": "1000.00",
        "TotalTaxAm": "130.00", "TotalTax-includedAmount": "1130.00", "RequestTime": "2026-10-08",
        "UnifiedSocialCreditCodeOfAccountingEntity": BUYER_ID, "NameOfAccountingEntity": BUYER,
        "NumberOfBankElectronicReceipt": "B1", "ContractNumber": "C1",
    }  # fmt: skip
    invoice = read(xbrl("einv_spcl", facts(**values), "2023-05-15"))
    assert (invoice.number, invoice.kind, invoice.buyer) == (NUMBER, "digital_special", Party(BUYER, BUYER_ID))
    assert invoice.gross == D("1130.00")


def test_a_railway_ticket_has_the_fare_as_gross_and_no_seller():
    invoice = read(rail())
    assert (invoice.kind, invoice.number, invoice.issued_on) == ("rail_ticket", NUMBER, date(2026, 7, 11))
    assert (invoice.net, invoice.tax, invoice.gross) == (D("250.00"), D("22.50"), D("272.50"))
    assert (invoice.seller, invoice.buyer, invoice.problems) == (Party(), Party(BUYER, BUYER_ID), ())
    assert (invoice.lines[0].name, invoice.lines[0].tax_rate) == ("铁路客运 上海虹桥-杭州东", D("0.09"))


def test_a_refund_fee_of_the_railway_is_no_red_invoice_but_wants_a_look():
    invoice = read(
        rail(TypeOfBusiness="退", Fare="10.60", TotalAmountExcludingTax="10.00", TaxRate="0.06", TaxAmount="0.60")
    )
    assert (invoice.red, invoice.gross) == (False, D("10.60"))
    assert [problem.code for problem in invoice.problems] == ["invoice.refund_fee"]


def test_the_fund_of_an_air_itinerary_is_outside_the_taxed_base():
    invoice = read(air())
    assert (invoice.kind, invoice.net, invoice.tax, invoice.gross) == (
        "air_itinerary",
        D("609.63"),
        D("50.37"),
        D("660.00"),
    )
    assert [(line.net, line.tax, line.tax_rate) for line in invoice.lines] == [
        (D("559.63"), D("50.37"), D("0.09")), (D("50.00"), D("0.00"), None),
    ]  # fmt: skip
    assert invoice.problems == ()


def test_an_air_itinerary_whose_parts_miss_the_total_is_refused():
    assert refusal(air(CivilAviationDevelopmentFund="70.00")) == "invoice.amounts_disagree"


def test_a_fact_stated_twice_differently_is_refused():
    text = rail().replace("</xbrl>", '<p:Fare contextRef="c1">999.00</p:Fare></xbrl>')
    assert refusal(text) == "xml.ambiguous"


def test_a_nil_fact_is_nothing():
    text = rail(IssueParty="").replace(
        '<p:IssueParty contextRef="c1">', '<p:IssueParty contextRef="c1" xsi:nil="true">'
    )
    assert read(text).seller.name == ""


def test_a_bank_statement_is_no_invoice():
    assert refusal(xbrl("bkrs", facts(NameOfCustomerAccount="甲"), "2021-11-30")) == "invoice.not_an_invoice"
