"""Two copies of one invoice: when they are the same, and what a later one may change."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.invoices import rules
from app.invoices.parsing.types import Party, Problem
from app.invoices.types import Invoice
from tests.unit.invoices.faces import OTHER, line, parsed

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


IDENTITY, MASKED = "11010519491231002X", "110105********002X"


def test_the_register_keeps_the_number_of_a_natural_person_masked_wherever_the_file_says_it() -> None:
    doubt = Problem("invoice.bad_tax_id", f"seller 销售方 {IDENTITY}")
    face = Invoice.of(
        parsed(
            seller=Party(f"张三 {IDENTITY.lower()}", f"{IDENTITY}01"),
            buyer=Party("李四", "110105-19491231-002X"),
            lines=[line(f"*劳务*{IDENTITY}", "100.00")],
            problems=(doubt,),
        )
    )
    assert (face.seller, face.buyer) == (Party(f"张三 {MASKED}", f"{MASKED}01"), Party("李四", MASKED))
    assert (face.lines[0].name, face.problems[0].detail) == (f"*劳务*{MASKED}", f"seller 销售方 {MASKED}")


@pytest.mark.parametrize(
    ("second", "agrees"),
    [
        (Party("张三", IDENTITY), True),
        (Party("张三", "1101**********002X"), True),  # the tax bureau's own mask
        (Party("张三", ""), True),
        (Party("", IDENTITY), True),
        (Party("李四", IDENTITY), False),
        (Party("张三", "110105194912310038"), False),
        (Party("张三", OTHER.tax_id), False),
    ],
)
def test_copies_of_a_natural_persons_invoice_agree_by_what_the_mask_shows_and_by_the_name(
    second: Party, agrees: bool
) -> None:
    one, other = (Invoice.of(parsed(seller=seller)) for seller in (Party("张三", IDENTITY), second))
    assert (rules.disagreement(one, other) == "") is agrees
    assert (rules.disagreement(other, one) == "") is agrees
    assert IDENTITY not in rules.disagreement(one, other)
