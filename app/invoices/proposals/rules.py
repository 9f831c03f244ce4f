"""From an invoice to a proposed voucher: whose it is, when it is booked, and on which accounts; pure.

Invariant: a proposed voucher's totals equal the invoice's net, tax and gross to the fen, and a red invoice gets the
voucher of its blue one with negative amounts on the same sides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from app.books.types import BookRef
from app.invoices import errors
from app.invoices.errors import problem
from app.invoices.parsing.errors import (
    BAD_TAX_ID,
    LINES_DISAGREE,
    NO_LINES,
    NUMBERS_DISAGREE,
    REFUND_FEE,
    ROWS_DISAGREE,
    UNKNOWN_KIND,
    UNKNOWN_STATUS,
    WORDS_DISAGREE,
)
from app.invoices.parsing.types import TICKET_KINDS, ParsedLine, Party, Problem
from app.invoices.rules import same
from app.invoices.types import Invoice, Key, Proposal
from app.kernel.money import FEN, ZERO, show
from app.kernel.periods import Period
from app.ledger.vouchers.types import Draft, Line, Source
from app.standards.classification import PURCHASE, SALES, classify
from app.standards.templates import choose_template, deductible
from app.standards.types import Business, PostingTemplate, Side, Standard, Taxpayer

SOURCE = "invoice"
UNKNOWN = "unknown"
INDIVIDUAL = "个人"
MAX_SUMMARY = 200
CREDITED_KINDS = TICKET_KINDS | {"toll", "vehicle"}
"""Kinds that count as special: the tax they state is credited (2019年第39号公告 六; 财税〔2017〕90号)."""

DOUBTS = frozenset(
    message.code
    for message in (BAD_TAX_ID, NUMBERS_DISAGREE, REFUND_FEE, ROWS_DISAGREE, UNKNOWN_STATUS, WORDS_DISAGREE)
)
"""What a parser says of a face it could read but that somebody should look at before it is booked."""

_ITEMS = {
    "rail_ticket": "*旅客运输服务*铁路客运服务",
    "air_itinerary": "*旅客运输服务*航空客运服务",
    "toll": "*经营租赁*通行费",
    "vehicle": "*机动车*机动车",
    "used_vehicle": "*机动车*二手车",
}  # what an invoice of this kind is about when it has no lines
_SELLERS = {"rail_ticket": "铁路客运", "air_itinerary": "航空客运"}  # tickets name no seller


_AS_IN_STANDARD: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Part:
    """The lines of one treatment taken together; `item` is the first one's name, `mixed` says there are others."""

    kind: str
    creditable: bool
    review: bool
    item: str
    mixed: bool
    net: Decimal
    tax: Decimal

    @property
    def gross(self) -> Decimal:
        """价税合计."""
        return self.net + self.tax


def direction_of(book: BookRef, invoice: Invoice) -> str:
    """`sales` when the book's company sold, `purchase` when it bought, else `unknown`."""
    sold, bought = _is_ours(book, invoice.seller), _is_ours(book, invoice.buyer)
    if sold is bought:
        return UNKNOWN
    return SALES if sold else PURCHASE


def _is_ours(book: BookRef, party: Party) -> bool:
    return bool(party.tax_id or party.name) and same(party, Party(book.name, book.tax_id))


