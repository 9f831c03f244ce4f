"""Rules of identity: how failures delay, who may give which role, what can be a token at all."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.identity.passwords.rules import LONGEST_DELAY, delay
from app.identity.people.rules import may_assign
from app.identity.roles.rules import allowed, violations
from app.identity.roles.types import OwnRole
from app.identity.tokens.rules import digest
from app.kernel.permissions import BUILTIN, FIRM_ROLES, OPS_ONLY, OWNER_ONLY, Permission


def test_four_failures_are_free_and_then_the_delay_doubles_to_a_minute() -> None:
    assert [delay(failures) for failures in range(13)] == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60]


@given(st.integers(0, 10**9))
def test_no_number_of_failures_locks_an_account_for_ever(failures: int) -> None:
    assert 0 <= delay(failures) <= LONGEST_DELAY


def test_only_an_owner_touches_the_owner_role() -> None:
    owner, manager = BUILTIN["owner"], BUILTIN["manager"]
    for before in (None, *FIRM_ROLES):
        for after in FIRM_ROLES:
            held = BUILTIN[before] if before else None
            assert may_assign(owner, owner.permissions, held, BUILTIN[after])
            expected = "owner" not in (before, after)
            assert may_assign(manager, manager.permissions, held, BUILTIN[after]) == expected


def test_nobody_gives_a_role_beyond_its_own() -> None:
    staff = BUILTIN["staff"]
    assert may_assign(staff, staff.permissions, None, BUILTIN["client"])
    assert not may_assign(staff, staff.permissions, None, BUILTIN["manager"])
    assert not may_assign(staff, staff.permissions, BUILTIN["manager"], staff)


OWN = st.builds(
    OwnRole,
    code=st.just("own_role"),
    name_zh=st.just("自定"),
    name_en=st.just("Own"),
    reach=st.sampled_from(["firm", "book"]),
    side=st.sampled_from(["staff", "client"]),
    permissions=st.lists(st.sampled_from([one.value for one in Permission]), unique=True),
    all_books=st.booleans(),
)


@given(OWN)
def test_an_own_role_never_holds_an_owners_or_an_operators_rights(role: OwnRole) -> None:
    wrong = {violation.path for violation in violations(role)}
    for i, name in enumerate(role.permissions):
        if Permission(name) in OWNER_ONLY | OPS_ONLY or Permission(name) not in allowed(role):
            assert f"/permissions/{i}" in wrong
    if not wrong:
        assert not role.all_books or (role.reach, role.side) == ("firm", "staff")


@given(st.text(max_size=60))
def test_only_our_own_form_is_looked_up(text: str) -> None:
    assert digest(text) is None
