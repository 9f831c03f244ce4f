"""Production, cost of sales, research and exchange revaluation: figures worked out by hand, under both standards."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from app.closing.types import Given
from app.kernel.periods import Period
from tests.unit.closing.books import Ledger, a_book, cr, dr, told

STANDARDS = ["sbe", "asbe"]
REVENUE = {"sbe": "5001", "asbe": "6001"}
COST = {"sbe": "5401", "asbe": "6401"}
CAPITAL = {"sbe": "3001", "asbe": "4001"}
GAIN = {"sbe": "530105", "asbe": "660303"}
LOSS = {"sbe": "560303", "asbe": "660303"}


def in_dollars(standard: str) -> Ledger:
    """USD 1,000.00 in the bank booked at 7, USD 500.00 owed to a supplier booked at 7, a spent euro account."""
    ledger = Ledger(a_book(standard), rates={"USD": D("7.1234"), "EUR": D("8")})
    ledger.books(dr("1002", "7000.00", usd="1000.00"), cr(CAPITAL[standard], "7000.00"))
    ledger.books(dr("1405", "3500.00"), cr("220201", "3500.00", usd="500.00", items=(("supplier", "乙"),)))
    ledger.books(dr("1002", "803.21", eur="100.00"), cr(CAPITAL[standard], "803.21"))
    ledger.books(dr("2202" + "01", "800.00"), cr("1002", "800.00", eur="100.00"))
    return ledger


@pytest.mark.parametrize("standard", STANDARDS)
def test_gains_and_losses_on_monetary_items_are_told_apart_by_leaf_items_and_currency(standard: str) -> None:
    # bank 1,000.00 x 7.1234 = 7,123.40: gain 123.40; payable 500.00 x 7.1234 = 3,561.70: loss 61.70;
    # euros: none left, 3.21 yuan of residue is a loss
    ledger = in_dollars(standard)
    assert told(ledger.step("fx")) == [
        "借 1002 USD 123.40",
        f"贷 {GAIN[standard]} 123.40",
        f"借 {LOSS[standard]} 64.91",
        "贷 1002 EUR 3.21",
        "贷 220201 乙 USD 61.70",
    ]
    ledger.run("fx")
    (again,) = [step for step in ledger.plan().steps if step.id == "fx"]
    assert (again.status, again.vouchers) == ("done", ())


@pytest.mark.parametrize("standard", STANDARDS)
def test_the_next_rate_revalues_from_the_last_and_a_supplement_is_the_difference(standard: str) -> None:
    # 7.1234 -> 7.1000 after the step had run: gain 100.00 instead of 123.40, loss 50.00 instead of 61.70
    ledger = in_dollars(standard)
    ledger.run("fx")
    ledger.rates["USD"] = D("7.1")
    step = ledger.step("fx")
    assert step.status == "stale" and "rate USD" in step.changed
    assert told(step) == [
        "借 1002 USD -23.40",
        f"贷 {GAIN[standard]} -23.40",
        f"借 {LOSS[standard]} -11.70",
        "贷 220201 乙 USD -11.70",
    ]


@pytest.mark.parametrize("standard", STANDARDS)
def test_prepayments_are_no_monetary_items_and_a_missing_rate_blocks(standard: str) -> None:
    ledger = Ledger(a_book(standard))
    ledger.books(dr("1123", "700.00", usd="100.00"), cr("1002", "700.00"))
    assert ledger.step("fx").vouchers == ()
    assert "close.currency_rate_missing" not in {one.code for one in ledger.plan().blockers}
    ledger.books(dr("1002", "700.00", usd="100.00"), cr(CAPITAL[standard], "700.00"))
    assert ledger.step("fx").vouchers == ()
    assert [one.params["currency"] for one in ledger.plan().blockers if one.code == "close.currency_rate_missing"] == [
        "USD"
    ]


def trading(standard: str, **settings: object) -> Ledger:
    """Goods A: 10 for 100.00 and 20 for 300.00; goods B: 3 for 10.00."""
    ledger = Ledger(a_book(standard, **settings), counted=frozenset({"1405", REVENUE[standard]}))
    ledger.books(dr("1405", "100.00", item="A", qty="10"), cr("1002", "100.00"))
    ledger.books(dr("1405", "300.00", item="A", qty="20"), cr("1002", "300.00"))
    ledger.books(dr("1405", "10.00", item="B", qty="3"), cr("1002", "10.00"))
    return ledger


@pytest.mark.parametrize("standard", STANDARDS)
def test_cost_of_sales_is_quantity_times_the_months_weighted_average(standard: str) -> None:
    # A: 400.00 / 30 = 13.333...; 12 sold: 160.00. B: 10.00 / 3, 1 sold: 3.33
    ledger = trading(standard)
    ledger.books(dr("1002", "600.00"), cr(REVENUE[standard], "600.00", item="A", qty="12"))
    ledger.books(dr("1002", "9.00"), cr(REVENUE[standard], "9.00", item="B", qty="1"))
    assert told(ledger.step("cogs")) == [f"借 {COST[standard]} 163.33", "贷 1405 A 160.00 x12", "贷 1405 B 3.33 x1"]


@pytest.mark.parametrize("standard", STANDARDS)
def test_what_is_sold_out_takes_its_last_fen_along_and_a_return_brings_goods_back(standard: str) -> None:
    # B: 3 sold of 3: all 10.00. A: 12 sold, 2 returned: 10 x 13.333... = 133.33
    ledger = trading(standard)
    ledger.books(dr("1002", "27.00"), cr(REVENUE[standard], "27.00", item="B", qty="3"))
    ledger.books(dr("1002", "600.00"), cr(REVENUE[standard], "600.00", item="A", qty="12"))
    ledger.books(dr("1002", "-100.00"), cr(REVENUE[standard], "-100.00", item="A", qty="-2"))
    assert told(ledger.step("cogs"))[1:] == ["贷 1405 A 133.33 x10", "贷 1405 B 10.00 x3"]


@pytest.mark.parametrize("standard", STANDARDS)
def test_selling_more_than_there_is_costs_what_there_is_and_says_so(standard: str) -> None:
    ledger = trading(standard)
    ledger.books(dr("1002", "50.00"), cr(REVENUE[standard], "50.00", item="B", qty="5"))
    ledger.books(dr("1002", "50.00"), cr(REVENUE[standard], "50.00", item="C", qty="1"))
    plan = ledger.plan()
    (step,) = [each for each in plan.steps if each.id == "cogs"]
    assert told(step)[1:] == ["贷 1405 B 10.00 x5"]
    said = {one.code: one.params for one in plan.warnings}
    assert said["close.stock_missing"] == {"good": "C", "quantity": "1"}
    assert said["close.negative_stock"]["quantity"] == "-2"


@pytest.mark.parametrize("standard", STANDARDS)
def test_a_ratio_of_revenue_is_an_estimate_and_is_called_one(standard: str) -> None:
    # 600.00 x 0.6 = 360.00
    ledger = trading(standard, cost_method="ratio", cost_ratio="0.6")
    ledger.books(dr("1002", "600.00"), cr(REVENUE[standard], "600.00"))
    assert told(ledger.step("cogs")) == [f"借 {COST[standard]} 360.00", "贷 1405 A 360.00"]
    assert "close.cost_estimated" in {one.code for one in ledger.plan().warnings}


PRODUCTION = {"sbe": ("4101", "400101"), "asbe": ("5101", "500101")}


@pytest.mark.parametrize("standard", STANDARDS)
def test_overhead_goes_to_production_and_what_is_finished_to_stock(standard: str) -> None:
    # overhead 1,000.00 of two departments; finished: 500.00 + 300.00 + 900.00 = 1,700.00, so 100.00 stays in process
    overhead, basic = PRODUCTION[standard]
    ledger = Ledger(a_book(standard))
    ledger.books(dr(overhead, "600.00", items=(("department", "一车间"),)), cr("1002", "600.00"))
    ledger.books(dr(overhead, "400.00", items=(("department", "二车间"),)), cr("1002", "400.00"))
    ledger.books(dr(f"{basic}01", "500.00"), dr(f"{basic}02", "300.00"), cr("1002", "800.00"))
    figures = {"finished": {"material": D("500.00"), "labour": D("300.00"), "overhead": D("900.00")}}
    ledger.given["production"] = Given(figures)
    assert told(ledger.step("production")) == [
        f"借 {basic}03 1000.00",
        f"贷 {overhead} 一车间 600.00",
        f"贷 {overhead} 二车间 400.00",
        "借 1405 1700.00",
        f"贷 {basic}01 500.00",
        f"贷 {basic}02 300.00",
        f"贷 {basic}03 900.00",
    ]
    ledger.run("production")
    left = ledger.balances()
    assert overhead not in left and left[f"{basic}03"] == D("100.00") and left["1405"] == D("1700.00")


@pytest.mark.parametrize("standard", STANDARDS)
def test_a_book_may_say_that_all_production_is_finished_each_month(standard: str) -> None:
    overhead, basic = PRODUCTION[standard]
    ledger = Ledger(a_book(standard, finished_goods="all"))
    ledger.books(dr(overhead, "10.00"), dr(f"{basic}01", "5.00"), cr("1002", "15.00"))
    assert told(ledger.step("production"))[2:] == ["借 1405 15.00", f"贷 {basic}01 5.00", f"贷 {basic}03 10.00"]


@pytest.mark.parametrize(
    ("standard", "expensed", "expense"), [("sbe", "430101", "560210"), ("asbe", "530101", "660210")]
)
def test_expensed_research_leaves_for_administrative_expenses(standard: str, expensed: str, expense: str) -> None:
    ledger = Ledger(a_book(standard))
    ledger.books(dr(expensed, "80.00", items=(("project", "甲"),)), cr("1002", "80.00"))
    assert told(ledger.step("rd")) == [f"借 {expense} 80.00", f"贷 {expensed} 甲 80.00"]


@pytest.mark.parametrize("standard", STANDARDS)
def test_an_estimate_is_taken_back_on_the_first_day_of_the_next_month(standard: str) -> None:
    ledger = Ledger(a_book(standard), period=Period(2026, 2))
    ledger.given["estimate"] = Given({"receipt": {"merchandise": D("250.00")}})
    here, there = ledger.step("estimate").vouchers
    assert [(line.account, line.debit, line.credit) for line in there.lines] == [
        (line.account, -line.debit, -line.credit) for line in here.lines
    ]
    assert [voucher.on.isoformat() for voucher in (here, there)] == ["2026-02-28", "2026-03-01"]
    ledger.run("estimate")
    assert ledger.balances() == {"1405": D("250.00"), "220202": D("-250.00")}
    ledger.given["estimate"] = Given({"receipt": {"merchandise": D("300.00")}})
    more = ledger.step("estimate")
    assert [voucher.lines[0].debit for voucher in more.vouchers] == [D("50.00"), D("-50.00")]
