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


# where a field stands on the page, in millimetres from the upper left
_PLACES = {
    "InvoiceCode": (170, "4.2"),
    "InvoiceNo": (170, "10.3"),
    "IssueDate": (170, "16.4"),
    "BuyerName": (20, "33.8"),
    "BuyerTaxID": (54, "43.3"),
    "SellerName": (120, "33.8"),
    "SellerTaxID": (154, "43.3"),
    "TaxExclusiveTotalAmount": (127, "90.5"),
    "TaxTotalAmount": (179, "90.5"),
    "Words": (63, "96"),
    "TaxInclusiveTotalAmount": (155, "96"),
    "Note": (11, "104.5"),
    "InvoiceClerk": (32, "129.1"),
}
_COLUMNS = {"Item": 4, "Quantity": 77, "Price": 102, "Amount": 127, "TaxScheme": 154, "TaxAmount": 179}
_FIRST_ROW, _ROW = Decimal("56"), Decimal("4.5")


@dataclass
class Page:
    """A page being written: its text objects, numbered as they come, and the height of the next row of goods."""

    texts: list[Node] = field(default_factory=list)
    row: Decimal = _FIRST_ROW

    def put(self, x: int, y: str, text: str) -> Node:
        """Write one text object and return the reference to it."""
        number = 6900 + len(self.texts)
        code: Node = ('ofd:TextCode X="0" Y="3.6"', text)
        self.texts.append((f'ofd:TextObject ID="{number}" Boundary="{x} {y} 38 5" Font="5" Size="3.175"', [code]))
        return (f'ofd:ObjectRef PageRef="{_PAGE}"', str(number))

    def tag(self, name: str, *texts: str) -> Node:
        """A tag over a field at its place; a ¥ is an object of its own."""
        x, y = _PLACES[name]
        return (f"ofd:{name}", [self.put(x + 2 * i, y, text) for i, text in enumerate(texts)])

    def cells(self, cells: dict[str, str]) -> list[Node]:
        """The tags of one row of goods; an item name too long for its column runs on below."""
        tags: list[Node] = []
        height = self.row
        for column, text in cells.items():
            pieces = [text[i : i + 11] for i in range(0, len(text), 11)] if column == "Item" else [text]
            tags.append(
                (
                    f"ofd:{column}",
                    [self.put(_COLUMNS[column], str(height + i * _ROW), piece) for i, piece in enumerate(pieces)],
                )
            )
            self.row = max(self.row, height + len(pieces) * _ROW)
        return tags


def tagged_ofd(invoice: SampleInvoice) -> bytes:
    """A 数电票 of 2024 and later: no attachment, every field a tag on text objects of the page (family B)."""
    page = Page()
    tags = _fields(page, invoice)
    for line in invoice.lines:
        tags += page.cells(_cells(line))
    return archive(
        [
            *_package(invoice, page, _TAGGED_TITLES[invoice.kind], ("CustomTags", "Tags/CustomTags.xml")),
            (
                "Doc_0/Tags/CustomTags.xml",
                document(
                    (
                        f"ofd:CustomTags {_OFD}",
                        [
                            ('ofd:CustomTag TypeID="root"', [("ofd:FileLoc", "CustomTag.xml")]),
                        ],
                    )
                ),
            ),
            ("Doc_0/Tags/CustomTag.xml", document((f'ofd:root {_OFD} version="1.0"', tags))),
        ]
    )


def attached_ofd(invoice: SampleInvoice) -> bytes:
    """A 增值税电子普通发票 of the older platform: the fields are an attached XML (family A); needs code and number."""
    page = Page()
    page.tag("InvoiceCode", invoice.code)
    _fields(page, invoice)
    for line in invoice.lines:
        page.cells(_cells(line))
    place = ("Attachments", "Attachs/Attachments.xml")
    return archive(
        [
            *_package(invoice, page, "增值税电子普通发票", place),
            (
                "Doc_0/Attachs/Attachments.xml",
                document(
                    (
                        f"ofd:Attachments {_OFD}",
                        [
                            (
                                'ofd:Attachment ID="98" Name="original_invoice" Format="xml" Visible="false"',
                                [
                                    ("ofd:FileLoc", "original_invoice.xml"),
                                ],
                            ),
                        ],
                    )
                ),
            ),
            ("Doc_0/Attachs/original_invoice.xml", document((f'eInvoice {_FP} Version="1.0"', _attached(invoice)))),
        ]
    )


