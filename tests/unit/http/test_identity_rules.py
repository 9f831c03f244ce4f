"""Rules of identity: how failures delay, who may give which role, what can be a token at all."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.identity.passwords.rules import LONGEST_DELAY, delay
from app.identity.rules import STAFF_ROLES, digest, firm_role, may_assign


def test_four_failures_are_free_and_then_the_delay_doubles_to_a_minute() -> None:
    assert [delay(failures) for failures in range(13)] == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60]


@given(st.integers(0, 10**9))
def test_no_number_of_failures_locks_an_account_for_ever(failures: int) -> None:
    assert 0 <= delay(failures) <= LONGEST_DELAY


def test_only_an_owner_touches_the_owner_role() -> None:
    for before in (None, *STAFF_ROLES):
        for after in STAFF_ROLES:
            assert may_assign("owner", before, after)
            assert may_assign("manager", before, after) == ("owner" not in (before, after))


def test_a_key_with_a_book_role_is_staff_of_the_firm() -> None:
    assert (firm_role("manager"), firm_role("accountant"), firm_role("inspector")) == ("manager", "staff", "staff")


@given(st.text(max_size=60))
def test_only_our_own_form_is_looked_up(text: str) -> None:
    assert digest(text) is None
