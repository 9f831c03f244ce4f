"""Which invoice reaches the firm in which file: loose XML, OFD, a zip, the two portal workbooks, and twice by mistake.

Invariant: every invoice of the month is in at least one file; an invoice with a trouble is in exactly one.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from app.kernel.periods import Period
from app.samples.einvoice.rules import file_name, xml
from app.samples.markup.rules import archive
from app.samples.ofd.rules import attached_ofd, tagged_ofd
from app.samples.portal.rules import workbook
from app.samples.types import Item, SampleFile, SampleInvoice


@dataclass
class Plan:
    """The invoices of a month sorted into the roads they take; one invoice may stand on several."""

    sold: list[SampleInvoice] = field(default_factory=list)
    bought: list[SampleInvoice] = field(default_factory=list)
    loose: list[SampleInvoice] = field(default_factory=list)
    zipped: list[SampleInvoice] = field(default_factory=list)
    tagged: list[SampleInvoice] = field(default_factory=list)
    attached: list[SampleInvoice] = field(default_factory=list)


def plan(rng: random.Random, invoices: Iterable[SampleInvoice]) -> Plan:
    """Spread a month over the roads; about one invoice in eight takes two."""
    roads = Plan()
    for invoice in invoices:
        if invoice.direction == "sale":
            roads.sold.append(invoice)
            if not invoice.trouble and rng.random() < 0.15:
                roads.loose.append(invoice)
        elif invoice.code:
            roads.attached.append(invoice)
            roads.bought.append(invoice)
        elif invoice.kind == "rail":
            roads.bought.append(invoice)
        elif invoice.trouble:
            roads.loose.append(invoice)
        else:
            _plan_purchase(rng, roads, invoice)
    return roads


def _plan_purchase(rng: random.Random, roads: Plan, invoice: SampleInvoice) -> None:
    """A late invoice is not in this month's export; the others mostly are, some of them by a second road too."""
    papers = [roads.loose, roads.zipped] if invoice.red_of else [roads.loose, roads.tagged, roads.zipped]
    exported = not invoice.late and rng.random() < 0.65
    if exported:
        roads.bought.append(invoice)
    if not exported or rng.random() < 0.15:
        rng.choice(papers).append(invoice)
    if roads.tagged and roads.tagged[-1] is invoice and rng.random() < 0.3:
        roads.loose.append(invoice)


def pack(roads: Plan, name: str, period: Period) -> tuple[tuple[SampleFile, ...], tuple[Item, ...]]:
    """The files of a plan in the order they are handed in, and what each of them says, in the same order."""
    files: list[SampleFile] = []
    items: list[Item] = []
    single: tuple[tuple[list[SampleInvoice], Callable[[SampleInvoice], bytes], str], ...] = (
        (roads.loose, xml, "xml"),
        (roads.tagged, tagged_ofd, "ofd"),
        (roads.attached, attached_ofd, "ofd"),
    )
    for invoices, render, suffix in single:
        for invoice in invoices:
            files.append(SampleFile(file_name(invoice, suffix), render(invoice)))
            items.append(Item(files[-1].name, "", invoice))
    if roads.zipped:
        members = [(f"xml/{file_name(invoice)}", xml(invoice)) for invoice in roads.zipped]
        files.append(SampleFile(f"{period}_{name}_数电票.zip", archive(members)))
        items += [Item(files[-1].name, member, i) for (member, _), i in zip(members, roads.zipped, strict=True)]
    for label, invoices in (("取得发票", roads.bought), ("开具发票", roads.sold)):
        if invoices:
            files.append(SampleFile(f"{period}_{label}_全量发票查询导出结果.xlsx", workbook(invoices)))
            items += [Item(files[-1].name, "", invoice) for invoice in invoices]
    again = next((item for item in items if item.file.endswith((".xml", ".ofd")) and not item.invoice.trouble), None)
    if again:
        content = next(file.content for file in files if file.name == again.file)
        stem, suffix = again.file.rsplit(".", 1)
        files.append(SampleFile(f"{stem} (1).{suffix}", content))
        items.append(Item(files[-1].name, "", again.invoice))
    return tuple(files), tuple(items)
