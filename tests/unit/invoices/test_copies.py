"""Two copies of one invoice: when they are the same, and what a later one may change."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.invoices import rules
from app.invoices.parsing.types import Party
from app.invoices.types import Invoice
from tests.unit.invoices.faces import OTHER, parsed

STATUSES = ["normal", "partly_reversed", "reversed", "void"]
FACE = Invoice.of(parsed())


@pytest.mark.parametrize(
    ("second", "agrees"),
    [
        (FACE, True),
        (replace(FACE, lines=(), kind="digital_ordinary"), True),
        (replace(FACE, seller=Party(OTHER.name, "")), True),
        (replace(FACE, seller=Party("", OTHER.tax_id)), True),
        (replace(FACE, seller=Party("另一个名字", OTHER.tax_id)), True),
        (replace(FACE, seller=Party("另一个名字", "")), False),
        (replace(FACE, seller=Party(OTHER.name, "91320594MA1YYYYY34")), False),
        (replace(FACE, tax=D("12.99"), gross=D("112.99")), False),
    ],
)
def test_copies_agree_when_totals_and_parties_do(second: Invoice, agrees: bool) -> None:
    assert (rules.disagreement(FACE, second) == "") is agrees
    assert (rules.disagreement(second, FACE) == "") is agrees


@given(st.lists(st.sampled_from(STATUSES), min_size=1, max_size=5))
def test_a_batch_keeps_the_first_copy_with_the_furthest_status(statuses: list[str]) -> None:
    firsts, copies = rules.fold(replace(FACE, status=status) for status in statuses)
    assert firsts == {FACE.key: (0, replace(FACE, status=max(statuses, key=STATUSES.index)))}
    assert [(copy.index, copy.contradiction) for copy in copies] == [(n, "") for n in range(1, len(statuses))]


def test_a_copy_that_contradicts_does_not_move_the_status() -> None:
    firsts, (copy,) = rules.fold([FACE, replace(FACE, net=D("0.00"), status="void")])
    assert firsts[FACE.key][1].status == "normal"
    assert copy.contradiction == "net 100.00 / 0.00"


def test_the_same_number_under_another_code_is_another_invoice() -> None:
    firsts, copies = rules.fold([FACE, replace(FACE, code="033002000211")])
    assert (len(firsts), copies) == (2, [])
