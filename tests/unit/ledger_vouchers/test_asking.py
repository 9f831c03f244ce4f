"""The shortcuts an accountant types: what balances, what repeats, what a word means."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.money import ZERO
from app.ledger.vouchers.asking import rules
from app.ledger.vouchers.asking.rules import Candidate

money = st.integers(-(10**9), 10**9).map(lambda fen: D(fen) / 100)


def line(debit: Any = ZERO, credit: Any = ZERO, summary: str = "x") -> dict[str, Any]:
    """A line as it was read."""
    return {"debit": debit, "credit": credit, "summary": summary}


@given(st.lists(st.tuples(money, st.booleans()), max_size=8), st.integers(0, 8), st.booleans())
def test_the_equals_sign_balances_the_voucher_on_its_own_side(
    amounts: list[tuple[D, bool]], place: int, on_debit: bool
) -> None:
    lines = [line(debit=amount) if left else line(credit=amount) for amount, left in amounts]
    at = min(place, len(lines))
    lines.insert(at, line(debit=rules.BALANCE) if on_debit else line(credit=rules.BALANCE))
    done, broken = rules.settled(lines)
    assert broken == []
    assert sum(each["debit"] for each in done) == sum(each["credit"] for each in done)
    assert done[at]["credit" if on_debit else "debit"] == 0
    assert [each for number, each in enumerate(done) if number != at] == lines[:at] + lines[at + 1 :]


def test_only_one_amount_balances() -> None:
    _, broken = rules.settled([line(debit="="), line(credit="="), line(debit=D(1))])
    assert [(each.code, each.path) for each in broken] == [("line.balance_twice", "/lines/1/credit")]
    _, both = rules.settled([line(debit="=", credit="=")])
    assert [each.path for each in both] == ["/lines/0/credit"]


def test_two_strokes_repeat_the_summary_above() -> None:
    done, broken = rules.settled([line(summary="房租"), line(summary="//"), line(summary="//")])
    assert ([each["summary"] for each in done], broken) == (["房租"] * 3, [])
    assert [each.path for each in rules.settled([line(summary="//")])[1]] == ["/lines/0/summary"]


@pytest.mark.parametrize(("word", "code", "initials"), [
    ("1002", True, "1002"), ("1002.01", True, ""), ("YHCK", False, "yhck"), ("银行存款", False, ""),
])  # fmt: skip
def test_what_can_only_be_a_code_is_asked_of_nobody(word: str, code: bool, initials: str) -> None:
    assert (rules.is_code(word), rules.initials_of(word)) == (code, initials)


def test_the_best_rank_says_what_a_word_means() -> None:
    found = [
        Candidate("费", 3, "1", "甲费"),
        Candidate("费", 3, "2", "乙费"),
        Candidate("费", 4, "3", "f"),
        Candidate("银行存款", 1, "1002", "银行存款"),
        Candidate("银行存款", 3, "100201", "银行存款-美元"),
    ]
    assert {word: [each.code for each in best] for word, best in rules.meanings(found).items()} == {
        "费": ["1", "2"],
        "银行存款": ["1002"],
    }
