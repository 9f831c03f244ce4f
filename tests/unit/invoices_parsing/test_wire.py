"""The answer of a sandbox: what the parser said comes through unchanged, and nothing else is believed."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.invoices.parsing import wire
from app.invoices.parsing.service import parse
from infra.sandbox.wire import pack

from .builders import einvoice, row, zipped
from .test_any_bytes import QUICK, export, seeds

GOOD = json.loads(pack(parse("a.zip", zipped({"a.xml": einvoice(gross="1130.00"), "b.xml": "<"}))))


def test_what_the_parser_said_comes_through_unchanged():
    for content in [*seeds(), export([row(数量="0.0000001", 单价="1e3")]), b"", b"<"]:
        parsed = parse("甲", content)
        assert wire.unpack(pack(parsed)) == parsed


@pytest.mark.parametrize(
    "answer",
    [b"", b"null", b"{}", b"[1,2,3]", b"[" * 100_000, b'["a",[],[["a","no.such.code",""]]]', b'["a",[[]],[]]',
     b'["' + b"a" * 200_000 + b'",[],[]]'],
)  # fmt: skip
def test_an_answer_that_no_parser_gives_is_no_answer(answer):
    with pytest.raises(ValueError):
        wire.unpack(answer)


@pytest.mark.parametrize(
    ("place", "value"),
    [(0, "no_kind"), (1, "pdf"), (2, ""), (2, 7), (4, "2026-13-01"), (4, 20261008), (5, ["a"]), (7, "1e9999"),
     (7, "NaN"), (7, "1000.01"), (7, 1000), (10, "true"), (14, "gone"), (15, [[]]), (16, [["no.such.code", ""]])],
)  # fmt: skip
def test_a_field_of_another_type_or_out_of_balance_is_not_believed(place, value):
    answer = json.loads(json.dumps(GOOD))
    answer[1][0][place] = value
    with pytest.raises(ValueError):
        wire.unpack(json.dumps(answer).encode())


@QUICK
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=20)))
def test_whatever_is_answered_is_a_result_or_a_value_error(answer):
    try:
        parsed = wire.unpack(json.dumps(answer).encode("utf-8", "replace"))
    except ValueError:
        return
    assert parsed.items == ()
