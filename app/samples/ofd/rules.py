"""OFD packages of invoices (GB/T 33190): the old kind with an attached XML, the 数电票 kind with tags on page objects.

Invariant: every figure is visible on the page, so the tags and the attachment say nothing the page does not.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from decimal import Decimal

from app.samples.einvoice.rules import remark
from app.samples.markup.rules import Node, archive, document, figure, in_words, percent
from app.samples.types import Party, SampleInvoice, SampleLine

_OFD = 'xmlns:ofd="http://www.ofdspec.org/2016"'
_FP = 'xmlns:fp="http://www.edrm.org.cn/schema/e-invoice/2019"'
_PAGE = "61"
_TAGGED_TITLES = {"special": "电子发票（增值税专用发票）", "ordinary": "电子发票（普通发票）"}


@dataclass
class Page:
    """A page being written: text objects with their ids, and the tag every one of them carries."""

    texts: list[Node] = field(default_factory=list)
    tags: list[Node] = field(default_factory=list)

    def put(self, *texts: str) -> list[Node]:
        """Write texts as objects of their own and return the references to them."""
        references: list[Node] = []
        for text in texts:
            number = 6900 + len(self.texts)
            y = 10 + 4 * len(self.texts)
            code: Node = ('ofd:TextCode X="0" Y="3.6"', text)
            self.texts.append((f'ofd:TextObject ID="{number}" Boundary="10 {y} 120 5" Font="5" Size="3.175"', [code]))
            references.append((f'ofd:ObjectRef PageRef="{_PAGE}"', str(number)))
        return references

    def tag(self, name: str, *texts: str) -> Node:
        """A tag over freshly written texts, a figure's ¥ being an object of its own."""
        return (f"ofd:{name}", self.put(*texts))


def tagged_ofd(invoice: SampleInvoice) -> bytes:
    """A 数电票 of 2024 and later: no attachment, every field a tag on text objects of the page (family B)."""
    page = Page()
    tags: list[Node] = [
        page.tag("InvoiceNo", invoice.number),
        page.tag("IssueDate", f"{invoice.issued_at:%Y年%m月%d日}"),
        ("ofd:Buyer", _tagged_party(page, "Buyer", invoice.buyer)),
        ("ofd:Seller", _tagged_party(page, "Seller", invoice.seller)),
        page.tag("TaxExclusiveTotalAmount", "¥", f"{invoice.net:.2f}"),
        page.tag("TaxTotalAmount", *_tax(invoice.tax, _untaxed(invoice))),
        page.tag("TaxInclusiveTotalAmount", "¥", f"{invoice.gross:.2f}"),
        page.tag("InvoiceClerk", invoice.seller.drawer),
    ]
    for line in invoice.lines:
        tags += _tagged_line(page, line)
    if remark(invoice):
        tags.append(page.tag("Note", remark(invoice)))
    page.put(in_words(invoice.gross))
    return archive([
        *_package(invoice, page, _TAGGED_TITLES[invoice.kind], ("CustomTags", "Tags/CustomTags.xml")),
        ("Doc_0/Tags/CustomTags.xml", document((f"ofd:CustomTags {_OFD}", [
            ('ofd:CustomTag TypeID="root"', [("ofd:FileLoc", "CustomTag.xml")]),
        ]))),
        ("Doc_0/Tags/CustomTag.xml", document((f'ofd:root {_OFD} version="1.0"', tags))),
    ])


def attached_ofd(invoice: SampleInvoice) -> bytes:
    """A 增值税电子普通发票 of the older platform: the fields are an attached XML (family A); needs code and number."""
    page = Page()
    for text in (invoice.code, invoice.number, invoice.buyer.name, invoice.seller.name, *_totals(invoice)):
        page.put(text)
    for line in invoice.lines:
        page.put(line.item, f"{line.net:.2f}", percent(line.rate))
    place = ("Attachments", "Attachs/Attachments.xml")
    return archive([
        *_package(invoice, page, "增值税电子普通发票", place),
        ("Doc_0/Attachs/Attachments.xml", document((f"ofd:Attachments {_OFD}", [
            ('ofd:Attachment ID="98" Name="original_invoice" Format="xml" Visible="false"', [
                ("ofd:FileLoc", "original_invoice.xml"),
            ]),
        ]))),
        ("Doc_0/Attachs/original_invoice.xml", document((f'eInvoice {_FP} Version="1.0"', _attached(invoice)))),
    ])


def _package(invoice: SampleInvoice, page: Page, title: str, place: tuple[str, str]) -> list[tuple[str, bytes]]:
    """The parts both kinds share: root, document, title template, resources and the one page."""
    digest = hashlib.sha256(f"{invoice.code}{invoice.number}".encode()).hexdigest()[:32]
    loc, ref = place
    heading: Node = ('ofd:TextObject ID="3" Boundary="56 8 90 7" Font="5" Size="7"', [
        ('ofd:TextCode X="1" Y="6"', title),
    ])
    box: Node = ("ofd:Area", [("ofd:PhysicalBox", "0 0 210 140")])
    return [
        ("OFD.xml", document((f'ofd:OFD {_OFD} DocType="OFD" Version="1.0"', [("ofd:DocBody", [
            ("ofd:DocInfo", [("ofd:DocID", digest), ("ofd:CustomDatas", _summary(invoice))]),
            ("ofd:DocRoot", "Doc_0/Document.xml"),
        ])]))),
        ("Doc_0/Document.xml", document((f"ofd:Document {_OFD}", [
            ("ofd:CommonData", [
                ("ofd:MaxUnitID", "7999"),
                ("ofd:PublicRes", "PublicRes.xml"),
                ('ofd:TemplatePage ID="1" BaseLoc="Tpls/Tpl_0/Content.xml"', ""),
            ]),
            ("ofd:Pages", [(f'ofd:Page ID="{_PAGE}" BaseLoc="Pages/Page_0/Content.xml"', "")]),
            (f"ofd:{loc}", ref),
        ]))),
        ("Doc_0/PublicRes.xml", document((f"ofd:Res {_OFD}", [
            ("ofd:Fonts", [('ofd:Font ID="5" FontName="楷体" FamilyName="楷体"', "")]),
        ]))),
        ("Doc_0/Tpls/Tpl_0/Content.xml", document((f"ofd:Page {_OFD}", [
            box, ("ofd:Content", [('ofd:Layer ID="7"', [heading])]),
        ]))),
        ("Doc_0/Pages/Page_0/Content.xml", document((f"ofd:Page {_OFD}", [
            box,
            ('ofd:Template TemplateID="1" ZOrder="Background"', ""),
            ("ofd:Content", [('ofd:Layer ID="6800"', page.texts)]),
        ]))),
    ]


