"""Identifiers: sortable in one process, opaque to callers, one spelling each."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.ids import decode, encode, new_id


def test_the_later_id_is_the_greater_and_says_that_it_is_version_seven() -> None:
    made = [new_id() for _ in range(10_000)]
    assert made == sorted(made) and len(set(made)) == len(made)
    assert {one.version for one in made} == {7} and {one.variant for one in made} == {"specified in RFC 4122"}


@given(st.uuids())
def test_an_id_reads_back(value: UUID) -> None:
    assert decode("vch", encode("vch", value)) == value
    assert decode("bk", encode("vch", value)) is None


@pytest.mark.parametrize(
    "text", ["", "vch", "vch_", "vch_" + "z" * 26, "vch_" + "0" * 25, "vch_" + "o" * 26, "vch_" + "0" * 27]
)
def test_anything_else_is_no_id(text: str) -> None:
    assert decode("vch", text) is None
