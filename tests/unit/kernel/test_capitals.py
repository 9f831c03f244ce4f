"""Amounts in words: the examples of the rules themselves, and a reader that gives every amount back."""

from __future__ import annotations

import re
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.capitals import capitals

AMOUNTS = st.integers(-(10**19 - 1), 10**19 - 1).map(lambda fen: D(fen) / 100)
SPARSE = st.lists(st.sampled_from("0001259"), min_size=1, max_size=19).map(lambda digits: D("".join(digits)) / 100)
"""Amounts with many zeros, where the difficulty lies."""

EXAMPLES = {
    # 支付结算办法 附一, 五: one of the spellings each example allows
    "1409.50": "壹仟肆佰零玖元伍角整",
    "6007.14": "陆仟零柒元壹角肆分",
    "1680.32": "壹仟陆佰捌拾元叁角贰分",
    "107000.53": "壹拾万零柒仟元伍角叁分",
    "16409.02": "壹万陆仟肆佰零玖元零贰分",
    "325.04": "叁佰贰拾伍元零肆分",
    # worked out by hand
    "0.00": "零元整",
    "0.01": "壹分",
    "0.10": "壹角整",
    "0.15": "壹角伍分",
    "1.00": "壹元整",
    "10.00": "壹拾元整",
    "20.05": "贰拾元零伍分",
    "100.10": "壹佰元壹角整",
    "1010.00": "壹仟零壹拾元整",
    "10000.00": "壹万元整",
    "10010.00": "壹万零壹拾元整",
    "100000.00": "壹拾万元整",
    "1001000.00": "壹佰万零壹仟元整",
    "10100000.00": "壹仟零壹拾万元整",
    "100010000.00": "壹亿零壹万元整",
    "1010000000.00": "壹拾亿零壹仟万元整",
    "1000000000000.00": "壹万亿元整",
    "-113.00": "负壹佰壹拾叁元整",
}

_VALUE = {digit: value for value, digit in enumerate("零壹贰叁肆伍陆柒捌玖")}
_TIMES = {"拾": 10, "佰": 100, "仟": 1000}


def read_back(words: str) -> D:
    """The amount of words, read from the left with a stack, unlike the way they are written."""
    sign = -1 if words.startswith("负") else 1
    yuan, _, rest = words.removeprefix("负").rpartition("元")
    total = section = digit = 0
    for letter in yuan:
        if letter in _VALUE:
            digit = _VALUE[letter]
        elif letter in _TIMES:
            section, digit = section + digit * _TIMES[letter], 0
        elif letter == "万":
            section, digit = (section + digit) * 10**4, 0
        else:
            total, section, digit = (total + section + digit) * 10**8, 0, 0
    fen = 0
    for unit, worth in (("角", 10), ("分", 1)):
        found = re.search(f"(.){unit}", rest)
        fen += _VALUE[found[1]] * worth if found else 0
    return sign * (D(total + section + digit) + D(fen) / 100)


@pytest.mark.parametrize(("amount", "words"), EXAMPLES.items(), ids=EXAMPLES)
def test_an_amount_is_written_as_the_rules_write_it(amount: str, words: str) -> None:
    assert capitals(D(amount)) == words


@given(AMOUNTS | SPARSE)
def test_words_give_the_amount_back(amount: D) -> None:
    assert read_back(capitals(amount)) == amount


@given(AMOUNTS | SPARSE)
def test_words_end_as_the_rules_say_and_never_stutter(amount: D) -> None:
    words = capitals(amount)
    assert words.endswith("分") == bool(int(amount * 100) % 10)
    assert words.endswith("整") != words.endswith("分")
    assert "零零" not in words and "亿万" not in words
    assert not re.search("零[拾佰仟万亿角分]", words)
    assert words == "零元整" or not re.search("零元|^零|^负零", words)


@given(SPARSE.filter(lambda amount: amount >= 1))
def test_every_zero_run_inside_the_yuan_is_one_zero(amount: D) -> None:
    runs = re.findall("0+(?=[1-9])", f"{int(amount)}")
    assert capitals(amount).rpartition("元")[0].count("零") == len(runs)


def test_a_fraction_of_a_fen_has_no_words() -> None:
    with pytest.raises(ValueError, match="fen"):
        capitals(D("1.005"))
