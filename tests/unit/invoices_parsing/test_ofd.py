"""OFD invoices of every family, alone, together and against each other."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from app.invoices.parsing import ofd as ofd_package
from app.invoices.parsing.service import parse
from app.invoices.parsing.types import ParsedInvoice, Party, Refused
from infra.hostile.archive import Budget, open_archive

from .builders import (
    BUYER,
    BUYER_ID,
    CODE,
    HEAD,
    HEAD_TAGS,
    LEGACY_NUMBER,
    LINE_TAGS,
    LINES,
    NUMBER,
    SELLER,
    SELLER_ID,
    SUM_TAGS,
    SUMS,
    TITLE,
    einvoice,
    facts,
    ofd,
    old_invoice_xbrl,
    original,
    page,
    rail,
    tags,
    xbrl,
    zipped,
)  # fmt: skip

D = Decimal
CUSTOM = {
    "发票代码": CODE, "发票号码": LEGACY_NUMBER, "合计金额": "100.00", "合计税额": "6.00", "开票日期": "2021年03月05日",
    "购买方纳税人识别号": BUYER_ID, "销售方纳税人识别号": SELLER_ID, "producer-version": "1.0",
}  # fmt: skip


def read(content: bytes) -> ParsedInvoice:
    parsed = parse("发票.ofd", content)
    assert parsed.refused == ()
    (invoice,) = parsed.items
    return invoice


def refused(content: bytes) -> Refused:
    parsed = parse("发票.ofd", content)
    assert parsed.items == ()
    (refusal,) = parsed.refused
    return refusal


def codes(invoice: ParsedInvoice) -> list[str]:
    return [problem.code for problem in invoice.problems]


# family A


def test_the_original_invoice_is_read_with_bom_cdata_and_unprefixed_children():
    invoice = read(ofd(attachments={"original_invoice.xml": original()}))
    assert (invoice.format, invoice.kind) == ("ofd_original_xml", "electronic_ordinary")
    assert (invoice.code, invoice.number, invoice.issued_on) == (CODE, LEGACY_NUMBER, date(2021, 3, 5))
    assert (invoice.seller, invoice.buyer) == (Party(SELLER, SELLER_ID), Party(BUYER, BUYER_ID))
    assert (invoice.lines[0].name, invoice.lines[0].tax_rate) == ("*餐饮服务*餐费", D("0.06"))
    assert invoice.problems == ()


def test_the_stars_of_an_exempt_invoice_are_no_tax():
    lines = [("*药品*检测费", "106.00", "免税", "***")]
    invoice = read(ofd(attachments={"original_invoice.xml": original(net="106.00", tax="***", lines=lines)}))
    assert (invoice.tax, invoice.lines[0].tax, invoice.lines[0].tax_rate) == (D("0.00"), D("0.00"), None)
    assert codes(invoice) == []


def test_a_buyer_id_of_white_space_is_none():
    assert read(ofd(attachments={"original_invoice.xml": original(buyer_id=" \t ")})).buyer.tax_id == ""


def test_a_red_original_names_the_blue_code_and_number():
    note = "对应正数发票代码:033002000211号码:83089647"
    content = original(net="-100.00", tax="-6.00", gross="-106.00", note=note)
    invoice = read(ofd(attachments={"original_invoice.xml": content}))
    assert (invoice.red, invoice.original_code, invoice.original_number) == (True, "033002000211", "83089647")


@pytest.mark.parametrize(
    ("ending", "kind"), [("11", "electronic_ordinary"), ("12", "toll"), ("13", "electronic_special")]
)
def test_the_code_names_the_kind(ending, kind):
    assert read(ofd(attachments={"original_invoice.xml": original(code=CODE[:10] + ending)})).kind == kind


# family B


def test_tags_are_joined_from_the_page_and_lines_are_rows_of_one_height():
    content = ofd(
        tag_file=tags([*HEAD_TAGS, *SUM_TAGS, *LINE_TAGS]), pages=[page([*HEAD, *SUMS, *LINES])], template=[TITLE]
    )
    invoice = read(content)
    assert (invoice.format, invoice.kind, invoice.number) == ("ofd_custom_tag", "digital_ordinary", NUMBER)
    assert (invoice.seller, invoice.buyer) == (Party(SELLER, SELLER_ID), Party(BUYER, BUYER_ID))
    assert (invoice.net, invoice.tax, invoice.gross) == (D("200.00"), D("12.00"), D("212.00"))
    assert [(line.name, line.quantity, line.unit_price, line.net, line.tax) for line in invoice.lines] == [
        ("*研发和技术服务*技术服务费", D(2), D(75), D("150.00"), D("9.00")),
        ("*信息技术服务*维护费", None, None, D("50.00"), D("3.00")),
    ]
    assert invoice.problems == ()


NEW_TAGS = (
    ("TaxSupervisionInfo/InvoiceNumber/ObjectData", [10]), ("TaxSupervisionInfo/IssueTime", [11]),
    ("EInvoiceData/BuyerInformation/BuyerName", [12]), ("EInvoiceData/BuyerInformation/BuyerIdNum", [13]),
    ("EInvoiceData/SellerInformation/SellerName", [14]), ("EInvoiceData/SellerInformation/SellerIdNum", [15]),
    ("EInvoiceData/SpecificInformation/Toll/PlateNumber", [30]),
    ("EInvoiceData/BasicInformation/TotalAmWithoutTax", [20, 21]), ("EInvoiceData/BasicInformation/TotalTaxAm", [22]),
    ("EInvoiceData/BasicInformation/TotalTax-includedAmount", [25]),
    ("EInvoiceData/IssuItemInformation/ItemName", [30, 31, 40]), ("EInvoiceData/IssuItemInformation/Amount", [33, 43]),
    ("EInvoiceData/IssuItemInformation/TaxRate", [32, 42]), ("EInvoiceData/IssuItemInformation/ComTaxAm", [34, 44]),
)  # fmt: skip


def test_a_tag_on_the_currency_sign_alone_takes_the_figure_beside_it():
    invoice = read(ofd(tag_file=tags(NEW_TAGS), pages=[page([*HEAD, *SUMS, *LINES])], template=[TITLE]))
    assert (invoice.number, invoice.tax, invoice.gross) == (NUMBER, D("12.00"), D("212.00"))
    assert (len(invoice.lines), codes(invoice)) == (2, [])


def test_path_names_with_dots_are_the_same_tags():
    dotted = [(path.replace("/", "."), ids) for path, ids in NEW_TAGS]
    assert read(ofd(tag_file=tags(dotted), pages=[page([*HEAD, *SUMS, *LINES])], template=[TITLE])).gross == D("212.00")


def test_a_gross_that_is_nowhere_in_figures_is_the_sum_the_words_confirm():
    objects = [text for text in (*HEAD, *SUMS, *LINES) if text[0] != 26]
    invoice = read(ofd(tag_file=tags(NEW_TAGS), pages=[page(objects)], template=[TITLE]))
    assert (invoice.gross, codes(invoice)) == (D("212.00"), [])


def test_words_that_contradict_the_sum_refuse_it():
    objects = [text for text in (*HEAD, *SUMS, *LINES) if text[0] not in (24, 26)] + [(24, 63.0, 96.0, "叁佰圆整")]
    refusal = refused(ofd(tag_file=tags(NEW_TAGS), pages=[page(objects)], template=[TITLE]))
    assert refusal.code == "invoice.amounts_disagree"


def test_a_number_tagged_on_both_pages_is_one_number_and_lines_go_on():
    second = [
        (110, 170.0, 10.0, NUMBER),
        (143, 128.0, 56.1, "50.00"),
        (144, 180.0, 56.1, "3.00"),
        (140, 5.0, 56.0, "*电信*费"),
    ]
    first = [text for text in (*HEAD, *SUMS, *LINES) if text[0] not in (40, 42, 43, 44)]
    line_tags = [("Item", [30, 31]), ("Amount", [33]), ("TaxAmount", [34]), ("TaxScheme", [32])]
    on_second = [("InvoiceNo", [110], 62), ("Item", [140], 62), ("Amount", [143], 62), ("TaxAmount", [144], 62)]
    content = ofd(
        tag_file=tags([*HEAD_TAGS, *SUM_TAGS, *line_tags, *on_second]),
        pages=[page(first), page(second)],
        template=[TITLE],
    )
    invoice = read(content)
    assert invoice.number == NUMBER
    assert [(line.name, line.net) for line in invoice.lines] == [
        ("*研发和技术服务*技术服务费", D("150.00")), ("*电信*费", D("50.00")),
    ]  # fmt: skip


def test_a_page_that_is_missing_leaves_its_tags_without_values():
    content = ofd(tag_file=tags([*HEAD_TAGS, *SUM_TAGS]), pages=[page(HEAD)], drop=["Doc_0/Pages/Page_0/Content.xml"])
    refusal = refused(content)
    assert refusal.code == "invoice.no_structured_data"
    assert "ofd.part_missing" in refusal.detail


def test_a_lone_currency_sign_without_figure_or_words_takes_the_gross_of_the_custom_data():
    objects = [text for text in (*HEAD, *SUMS, *LINES) if text[0] not in (24, 26)]
    custom = {"发票号码": NUMBER, "价税合计": "212.00"}
    invoice = read(ofd(tag_file=tags(NEW_TAGS), pages=[page(objects)], template=[TITLE], custom=custom))
    assert (invoice.format, invoice.gross, codes(invoice)) == ("ofd_custom_tag", D("212.00"), [])


def test_tags_on_the_template_and_tag_files_that_no_index_names_are_found():
    label = ("Header/InherentLabel/GeneralOrSpecialVAT/LabelName", [3], 2)
    content = ofd(
        extra={"Doc_0/Tags/CustomTag.xml": tags([*NEW_TAGS, label])},
        pages=[page([*HEAD, *SUMS, *LINES])],
        template=[(3, 56, 8, "增值税专用发票")],
    )
    assert read(content).kind == "digital_special"


# family C


def test_custom_data_alone_gives_the_sum_and_never_the_ex_tax_total_as_gross():
    invoice = read(ofd(custom=CUSTOM))
    assert (invoice.format, invoice.net, invoice.gross) == ("ofd_custom_data", D("100.00"), D("106.00"))
    assert codes(invoice) == ["invoice.total_derived", "invoice.no_lines"]


def test_custom_data_with_names_and_gross_needs_no_sum():
    more = {"价税合计": "106.00", "购买方名称": BUYER, "销售方名称": SELLER}
    invoice = read(ofd(custom={**CUSTOM, **more}))
    assert (invoice.seller, codes(invoice)) == (Party(SELLER, SELLER_ID), ["invoice.no_lines"])


def test_custom_data_without_tax_is_refused():
    assert (
        refused(ofd(custom={name: value for name, value in CUSTOM.items() if name != "合计税额"})).code
        == "invoice.no_totals"
    )


# family D


def test_the_xbrl_attachment_is_read():
    invoice = read(ofd(attachments={"inv_ord_issuer_20210305_x.xml": old_invoice_xbrl()}))
    assert (invoice.format, invoice.code, invoice.number) == ("ofd_xbrl", CODE, LEGACY_NUMBER)
    assert (invoice.lines[0].net, invoice.problems) == (D("100.00"), ())


def test_a_railway_ticket_in_an_ofd_is_read():
    assert read(ofd(attachments={"rai_issuer_1.xml": rail()})).kind == "rail_ticket"


def test_a_bank_receipt_in_an_ofd_is_no_invoice():
    receipt = xbrl("bker", facts(IdentifyingCode="1", TransactionAmountInFigures="5.00"), "2021-11-30")
    assert refused(ofd(attachments={"bker_issuer_1.xml": receipt})).code == "invoice.not_an_invoice"


def test_an_attached_digital_invoice_is_read():
    invoice = read(ofd(attachments={"invoice.xml": einvoice()}))
    assert (invoice.format, invoice.kind) == ("ofd_einvoice_xml", "digital_special")


# several families


def test_sources_that_agree_say_nothing_and_the_attachment_speaks():
    content = ofd(attachments={"original_invoice.xml": original(), "x.xml": old_invoice_xbrl()}, custom=CUSTOM)
    assert (read(content).format, read(content).problems) == ("ofd_original_xml", ())


def test_two_whole_sources_that_contradict_each_other_are_refused():
    attachments = {"original_invoice.xml": original(), "x.xml": old_invoice_xbrl(NumberOfInvoice="00654321")}
    assert refused(ofd(attachments=attachments)).code == "ofd.sources_disagree"


def test_an_attachment_that_says_more_than_the_tagged_page_is_refused():
    content = ofd(
        attachments={"e.xml": einvoice(label="02", net="2000.00", tax="120.00", gross="2120.00", items=[])},
        tag_file=tags([*HEAD_TAGS, *SUM_TAGS]), pages=[page([*HEAD, *SUMS])], template=[TITLE],
    )  # fmt: skip
    assert refused(content).code == "ofd.sources_disagree"


def test_custom_data_that_differs_is_a_problem():
    content = ofd(attachments={"original_invoice.xml": original()}, custom={**CUSTOM, "合计金额": "99.00"})
    assert codes(read(content)) == ["ofd.sources_disagree"]


def test_an_attachment_that_contradicts_itself_is_not_replaced_by_a_weaker_source():
    content = ofd(attachments={"original_invoice.xml": original(gross="999.00")}, custom=CUSTOM)
    assert refused(content).code == "invoice.amounts_disagree"


def test_an_ill_formed_tag_file_does_not_lose_the_attachment():
    invoice = read(ofd(attachments={"original_invoice.xml": original()}, tag_file='<:eInvoice xmlns:=""></:eInvoice>'))
    assert (invoice.gross, codes(invoice)) == (D("106.00"), ["ofd.part_damaged"])


def test_a_damaged_attachment_leaves_the_tags_to_speak():
    content = ofd(
        attachments={"e.xml": einvoice()[:-30]}, tag_file=tags([*HEAD_TAGS, *SUM_TAGS, *LINE_TAGS]),
        pages=[page([*HEAD, *SUMS, *LINES])], template=[TITLE],
    )  # fmt: skip
    assert (read(content).format, codes(read(content))) == ("ofd_custom_tag", ["ofd.part_damaged"])


def test_an_incomplete_source_is_left_out_and_incomplete_custom_data_is_not_even_a_problem():
    content = ofd(
        attachments={"original_invoice.xml": original()}, tag_file=tags([("InvoiceNo", [10])]), pages=[page(HEAD)],
        custom={"发票号码": LEGACY_NUMBER},
    )  # fmt: skip
    assert codes(read(content)) == ["ofd.source_unused"]


def test_missing_pages_beside_a_whole_attachment_are_a_problem():
    content = ofd(attachments={"original_invoice.xml": original()}, pages=[])
    assert (read(content).gross, codes(read(content))) == (D("106.00"), ["ofd.part_missing"])


def test_text_without_structure_is_refused():
    assert refused(ofd(pages=[page([*HEAD, *SUMS, *LINES])], template=[TITLE])).code == "invoice.no_structured_data"


# the package


def test_the_document_may_have_any_name_and_an_absolute_path():
    content = ofd(attachments={"original_invoice.xml": original()}, root="Doc_7/Main.xml", doc="Doc_7", slash="/")
    assert read(content).number == LEGACY_NUMBER


def test_two_documents_of_one_package_are_two_invoices():
    body = "<DocBody><DocRoot>{}/Document.xml</DocRoot></DocBody>"
    document = "<Document><Pages/><Attachments>Attachs/Attachments.xml</Attachments></Document>"
    index = '<Attachments><Attachment Format="xml"><FileLoc>original_invoice.xml</FileLoc></Attachment></Attachments>'
    numbers = {"Doc_0": "00000001", "Doc_1": "00000002", "Doc_2": "wrong"}
    parts = {"OFD.xml": "<OFD>" + "".join(body.format(name) for name in numbers) + "</OFD>"}
    for name, number in numbers.items():
        parts |= {
            f"{name}/Document.xml": document,
            f"{name}/Attachs/Attachments.xml": index,
            f"{name}/Attachs/original_invoice.xml": original(number=number),
        }
    parsed = parse("发票.ofd", zipped(parts))
    assert [invoice.number for invoice in parsed.items] == ["00000001", "00000002"]
    assert [refusal.code for refusal in parsed.refused] == ["invoice.bad_number"]


def test_names_in_other_letter_case_are_found():
    content = ofd(
        attachments={"original_invoice.xml": original()},
        drop=["Doc_0/Attachs/original_invoice.xml"],
        extra={"doc_0/attachs/Original_Invoice.XML": original()},
    )
    assert read(content).number == LEGACY_NUMBER


def test_an_attachment_that_no_index_names_is_found():
    assert read(ofd(extra={"Doc_0/Attachs/original_invoice.xml": original()})).number == LEGACY_NUMBER


def test_a_path_out_of_the_package_is_refused():
    assert refused(ofd(root="../Document.xml", extra={})).code in ("archive.bad_name", "ofd.path_outside")


def test_an_attachment_path_out_of_the_package_is_refused():
    index = "<Attachments><Attachment><FileLoc>../../../etc/x.xml</FileLoc></Attachment></Attachments>"
    content = ofd(
        attachments={"original_invoice.xml": original()},
        drop=["Doc_0/Attachs/Attachments.xml"],
        extra={"doc_0/attachs/attachments.xml": index},
    )
    assert refused(content).code == "ofd.path_outside"


def test_a_part_is_read_once_however_often_the_package_names_it():
    named = "".join(
        f"<Attachment Format='xml'><FileLoc>{'./' * (at % 9)}Attachments.xml</FileLoc></Attachment>"
        for at in range(5_000)
    )
    everywhere = "<Attachments>Attachs/Attachments.xml</Attachments>" * 5_000
    document = f"<Document><Pages><Page ID='1' BaseLoc='P.xml'/></Pages>{everywhere}</Document>"
    content = zipped({
        "OFD.xml": "<OFD><DocBody><DocRoot>D.xml</DocRoot></DocBody></OFD>",
        "D.xml": document, "P.xml": page([]), "Attachs/Attachments.xml": f"<Attachments>{named}</Attachments>",
    })  # fmt: skip
    (document,) = ofd_package.read_documents(open_archive(content, Budget()))
    assert [part for part, _ in document.attachments] == ["Attachs/Attachments.xml"]


def test_a_package_that_names_more_parts_than_it_can_hold_is_refused():
    attachments = {f"{at}.xml": "<a/>" for at in range(1_001)}
    missing = [f"Doc_0/Attachs/{name}" for name in attachments]
    assert refused(ofd(attachments=attachments, drop=missing)).code == "ofd.structure"


@pytest.mark.parametrize("missing", ["Doc_0/Document.xml"])
def test_a_package_without_its_document_is_refused(missing):
    assert refused(ofd(drop=[missing])).code == "ofd.structure"


def test_a_hostile_part_refuses_the_whole_file():
    bad = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
    assert refused(ofd(attachments={"original_invoice.xml": original()}, tag_file=bad)).code == "xml.forbidden_doctype"
