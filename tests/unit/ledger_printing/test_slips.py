"""Slips and covers: every line stands once, totals stand last, volumes hold every voucher."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.money import ZERO
from app.ledger.printing.slips.rules import covers, voucher_pages
from app.ledger.printing.types import LAYOUTS, Layout, PrintLine, PrintVoucher, Slip, VoucherPage
from tests.unit.ledger_printing.drawn import vouchers

ANY_LAYOUT = st.sampled_from(list(LAYOUTS.values()))


def slips(pages: list[VoucherPage]) -> list[Slip]:
    """The slips of pages, in the order they are printed."""
    return [slip for page in pages for slip in page.slips]


def voucher(number: int, lines: int, **more: object) -> PrintVoucher:
    """A voucher of January with so many lines of 1.00."""
    line = PrintLine("摘要", "1002 银行存款", "", D("1.00"), ZERO)
    made = PrintVoucher("2026-01", date(2026, 1, 5), "记", number, "posted", 2, [line] * lines)
    return replace(made, **more)  # type: ignore[arg-type]


@given(vouchers(), ANY_LAYOUT)
def test_every_line_stands_on_one_slip_in_the_order_of_period_word_and_number(
    given_vouchers: list[PrintVoucher], layout: Layout
) -> None:
    printed = slips(voucher_pages(given_vouchers, layout))
    in_order = sorted(given_vouchers, key=lambda each: (each.period, each.word, each.number))
    assert [line for slip in printed for line in slip.lines] == [line for each in in_order for line in each.lines]
    assert [key for key, _ in groupby(slip.voucher.place for slip in printed)] == [each.place for each in in_order]
    assert all(1 <= len(slip.lines) <= layout.lines for slip in printed)


@given(vouchers(), ANY_LAYOUT)
def test_the_total_is_the_voucher_and_stands_on_its_last_slip_only(
    given_vouchers: list[PrintVoucher], layout: Layout
) -> None:
    for place, of_one in groupby(slips(voucher_pages(given_vouchers, layout)), lambda slip: slip.voucher.place):
        (whole,) = [each for each in given_vouchers if each.place == place]
        *before, last = of_one
        assert [slip.totals for slip in before] == [None] * len(before)
        assert last.totals == (sum(line.debit for line in whole.lines), sum(line.credit for line in whole.lines))
        assert [(slip.sheet, slip.sheets) for slip in [*before, last]] == [
            (sheet, len(before) + 1) for sheet in range(1, len(before) + 2)
        ]


@given(vouchers(), ANY_LAYOUT)
def test_pages_are_full_and_numbered_through(given_vouchers: list[PrintVoucher], layout: Layout) -> None:
    pages = voucher_pages(given_vouchers, layout)
    assert [page.number for page in pages] == list(range(1, len(pages) + 1))
    assert all(len(page.slips) == layout.slips for page in pages[:-1])


@pytest.mark.parametrize(("lines", "labels"), [(8, ["记-5"]), (9, ["记-5 1/2", "记-5 2/2"])])
def test_a_voucher_of_more_lines_than_a_slip_holds_goes_on_with_fractions(lines: int, labels: list[str]) -> None:
    pages = voucher_pages([voucher(5, lines)], LAYOUTS["a4_two"])
    assert [slip.label for slip in slips(pages)] == labels


def test_a_voucher_that_is_one_of_several_under_a_number_says_so() -> None:
    parts = [voucher(5, 9, part=part, parts=3) for part in (2, 1, 3)]
    labels = [slip.label for slip in slips(voucher_pages(parts, LAYOUTS["a5"]))]
    assert labels == [f"记-5-{part}/3 {sheet}/2" for part in (1, 2, 3) for sheet in (1, 2)]


@given(vouchers(most=20, longest=9), ANY_LAYOUT, st.integers(1, 6))
def test_the_volumes_hold_every_voucher_once(given_vouchers: list[PrintVoucher], layout: Layout, most: int) -> None:
    bound = covers(given_vouchers, layout, most)
    assert sum(cover.vouchers for cover in bound) == len(given_vouchers)
    assert all(1 <= cover.vouchers <= most for cover in bound)
    assert sum(cover.attachments for cover in bound) == sum(each.attachments for each in given_vouchers)
    assert sum(cover.sheets for cover in bound) == len(slips(voucher_pages(given_vouchers, layout)))
    for _, of_month in groupby(bound, lambda cover: cover.period):
        volumes = list(of_month)
        assert [(cover.volume, cover.volumes) for cover in volumes] == [
            (number, len(volumes)) for number in range(1, len(volumes) + 1)
        ]
    for each in given_vouchers:
        holding = [
            cover
            for cover in bound
            if (cover.period, cover.word) == (each.period, each.word)
            and _number(cover.first) <= each.number <= _number(cover.last)
        ]
        assert len(holding) == 1


def _number(label: str) -> int:
    match = re.fullmatch(r".-([0-9]+)", label)
    assert match
    return int(match[1])


def test_a_cover_tells_its_volume() -> None:
    first, second = covers([voucher(n, 9) for n in range(1, 8)], LAYOUTS["a5"], 5)
    assert (first.first, first.last, first.vouchers, first.sheets, first.attachments) == ("记-1", "记-5", 5, 10, 10)
    assert (second.first, second.last, second.volume, second.volumes) == ("记-6", "记-7", 2, 2)
