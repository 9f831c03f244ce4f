"""The sample month repeats to the byte, looks like a real one, and holds every case the product must meet."""

import csv
import io
import json
import os
import zipfile
from collections import Counter
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest
from lxml import etree
from python_calamine import CalamineWorkbook

from app.kernel.money import fen
from app.kernel.periods import Period
from app.samples.choices.rules import PURCHASES
from app.samples.companies.rules import is_tax_id
from app.samples.markup.rules import in_words
from app.samples.service import generate
from app.samples.types import SampleBook, SampleInvoice

SEPTEMBER = Period(2026, 9)
SHARED = Path(os.environ.get("ZHANGFANG_SHARED", Path(__file__).parents[4] / "shared"))


@pytest.fixture(scope="module")
def books() -> list[SampleBook]:
    return list(generate(2026, 12, 60, SEPTEMBER))


@pytest.fixture(scope="module")
def invoices(books: list[SampleBook]) -> list[SampleInvoice]:
    return [invoice for book in books for invoice in book.invoices]


def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {name: package.read(name) for name in package.namelist()}


def test_the_same_arguments_give_the_same_books_to_the_byte(books: list[SampleBook]) -> None:
    assert list(generate(2026, 12, 60, SEPTEMBER)) == books


def test_a_book_does_not_depend_on_how_many_follow(books: list[SampleBook]) -> None:
    assert list(islice(generate(2026, 300, 60, SEPTEMBER), 12)) == books


def test_another_seed_gives_other_companies(books: list[SampleBook]) -> None:
    others = {book.tax_id for book in generate(2027, 12, 5, SEPTEMBER)}
    assert not others & {book.tax_id for book in books}


def test_the_next_month_is_another_month_of_the_same_companies(books: list[SampleBook]) -> None:
    october = list(generate(2026, 12, 60, Period(2026, 10)))
    assert [book.tax_id for book in october] == [book.tax_id for book in books]
    numbers = {(i.code, i.number) for book in books for i in book.invoices}
    assert not numbers & {(i.code, i.number) for book in october for i in book.invoices}


def test_the_check_digit_agrees_with_real_codes() -> None:
    with (SHARED / "data/codes/uscc_samples.csv").open(encoding="utf-8") as table:
        for row in csv.DictReader(table):
            assert is_tax_id(row["code"]) == (row["check"] == "valid"), row


def test_tax_ids_are_valid_and_books_distinct(books: list[SampleBook], invoices: list[SampleInvoice]) -> None:
    ids = {party.tax_id for invoice in invoices for party in (invoice.seller, invoice.buyer)} - {""}
    assert all(is_tax_id(code) for code in ids)
    assert len({book.tax_id for book in books}) == len({book.name for book in books}) == 12


def test_lines_and_totals_agree_to_the_fen(invoices: list[SampleInvoice]) -> None:
    for invoice in invoices:
        for line in invoice.lines:
            assert line.tax == fen(line.net * (line.rate or 0))
            if line.quantity is not None and line.unit_price is not None:
                assert line.net == fen(line.quantity * line.unit_price)
        assert invoice.gross == invoice.net + invoice.tax == sum(line.net + line.tax for line in invoice.lines)


def test_numbers_never_repeat_and_only_the_railway_sells_without_a_tax_id(invoices: list[SampleInvoice]) -> None:
    keys = Counter((invoice.code, invoice.number) for invoice in invoices)
    assert max(keys.values()) == 1
    assert {len(invoice.number) for invoice in invoices} == {8, 20}
    assert {invoice.kind for invoice in invoices if not invoice.seller.tax_id} == {"rail"}


def test_the_smallest_month_still_holds_the_hard_cases() -> None:
    book = next(generate(5, 1, 1, SEPTEMBER))
    assert len(book.invoices) <= 12
    assert {"void", "other_party"} <= {invoice.trouble for invoice in book.invoices}
    assert any(invoice.red_of for invoice in book.invoices) and any(invoice.late for invoice in book.invoices)


def test_every_purchase_can_be_booked_by_its_star_name(invoices: list[SampleInvoice]) -> None:
    for invoice in invoices:
        if invoice.direction == "purchase":
            assert len({line.star for line in invoice.lines}) == 1
            assert invoice.lines[0].star in PURCHASES


def test_rates_are_those_of_the_seller(books: list[SampleBook]) -> None:
    for book in books:
        rates = {line.rate for i in book.invoices if i.direction == "sale" for line in i.lines}
        allowed = {Decimal("0.13"), Decimal("0.09"), Decimal("0.06"), None}
        assert rates <= (allowed if book.taxpayer == "general" else {Decimal("0.01")})


def test_all_hard_cases_are_present(books: list[SampleBook], invoices: list[SampleInvoice]) -> None:
    numbers = {invoice.number for invoice in invoices}
    reds = [invoice for invoice in invoices if invoice.red_of]
    assert any(red.red_of in numbers for red in reds) and any(red.red_of not in numbers for red in reds)
    assert {red.direction for red in reds} == {"sale", "purchase"} and all(red.gross < 0 for red in reds)
    assert all(i.issued_at.date() in SEPTEMBER.plus(-1) for i in invoices if i.late) and any(i.late for i in invoices)
    assert {i.trouble for i in invoices} == {"", "void", "other_party"}
    assert {i.state for i in invoices} == {"normal", "reversed", "void"}
    assert any(line.quantity is None and line.net < 0 for i in invoices if not i.red_of for line in i.lines)
    assert any(line.rate is None for i in invoices for line in i.lines)
    assert any(not i.buyer.tax_id for i in invoices)
    for book in books:
        assert {item.fate for item in book.expected.items} == {"created", "duplicate", "needs_attention"}
    assert Counter(book.taxpayer for book in books) == {"general": 6, "small_scale": 6}
    assert {book.standard for book in books} == {"sbe", "asbe"}
    assert {book.location for book in books} == {"city", "county", "other"}