def propose(
    book: BookRef,
    standard: Standard,
    invoice: Invoice,
    first_open: Period,
    open_until: Period,
    *,
    seen: bool = False,
    leaves: Mapping[str, str] = _AS_IN_STANDARD,
) -> Proposal:
    """The voucher of an invoice, or the problems that stand against one, all at once.

    Sales belong to the month of issue; a purchase that comes late to the first open month. `first_open` to
    `open_until` are the months that may be written into. What the parser doubts waits for a person, until one has
    `seen` it. `leaves` are the book's own codes of the standard's accounts, where they differ.
    """
    direction = direction_of(book, invoice)
    if invoice.status == "void":
        return Proposal(direction, "not_booked", _beside([problem(errors.VOID)], invoice))
    if not invoice.gross and not invoice.tax:
        return Proposal(direction, "not_booked", _beside([problem(errors.ZERO_TOTAL)], invoice))
    if direction == UNKNOWN:
        cause = errors.SELF if _is_ours(book, invoice.seller) else errors.NOT_OURS
        return Proposal(direction, "needs_attention", _beside([problem(cause, _parties(invoice))], invoice))
    against: list[Problem] = [] if seen else [each for each in invoice.problems if each.code in DOUBTS]
    if invoice.kind == "unknown":
        against.append(problem(UNKNOWN_KIND))
    counterparty = counterparty_of(direction, invoice)
    if not counterparty:
        against.append(problem(errors.NO_COUNTERPARTY))
    day = _day(book, direction, invoice.issued_on, first_open, open_until)
    if isinstance(day, Problem):
        against.append(day)
    parts = _parts(Business(book.industry), direction, invoice)
    if len(parts) > 1 and (detail := _disagreement(invoice)):
        against.append(problem(LINES_DISAGREE, detail))
    business = ",".join(dict.fromkeys(part.kind for part in parts))
    if against or isinstance(day, Problem):
        return Proposal(direction, "needs_attention", _beside(against, invoice), business)
    fitted = _fit(parts, invoice)
    draft = _draft(book, standard, direction, invoice, fitted, counterparty, day, leaves)
    return Proposal(direction, "booked", _beside(_warnings(invoice, parts, day), invoice), business, draft)


def counterparty_of(direction: str, invoice: Invoice) -> str:
    """The other party's name (往来单位): individuals are one customer, tickets name no seller; '' when unknown."""
    party = invoice.buyer if direction == SALES else invoice.seller
    if not party.tax_id and party.name.endswith((INDIVIDUAL, f"({INDIVIDUAL})", f"（{INDIVIDUAL}）")):
        return INDIVIDUAL
    return party.name or (_SELLERS.get(invoice.kind, "") if direction == PURCHASE else "")


def source_id(key: Key) -> str:
    """What a voucher names as its source: the code, when there is one, and the number."""
    return "-".join(part for part in key if part)


def _day(book: BookRef, direction: str, issued: date, first_open: Period, open_until: Period) -> date | Problem:
    month = Period.of(issued)
    if month > open_until:
        return problem(errors.FUTURE, str(month))
    if month >= first_open:
        return issued
    if direction == PURCHASE:
        return first_open.first_day
    return problem(errors.BEFORE_START if month < book.start_period else errors.PERIOD_CLOSED, str(month))


def _parts(business: Business, direction: str, invoice: Invoice) -> list[Part]:
    """The invoice's lines by treatment, the largest part first; without lines, what its kind is usually about."""
    parts: dict[tuple[str, bool], Part] = {}
    for name, tax_code, net, tax in _contents(invoice):
        found = classify(direction, item=name, tax_code=tax_code, business=business)
        key = (found.kind, found.creditable)
        known = parts.get(key) or Part(found.kind, found.creditable, False, name, False, ZERO, ZERO)
        parts[key] = replace(
            known,
            review=known.review or found.review,
            mixed=known.mixed or known.item != name,
            net=known.net + net,
            tax=known.tax + tax,
        )
    return sorted(parts.values(), key=lambda part: -abs(part.gross))


def _contents(invoice: Invoice) -> list[tuple[str, str, Decimal, Decimal]]:
    lines = [(line.name, line.tax_code, line.net, line.tax) for line in invoice.lines if line.net or line.tax]
    return lines or [(_ITEMS.get(invoice.kind, ""), "", invoice.net, invoice.tax)]


def _disagreement(invoice: Invoice) -> str:
    """The figures when the lines miss the totals by more than rounding (a fen a line); '' when they do not."""
    net, tax = _sums(invoice.lines)
    slack = FEN * len(invoice.lines)
    if abs(net - invoice.net) <= slack and abs(tax - invoice.tax) <= slack:
        return ""
    return f"{show(net)} / {show(invoice.net)}, {show(tax)} / {show(invoice.tax)}"


