"""The plan of a month end: order, statuses, staleness and supplements, and the transfer of every leaf to zero."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.closing.rules import plan
from app.closing.types import Given, OwnLine, OwnStep
from app.kernel.periods import Period
from app.ledger.vouchers.types import Line
from app.standards.loader import load
from tests.unit.closing.books import Ledger, a_book, cr, dr, told

STANDARDS = ["sbe", "asbe"]
PROFIT = {"sbe": "3103", "asbe": "4103"}
SALES = {"sbe": "5001", "asbe": "6001"}
OFFICE = {"sbe": "560202", "asbe": "660202"}
URBAN = {"sbe": "540302", "asbe": "640302"}
RELIEF = {"sbe": "530108", "asbe": "611703"}


@pytest.mark.parametrize("standard", STANDARDS)
def test_the_transfer_empties_every_leaf_items_currency_and_quantity_net_of_red_entries(standard: str) -> None:
    # sales 100.00 and 20.00 red on one project, 70.00 on another in dollars with a quantity; a red expense nets
    sales, office, profit = SALES[standard], OFFICE[standard], PROFIT[standard]
    one, other = (("project", "一"),), (("project", "二"),)
    ledger = Ledger(a_book(standard, closing_skip=["cogs", "fx"]))
    ledger.books(dr("1002", "100.00"), cr(sales, "100.00", items=one))
    ledger.books(dr("1002", "-20.00"), cr(sales, "-20.00", items=one))
    ledger.books(dr("1002", "70.00", usd="10.00"), cr(sales, "70.00", usd="10.00", qty="2", items=other))
    ledger.books(dr(office, "30.00"), cr("1002", "30.00"))
    ledger.books(dr(office, "-40.00"), cr("1002", "-40.00"))
    step = ledger.step("pl_carry")
    assert told(step) == [
        f"借 {sales} 一 80.00",
        f"借 {sales} 二 USD 70.00 x2",
        f"贷 {profit} 150.00",
        f"借 {profit} -10.00",
        f"贷 {office} -10.00",
    ]
    assert [line.foreign_amount for line in step.vouchers[0].lines] == [None, D("10.00"), None]
    ledger.run()
    left = [row for row in ledger.facts().held if row.account in (sales, office)]
    assert {(row.closing, row.foreign, row.quantity) for row in left} == {(D("0.00"), D("0.00"), D("0"))}
    assert ledger.plan().net_profit == D("160.00") == -ledger.balances()[profit]


@pytest.mark.parametrize("standard", STANDARDS)
def test_roles_play_on_the_books_own_leaves_whatever_their_codes(standard: str) -> None:
    profit, sales = PROFIT[standard], SALES[standard]
    ledger = Ledger(a_book(standard), renamed={profit: f"{profit}0001", sales: f"{sales}001"})
    ledger.books(dr("1002", "100.00"), cr(f"{sales}001", "100.00"))
    ledger.run()
    assert ledger.balances() == {"1002": D("100.00"), f"{profit}0001": D("-100.00")}


@pytest.mark.parametrize("standard", STANDARDS)
def test_an_account_no_leaf_plays_blocks_the_step_that_needs_it_and_no_other(standard: str) -> None:
    ledger = Ledger(a_book(standard))
    ledger.books(dr("1002", "113.00"), cr(SALES[standard], "100.00"), cr("22210107", "13.00"))
    facts = ledger.facts()
    played = {code: leaf for code, leaf in facts.played.items() if code != "222102"}
    made = plan(replace(facts, played=played), load(standard))
    assert [(one.code, one.path) for one in made.blockers] == [("close.role_missing", "/steps/vat_transfer")]
    assert {step.id: step.status for step in made.steps}["pl_carry"] == "not_run"
    assert made.vouchers == ()


def selling(standard: str) -> Ledger:
    """Sales of 1,000.00 with output VAT of 130.00, as a general taxpayer."""
    ledger = Ledger(a_book(standard))
    ledger.books(dr("1002", "1130.00"), cr(SALES[standard], "1000.00"), cr("22210107", "130.00"))
    return ledger


@pytest.mark.parametrize("standard", STANDARDS)
def test_a_later_posting_makes_what_read_it_stale_and_the_supplement_is_the_difference(standard: str) -> None:
    # VAT 130.00 -> 260.00; surcharges 12 % halved: 7.80 -> 15.60 (urban 4.55 -> 9.10); profit 992.20 -> 1,984.40
    ledger = selling(standard)
    ledger.run()
    assert {step.status for step in ledger.plan().steps} == {"done", "nothing_to_do"}
    ledger.books(dr("1002", "1130.00"), cr(SALES[standard], "1000.00"), cr("22210107", "130.00"))
    standing = ledger.plan()
    stale = {step.id: step for step in standing.steps if step.status == "stale"}
    assert list(stale) == ["vat_transfer", "surcharges", "pl_carry"]
    assert told(stale["vat_transfer"]) == ["借 22210104 130.00", "贷 222102 130.00"]
    assert told(stale["surcharges"])[0] == f"借 {URBAN[standard]} 4.55"
    assert stale["vat_transfer"].vouchers[0].run == 2
    assert {one.params["step"] for one in standing.warnings if one.code == "close.step_stale"} == {
        step.title_zh for step in stale.values()
    }
    ledger.run()
    assert ledger.balances()[PROFIT[standard]] == D("-1984.40")


def test_a_posting_nobody_read_makes_nothing_stale() -> None:
    ledger = selling("sbe")
    ledger.run()
    ledger.books(dr("1001", "5.00"), cr("1002", "5.00"))
    assert "stale" not in {step.status for step in ledger.plan().steps}


def test_a_step_waits_for_an_earlier_one_whose_result_it_reads() -> None:
    waits = {step.id: step.waits_for for step in selling("sbe").plan().steps}
    assert waits["surcharges"] == ()  # what is due is worked out, not read from an account
    assert waits["pl_carry"] == ("surcharges",)


def test_a_step_run_by_itself_reads_only_what_stands_in_the_books() -> None:
    ledger = selling("sbe")
    ledger.run("vat_transfer")
    assert ledger.step("vat_transfer").status == "done"
    assert ledger.balances()["222102"] == D("-130.00")
    assert ledger.step("surcharges").status == "not_run"


def test_a_skipped_step_says_so_and_keeps_what_it_wrote() -> None:
    ledger = selling("sbe")
    ledger.run("vat_transfer")
    ledger.book.settings["closing_skip"] = ["vat_transfer"]
    assert ledger.step("vat_transfer").status == "skipped"
    ledger.run()
    assert ledger.balances()["222102"] == D("-130.00")


def test_prepaid_vat_joins_the_unpaid_and_an_additional_credit_lessens_the_surcharges() -> None:
    # VAT 130.00 less 30.00 prepaid = 100.00 owed; 30.00 credited: surcharges on 100.00: 3.50 + 1.50 + 1.00
    ledger = selling("sbe")
    ledger.books(dr("222103", "30.00"), cr("1002", "30.00"))
    ledger.given["vat_add_credit"] = Given({"credit": {"credit": D("30.00")}})
    ledger.run()
    left = ledger.balances()
    assert left["222102"] == D("-70.00") and "222103" not in left
    assert (left["222112"], left["222113"], left["222114"]) == (D("-3.50"), D("-1.50"), D("-1.00"))


@pytest.mark.parametrize("standard", STANDARDS)
@pytest.mark.parametrize(("sales", "free"), [("99999.99", True), ("100000.00", False)])
def test_who_files_vat_by_the_month_is_free_below_100_000(standard: str, sales: str, free: bool) -> None:
    ledger = Ledger(a_book(standard, taxpayer="small_scale", vat_cycle="month"))
    ledger.books(dr("1002", f"{D(sales) + 1000}"), cr(SALES[standard], sales), cr("222101", "1000.00"))
    expected = ["借 222101 1000.00", f"贷 {RELIEF[standard]} 1000.00"] if free else []
    assert told(ledger.step("vat_small_exempt")) == expected
    assert bool(ledger.step("surcharges").vouchers) is not free


def test_given_amounts_fill_the_entries_of_the_standard() -> None:
    ledger = Ledger(a_book("sbe"))
    ledger.given["depreciation"] = Given({"accrual": {"administrative": D("100.00"), "selling": D("20.00")}})
    ledger.given["stamp"] = Given({"accrual": {"tax": D("9.00")}})
    ledger.given["payroll_accrual"] = Given(lines=(dr("560201", "50.00"), cr("221101", "50.00")))
    assert told(ledger.step("depreciation")) == ["借 560207 100.00", "借 560106 20.00", "贷 1602 120.00"]
    assert told(ledger.step("payroll_accrual")) == ["借 560201 50.00", "贷 221101 50.00"]
    assert [step.id for step in ledger.plan().steps if step.id == "stamp"] == []  # a quarter's, and this is January


OWN = OwnStep(
    "own-bonus",
    27,
    "计提奖金",
    "Bonus",
    "month",
    "credits(5001)",
    (
        OwnLine("560201", "debit", "cr(5001) - dr(5401)", D("0.05"), D("10.00")),
        OwnLine("221102", "credit", rest=True),
    ),
)


def test_a_books_own_step_is_a_share_of_a_formula_plus_a_constant_and_runs_in_its_order() -> None:
    # (1,000.00 - 400.00) x 5 % + 10.00 = 40.00
    ledger = Ledger(a_book("sbe"), own=(OWN,))
    ledger.books(dr("1002", "1000.00"), cr("5001", "1000.00"))
    ledger.books(dr("5401", "400.00"), cr("1002", "400.00"))
    ids = [step.id for step in ledger.plan().steps]
    assert ids.index("union_education") < ids.index("own-bonus") < ids.index("estimate")
    assert told(ledger.step("own-bonus")) == ["借 560201 40.00", "贷 221102 40.00"]
    ledger.run()
    assert ledger.step("own-bonus").status == "done"
    ledger.books(dr("1002", "200.00"), cr("5001", "200.00"))
    assert (ledger.step("own-bonus").status, told(ledger.step("own-bonus"))) == (
        "stale",
        ["借 560201 10.00", "贷 221102 10.00"],
    )


def test_an_own_step_has_nothing_to_do_where_its_condition_is_not_met() -> None:
    ledger = Ledger(a_book("sbe"), own=(OWN,))
    assert ledger.step("own-bonus").status == "nothing_to_do"


def test_an_own_step_that_does_not_balance_blocks_the_close_and_asks_for_nothing() -> None:
    lines = (OwnLine("560201", "debit", constant=D("10.00")), OwnLine("221102", "credit", constant=D("9.00")))
    ledger = Ledger(a_book("sbe"), own=(OwnStep("own-x", 27, "错", "Wrong", "month", "", lines),))
    assert [(one.code, one.path) for one in ledger.plan().blockers] == [("close.step_unbalanced", "/steps/own-x")]


CODES = (
    "1002",
    "1122",
    "22210101",
    "22210107",
    "222103",
    "5001",
    "5051",
    "530109",
    "5401",
    "560202",
    "560301",
    "430101",
)
AMOUNTS = st.integers(-100_000, 1_000_000).filter(bool).map(lambda fen: D(fen) / 100)
ENTRIES = st.lists(
    st.tuples(st.sampled_from(CODES), st.sampled_from(CODES), AMOUNTS, st.booleans()), min_size=0, max_size=8
)


def enter(ledger: Ledger, entries: list[tuple[str, str, D, bool]]) -> None:
    """Vouchers of two lines, some of them with an item."""
    for debit, credit, amount, with_item in entries:
        items = (("department", "一部"),) if with_item else ()
        ledger.books(Line(debit, "借", debit=amount, items=items), Line(credit, "贷", credit=amount))


@settings(max_examples=120, deadline=None)
@given(before=ENTRIES, after=ENTRIES, month=st.sampled_from([1, 3, 12]))
def test_closing_before_and_after_late_postings_comes_to_the_same_as_closing_once(
    before: list[tuple[str, str, D, bool]], after: list[tuple[str, str, D, bool]], month: int
) -> None:
    twice, once = (Ledger(a_book("sbe"), period=Period(2026, month)) for _ in range(2))
    enter(twice, before)
    twice.run()
    enter(twice, after)
    twice.run()
    enter(once, before + after)
    once.run()
    assert twice.balances() == once.balances()
    assert twice.run() == [] and "stale" not in {step.status for step in twice.plan().steps}


@settings(max_examples=60, deadline=None)
@given(before=ENTRIES, month=st.sampled_from([1, 3, 12]))
def test_running_steps_one_by_one_in_their_order_is_the_month_end(
    before: list[tuple[str, str, D, bool]], month: int
) -> None:
    whole, singly = (Ledger(a_book("sbe"), period=Period(2026, month)) for _ in range(2))
    enter(whole, before)
    enter(singly, before)
    whole.run()
    for step in singly.plan().steps:
        singly.run(step.id)
    assert singly.balances() == whole.balances()
    assert not any(code.startswith("5") for code in whole.balances())