def _summary(invoice: SampleInvoice) -> list[Node]:
    """CustomDatas of the package; 合计金额 is before tax, as in real files."""
    facts = [("发票代码", invoice.code)] if invoice.code else []
    facts += [
        ("发票号码", invoice.number),
        ("开票日期", f"{invoice.issued_at:%Y年%m月%d日}"),
        ("合计金额", f"{invoice.net:.2f}"),
        ("合计税额", f"{invoice.tax:.2f}"),
        ("购买方纳税人识别号", invoice.buyer.tax_id),
        ("销售方纳税人识别号", invoice.seller.tax_id),
    ]
    return [(f'ofd:CustomData Name="{name}"', text) for name, text in facts]


def _untaxed(invoice: SampleInvoice) -> bool:
    return all(line.rate is None for line in invoice.lines)


def _tax(tax: Decimal, untaxed: bool) -> tuple[str, ...]:
    return ("***",) if untaxed else ("¥", f"{tax:.2f}")


def _tagged_party(page: Page, side: str, party: Party) -> list[Node]:
    return [page.tag(f"{side}Name", party.name), page.tag(f"{side}TaxID", party.tax_id)]


def _tagged_line(page: Page, line: SampleLine) -> list[Node]:
    """The tags of a line; a long name is broken over two objects, a discount line has no price and no quantity."""
    name = (line.item[:9], line.item[9:]) if len(line.item) > 9 else (line.item,)
    tags = [
        page.tag("Item", *name),
        page.tag("TaxScheme", percent(line.rate)),
        page.tag("Amount", f"{line.net:.2f}"),
        page.tag("TaxAmount", "***" if line.rate is None else f"{line.tax:.2f}"),
    ]
    if line.quantity is not None:
        tags += [page.tag("Price", figure(line.unit_price)), page.tag("Quantity", figure(line.quantity))]
    return tags


def _totals(invoice: SampleInvoice) -> tuple[str, ...]:
    return f"{invoice.net:.2f}", f"{invoice.gross:.2f}", in_words(invoice.gross), f"{invoice.issued_at:%Y年%m月%d日}"


def _attached(invoice: SampleInvoice) -> list[Node]:
    """The children of `eInvoice`; an untaxed invoice says `***` where the tax would stand."""
    check = f"{int(hashlib.sha256(invoice.number.encode()).hexdigest(), 16) % 10**20:020d}"
    return [
        ("fp:DocID", "01"),
        ("fp:InvoiceCode", invoice.code),
        ("fp:InvoiceNo", invoice.number),
        ("fp:TypeCode", "0"),
        ("fp:IssueDate", f"{invoice.issued_at:%Y年%m月%d日}"),
        ("fp:InvoiceCheckCode", check),
        ("fp:Buyer", _attached_party("Buyer", invoice.buyer)),
        ("fp:Seller", _attached_party("Seller", invoice.seller)),
        ("fp:TaxInclusiveTotalAmount", f"{invoice.gross:.2f}"),
        ("fp:Note", remark(invoice)),
        ("fp:InvoiceClerk", invoice.seller.drawer),
        ("fp:TaxTotalAmount", "***" if _untaxed(invoice) else f"{invoice.tax:.2f}"),
        ("fp:TaxExclusiveTotalAmount", f"{invoice.net:.2f}"),
        ("fp:GraphCode", f"01,10,{invoice.code},{invoice.number},{invoice.net:.2f},"
                         f"{invoice.issued_at:%Y%m%d},{check},0941,"),
        ("fp:GoodsInfos", [("fp:GoodsInfo", _attached_line(line)) for line in invoice.lines]),
    ]


def _attached_party(side: str, party: Party) -> list[Node]:
    return [
        (f"fp:{side}Name", party.name),
        (f"fp:{side}TaxID", party.tax_id),
        (f"fp:{side}AddrTel", ""),
        (f"fp:{side}FinancialAccount", ""),
    ]


def _attached_line(line: SampleLine) -> list[Node]:
    return [
        ("fp:Item", line.item),
        ("fp:Code", line.tax_code),
        ("fp:Specification", line.spec),
        ("fp:MeasurementDimension", line.unit),
        ("fp:Price", figure(line.unit_price)),
        ("fp:Quantity", figure(line.quantity)),
        ("fp:Amount", f"{line.net:.2f}"),
        ("fp:TaxScheme", percent(line.rate)),
        ("fp:TaxAmount", "***" if line.rate is None else f"{line.tax:.2f}"),
    ]
