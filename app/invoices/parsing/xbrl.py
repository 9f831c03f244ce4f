"""XBRL instances of 电子凭证会计数据标准 (财会〔2025〕9号): VAT invoices, railway tickets, air itineraries.

Invariant: facts are matched on local names among the root's own children (or inside a tuple), so the taxonomy's date
and prefix do not matter; what is an electronic voucher but no invoice (bank receipt, statement) is refused by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, cast

from lxml import etree

from app.invoices.parsing import errors, figures, kinds
from app.invoices.parsing.errors import Unreadable
from app.invoices.parsing.markup import children, content, local, one
from app.invoices.parsing.readings import LineReading, Reading
from app.invoices.parsing.rules import problem
from app.invoices.parsing.types import Format, Problem

# field of a reading -> the names of its fact, the first that the instance carries; inv_* and einv_* (both views)
_INVOICE: Mapping[str, tuple[str, ...]] = {
    "number": ("NumberOfInvoice", "InvoiceNumber"),
    "code": ("CodeOfInvoice",),
    "issued_on": ("DateOfIssue", "RequestTime", "IssueTime"),
    "seller_name": ("NameOfSeller", "SellerName"),
    "seller_tax_id": (
        "TaxpayerIdentificationNumberUnifiedSocialCreditCodeOfSeller", "UnifiedSocialCreditCodeOfSeller", "SellerIdNum",
    ),
    "buyer_name": ("NameOfPurchaser", "BuyerName", "NameOfAccountingEntity"),
    "buyer_tax_id": (
        "TaxpayerIdentificationNumberUnifiedSocialCreditCodeOfPurchaser", "UnifiedSocialCreditCodeOfPurchaser",
        "BuyerIdNum", "UnifiedSocialCreditCodeOfAccountingEntity",
    ),
    "net": ("TotalAmountExcludingTax", "TotalAmWithoutTax"),
    "tax": ("TotalTaxAmount", "TotalTaxAm"),
    "gross": ("TaxIncludedAmountInFigures", "TotalTax-includedAmount"),
    "words": ("TaxIncludedAmountInWords", "TotalTax-includedAmountInChinese"),
    "remark": ("Remarks", "Remark"),
}  # fmt: skip
_LINE: Mapping[str, tuple[str, ...]] = {
    "name": ("NameOfTaxableGoodsOrServices", "ItemName"),
    "tax_code": ("CodeOfTaxClassification", "TaxClassificationCode"),
    "specification": ("Specification", "SpecMod"),
    "unit": ("UnitOfGoodsOrServices", "MeaUnits"),
    "quantity": ("QuantityOfGoodsOrServices", "Quantity"),
    "unit_price": ("UnitPriceOfGoodsOrServices", "UnPrice"),
    "net": ("AmountExcludingTax", "Amount"),
    "tax_rate": ("TaxRate",),
    "tax": ("TaxAmount", "ComTaxAm"),
}
_RAIL_NUMBER, _AIR_NUMBER = "ElectronicInvoiceRailwayETicketNumber", "ElectronicInvoiceAirTransportReceiptNumber"
_TRUE = {"true", "1", "是", "Y"}


def is_instance(root: etree._Element) -> bool:
    """Whether a document is an XBRL instance."""
    return local(root) == "xbrl"


def read(root: etree._Element, form: Format) -> Reading:
    """The reading of an instance; raises `Unreadable` for a voucher that is no invoice."""
    facts = _Facts(root)
    if facts.get(_RAIL_NUMBER):
        return _rail(facts, form)
    if facts.get(_AIR_NUMBER):
        return _air(facts, form)
    if facts.first(*_INVOICE["number"]):
        return _invoice(root, facts, form)
    raise Unreadable(errors.NOT_AN_INVOICE, ", ".join(sorted(_prefixes(root))))


class _Facts:
    """The facts that stand directly under an element; a fact stated twice must say the same."""

    def __init__(self, element: etree._Element) -> None:
        self._element = element

    def get(self, name: str) -> str:
        return one((content(fact) for fact in children(self._element, name)), name)

    def first(self, *names: str) -> str:
        return next((value for value in map(self.get, names) if value), "")

    def filled(self, names: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
        return {field: self.first(*alternatives) for field, alternatives in names.items()}


def _invoice(root: etree._Element, facts: _Facts, form: Format) -> Reading:
    fields = facts.filled(_INVOICE)
    kind = kinds.by_title(facts.first("TypeOfInvoice", "TypeOfVoucher")) or kinds.by_code(fields["code"])
    prefixes = " ".join(_prefixes(root))
    if kind is None and "einv" in prefixes:
        kind = "digital_special" if "spcl" in prefixes else "digital_ordinary" if "ord" in prefixes else None
    red = facts.get("WhetherEinvoiceIsRedEinvoice")
    reading = Reading(
        format=form, kind=kind, red=True if red in _TRUE else None,
        original_number=facts.first("NumberOfOriginalInvoice", "OriginalInvoiceCode"),
        lines=tuple(LineReading(**_Facts(item).filled(_LINE)) for item in _items(root)),
    )  # fmt: skip
    return replace(reading, **cast(dict[str, Any], fields))


def _items(root: etree._Element) -> list[etree._Element]:
    return [child for child in root if any(local(fact) in _LINE["name"] for fact in child) and content(child)]


def _rail(facts: _Facts, form: Format) -> Reading:
    """铁路电子客票: Fare is the gross; net and tax stand nowhere but here; 退 is the fee of a refund, not a red one."""
    business = facts.get("TypeOfBusiness")
    journey = f"{facts.get('DepartureStation')}-{facts.get('DestinationStation')}".strip("-")
    name = "铁路退票费" if "退" in business else "铁路客运"
    problems: tuple[Problem, ...] = (problem(errors.REFUND_FEE, business),) if "退" in business else ()
    net, tax = facts.get("TotalAmountExcludingTax"), facts.get("TaxAmount")
    line = LineReading(
        name=f"{name} {journey}".strip(), specification=facts.get("TrainNumber"), unit="张", quantity="1",
        net=net, tax_rate=facts.get("TaxRate"), tax=tax,
    )  # fmt: skip
    return Reading(
        format=form, kind="rail_ticket", number=facts.get(_RAIL_NUMBER), issued_on=facts.get("DateOfIssue"),
        seller_name=facts.first("NameOfSeller", "IssueParty"),
        seller_tax_id=facts.first("UnifiedSocialCreditCodeOfSeller", "IssuePartyCode"),
        buyer_name=facts.get("NameOfPurchaser"), buyer_tax_id=facts.get("UnifiedSocialCreditCodeOfPurchaser"),
        net=net, tax=tax, gross=facts.get("Fare"), original_number=facts.get("NumberOfOriginalInvoice"),
        remark=facts.get("Remarks"), lines=(line,) if net else (), problems=problems,
    )  # fmt: skip


def _air(facts: _Facts, form: Format) -> Reading:
    """航空运输电子客票行程单: Fare + FuelSurcharge bear the tax; fund and other taxes are lines without tax.

    The invoice's net is therefore the gross less the tax, and the deductible base is the first line's net.
    """
    tax = facts.get("VatTaxAmount")
    base = _sum(facts, "Fare", "FuelSurcharge")
    outside = {"民航发展基金": _sum(facts, "CivilAviationDevelopmentFund"), "其他税费": _sum(facts, "OtherTaxes"),
               "保险费": _sum(facts, "Insurance")}  # fmt: skip
    gross = facts.get("TotalAmount")
    known = {name: amount for name, amount in outside.items() if amount}
    if known.get("保险费") and gross and sum(known.values(), base) + _amount(tax) != _amount(gross):
        known.pop("保险费")  # insurance is printed beside the total on some itineraries and inside it on others
    lines = [LineReading(name="航空旅客运输 票价+燃油附加费", net=f"{base:f}", tax_rate=facts.get("VatRate"), tax=tax)]
    lines += [LineReading(name=name, net=f"{amount:f}", tax_rate="不征税") for name, amount in known.items()]
    return Reading(
        format=form, kind="air_itinerary", number=facts.get(_AIR_NUMBER), issued_on=facts.get("IssueDate"),
        seller_name=facts.first("NameOfSeller", "IssueParty"),
        seller_tax_id=facts.get("UnifiedSocialCreditCodeOfSeller"),
        buyer_name=facts.get("NameOfPurchaser"), buyer_tax_id=facts.get("UnifiedSocialCreditCodeOfPurchaser"),
        net=f"{sum(known.values(), base):f}", tax=tax, gross=gross, remark=facts.first("Remarks", "Endorsement"),
        lines=tuple(lines),
    )  # fmt: skip


def _sum(facts: _Facts, *names: str) -> Decimal:
    return sum((_amount(facts.get(name)) for name in names), Decimal(0))


def _amount(text: str) -> Decimal:
    return figures.money(text) if text.strip("-* ") else Decimal(0)


def _prefixes(root: etree._Element) -> set[str]:
    """The last step of each taxonomy namespace used: inv, einv, rai, bker…"""
    return {str(uri).rstrip("/").rpartition("/")[2] for uri in root.nsmap.values() if uri and "xbrl.mof.gov.cn" in uri}
