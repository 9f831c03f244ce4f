"""A cursor opens for its owner, today, and for nobody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.http.cursors import LIFE, LONGEST, seal, unseal
from app.http.errors import CursorInvalid

NOW = datetime(2026, 8, 31, tzinfo=UTC)
OWNER = ("firm", "user:1", "/v1/staff", "filters")


@given(st.lists(st.text(max_size=20) | st.integers(0, 10**9), max_size=4))
def test_a_cursor_gives_its_key_back(key: list[str | int]) -> None:
    cursor = seal("secret", OWNER, key, NOW)
    assert len(cursor) <= LONGEST
    assert unseal("secret", OWNER, cursor, NOW) == key


@pytest.mark.parametrize("place", range(4))
def test_another_firm_caller_list_or_filter_cannot_use_it(place: int) -> None:
    other = tuple(f"{word}x" if index == place else word for index, word in enumerate(OWNER))
    with pytest.raises(CursorInvalid):
        unseal("secret", other, seal("secret", OWNER, ["k"], NOW), NOW)


def test_it_ends_after_a_day_and_with_its_secret() -> None:
    cursor = seal("secret", OWNER, ["k"], NOW)
    assert unseal("secret", OWNER, cursor, NOW + LIFE) == ["k"]
    for secret, instant in (("secret", NOW + LIFE + timedelta(seconds=1)), ("other", NOW)):
        with pytest.raises(CursorInvalid):
            unseal(secret, OWNER, cursor, instant)


@given(st.text(max_size=60))
def test_any_other_text_is_no_cursor(text: str) -> None:
    with pytest.raises(CursorInvalid):
        unseal("secret", OWNER, text, NOW)


@given(st.integers(0, 10**6))
def test_no_changed_character_passes(place: int) -> None:
    cursor = seal("secret", OWNER, ["key", 7], NOW)
    place %= len(cursor) - 1  # the last character may carry bits that stand for nothing
    changed = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
    with pytest.raises(CursorInvalid):
        unseal("secret", OWNER, changed, NOW)