def _sums(lines: Iterable[ParsedLine]) -> tuple[Decimal, Decimal]:
    listed = list(lines)
    return sum((line.net for line in listed), ZERO), sum((line.tax for line in listed), ZERO)


def _fit(parts: Sequence[Part], invoice: Invoice) -> list[Part]:
    """The parts with the fen by which lines and totals differ put on the largest, so that the totals hold."""
    largest, *others = parts
    net = invoice.net - sum((part.net for part in others), ZERO)
    tax = invoice.tax - sum((part.tax for part in others), ZERO)
    return [replace(largest, net=net, tax=tax), *others]


def _draft(
    book: BookRef,
    standard: Standard,
    direction: str,
    invoice: Invoice,
    parts: Sequence[Part],
    counterparty: str,
    day: date,
    leaves: Mapping[str, str],
) -> Draft:
    taxpayer = Taxpayer(book.taxpayer)
    chosen = [(part, _template(standard, taxpayer, direction, invoice, part)) for part in parts]
    summary = _summary(standard, direction, invoice, chosen[0], counterparty, len(chosen) > 1)
    amounts: dict[tuple[Side, str, bool], Decimal] = {}
    for part, template in chosen:
        for line in template.lines:
            role = standard.role(line.role, taxpayer)
            where = (line.side, leaves.get(role, role), line.dimension is not None)
            amounts[where] = amounts.get(where, ZERO) + getattr(part, line.amount)
    ordered = sorted(amounts.items(), key=lambda filled: filled[0][0] is Side.CREDIT)
    lines = tuple(
        Line(
            account,
            summary,
            debit=amount if side is Side.DEBIT else ZERO,
            credit=amount if side is Side.CREDIT else ZERO,
            counterparty=counterparty if named else "",
        )
        for (side, account, named), amount in ordered
        if amount
    )
    source = Source(SOURCE, source_id(invoice.key), chosen[0][1].id)
    return Draft(book.id, day, lines, attachments=1, source=source)


def _template(standard: Standard, taxpayer: Taxpayer, direction: str, invoice: Invoice, part: Part) -> PostingTemplate:
    special = invoice.special or invoice.kind in CREDITED_KINDS
    credited = deductible(taxpayer, special_invoice=special, creditable=part.creditable)
    return choose_template(standard, direction=direction, taxpayer=taxpayer, kind=part.kind, deductible=credited)


def _summary(
    standard: Standard,
    direction: str,
    invoice: Invoice,
    chosen: tuple[Part, PostingTemplate],
    counterparty: str,
    several: bool,
) -> str:
    part, template = chosen
    item = _bare(part.item) or standard.kinds[direction, part.kind].name_zh
    more = "等" if part.mixed or several else ""
    text = template.summary_zh.format(item=item[:60] + more, counterparty=counterparty[:80], number=invoice.number)
    return text[:MAX_SUMMARY]


def _bare(item: str) -> str:
    """`*办公用品*打印纸` -> 打印纸."""
    parts = item.split("*", 2)
    return (parts[2] or parts[1]).strip() if len(parts) == 3 and not parts[0] else item.strip()


def _warnings(invoice: Invoice, parts: Sequence[Part], day: date) -> list[Problem]:
    found = []
    if not invoice.lines:
        found.append(problem(NO_LINES))
    if day.year != invoice.issued_on.year:
        found.append(problem(errors.PRIOR_YEAR, str(invoice.issued_on.year)))
    if review := [part.kind for part in parts if part.review]:
        found.append(problem(errors.KIND_TO_REVIEW, ",".join(review)))
    return found


def _beside(found: Sequence[Problem], invoice: Invoice) -> tuple[Problem, ...]:
    """What was found, then the doubts the parser had; a code it named already is not said again."""
    named = {each.code for each in invoice.problems}
    return (*(each for each in found if each.code not in named), *invoice.problems)


def _parties(invoice: Invoice) -> str:
    return " / ".join(party.name or party.tax_id for party in (invoice.seller, invoice.buyer))
