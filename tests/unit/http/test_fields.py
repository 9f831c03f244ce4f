"""A field takes exactly what its pattern says and refuses the rest, and shows what it would take back."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from app.http import fields
from app.http.fields import is_uscc
from app.kernel.periods import Period
from infra.ids import encode, new_id

BAD_MONEY = (
    "1 1.0 1.000 +1.00 .50 1. 01.00 -0.00 1e3 1E3 1,000.00 1_000.00 ￥1.00 １.00 1.００ NaN Infinity -Infinity 0x1.00 "
    "--1.00 1.00- 1..00 1.0.0 12345678901234567.00 1.00元 ٣.00 1.0٠ null true 00.00 -00.01 -.01 1,00"
)


@pytest.mark.parametrize("text", [*BAD_MONEY.split(), "", " 1.00", "1.00 ", "1.00\n", "\t1.00", "1.00\0", "1 000.00"])
def test_bad_money_is_refused_and_never_rounded(text: str) -> None:
    assert _codes(fields.Money(), text) == ["money.format"]


@pytest.mark.parametrize("value", [1, 1.0, Decimal("1.00"), True, [], {}])
def test_money_is_never_a_json_number(value: object) -> None:
    assert _codes(fields.Money(), value) == ["field.type"]


@given(st.decimals(Decimal("-9999999999999999.99"), Decimal("9999999999999999.99"), places=2))
def test_good_money_comes_back_as_it_went(amount: Decimal) -> None:
    field = fields.Money()
    text = field.show(amount)
    assert re.match(field.openapi()["pattern"], text)
    assert field.deserialize(text) == amount


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        (
            fields.Quantity(),
            ["0", "1", "-2.5", "0.000001"],
            ["1.", "01", "-0", "-0.0", "1.0000001", "1e2", "1\n"],
        ),
        (fields.UnitPrice(), ["1.12345678"], ["1.123456789", "１", " 1"]),
        (fields.Rate(), ["0.13", "0", "7.123456"], ["13%", "0.1234567", "NaN"]),
        (
            fields.PeriodKey(),
            ["2026-08", "2026-12"],
            ["2026-00", "2026-13", "2026-8", "2026-08\n", "0000-01"],
        ),
        (
            fields.Day(),
            ["2026-02-28", "2024-02-29"],
            ["2026-02-29", "2026-2-1", "20260201", "2026-02-01\n", "0001-01-01", ""],
        ),
        (fields.Choice(["a", "b"]), ["a"], ["A", "a ", ""]),
        (fields.Pattern("[a-z]{2}"), ["ab"], ["abc", "ab\n", "AB"]),
        (fields.Text(3), ["abc", "记账凭"], ["", "abcd", "a\n", "a\tb", "a\0", "a\x7f", "a\u2028", "\ud800"]),
        (
            fields.Reason(4),
            ["对账", "a b ", "\U00020000"],
            [
                "",
                " ",
                "  ",
                "\u3000",
                " a",
                "\u200b\u200b",
                "\ufeff",
                "\u3164",
                "\u202eabc",
                "a\u202eb",
                "a\nb",
                "abcde",
            ],
        ),
        (fields.Text(5, memo=True), ["a\n\tb"], ["a\r", "a\x0b"]),
    ],
)
def test_a_strict_field_takes_the_good_and_refuses_the_bad(field: Any, good: list[str], bad: list[str]) -> None:
    for text in good:
        assert field.deserialize(text) is not None
    for text in bad:
        assert _codes(field, text), text


def test_an_id_is_read_only_under_its_own_prefix() -> None:
    uid = new_id()
    field = fields.ObjectId("vch")
    assert field.deserialize(encode("vch", uid)) == uid
    assert field.show(uid) == encode("vch", uid)
    assert re.match(field.openapi()["pattern"], encode("vch", uid))
    for text in (encode("inv", uid), str(uid), encode("vch", uid) + "\n", encode("vch", uid).upper(), ""):
        assert _codes(field, text) == ["id.format"]


def test_text_is_composed_before_it_is_counted() -> None:
    assert fields.Text(1).deserialize("e\u0301") == "é"


def test_a_credit_code_holds_its_check_character() -> None:
    real = "91350211M000100Y43"
    assert is_uscc("91350100M000100Y43")
    assert fields.TaxId().deserialize("91350100M000100Y43") == "91350100M000100Y43"
    for text in (real, "91350100M000100Y4", "91350100M000100Y43\n", "91350100M000100y43", "91350100I000100Y43"):
        assert _codes(fields.TaxId(), text) == ["tax_id.format"]


def test_a_lenient_tax_id_takes_any_15_to_20_capitals_and_digits() -> None:
    field = fields.TaxId(lenient=True)
    assert field.deserialize("350100M000100Y4")
    assert field.deserialize("35010019800101123401")
    assert field.deserialize("91350211M000100Y43")
    for text in ("350100M000100Y", "350100198001011234012", "350100m000100y4", "350100M000100Y4\n"):
        assert _codes(field, text) == ["tax_id.format"]


def test_a_whole_number_is_a_number_in_a_body_and_digits_in_a_query() -> None:
    field = fields.Whole(1, 200)
    assert field.deserialize(200, "limit", {}) == 200
    assert field.deserialize("200", "limit", None) == 200
    for value, data in (("5", {}), (True, {}), (1.0, {}), (0, {}), (201, {}), ("٣", None), ("1 ", None), ("1e1", None)):
        with pytest.raises(ValidationError):
            field.deserialize(value, "limit", data)


def test_an_instant_is_shown_in_utc_with_milliseconds() -> None:
    assert fields.Instant().show(datetime(2026, 8, 31, 16, 0, 1, 234567, UTC)) == "2026-08-31T16:00:01.234Z"


def test_values_are_shown_plainly() -> None:
    assert fields.Quantity().show(Decimal("10.500000")) == "10.5"
    assert fields.Quantity().show(Decimal("100")) == "100"
    assert fields.Day().show(date(2026, 8, 31)) == "2026-08-31"
    assert fields.PeriodKey().show(Period(2026, 8)) == "2026-08"


def _codes(field: Any, value: object) -> list[str]:
    with pytest.raises(ValidationError) as refused:
        field.deserialize(value)
    return [one.code for one in refused.value.messages]
