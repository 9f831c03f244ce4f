"""Bodies are hostile: limits hold before anything is understood, and nothing is taken silently."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.http.errors import DuplicateKey, RequestInvalid, RequestUnreadable, TooComplex
from app.http.reading import DEPTH, KEYS, NUMBER, VALUES, parse_json

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc/~", max_size=3), inner, max_size=4),
    max_leaves=20,
)


@given(_VALUES.filter(lambda value: "\0" not in repr(value) and "\\x00" not in repr(value)))
def test_ordinary_json_is_read_as_it_was_written(value: object) -> None:
    assert parse_json(json.dumps(value).encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_a_code(raw: bytes) -> None:
    with suppress(RequestUnreadable, TooComplex, DuplicateKey, RequestInvalid):
        parse_json(raw)


def test_a_fraction_is_a_decimal_and_never_a_float() -> None:
    value = parse_json(b'{"rate": 0.1, "big": 1e3}')
    assert value == {"rate": Decimal("0.1"), "big": Decimal(1000)}
    assert {type(number) for number in value.values()} == {Decimal}


def test_depth_ends_at_32_whatever_the_strings_hold() -> None:
    assert parse_json(b"[" * DEPTH + b'"[[[["' + b"]" * DEPTH)
    for deep in (b"[" * (DEPTH + 1) + b"]" * (DEPTH + 1), b"[" * 100_000, b'{"a":' * 100_000):
        with pytest.raises(TooComplex):
            parse_json(deep)


@pytest.mark.parametrize("raw", [b'"' * 1_999_999, b'\\"' * 1_000_000, b'"' + b'\\"' * 999_999, b"[]" * 1_000_000])
def test_two_megabytes_of_nonsense_are_refused_in_a_moment(raw: bytes) -> None:
    began = time.perf_counter()
    with pytest.raises((RequestUnreadable, TooComplex)):
        parse_json(raw)
    assert time.perf_counter() - began < 2


def test_values_end_at_50_000_and_an_empty_object_counts_as_a_key() -> None:
    assert len(parse_json(json.dumps(["a"] * VALUES).encode())) == VALUES
    assert parse_json(json.dumps(["," * VALUES]).encode()) == ["," * VALUES]
    assert len(parse_json(json.dumps([{}] * KEYS).encode())) == KEYS
    for wide in (["a"] * (VALUES + 1), [[]] * (VALUES + 1), [{}] * (KEYS + 1), [0] * (VALUES + 1)):
        with pytest.raises(TooComplex):
            parse_json(json.dumps(wide).encode())


def test_escaped_quotes_are_no_strings() -> None:
    text = '"' * 400_000
    assert parse_json(json.dumps([text]).encode()) == [text]


def test_keys_end_at_20_000() -> None:
    full = json.dumps([{f"k{n}": 0 for n in range(100)}] * (KEYS // 100)).encode()
    assert len(parse_json(full)) == KEYS // 100
    with pytest.raises(TooComplex):
        parse_json(full[:-1] + b', {"one more": 0}]')


@pytest.mark.parametrize("literal", ["9" * (NUMBER + 1), "9" * 5000, "0." + "1" * NUMBER, "1e99999", "1e-99999"])
def test_a_number_is_at_most_40_characters_and_of_a_sane_size(literal: str) -> None:
    with pytest.raises(TooComplex):
        parse_json(f'{{"n": {literal}}}'.encode())


@pytest.mark.parametrize("raw", [b'{"a":1,"a":1}', b'{"x":[{"b":{"c":1,"c":2}}]}', b'{"a":1,"\\u0061":2}'])
def test_a_key_named_twice_is_refused(raw: bytes) -> None:
    with pytest.raises(DuplicateKey):
        parse_json(raw)


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"NaN", b"[Infinity]", b"\xff{}", b"\xef\xbb\xbf{}", b'{"a":01}', b"{'a':1}"]
)
def test_what_is_not_json_in_utf_8_is_unreadable(raw: bytes) -> None:
    with pytest.raises(RequestUnreadable):
        parse_json(raw)


def test_nul_and_lone_surrogates_are_named_by_their_pointers_and_real_pairs_pass() -> None:
    assert parse_json(b'{"a": "\\ud83d\\ude00"}') == {"a": "😀"}
    with pytest.raises(RequestInvalid) as refused:
        parse_json(b'{"a/b": ["ok", "x\\u0000"], "c": "\\ud800", "\\udfff": 1}')
    assert [one.path for one in refused.value.violations] == ["/a~1b/1", "/c", "/?"]
