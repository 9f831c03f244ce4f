"""Opening a book mid-year: by items, currency and quantity, both differences, cash flows, and frozen with month one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.books.types import BookRef
from app.closing import service as closing
from app.kernel.periods import Period
from app.ledger.accounts import service as accounts
from app.ledger.accounts.types import Given, NewAccount
from app.ledger.dimensions import service as dimensions
from app.ledger.dimensions.types import NewItem
from app.ledger.opening import errors, queries, service
from app.ledger.opening.types import OpeningRow, OpeningTrial
from tests.db.test_chart_moves import draft, held
from tests.factories.breakage import sale
from tests.factories.doors import Doors


@pytest.fixture
def august(doors: Doors) -> BookRef:
    """A book taken over in August: steel counted in tonnes and by project, a bank account in dollars."""
    book = doors.new_book(start_period=Period(2026, 8))
    with doors.book(book.uid) as scope:
        accounts.change_account(scope, "1403", Given(unit="吨", dimensions=("project",)))
        accounts.add_account(scope, NewAccount("人民币户", "1002"))
        accounts.add_account(scope, NewAccount("美元户", "1002", given=Given(currencies=("USD",))))
        dimensions.add_items(scope, "project", [NewItem("甲楼"), NewItem("乙楼")])
    return book


def steel(project: str, opening: str, tonnes: str, debit: str = "0.00", more: str = "0") -> OpeningRow:
    """A row of the steel."""
    return OpeningRow(
        "1403",
        D(opening),
        D(debit),
        items=(("project", project),),
        quantity_year_opening=D(tonnes),
        quantity_debit=D(more),
    )


ROWS = [
    steel("甲楼", "300.00", "3", "100.00", "1"),
    steel("乙楼", "50.00", "0.5"),
    OpeningRow("100201", D("500.00"), D("900.00"), D("500.00")),
    OpeningRow(
        "100202",
        D("70.00"),
        credit=D("7.00"),
        currency="USD",
        foreign_year_opening=D("10.00"),
        foreign_credit=D("1.00"),
    ),
    OpeningRow("1122", D("30.00"), counterparty="甲公司"),
    OpeningRow("3001", D("-950.00")),
    OpeningRow("5001", debit=D("900.00"), credit=D("900.00")),
    OpeningRow("560203", debit=D("407.00"), credit=D("407.00")),
    OpeningRow("3103", debit=D("407.00"), credit=D("900.00")),
]
FLOWS = {"1": D("900.00"), "6": D("-507.00")}


def test_a_mid_year_opening_stands_in_its_first_period_by_items_currency_and_quantity(
    doors: Doors, august: BookRef
) -> None:
    with doors.book(august.uid) as scope:
        assert service.set_opening(scope, ROWS, FLOWS) == OpeningTrial(D(0), D(0))
        opening = queries.read(scope)
        assert service.review(scope, opening) == (D(0), ())
        assert (opening.frozen, [flow["amount"] for flow in opening.cash_flows]) == (False, [D("900.00"), D("-507.00")])
    found = held(doors, august, "2026-08")
    assert found["1403", ("甲楼",), "CNY"] == (D("400.00"), D(0), D(4))
    assert found["100202", (), "USD"] == (D("63.00"), D("9.00"), D(0))
    assert found["3103", (), "CNY"][0] == D("-493.00")
    assert not any(key[0] in ("5001", "560203") for key in found)
    assert sum(value[0] for value in found.values()) == 0


def test_both_differences_and_the_balance_sheets_are_told_apart(doors: Doors, august: BookRef) -> None:
    with doors.book(august.uid) as scope:
        rows = [OpeningRow("100201", D("5.00"), D("3.00")), OpeningRow("5001", credit=D("2.00"))]
        assert service.set_opening(scope, rows) == OpeningTrial(D("5.00"), D("1.00"))
        assert service.review(scope, queries.read(scope)).balance_sheet_difference == D("8.00")
        assert service.set_opening(scope, []) == OpeningTrial(D(0), D(0))
        untransferred = [OpeningRow("100201", debit=D("2.00")), OpeningRow("5001", credit=D("2.00"))]
        assert not any(service.set_opening(scope, untransferred))
        assert service.review(scope, queries.read(scope)).balance_sheet_difference == D("2.00")


def test_what_is_probably_not_meant_so_is_said_and_kept(doors: Doors, august: BookRef) -> None:
    rows = [
        steel("甲楼", "0.00", "3"),
        steel("乙楼", "50.00", "0"),
        OpeningRow("100202", D("70.00"), currency="USD", foreign_year_opening=D("-10.00")),
        OpeningRow("5001", credit=D("2.00")),
        OpeningRow("100201", debit=D("9.00")),
    ]
    with doors.book(august.uid) as scope:
        service.set_opening(scope, rows, {"1": D("8.00")})
        said = [(each.code, each.params) for each in service.review(scope, queries.read(scope)).warnings]
    assert sorted(code for code, _ in said) == [
        "opening.amount_alone",
        "opening.cash_flows_differ",
        "opening.foreign_alone",
        "opening.not_transferred",
        "opening.quantity_alone",
    ]
    assert dict(said)["opening.quantity_alone"] == {"account": "1403", "items": "甲楼", "quantity": "3"}
    assert dict(said)["opening.cash_flows_differ"] == {"flows": "8.00", "cash": "9.00"}


def test_every_rule_of_a_row_is_named(doors: Doors, august: BookRef) -> None:
    rows = [
        steel("丙楼", "1.00", "1"),
        OpeningRow("1403", D("1.00")),
        OpeningRow("100201", currency="USD", foreign_year_opening=D("1.00")),
        OpeningRow("100202", foreign_year_opening=D("1.00")),
        OpeningRow("3001", quantity_debit=D(1)),
        OpeningRow("3001", items=(("project", "甲楼"),)),
        steel("甲楼", "1.00", "1"),
        steel("甲楼", "2.00", "1"),
    ]
    with pytest.raises(errors.OpeningRejected) as refusal, doors.book(august.uid) as scope:
        service.set_opening(scope, rows)
    assert [(each.path, each.code) for each in refusal.value.violations] == [
        ("/rows/0/items/project", "line.item_unknown"),
        ("/rows/1/items", "line.item_missing"),
        ("/rows/2/currency", "line.currency_forbidden"),
        ("/rows/3/currency", "line.currency_forbidden"),
        ("/rows/3", "line.foreign_incomplete"),
        ("/rows/4", "line.quantity_forbidden"),
        ("/rows/5/items/project", "line.item_forbidden"),
        ("/rows/7", "opening.duplicate"),
    ]


def test_the_opening_is_frozen_when_the_first_month_is_closed(doors: Doors) -> None:
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        service.set_opening(scope, [OpeningRow("1002", D("9.00")), OpeningRow("3001", D("-9.00"))])
    draft(doors, book, *sale("100.00", "13.00"))
    with doors.book(book.uid) as scope:
        closing.close_period(scope, Period(2026, 1))
        assert queries.read(scope).frozen is True
    with pytest.raises(errors.OpeningFrozen), doors.book(book.uid) as scope:
        service.set_opening(scope, [])


fens = st.integers(-(10**9), 10**9).map(lambda number: D(number) / 100)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(figures=st.lists(st.tuples(st.sampled_from("甲乙丙丁"), fens, fens, fens), max_size=8), later=st.booleans())
def test_an_account_is_the_sum_of_its_items_whatever_was_entered_before(
    doors: Doors, figures: list[tuple[str, D, D, D]], later: bool
) -> None:
    book = doors.new_book(start_period=Period(2026, 8))
    once = {name: (opening, debit, credit) for name, opening, debit, credit in figures}
    rows = [OpeningRow("1122", *row, counterparty=f"{name}公司") for name, row in once.items()]
    with doors.book(book.uid) as scope:
        service.set_opening(
            scope, [OpeningRow("1122", D("7.00"), counterparty="旧公司"), OpeningRow("1001", D("1.00"))]
        )
    if later:  # a second period is open, and its openings move too
        draft(doors, book, *sale("100.00", "13.00"), day=date(2026, 9, 1), post=False)
    with doors.book(book.uid) as scope:
        service.set_opening(scope, rows)
        assert service.trial(scope).opening_difference == sum(row[0] for row in once.values())
    for period in ("2026-08", "2026-09") if later else ("2026-08",):
        found = held(doors, book, period)
        expected = {name: opening + debit - credit for name, (opening, debit, credit) in once.items()}
        assert {key[1][0]: value[0] for key, value in found.items()} == {
            f"{name}公司": amount for name, amount in expected.items() if amount
        }