def _package(invoice: SampleInvoice, page: Page, title: str, place: tuple[str, str]) -> list[tuple[str, bytes]]:
    """The parts both kinds share: root, document, title template, resources and the one page."""
    digest = hashlib.sha256(f"{invoice.code}{invoice.number}".encode()).hexdigest()[:32]
    described: Node = ("ofd:DocInfo", [("ofd:DocID", digest), ("ofd:CustomDatas", _summary(invoice))])
    body: list[Node] = [("ofd:DocBody", [described, ("ofd:DocRoot", "Doc_0/Document.xml")])]
    font: Node = ("ofd:Fonts", [('ofd:Font ID="5" FontName="楷体" FamilyName="楷体"', "")])
    heading: Node = (
        'ofd:TextObject ID="3" Boundary="56 8 90 7" Font="5" Size="7"',
        [('ofd:TextCode X="1" Y="6"', title)],
    )
    template: Node = ('ofd:Template TemplateID="1" ZOrder="Background"', "")
    parts: list[tuple[str, Node]] = [
        ("OFD.xml", (f'ofd:OFD {_OFD} DocType="OFD" Version="1.0"', body)),
        ("Doc_0/Document.xml", (f"ofd:Document {_OFD}", _document_parts(place))),
        ("Doc_0/PublicRes.xml", (f"ofd:Res {_OFD}", [font])),
        ("Doc_0/Tpls/Tpl_0/Content.xml", _page('ofd:Layer ID="7"', [heading])),
        ("Doc_0/Pages/Page_0/Content.xml", _page('ofd:Layer ID="6800"', page.texts, template)),
    ]
    return [(name, document(content)) for name, content in parts]


def _document_parts(place: tuple[str, str]) -> list[Node]:
    loc, ref = place
    common: Node = (
        "ofd:CommonData",
        [
            ("ofd:MaxUnitID", "7999"),
            ("ofd:PublicRes", "PublicRes.xml"),
            ('ofd:TemplatePage ID="1" BaseLoc="Tpls/Tpl_0/Content.xml"', ""),
        ],
    )
    pages: Node = ("ofd:Pages", [(f'ofd:Page ID="{_PAGE}" BaseLoc="Pages/Page_0/Content.xml"', "")])
    return [common, pages, (f"ofd:{loc}", ref)]


def _page(layer: str, texts: list[Node], *between: Node) -> Node:
    box: Node = ("ofd:Area", [("ofd:PhysicalBox", "0 0 210 140")])
    return (f"ofd:Page {_OFD}", [box, *between, ("ofd:Content", [(layer, texts)])])


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


def _fields(page: Page, invoice: SampleInvoice) -> list[Node]:
    """Everything on the page but the goods, with the tags that point at it."""
    buyer, seller = (
        [page.tag(f"{side}Name", party.name), page.tag(f"{side}TaxID", party.tax_id)]
        for side, party in (("Buyer", invoice.buyer), ("Seller", invoice.seller))
    )
    page.tag("Words", in_words(invoice.gross))
    tags: list[Node] = [
        page.tag("InvoiceNo", invoice.number),
        page.tag("IssueDate", f"{invoice.issued_at:%Y年%m月%d日}"),
        ("ofd:Buyer", buyer),
        ("ofd:Seller", seller),
        page.tag("TaxExclusiveTotalAmount", "¥", f"{invoice.net:.2f}"),
        page.tag("TaxTotalAmount", *_tax(invoice.tax, _untaxed(invoice))),
        page.tag("TaxInclusiveTotalAmount", "¥", f"{invoice.gross:.2f}"),
        page.tag("InvoiceClerk", invoice.seller.drawer),
    ]
    return [*tags, page.tag("Note", remark(invoice))] if remark(invoice) else tags


def _cells(line: SampleLine) -> dict[str, str]:
    """What stands in a row of goods; a discount line has no price and no quantity."""
    cells = {
        "Item": line.item,
        "TaxScheme": percent(line.rate),
        "Amount": f"{line.net:.2f}",
        "TaxAmount": "***" if line.rate is None else f"{line.tax:.2f}",
    }
    if line.quantity is not None:
        cells |= {"Price": figure(line.unit_price), "Quantity": figure(line.quantity)}
    return cells


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
        (
            "fp:GraphCode",
            f"01,10,{invoice.code},{invoice.number},{invoice.net:.2f},{invoice.issued_at:%Y%m%d},{check},0941,",
        ),
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
