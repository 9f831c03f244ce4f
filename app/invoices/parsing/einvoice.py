"""数电票 XML (root EInvoice) and its elder `eInvoice` (original_invoice.xml of 2020), by absolute paths of local names.

Invariant: a field is taken from its own path only; the first name that ends in "Number" is a plate, not an invoice.
"""

from __future__ import annotations

from lxml import etree

from app.invoices.parsing import kinds
from app.invoices.parsing.markup import children, content, descend, text
from app.invoices.parsing.readings import LineReading, Reading
from app.invoices.parsing.types import Format


def find(root: etree._Element) -> list[etree._Element]:
    """The digital invoices in a document: each element that holds EInvoiceData, however it is wrapped."""
    return [element for element in root.iter() if isinstance(element.tag, str) and children(element, "EInvoiceData")]


def find_original(root: etree._Element) -> list[etree._Element]:
    """The invoices of the 2019 schema (www.edrm.org.cn, root eInvoice) in a document, by what they hold."""
    return [
        element
        for element in root.iter()
        if children(element, "InvoiceNo") and children(element, "TaxInclusiveTotalAmount")
    ]


def read(invoice: etree._Element, form: Format) -> Reading:
    """The reading of a 数电票; 开票日期 is RequestTime, IssueTime only where that is missing."""
    label = "Header/InherentLabel/GeneralOrSpecialVAT/"
    basic, specific = "EInvoiceData/BasicInformation/", "EInvoiceData/SpecificInformation/"
    mark = text(invoice, "Header/InherentLabel/InIssuType/LabelCode").upper()
    return Reading(
        format=form,
        kind=kinds.digital(text(invoice, label + "LabelCode")) or kinds.digital(text(invoice, label + "LabelName")),
        number=text(invoice, "TaxSupervisionInfo/InvoiceNumber") or text(invoice, "Header/EIid"),
        other_number=text(invoice, "Header/EIid"),
        issued_on=text(invoice, basic + "RequestTime") or text(invoice, "TaxSupervisionInfo/IssueTime"),
        seller_name=text(invoice, "EInvoiceData/SellerInformation/SellerName"),
        seller_tax_id=text(invoice, "EInvoiceData/SellerInformation/SellerIdNum"),
        buyer_name=text(invoice, "EInvoiceData/BuyerInformation/BuyerName"),
        buyer_tax_id=text(invoice, "EInvoiceData/BuyerInformation/BuyerIdNum"),
        net=text(invoice, basic + "TotalAmWithoutTax"),
        tax=text(invoice, basic + "TotalTaxAm"),
        gross=text(invoice, basic + "TotalTax-includedAmount"),
        words=text(invoice, basic + "TotalTax-includedAmountInChinese"),
        red={"Y": False, "N": True}.get(mark),
        original_number=text(invoice, specific + "RedEInvoice/OriginalInvoiceCode")
        or text(invoice, specific + "RedEInvoice/OriginalInvoiceNumber"),
        remark=text(invoice, "EInvoiceData/AdditionalInformation/Remark"),
        lines=tuple(_line(item) for item in descend(invoice, "EInvoiceData/IssuItemInformation")),
    )


def _line(item: etree._Element) -> LineReading:
    return LineReading(
        name=text(item, "ItemName"), tax_code=text(item, "TaxClassificationCode"), specification=text(item, "SpecMod"),
        unit=text(item, "MeaUnits"), quantity=text(item, "Quantity"), unit_price=text(item, "UnPrice"),
        net=text(item, "Amount"), tax_rate=text(item, "TaxRate"), tax=text(item, "ComTaxAm"),
    )  # fmt: skip


def read_original(invoice: etree._Element) -> Reading:
    """The reading of an original_invoice.xml (OFD family A); a TaxTotalAmount of `***` is an exempt invoice's zero."""
    code = text(invoice, "InvoiceCode")
    return Reading(
        format="ofd_original_xml",
        kind=kinds.by_code(code),
        number=text(invoice, "InvoiceNo"),
        code=code,
        issued_on=text(invoice, "IssueDate"),
        seller_name=text(invoice, "Seller/SellerName"),
        seller_tax_id=text(invoice, "Seller/SellerTaxID"),
        buyer_name=text(invoice, "Buyer/BuyerName"),
        buyer_tax_id=text(invoice, "Buyer/BuyerTaxID"),
        net=text(invoice, "TaxExclusiveTotalAmount"),
        tax=text(invoice, "TaxTotalAmount"),
        gross=text(invoice, "TaxInclusiveTotalAmount"),
        remark=text(invoice, "Note"),
        lines=tuple(_original_line(item) for item in descend(invoice, "GoodsInfos/GoodsInfo") if content(item)),
    )


def _original_line(item: etree._Element) -> LineReading:
    return LineReading(
        name=text(item, "Item"), tax_code=text(item, "Code"), specification=text(item, "Specification"),
        unit=text(item, "MeasurementDimension"), quantity=text(item, "Quantity"), unit_price=text(item, "Price"),
        net=text(item, "Amount"), tax_rate=text(item, "TaxScheme"), tax=text(item, "TaxAmount"),
    )  # fmt: skip
