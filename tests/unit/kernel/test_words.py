"""The words everybody uses: money, periods, permissions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel import money
from app.kernel.periods import Period
from app.kernel.permissions import BUILTIN, Permission, book_permissions, limited


def test_each_sides_people_hold_only_their_sides_roles() -> None:
    client, staff = BUILTIN["client"], BUILTIN["staff"]
    accountant, uploader = BUILTIN["accountant"], BUILTIN["client_uploader"]
    assert not book_permissions(client, [accountant])
    assert book_permissions(client, [accountant, uploader]) == uploader.permissions
    assert book_permissions(staff, [accountant]) == accountant.permissions
    assert book_permissions(staff, [accountant, BUILTIN["client_boss"]]) == accountant.permissions
    assert not book_permissions(staff, []) and not book_permissions(staff, [BUILTIN["manager"]])


def test_several_grants_add_up_and_a_ceiling_takes_away() -> None:
    both = book_permissions(BUILTIN["staff"], [BUILTIN["reviewer"], BUILTIN["cashier"]])
    assert {Permission.VOUCHER_REVIEW, Permission.VOUCHER_SIGN} <= both
    assert limited(both, frozenset({"voucher.sign", "no.such"})) == {Permission.VOUCHER_SIGN}
    assert limited(both, None) == both and not limited(both, frozenset())


AMOUNTS = st.decimals(min_value=D("-9999999999999.99"), max_value=D("9999999999999.99"), places=2)


@given(AMOUNTS)
def test_an_amount_reads_back_as_it_is_shown(amount: D) -> None:
    assert money.parse(money.show(amount)) == amount


@pytest.mark.parametrize(
    "text",
    [
        "1",
        "1.0",
        "1.000",
        "01.00",
        "+1.00",
        "1e2",
        "-0.00",
        "１.00",
        " 1.00",
        "1.00\n",
        "1,000.00",
        "NaN",
        "",
        ".50",
        "1_0.00",
    ],
)
def test_what_is_not_exactly_an_amount_is_none(text: str) -> None:
    assert money.parse(text) is None


@given(AMOUNTS, st.lists(st.decimals(min_value=D("0.01"), max_value=D("99999.99"), places=2), min_size=1, max_size=12))
def test_the_parts_of_an_allocation_sum_to_the_whole_and_stay_within_a_fen(total: D, weights: list[D]) -> None:
    parts = money.allocate(total, weights)
    assert sum(parts) == total
    assert all(abs(p - total * w / sum(weights)) < D("0.01") for p, w in zip(parts, weights, strict=True))


def test_rounding_goes_half_up_and_knows_no_minus_zero() -> None:
    assert [str(money.fen(D(x))) for x in ("0.005", "-0.005", "2.675", "-0.001")] == ["0.01", "-0.01", "2.68", "0.00"]


def test_a_period_knows_its_days_its_quarter_and_its_neighbours() -> None:
    february = Period.parse("2028-02")
    assert (february.first_day, february.last_day) == (date(2028, 2, 1), date(2028, 2, 29))
    assert str(february.plus(-2)) == "2027-12" and str(february.quarter_start) == "2028-01"
    assert date(2028, 2, 29) in february and Period(2028, 12).ends_year and str(february.opening) == "2028-00"


@pytest.mark.parametrize("key", ["2026-13", "2026-1", "2026", "2026-01\n", "202601", "２０２６-01"])
def test_anything_else_is_no_period(key: str) -> None:
    with pytest.raises(ValueError, match="not a period"):
        Period.parse(key)