def test_the_same_file_comes_twice(books: list[SampleBook]) -> None:
    for book in books:
        assert len({file.name for file in book.files}) == len(book.files)
        assert len({file.content for file in book.files}) == len(book.files) - 1


def test_an_xml_says_what_the_invoice_is(books: list[SampleBook]) -> None:
    for book in books:
        by_number = {invoice.number: invoice for invoice in book.invoices}
        for file in book.files:
            if file.name.endswith(".xml"):
                root = etree.fromstring(file.content)
                invoice = by_number[root.findtext("TaxSupervisionInfo/InvoiceNumber", "")]
                basic = "EInvoiceData/BasicInformation/"
                assert root.findtext("Header/EIid") == invoice.number
                assert root.findtext(basic + "TotalTax-includedAmount") == f"{invoice.gross:.2f}"
                assert root.findtext("EInvoiceData/BuyerInformation/BuyerIdNum") == invoice.buyer.tax_id
                assert len(root.findall("EInvoiceData/IssuItemInformation")) == len(invoice.lines)
                label = root.findtext("Header/InherentLabel/InIssuType/LabelCode")
                assert label == ("N" if invoice.red_of else "Y")


def test_the_tags_of_an_ofd_lead_to_the_figures_on_its_page(books: list[SampleBook]) -> None:
    space = {"ofd": "http://www.ofdspec.org/2016"}
    seen = 0
    for book in books:
        by_number = {invoice.number: invoice for invoice in book.invoices}
        for file in book.files:
            inside = parts(file.content) if file.name.endswith(".ofd") else {}
            if "Doc_0/Tags/CustomTag.xml" in inside:
                page = etree.fromstring(inside["Doc_0/Pages/Page_0/Content.xml"])
                texts = {node.get("ID"): "".join(node.itertext()) for node in page.iterfind(".//ofd:TextObject", space)}
                tags = etree.fromstring(inside["Doc_0/Tags/CustomTag.xml"])

                def read(path: str, texts: dict[str | None, str] = texts, tags: etree._Element = tags) -> str:
                    return "".join(texts[ref.text] for ref in tags.iterfind(f"{path}/ofd:ObjectRef", space))

                invoice = by_number[read("ofd:InvoiceNo")]
                assert read("ofd:TaxInclusiveTotalAmount") == f"¥{invoice.gross:.2f}"
                assert read("ofd:Seller/ofd:SellerTaxID") == invoice.seller.tax_id
                seen += 1
    assert seen > 12


def test_an_old_ofd_carries_its_invoice_as_an_attachment(books: list[SampleBook]) -> None:
    space = {"fp": "http://www.edrm.org.cn/schema/e-invoice/2019"}
    for book in books:
        old = next(invoice for invoice in book.invoices if invoice.code)
        file = next(file for file in book.files if file.name.startswith(f"dzfp_{old.number}_"))
        root = etree.fromstring(parts(file.content)["Doc_0/Attachs/original_invoice.xml"])
        assert root.findtext("fp:InvoiceCode", None, space) == old.code
        assert root.findtext("fp:TaxInclusiveTotalAmount", None, space) == f"{old.gross:.2f}"


def test_the_portal_workbook_has_the_exact_headers_and_the_traps(books: list[SampleBook]) -> None:
    headers = json.loads((SHARED / "data/tax_portal/HEADERS.json").read_text("utf-8"))["1_full_query_export"]["sheets"]
    for book in books:
        file = next(file for file in book.files if "取得发票" in file.name)
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(file.content))
        assert workbook.sheet_names == ["信息汇总表", "发票基础信息"]
        for sheet in workbook.sheet_names:
            top, *rows = workbook.get_sheet_by_name(sheet).to_python()
            assert top == headers[sheet]
            named = [dict(zip(top, row, strict=True)) for row in rows]
            assert any(row["数电发票号码"] == "--" and len(str(row["发票代码"])) == 12 for row in named)
            assert any(row["销方识别号"] == "" for row in named)
        lines = [
            dict(zip(headers["信息汇总表"], row, strict=True))
            for row in workbook.get_sheet_by_name("信息汇总表").to_python()[1:]
        ]
        assert all(isinstance(row["数量"], str) and isinstance(row["金额"], float) for row in lines)
        assert any(len(str(row["单价"]).partition(".")[2]) == 13 for row in lines)


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("1130.00", "壹仟壹佰叁拾圆整"),
        ("-500.00", "（负数）伍佰圆整"),
        ("10010.05", "壹万零壹拾圆零伍分"),
        ("100000001.50", "壹亿零壹圆伍角整"),
        ("0.07", "柒分"),
    ],
)
def test_amounts_are_spelt_in_capital_numerals(amount: str, words: str) -> None:
    assert in_words(Decimal(amount)) == words
