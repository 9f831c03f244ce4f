"""Family B of OFD invoices: the tag file (标引) names fields and points at text objects of the pages.

Invariant: a value is the joined text of the objects a tag points at; a tag that points at nothing yields nothing, and
lines are rows of objects on one height, never a split of squeezed text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

from lxml import etree

from app.invoices.parsing import figures, kinds
from app.invoices.parsing.errors import Unreadable
from app.invoices.parsing.markup import children, content, local
from app.invoices.parsing.ofd import Document, TextObject
from app.invoices.parsing.readings import LineReading, Reading

# field of a reading -> the tag paths of both generations, as ends of the dotted path
_FIELDS = {
    "number": ("InvoiceNo", "TaxSupervisionInfo.InvoiceNumber"),
    "code": ("InvoiceCode",),
    "issued_on": ("IssueDate", "BasicInformation.RequestTime", "TaxSupervisionInfo.IssueTime"),
    "seller_name": ("SellerName",),
    "seller_tax_id": ("SellerTaxID", "SellerInformation.SellerIdNum"),
    "buyer_name": ("BuyerName",),
    "buyer_tax_id": ("BuyerTaxID", "BuyerInformation.BuyerIdNum"),
    "remark": ("Note", "AdditionalInformation.Remark"),
}
_TOTALS = {
    "net": ("TaxExclusiveTotalAmount", "BasicInformation.TotalAmWithoutTax"),
    "tax": ("TaxTotalAmount", "BasicInformation.TotalTaxAm"),
    "gross": ("TaxInclusiveTotalAmount", "BasicInformation.TotalTax-includedAmount"),
}
_COLUMNS = {
    "name": ("Item", "IssuItemInformation.ItemName"),
    "specification": ("Specification", "IssuItemInformation.SpecMod"),
    "unit": ("MeasurementDimension", "IssuItemInformation.MeaUnits"),
    "quantity": ("Quantity", "IssuItemInformation.Quantity"),
    "unit_price": ("Price", "IssuItemInformation.UnPrice"),
    "net": ("Amount", "IssuItemInformation.Amount"),
    "tax_rate": ("TaxScheme", "IssuItemInformation.TaxRate"),
    "tax": ("TaxAmount", "IssuItemInformation.ComTaxAm"),
}
_LABEL = ("GeneralOrSpecialVAT.LabelName", "GeneralOrSpecialVAT.LabelCode")
_WORDS = ("TotalTax-includedAmountInChinese",)
_SIGN_ONLY = re.compile(r"[¥￥\s]*")
_AFTER_SIGN = re.compile(r"[¥￥]\s*(-?[0-9][0-9,]*(?:\.[0-9]+)?)\s*$")
LONGEST_TITLE = 40
SAME_ROW = 2.0  # millimetres between the base lines of one row; rows stand 4 mm or more apart


@dataclass(frozen=True, slots=True)
class _Tag:
    path: str
    objects: tuple[TextObject, ...]


def read(document: Document) -> Reading | None:
    """The reading of a document's tag files, None when none of them points at anything."""
    tags = [tag for root in document.tags for tag in _tags(root, document)]
    if not tags:
        return None
    pick = _Picker(document, tags)
    fields = {field: pick.text(paths) for field, paths in _FIELDS.items()}
    totals = {field: pick.amount(paths) for field, paths in _TOTALS.items()}
    label = pick.text(_LABEL)
    reading = Reading(
        format="ofd_custom_tag", kind=kind(document, label, fields["code"]),
        words=pick.text(_WORDS) or _words(document), lines=tuple(pick.lines()),
    )  # fmt: skip
    return replace(reading, **cast(dict[str, Any], fields | totals))


def kind(document: Document, label: str, code: str) -> str | None:
    """The kind by the tagged label, the code, or the title printed on the page or its template."""
    found = kinds.digital(label) if label else None
    texts = [*document.template_texts, *(text.text for text in document.in_order)]
    short = (text for text in texts if len(text) <= LONGEST_TITLE and ("发票" in text or "客票" in text))
    titles = (kinds.by_title(text) for text in short)
    return found or kinds.by_code(code) or next((title for title in titles if title), None)


