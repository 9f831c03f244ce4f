"""From an invoice to a proposed voucher, without a database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.books.types import BookRef
from app.invoices.parsing.types import KINDS, ParsedInvoice, ParsedLine, Party, Problem
from app.invoices.proposals import rules
from app.invoices.types import Invoice, Proposal
from app.kernel.periods import Period
from app.standards.loader import load
from app.standards.types import Taxpayer
from tests.unit.invoices.faces import OTHER, OURS, book, line, parsed, red

FIRST, LAST = Period(2026, 1), Period(2026, 3)
ITEMS = [
    "*金属制品*螺丝",
    "*餐饮服务*餐费",
    "*住宿服务*房费",
    "*运输服务*运费",
    "*办公用品*打印纸",
    "没有星号的东西",
    "",
]


def propose(face: ParsedInvoice, ours: BookRef | None = None) -> Proposal:
    """What a book proposes whose months 2026-01 to 2026-03 are open."""
    ours = ours or book()
    return rules.propose(ours, load(ours.standard), Invoice.of(face), FIRST, LAST)


def entries(proposal: Proposal) -> list[tuple[str, D, str]]:
    """Account, amount (debit positive) and counterparty of the proposed lines."""
    assert proposal.draft is not None, proposal.problems
    return [(each.account, each.debit - each.credit, each.counterparty) for each in proposal.draft.lines]


def codes(proposal: Proposal) -> list[str]:
    """The codes of its problems."""
    return [problem.code for problem in proposal.problems]


amounts = st.decimals(min_value=D("-99999.99"), max_value=D("999999.99"), places=2)
lines = st.builds(lambda name, net, tax: line(name, str(net), str(tax)), st.sampled_from(ITEMS), amounts, amounts)
books = st.builds(
    book,
    taxpayer=st.sampled_from(["general", "small_scale"]),
    industry=st.sampled_from(["trade", "service", "industry"]),
    standard=st.sampled_from(["sbe", "asbe"]),
)


@st.composite
def invoices(draw: st.DrawFn) -> ParsedInvoice:
    """Any invoice of ours, its totals off its lines by rounding at most."""
    listed: Sequence[ParsedLine] = draw(st.lists(lines, max_size=6))
    slack = len(listed)
    face = parsed(lines=listed, kind=draw(st.sampled_from([kind for kind in KINDS if kind != "unknown"])))
    off = st.integers(-slack, slack).map(lambda fen: D(fen) / 100)
    net, tax = (face.net + draw(off), face.tax + draw(off)) if listed else (draw(amounts), draw(amounts))
    face = replace(face, net=net, tax=tax, gross=net + tax, red=net + tax < 0)
    return replace(face, seller=OURS, buyer=OTHER) if draw(st.booleans()) else face


@given(books, invoices())
def test_any_proposed_voucher_balances_and_has_the_invoices_totals(ours: BookRef, face: ParsedInvoice) -> None:
    proposal = propose(face, ours)
    if proposal.draft is None:
        assert codes(proposal)[0] == "invoice.zero_total"
        return
    found = entries(proposal)
    assert sum(amount for _, amount, _ in found) == 0
    assert all(amount for _, amount, _ in found)
    sold = proposal.direction == "sales"
    party = sum((amount for _, amount, who in found if who), D(0))
    assert party == (face.gross if sold else -face.gross)
    standard, taxpayer = load(ours.standard), Taxpayer(ours.taxpayer)
    if sold:
        output = standard.role("output_vat", taxpayer)
        assert -sum((amount for account, amount, _ in found if account == output), D(0)) == face.tax


@given(books, invoices())
def test_input_vat_is_the_tax_of_the_lines_that_may_be_credited(ours: BookRef, face: ParsedInvoice) -> None:
    bought = replace(face, seller=OTHER, buyer=OURS, lines=tuple(replace(one, name=ITEMS[0]) for one in face.lines))
    proposal = propose(bought, ours)
    if proposal.draft is None:
        return
    credited = ours.taxpayer == "general" and (face.special or face.kind in rules.CREDITED_KINDS)
    vat = sum((amount for account, amount, _ in entries(proposal) if account == "22210101"), D(0))
    assert vat == (face.tax if credited else 0)


@given(books, invoices())
def test_a_red_invoice_is_the_negative_of_its_blue_one_on_the_same_sides(ours: BookRef, face: ParsedInvoice) -> None:
    blue, back = propose(face, ours), propose(red(face, "26322000000000000009"), ours)
    assert (blue.draft is None) == (back.draft is None)
    if blue.draft and back.draft:
        assert [(one.account, -one.debit, -one.credit) for one in blue.draft.lines] == [
            (one.account, one.debit, one.credit) for one in back.draft.lines
        ]


def test_an_invoice_of_several_treatments_is_one_voucher_with_exact_sums() -> None:
    mixed = parsed(
        lines=[
            line("*住宿服务*房费", "500.00", "30.00"),
            line("*餐饮服务*餐费", "100.00", "6.00"),
            line("*住宿服务*房费", "-50.00", "-3.00"),
        ]
    )
    assert entries(propose(mixed)) == [
        ("560203", D("450.00"), ""),
        ("22210101", D("27.00"), ""),
        ("560204", D("106.00"), ""),
        ("220201", D("-583.00"), OTHER.name),
    ]
    assert entries(propose(mixed, book(taxpayer="small_scale"))) == [
        ("560203", D("477.00"), ""),
        ("560204", D("106.00"), ""),
        ("220201", D("-583.00"), OTHER.name),
    ]


def test_the_fen_between_lines_and_totals_goes_to_the_largest_part() -> None:
    off = parsed(lines=[line("*住宿服务*房费", "500.00", "30.01"), line("*餐饮服务*餐费", "100.00", "6.00")])
    off = replace(off, tax=D("36.00"), gross=D("636.00"))
    assert entries(propose(off))[:3] == [
        ("560203", D("500.00"), ""),
        ("22210101", D("30.00"), ""),
        ("560204", D("106.00"), ""),
    ]


def test_lines_that_miss_the_totals_cannot_be_split_over_accounts() -> None:
    one = replace(parsed(lines=[line("*住宿服务*房费", "500.00")]), net=D("900.00"), gross=D("900.00"))
    two = replace(one, lines=(*one.lines, line("*餐饮服务*餐费", "100.00")))
    assert entries(propose(one))[0] == ("560203", D("900.00"), "")
    assert codes(propose(two)) == ["invoice.lines_disagree"]


@pytest.mark.parametrize(
    ("industry", "direction", "account"),
    [
        ("trade", "purchase", "1405"),
        ("service", "purchase", "560202"),
        ("trade", "sales", "5001"),
        ("service", "sales", "5001"),
    ],
)
def test_an_invoice_without_lines_is_what_the_client_lives_from(industry: str, direction: str, account: str) -> None:
    face = parsed(lines=[], net=D("100.00"), tax=D("13.00"), gross=D("113.00"))
    if direction == "sales":
        face = replace(face, seller=OURS, buyer=OTHER)
    proposal = propose(face, book(industry=industry))
    assert account in [code for code, _, _ in entries(proposal)]
    assert "invoice.no_lines" in codes(proposal)


@pytest.mark.parametrize(
    ("kind", "account", "supplier"),
    [("rail_ticket", "560203", "铁路客运"), ("air_itinerary", "560203", "航空客运"), ("toll", "560214", OTHER.name)],
)
def test_a_ticket_needs_no_lines_and_no_seller(kind: str, account: str, supplier: str) -> None:
    seller = OTHER if kind == "toll" else Party()
    face = parsed(lines=[], kind=kind, seller=seller, net=D("100.00"), tax=D("9.00"), gross=D("109.00"))
    assert entries(propose(face)) == [
        (account, D("100.00"), ""),
        ("22210101", D("9.00"), ""),
        ("220201", D("-109.00"), supplier),
    ]


NAMELESS = Party("", "91320594MA1XXXXX12")


@pytest.mark.parametrize(
    ("seller", "buyer", "direction", "problem"),
    [
        (OURS, OTHER, "sales", None),
        (OTHER, OURS, "purchase", None),
        (OTHER, Party(OURS.name), "purchase", None),
        (OTHER, Party("测试商贸有限公司分公司"), "unknown", "invoice.not_ours"),
        (OTHER, Party("别人", OTHER.tax_id), "unknown", "invoice.not_ours"),
        (OURS, OURS, "unknown", "invoice.self"),
        (OURS, Party(OURS.name), "unknown", "invoice.self"),
        (NAMELESS, OURS, "purchase", "invoice.no_counterparty"),
        (OURS, Party(), "sales", "invoice.no_counterparty"),
    ],
)
def test_whose_invoice_it_is(seller: Party, buyer: Party, direction: str, problem: str | None) -> None:
    proposal = propose(parsed(seller=seller, buyer=buyer))
    assert (proposal.direction, codes(proposal)[:1]) == (direction, [problem] if problem else [])


def test_a_natural_person_is_a_counterparty_by_name_and_no_problem_says_the_number() -> None:
    person = Party("张三", "11010519491231002X")
    bought, sold = (propose(parsed(seller=seller, buyer=buyer)) for seller, buyer in ((person, OURS), (OURS, person)))
    assert (bought.direction, entries(bought)[-1][2], sold.direction, entries(sold)[0][2]) == (
        "purchase",
        "张三",
        "sales",
        "张三",
    )
    (strange, *_) = propose(parsed(seller=person, buyer=OTHER)).problems
    assert (strange.code, strange.detail) == ("invoice.not_ours", f"张三 / {OTHER.name}")


def test_a_book_that_was_opened_under_an_identity_number_still_knows_its_invoices() -> None:
    ours, like_ours = Party("张三", "11010519491231002X"), Party("李四", "110105********002X")
    old = book(name=ours.name, tax_id=ours.tax_id)
    assert propose(parsed(buyer=ours), old).direction == "purchase"
    assert propose(parsed(buyer=like_ours), old).direction == "unknown"


def test_a_name_in_brackets_of_either_width_is_the_same_name() -> None:
    ours = book(name="测试(北京)有限公司")
    assert propose(parsed(buyer=Party("测试（北京）有限公司")), ours).direction == "purchase"


@pytest.mark.parametrize("name", ["个人", "张三（个人）", "李四(个人)"])
def test_private_buyers_are_one_customer(name: str) -> None:
    proposal = propose(parsed(seller=OURS, buyer=Party(name), kind="digital_ordinary"))
    assert entries(proposal)[0] == ("1122", D("113.00"), "个人")


SALE: dict[str, Any] = {"seller": OURS, "buyer": OTHER}


@pytest.mark.parametrize(
    ("issued_on", "parties", "booked_on", "problem"),
    [
        (date(2026, 2, 11), {}, date(2026, 2, 11), None),
        (date(2026, 3, 31), SALE, date(2026, 3, 31), None),
        (date(2025, 12, 31), {}, date(2026, 1, 1), "invoice.prior_year"),
        (date(2025, 12, 31), SALE, None, "invoice.before_start"),
        (date(2026, 4, 1), {}, None, "invoice.future"),
        (date(2026, 4, 1), SALE, None, "invoice.future"),
    ],
)
def test_when_it_is_booked(
    issued_on: date, parties: dict[str, Any], booked_on: date | None, problem: str | None
) -> None:
    proposal = propose(parsed(issued_on=issued_on, **parties))
    assert (proposal.draft.date if proposal.draft else None, codes(proposal)[:1]) == (
        booked_on,
        [problem] if problem else [],
    )


def test_a_sale_of_a_closed_month_waits_and_a_purchase_comes_in_the_next() -> None:
    ours = book(start_period=Period(2025, 11))
    face = parsed(issued_on=date(2025, 12, 31))
    assert codes(propose(replace(face, seller=OURS, buyer=OTHER), ours)) == ["invoice.period_closed"]
    late = propose(face, ours)
    assert late.draft is not None
    assert late.draft.date == date(2026, 1, 1)


def test_void_and_zero_invoices_are_not_booked() -> None:
    void, zero = propose(parsed(status="void")), propose(parsed(lines=[]))
    assert [(one.state, codes(one)[0], one.draft) for one in (void, zero)] == [
        ("not_booked", "invoice.void", None),
        ("not_booked", "invoice.zero_total", None),
    ]


def test_every_reason_is_named_at_once_and_the_parsers_doubts_stay() -> None:
    doubt = Problem("ofd.part_damaged", "x")
    face = parsed(kind="unknown", issued_on=date(2027, 1, 1), seller=NAMELESS, problems=(doubt,))
    assert codes(propose(face)) == [
        "invoice.unknown_kind",
        "invoice.no_counterparty",
        "invoice.future",
        "ofd.part_damaged",
    ]


def test_the_summary_names_item_party_and_number_and_fits() -> None:
    face = parsed(lines=[line("*办公用品*打印纸", "1.00"), line("*办公用品*笔", "1.00")])
    draft = propose(face, book(industry="service")).draft
    assert draft is not None
    assert draft.lines[0].summary == f"购入打印纸等，{OTHER.name}，发票26322000000000000001"
    long = propose(parsed(seller=Party("长" * 500, OTHER.tax_id), lines=[line("{item}%s" * 50, "1.00")])).draft
    assert long is not None
    assert len(long.lines[0].summary) <= rules.MAX_SUMMARY
    assert long.lines[0].summary.endswith("26322000000000000001")


@pytest.mark.parametrize("code", sorted(rules.DOUBTS))
def test_what_the_parser_doubts_waits_for_a_person_and_is_booked_when_one_has_seen_it(code: str) -> None:
    face = Invoice.of(replace(parsed(), problems=(Problem(code, ""),)))
    standard = load("sbe")
    waiting = rules.propose(book(), standard, face, Period(2026, 1), Period(2026, 12))
    assert (waiting.state, codes(waiting)) == ("needs_attention", [code])
    decided = rules.propose(book(), standard, face, Period(2026, 1), Period(2026, 12), seen=True)
    assert decided.state == "booked" and decided.draft is not None
