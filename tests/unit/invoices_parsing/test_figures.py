"""Amounts, dates and words as documents write them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.invoices.parsing import figures
from app.invoices.parsing.errors import Unreadable

D = Decimal


@pytest.mark.parametrize(
    ("text", "amount"),
    [("1000.00", "1000.00"), ("759", "759.00"), ("9.9", "9.90"), ("¥4449.00", "4449.00"), ("￥ 1,234.50", "1234.50"),
     ("-¥100.00", "-100.00"), ("¥-100.00", "-100.00"), ("100.0000000000000", "100.00"), ("１２.５０", "12.50"),
     ("9999999999999999.99", "9999999999999999.99"), ("CNY 550.46", "550.46"), ("-0.00", "0.00")],
)  # fmt: skip
def test_an_amount(text, amount):
    assert figures.money(text) == D(amount)


@pytest.mark.parametrize(
    "text", ["", "¥", "1e3", "NaN", "Infinity", "1.005", "1,00.00", "--1", "+-1", "10000000000000000", "0x10", "一百",
             "1 元 2", "٣", "1.2.3", "9" * 81, "9" * 60, "-" + "9" * 79, "9" * 40 + ".01"],
)  # fmt: skip
def test_what_is_no_amount(text):
    with pytest.raises(Unreadable) as refusal:
        figures.money(text)
    assert refusal.value.code == "invoice.bad_amount"


@given(st.integers(-(10**15), 10**15))
def test_the_binary_number_of_any_amount_reads_as_that_amount(fens):
    amount = D(fens) / 100
    if abs(fens) < 10**13:  # a double holds fen exactly this far and farther than any invoice
        assert figures.money(figures.money_text(float(amount))) == amount


@pytest.mark.parametrize(
    ("text", "day"),
    [("2024年05月28日", (2024, 5, 28)), ("2024 年 5 月 28 日", (2024, 5, 28)), ("2026-10-08 09:30:00", (2026, 10, 8)),
     ("2026-10-08T09:30:00+08:00", (2026, 10, 8)), ("2026/10/8", (2026, 10, 8)), ("20261008", (2026, 10, 8)),
     ("20260227172851000", (2026, 2, 27)), ("２０２６-１０-０８", (2026, 10, 8))],
)  # fmt: skip
def test_a_date(text, day):
    assert figures.day(text) == date(*day)


@pytest.mark.parametrize(
    "text", ["", "2024", "2024-13-01", "2024-02-30", "1899-01-01", "28/05/2024", "202610081", "昨天"]
)
def test_what_is_no_date(text):
    assert figures.day(text) is None


@pytest.mark.parametrize(
    ("words", "amount"),
    [("伍佰贰拾陆圆整", "526.00"), ("叁佰壹拾捌圆整", "318.00"), ("ⓧ壹拾壹圆贰角", "11.20"),
     ("肆仟肆佰肆拾玖圆整", "4449.00"), ("（负数）伍佰圆整", "-500.00"), ("壹拾玖元壹角玖分", "19.19"),
     ("拾圆整", "10.00"), ("壹万零叁佰圆零伍分", "10300.05"),
     ("壹亿贰仟万零壹圆整", "120000001.00"), ("零圆整", "0.00"), ("伍角整", "0.50")],
)  # fmt: skip
def test_an_amount_in_words(words, amount):
    assert figures.in_words(words) == D(amount)


@pytest.mark.parametrize("words", ["", "圆", "壹元店", "费", "100圆整", "整"])
def test_what_spells_no_amount(words):
    assert figures.in_words(words) is None