def _tags(root: etree._Element, document: Document) -> Iterator[_Tag]:
    pages = list(dict.fromkeys(page for page, _ in document.texts))

    def walk(element: etree._Element, path: tuple[str, ...]) -> Iterator[_Tag]:
        references = children(element, "ObjectRef")
        if references:
            found = (_target(reference, document, pages) for reference in references)
            yield _Tag(".".join(path), tuple(text for text in found if text))
        for child in element:
            step = local(child)
            if step and step != "ObjectRef":
                yield from walk(child, path if step == "ObjectData" else (*path, step.removesuffix(".ObjectData")))

    return walk(root, ())


def _target(reference: etree._Element, document: Document, pages: list[str]) -> TextObject | None:
    page, target = reference.get("PageRef", ""), content(reference)
    return document.texts.get((page, target)) or (
        document.texts.get((pages[0], target)) if not page and len(pages) == 1 else None
    )


def _words(document: Document) -> str:
    """The only amount in capital characters (大写) on the pages, '' when there is none or more than one."""
    spelt = {text.text for text in document.in_order if "圆" in text.text or "元" in text.text}
    found = {text for text in spelt if figures.in_words(text) is not None}
    return found.pop() if len(found) == 1 else ""


class _Picker:
    """Takes values out of the tags of one document."""

    def __init__(self, document: Document, tags: list[_Tag]) -> None:
        self._document = document
        self._tags = tags
        self._tagged = {id(text) for tag in tags for text in tag.objects}

    def objects(self, paths: tuple[str, ...]) -> list[TextObject]:
        """The objects of the first path that has any, in the order of the tags."""
        for path in paths:
            found = [text for tag in self._tags if tag.path == path or tag.path.endswith("." + path)
                     for text in tag.objects]  # fmt: skip
            if found:
                return list({id(text): text for text in found}.values())
        return []

    def by_page(self, paths: tuple[str, ...]) -> list[list[TextObject]]:
        """A field repeated on each page of a long invoice is one field: its objects page by page."""
        pages: dict[int, list[TextObject]] = {}
        for text in self.objects(paths):
            pages.setdefault(text.page, []).append(text)
        return list(pages.values())

    def text(self, paths: tuple[str, ...]) -> str:
        """The joined text on the first page that has it."""
        joined = ("".join(text.text for text in page).strip() for page in self.by_page(paths))
        return next((text for text in joined if text), "")

    def amount(self, paths: tuple[str, ...]) -> str:
        """The figure on the last page that has one (totals stand on the last), the neighbour of a lone ¥ included."""
        for page in reversed(self.by_page(paths)):
            joined = "".join(text.text for text in page).strip()
            if _SIGN_ONLY.fullmatch(joined):
                joined = self._beside(page[-1])
            after = _AFTER_SIGN.search(joined)
            if joined and not _is_money(joined) and after:
                joined = after[1]
            if joined and (_is_money(joined) or not joined.strip("*＊¥￥ ")):
                return joined
        return ""

    def _beside(self, sign: TextObject) -> str:
        """The figure to the right of a lone currency sign: producers tag the ¥ and leave its number untagged."""
        near = [
            text for text in self._document.in_order
            if text.page == sign.page and abs(text.y - sign.y) <= SAME_ROW and text.x > sign.x
            and id(text) not in self._tagged and _is_money(text.text)
        ]  # fmt: skip
        return min(near, key=lambda text: text.x).text if near else ""

    def lines(self) -> Iterator[LineReading]:
        """The rows: each tagged Amount opens one, and the other columns' objects belong to the row they stand in."""
        amounts = sorted(self.objects(_COLUMNS["net"]), key=_place)
        starts = [_place(amount) for amount in amounts]
        cells: list[dict[str, list[TextObject]]] = [{} for _ in amounts]
        for column, paths in _COLUMNS.items():
            for text in sorted(self.objects(paths), key=_place) if amounts else ():
                cells[_row_of(text, starts)].setdefault(column, []).append(text)
        for row in cells:
            yield LineReading(**{name: "".join(text.text for text in found) for name, found in row.items()})


def _place(text: TextObject) -> tuple[int, float]:
    return text.page, text.y


def _row_of(text: TextObject, starts: list[tuple[int, float]]) -> int:
    """The last row that begins at or above the object; a name's second text line belongs to the row above it."""
    above = [index for index, (page, y) in enumerate(starts) if (page, y - SAME_ROW) <= _place(text)]
    return above[-1] if above else 0


def _is_money(text: str) -> bool:
    try:
        figures.money(text)
    except Unreadable:
        return False
    return True
