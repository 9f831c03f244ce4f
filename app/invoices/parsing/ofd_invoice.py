"""An OFD's invoice out of its several sources: attachments before tags before custom data, compared with each other.

Invariant: a damaged source never hides a good one, and two whole sources that contradict each other are both refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lxml import etree

from app.invoices.parsing import einvoice, errors, kinds, ofd_tags, rules, xbrl
from app.invoices.parsing.errors import Unreadable
from app.invoices.parsing.ofd import Document, read_documents
from app.invoices.parsing.readings import Reading
from app.invoices.parsing.rules import problem
from app.invoices.parsing.types import ParsedInvoice, Problem, Refused
from infra.hostile.archive import Archive

_PREFERENCE = ("ofd_original_xml", "ofd_xbrl", "ofd_einvoice_xml", "ofd_custom_tag", "ofd_custom_data")


def read(archive: Archive, source_file: str) -> tuple[list[ParsedInvoice], list[Refused]]:
    """The invoices of an OFD, one a document, and the documents that hold none that can be trusted.

    Raises `Unreadable` when the package itself is damaged or hostile.
    """
    items, refused = [], []
    for document in read_documents(archive):
        try:
            items.append(_judge(document, source_file))
        except Unreadable as refusal:
            refused.append(Refused(source_file, refusal.code, refusal.detail))
    return items, refused


def _judge(document: Document, source_file: str) -> ParsedInvoice:
    readings, problems = _readings(document)
    good: list[ParsedInvoice] = []
    refused: list[tuple[Reading, Unreadable]] = []
    for reading in readings:
        try:
            good.append(rules.judge(reading, source_file))
        except Unreadable as refusal:
            refused.append((reading, refusal))
    _stop_at_contradictions(good, refused)
    if not good:
        raise _why(refused, problems)
    chosen = good[0]
    for other in good[1:]:
        problems += _compare(chosen, other)
    problems += [problem(errors.OFD_SOURCE_UNUSED, f"{reading.format}: {refusal.code} {refusal.detail}")
                 for reading, refusal in refused if reading.format != "ofd_custom_data"]  # fmt: skip
    return replace(chosen, problems=tuple(dict.fromkeys((*chosen.problems, *problems))))


def _stop_at_contradictions(good: list[ParsedInvoice], refused: list[tuple[Reading, Unreadable]]) -> None:
    """A whole source whose own figures disagree is not damage: nothing weaker may speak in its place."""
    best = min((_PREFERENCE.index(invoice.format) for invoice in good), default=len(_PREFERENCE))
    for reading, refusal in refused:
        contradiction = refusal.code in (errors.AMOUNTS_DISAGREE.code, errors.RED_SIGN.code)
        if contradiction and _PREFERENCE.index(reading.format) < best:
            raise refusal


def _readings(document: Document) -> tuple[list[Reading], list[Problem]]:
    """Every source's reading in the order of preference, and what was wrong with those that gave none."""
    custom = _custom(document)
    tagged = _tagged(document, custom)
    problems, readings = list(document.problems), [reading for reading in (tagged, custom) if reading]
    for part, root in document.attachments:
        try:
            readings += _attached(document, root)
        except Unreadable as refusal:
            if refusal.code != errors.NOT_AN_INVOICE.code:
                raise
            problems.append(Problem(refusal.code, f"{part}: {refusal.detail}"))
    return sorted(readings, key=lambda reading: _PREFERENCE.index(reading.format)), problems


def _attached(document: Document, root: etree._Element) -> Iterator[Reading]:
    for invoice in einvoice.find_original(root):
        reading = einvoice.read_original(invoice)
        yield replace(reading, kind=reading.kind or ofd_tags.kind(document, "", reading.code))
    if xbrl.is_instance(root):
        yield xbrl.read(root, "ofd_xbrl")
    for invoice in einvoice.find(root):
        yield einvoice.read(invoice, "ofd_einvoice_xml")


def _tagged(document: Document, custom: Reading | None) -> Reading | None:
    """Family B; where only a currency sign was tagged, the 价税合计 of family C is the gross of the same number."""
    reading = ofd_tags.read(document)
    if reading is None or not (reading.number or reading.gross):
        return None
    if not reading.gross and custom and custom.number == reading.number:
        return replace(reading, gross=custom.gross)
    return reading


def _custom(document: Document) -> Reading | None:
    """Family C: 合计金额 is the total without tax; only 价税合计 is the gross."""
    said = document.custom_data.get
    code = said("发票代码", "")
    reading = Reading(
        format="ofd_custom_data", kind=kinds.by_code(code) or ofd_tags.kind(document, "", code),
        number=said("发票号码", ""), code=code, issued_on=said("开票日期", ""),
        seller_name=said("销售方名称", ""), seller_tax_id=said("销售方纳税人识别号", ""),
        buyer_name=said("购买方名称", ""), buyer_tax_id=said("购买方纳税人识别号", ""),
        net=said("合计金额", ""), tax=said("合计税额", ""), gross=said("价税合计", ""),
    )  # fmt: skip
    return reading if reading.number else None


def _compare(chosen: ParsedInvoice, other: ParsedInvoice) -> list[Problem]:
    """What a second source says otherwise: decisive from another whole source, a remark from custom data."""
    differing = [
        f"{name} {mine} / {theirs}"
        for name, mine, theirs in (
            ("number", chosen.code + chosen.number, other.code + other.number),
            ("net", chosen.net, other.net), ("tax", chosen.tax, other.tax), ("gross", chosen.gross, other.gross),
            ("issued_on", chosen.issued_on, other.issued_on),
            ("seller", chosen.seller.tax_id, other.seller.tax_id or chosen.seller.tax_id),
            ("buyer", chosen.buyer.tax_id, other.buyer.tax_id or chosen.buyer.tax_id),
        )
        if mine != theirs
    ]  # fmt: skip
    if not differing:
        return []
    detail = f"{chosen.format} / {other.format}: {'; '.join(differing)}"
    decisive = any(item.startswith(("number", "net", "tax", "gross")) for item in differing)
    if decisive and other.format != "ofd_custom_data":
        raise Unreadable(errors.OFD_SOURCES_DISAGREE, detail)
    return [problem(errors.OFD_SOURCES_DISAGREE, detail)]


def _why(refused: list[tuple[Reading, Unreadable]], problems: list[Problem]) -> Unreadable:
    """The refusal that tells most: the preferred source's own, else what was damaged, else that there was nothing."""
    if refused:
        return refused[0][1]
    foreign = [item for item in problems if item.code == errors.NOT_AN_INVOICE.code]
    if foreign:
        return Unreadable(errors.NOT_AN_INVOICE, foreign[0].detail)
    if problems:
        return Unreadable(errors.NO_STRUCTURED_DATA, "; ".join(f"{item.code} {item.detail}" for item in problems))
    return Unreadable(errors.NO_STRUCTURED_DATA)
