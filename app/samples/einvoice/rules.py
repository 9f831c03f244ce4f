"""The XML of a 数电票 (root `EInvoice`, version 0.32), as the tax platform hands it out."""

from __future__ import annotations

from decimal import Decimal

from app.samples.companies.rules import PROVINCES
from app.samples.markup.rules import Node, document, figure, in_words
from app.samples.types import Party, SampleInvoice, SampleLine

_STAMP = "%Y-%m-%d %H:%M:%S"


def file_name(invoice: SampleInvoice, suffix: str = "xml") -> str:
    """The name the platform gives a download."""
    return f"dzfp_{invoice.number}_{invoice.seller.name}_{invoice.issued_at:%Y%m%d%H%M%S}.{suffix}"


def remark(invoice: SampleInvoice) -> str:
    """备注: a red invoice names the blue one it takes back."""
    if not invoice.red_of:
        return ""
    return f"被红冲蓝字数电发票号码：{invoice.red_of} 红字发票信息确认单编号：{confirmation(invoice)}"


def confirmation(invoice: SampleInvoice) -> str:
    """The number of a red invoice's 红字确认单."""
    return f"{invoice.red_of[2:4]}{invoice.number[:2]}{invoice.number[-16:]}"


def xml(invoice: SampleInvoice) -> bytes:
    """The file of one 数电票; needs a 20-digit number."""
    return document(
        (
            "EInvoice",
            [
                ("Header", _header(invoice)),
                ("EInvoiceData", _body(invoice)),
                ("SellerAuthentication", [("AuthenticationMethods", "1")]),
                ("TaxSupervisionInfo", _supervision(invoice)),
                (
                    "TaxBureauSignature",
                    [
                        ('Reference URI="/EInvoice/Header"', ""),
                        ("SignatureAlgorithm", "SM3WithSM2"),
                        ("SignatureFormat", "DETACHED"),
                        ("SignatureTime", invoice.issued_at.strftime(_STAMP)),
                        ("SignatureValue", "SAMPLE"),
                    ],
                ),
            ],
        )
    )


def _header(invoice: SampleInvoice) -> list[Node]:
    special = invoice.kind == "special"
    return [
        ("EIid", invoice.number),
        ("EInvoiceTag", f"SWEI{invoice.seller.province}00"),
        ("Version", "0.32"),
        (
            "InherentLabel",
            [
                ("InIssuType", _label("N" if invoice.red_of else "Y", "是否蓝字发票标志")),
                ("EInvoiceType", _label("01", "电子发票")),
                ("GeneralOrSpecialVAT", _label("01", "增值税专用发票") if special else _label("02", "普通发票")),
            ],
        ),
        ("UndefinedLabel", ""),
    ]


def _label(code: str, name: str) -> list[Node]:
    return [("LabelCode", code), ("LabelName", name)]


def _body(invoice: SampleInvoice) -> list[Node]:
    return [
        ("SellerInformation", _party("Seller", invoice.seller)),
        ("BuyerInformation", [*_party("Buyer", invoice.buyer), ("BuyerHandlingName", "")]),
        (
            "BasicInformation",
            [
                ("TotalAmWithoutTax", f"{invoice.net:.2f}"),
                ("TotalTaxAm", f"{invoice.tax:.2f}"),
                ("TotalTax-includedAmount", f"{invoice.gross:.2f}"),
                ("TotalTax-includedAmountInChinese", in_words(invoice.gross)),
                ("Drawer", invoice.seller.drawer),
                ("RequestTime", invoice.issued_at.strftime(_STAMP)),
            ],
        ),
        *(("IssuItemInformation", _line(line)) for line in invoice.lines),
        ("SpecificInformation", _specific(invoice)),
        ("AdditionalInformation", [("Remark", remark(invoice))]),
    ]


def _party(side: str, party: Party) -> list[Node]:
    return [
        (f"{side}IdNum", party.tax_id),
        (f"{side}Name", party.name),
        *((f"{side}{name}", "") for name in ("Addr", "TelNum", "BankName", "BankAccNum")),
    ]


def _line(line: SampleLine) -> list[Node]:
    return [
        ("ItemName", line.item),
        ("SpecMod", line.spec),
        ("MeaUnits", line.unit),
        ("Quantity", figure(line.quantity)),
        ("UnPrice", figure(line.unit_price)),
        ("Amount", f"{line.net:.2f}"),
        ("TaxRate", _rate(line.rate)),
        ("ComTaxAm", f"{line.tax:.2f}"),
        ("TotaltaxIncludedAmount", f"{line.net + line.tax:.2f}"),
        ("TaxClassificationCode", line.tax_code),
    ]


def _rate(rate: Decimal | None) -> str:
    return "免税" if rate is None else f"{rate:.6f}"


def _specific(invoice: SampleInvoice) -> list[Node]:
    if not invoice.red_of:
        return []
    original: list[Node] = [("OriginalInvoiceCode", invoice.red_of), ("CreditNoteNumber", confirmation(invoice))]
    return [("RedEInvoice", original)]


def _supervision(invoice: SampleInvoice) -> list[Node]:
    province = PROVINCES[invoice.seller.province]
    return [
        ("InvoiceNumber", invoice.number),
        ("IssueTime", invoice.issued_at.strftime(_STAMP)),
        ("TaxBureauCode", f"1{invoice.seller.province}00000000"),
        ("TaxBureauName", f"国家税务总局{province}税务局"),
    ]
