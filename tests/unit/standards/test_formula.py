"""The formula language: what it reads, what it refuses."""

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.standards.errors import ContentError
from app.standards.formula import Formula, Term, codes, evaluation_order, items, lines, parse, total


def test_a_formula_is_a_signed_sum_of_measures() -> None:
    assert parse("dr(1001, 1002) - cr(1407) + line(3)") == (
        Term(1, "dr", ("1001", "1002")),
        Term(-1, "cr", ("1407",)),
        Term(1, "line", ("3",)),
    )


def test_a_sign_before_a_bracket_turns_every_sign_within() -> None:
    assert parse("dr(1) - (cr(2) - cr(3))") == parse("dr(1) - cr(2) + cr(3)")
    assert parse("-(-(-flow(3)))") == parse("-flow(3)")


def test_an_empty_formula_is_the_empty_sum() -> None:
    assert parse(" ") == ()
    assert total((), lambda function, word: Decimal(1)) == 0


def test_a_formula_tells_its_codes_items_and_lines() -> None:
    formula = parse("dr(1001) + turnover_cr(5001, 1001) + flow(2) - line(balance_sheet.1, 7)")
    assert codes(formula) == ("1001", "5001")
    assert items(formula) == ("2",)
    assert lines(formula) == ("balance_sheet.1", "7")


@pytest.mark.parametrize(
    "text",
    [
        "dr(",
        "dr()",
        "dr(1 2)",
        "dr(1,)",
        "+",
        "dr(1) dr(2)",
        "exec(1)",
        "dr(1",
        "dr(1))",
        "line()",
        "cash_opening(1)",
        "dr(1) ** cr(2)",
        "__import__('os')",
        "dr((1))",
        "1 + 2",
        "dr(1)" + " + dr(1)" * 1000,
    ],
)
def test_what_is_not_a_formula_is_refused(text: str) -> None:
    with pytest.raises(ContentError):
        parse(text)


@given(st.text(max_size=40))
def test_any_text_is_a_formula_or_a_content_error(text: str) -> None:
    with contextlib.suppress(ContentError):
        assert all(term.sign in (1, -1) for term in parse(text))


def order(**texts: str) -> tuple[str, ...]:
    parsed: dict[str, Formula] = {key: parse(text) for key, text in texts.items()}
    return evaluation_order(parsed)


def test_a_row_is_evaluated_after_the_rows_it_refers_to() -> None:
    assert order(a="line(c)", b="dr(1)", c="line(b)") == ("b", "c", "a")


def test_rows_that_refer_to_each_other_are_refused_by_name() -> None:
    with pytest.raises(ContentError, match="a -> b -> a"):
        order(a="line(b)", b="line(a)")


def test_an_unknown_row_is_refused_by_name() -> None:
    with pytest.raises(ContentError, match="unknown line in a -> x"):
        order(a="line(x)")
