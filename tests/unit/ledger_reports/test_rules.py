"""The pure part of the books of account, with figures worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D
from types import SimpleNamespace
from typing import Any

import pytest

from app.ledger.reports.columns.rules import month_ends
from app.ledger.reports.days.rules import counterparts
from app.ledger.reports.errors import KeysRejected
from app.ledger.reports.items.rules import check
from app.ledger.reports.rules import leaves_under, ledger_rows, levels, price, roll_up, unit_of
from app.ledger.reports.trial.types import Codes
from app.ledger.reports.types import (
    BEFORE_ALL,
    LAYOUTS,
    AccountHead,
    Before,
    Figures,
    LedgerPlace,
    Movement,
    Row,
)

CHART = [
    AccountHead(1, "1405", "库存商品", "Goods", None, False, False, None, "debit"),
    AccountHead(2, "140501", "五金", "Hardware", "1405", False, False, None, "debit"),
    AccountHead(3, "14050101", "螺丝", "Screws", "140501", True, False, "件", "debit"),
    AccountHead(4, "14050102", "螺母", "Nuts", "140501", True, False, "件", "debit"),
    AccountHead(5, "140502", "油漆", "Paint", "1405", True, False, "升", "debit"),
]


def test_a_parent_adds_each_leaf_once_over_three_levels() -> None:
    moved = roll_up(CHART, {3: Movement(debit=D(1)), 4: Movement(debit=D(10)), 5: Movement(debit=D(100))})
    assert {code: each.debit for code, each in moved.items()} == {
        "1405": D(111),
        "140501": D(11),
        "14050101": D(1),
        "14050102": D(10),
        "140502": D(100),
    }
    assert levels(CHART)["14050102"] == 3


def test_quantities_of_different_units_have_no_unit_together() -> None:
    assert unit_of(CHART, leaves_under(CHART, "140501")) == "件"
    assert unit_of(CHART, leaves_under(CHART, "1405")) is None


@pytest.mark.parametrize(
    ("amount", "quantity", "each"),
    [
        ("10.00", "4", "2.5"),
        ("10.00", "3", "3.33333333"),
        ("20.00", "3", "6.66666667"),
        ("0.00", "3", None),
        ("5.00", "0", None),
    ],
)
def test_a_price_has_eight_places_and_no_zeros_at_its_end(amount: str, quantity: str, each: str | None) -> None:
    found = price(D(amount), D(quantity))
    assert (None if found is None else str(found)) == each


def line(day: int, number: int, **amounts: Any) -> Any:
    """A line of January on the screws."""
    given = {"debit": D(0), "credit": D(0), "quantity": None, "foreign_amount": None} | amounts
    return SimpleNamespace(
        date=date(2026, 1, day), word="记", number=number, part=1, parts=1, line_no=1, voucher_id=None, status="posted",
        source_type=None, source_id=None, source_rule="", period="2026-01", account_id=3, dim_set_id=0, summary="x",
        currency="CNY", rate=None, unit_price=None, **given,
    )  # fmt: skip


def test_a_quantity_ledger_by_hand() -> None:
    """期初 10 件 20.00; bought 30 for 75.00 (2.5 each); sold 15 at 35.63; a sale of 40 leaves less than nothing."""
    lines = [
        line(5, 1, debit=D("75.00"), quantity=D("30.000000")),
        line(5, 2, credit=D("35.63"), quantity=D("15.000000")),
        line(7, 3, credit=D("100.00"), quantity=D("40.000000")),
    ]
    months = {
        "2026-01": Figures(
            Movement(D("20.00"), D("75.00"), D("135.63"), D("75.00"), D("135.63")),
            quantity=Movement(D(10), D(30), D(55), D(30), D(55)),
        )
    }
    rows = list(
        ledger_rows(
            months,
            lines,
            LedgerPlace("2026-01", -1, BEFORE_ALL),
            Before(),
            layout=LAYOUTS["quantity"],
            daily=True,
            more=lambda _: {},
        )
    )
    assert [told(row) for row in rows] == [
        ("opening", "debit", "20.00", "10", "2"),
        ("line", "debit", "95.00", "40", "2.375"),
        ("line", "debit", "59.37", "25", "2.3748"),
        ("day_total", "debit", "59.37", None, None),
        ("line", "credit", "40.63", "15", "2.70866667"),
        ("day_total", "credit", "40.63", None, None),
        ("period_total", "credit", "40.63", "15", "2.70866667"),
        ("year_total", "credit", "40.63", "15", "2.70866667"),
    ]
    assert [(row["debit"], row["credit"]) for row in rows if row["kind"] == "day_total"] == [
        (D("75.00"), D("35.63")),
        (D(0), D("100.00")),
    ]


def told(row: Row) -> tuple[str | None, ...]:
    """Kind, side, and the balance in amount, quantity and price of a row."""
    figures = (row["balance"], row.get("balance_quantity"), row.get("balance_price"))
    return row["kind"], row["side"], *(None if each is None else f"{each:f}" for each in figures)


def test_the_other_side_of_a_line_and_of_a_red_and_blue_pair() -> None:
    codes = {1: "1002", 2: "5001", 3: "2221", 4: "1001"}
    sale = [SimpleNamespace(account_id=n, on_debit=n == 1) for n in (1, 2, 3)]
    assert counterparts({"account_code": "1002", "debit": D(113)}, sale, codes) == ["2221", "5001"]
    moved = [SimpleNamespace(account_id=n, on_debit=True) for n in (1, 4)]
    assert counterparts({"account_code": "1002", "debit": D(-5)}, moved, codes) == ["1001"]


def test_columns_of_a_month_and_of_the_year_before_it() -> None:
    rows = [
        SimpleNamespace(period=period, key=key, debit=D(debit), credit=D(0))
        for period, key, debit in (("2025-12", "甲", 7), ("2026-01", "乙", 2), ("2026-02", "甲", 5))
    ]
    found, keys = month_ends(rows, lambda row: row.key, ["2026-02"], 1)
    assert found == {
        ("period_total", "2026-02"): {"甲": D(5)},
        ("year_total", "2026-02"): {"乙": D(2), "甲": D(5)},
    }
    assert keys == {"甲", "乙"}


def test_a_range_of_codes_holds_what_is_under_its_end() -> None:
    codes = Codes("1122", "1405")
    assert [code for code in ("1002", "1122", "112201", "140501", "1406") if code in codes] == [
        "1122",
        "112201",
        "140501",
    ]
    assert (Codes("2", "1").forwards, Codes("140501", "1405").forwards, Codes("", "1").forwards) == (False, True, True)


@pytest.mark.parametrize("keys", [("account",), ("a", "a"), ("a", "b", "c", "d"), ("account", "account", "a"), ()])
def test_a_combination_has_one_to_three_dimensions_each_once(keys: tuple[str, ...]) -> None:
    check(("a", "account", "b", "c"))
    with pytest.raises(KeysRejected):
        check(keys)
