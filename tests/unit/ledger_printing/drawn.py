"""Vouchers and accounts drawn by hypothesis: any lines, any summaries, months in order."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

from hypothesis import strategies as st

from app.kernel.money import ZERO
from app.ledger.printing.bound.rules import account_entries, side
from app.ledger.printing.types import AccountEntries, Entry, PrintLine, PrintVoucher
from app.ledger.reports.types import LINE, OPENING, PERIOD_TOTAL, YEAR_TOTAL

HOSTILE = ("#strong[x]", "$a$", "\\u{1} \\", "*b* _i_ `c` <l> @ref // c", '"); #panic("')
LONG = ("#" * 32_000, "超长的单位名称" * 5_000)
AMOUNTS = st.integers(-10_000_000, 10_000_000).filter(bool).map(lambda fen: D(fen) / 100)
TEXTS = st.sampled_from(HOSTILE) | st.text(st.characters(codec="utf-8", exclude_categories=("C",)), max_size=80)


@st.composite
def lines(draw: st.DrawFn) -> PrintLine:
    """A line on one side, in RMB or in another currency, with or without a quantity."""
    amount, debit = draw(AMOUNTS), draw(st.booleans())
    foreign, counted = draw(st.booleans()), draw(st.booleans())
    return PrintLine(
        summary=draw(TEXTS),
        account=f"1002 {draw(TEXTS)}",
        items=draw(TEXTS),
        debit=amount if debit else ZERO,
        credit=ZERO if debit else amount,
        currency="USD" if foreign else "CNY",
        rate=D("7.10000000") if foreign else None,
        foreign_amount=amount if foreign else None,
        quantity=D("3.500000") if counted else None,
        unit_price=D("12.00000000") if counted else None,
    )


@st.composite
def vouchers(draw: st.DrawFn, most: int = 8, longest: int = 30) -> list[PrintVoucher]:
    """Vouchers of different numbers, in any order."""
    places = draw(
        st.lists(
            st.tuples(st.integers(1, 3), st.sampled_from("记收付转"), st.integers(1, 40)), max_size=most, unique=True
        )
    )
    return [
        PrintVoucher(
            period=f"2026-{month:02d}",
            date=date(2026, month, 1 + number % 28),
            word=word,
            number=number,
            status=draw(st.sampled_from(("draft", "reviewed", "posted", "void"))),
            attachments=draw(st.integers(0, 99)),
            lines=draw(st.lists(lines(), min_size=1, max_size=longest)),
            prepared_by=draw(TEXTS),
        )
        for month, word, number in places
    ]


@st.composite
def accounts(draw: st.DrawFn, most: int = 5) -> list[AccountEntries]:
    """Accounts of a year, each with lines in some months, whose totals are the sums of its lines."""
    count = draw(st.integers(1, most))
    return [draw(_account(f"10{number:02d}")) for number in range(count)]


@st.composite
def _account(draw: st.DrawFn, code: str) -> AccountEntries:
    months = range(1, draw(st.integers(1, 12)) + 1)
    signed = draw(AMOUNTS)
    year = [D(draw(st.integers(0, 9_999))), D(draw(st.integers(0, 9_999)))]
    totals = [_entry(OPENING, "2026-01", None, None, signed)]
    written: list[Entry] = []
    for month in months:
        period = f"2026-{month:02d}"
        moved = [
            (amount, None) if debit else (None, amount)
            for amount, debit in draw(st.lists(st.tuples(AMOUNTS, st.booleans()), max_size=12))
        ]
        written += [_entry(LINE, period, debit, credit, ZERO) for debit, credit in moved]
        debit = sum((each[0] or ZERO for each in moved), ZERO)
        credit = sum((each[1] or ZERO for each in moved), ZERO)
        signed += debit - credit
        year = [year[0] + debit, year[1] + credit]
        totals += [_entry(PERIOD_TOTAL, period, debit, credit, signed), _entry(YEAR_TOTAL, period, *year, signed)]
    ends = months[-1] == 12
    return account_entries(totals, written, code, f"科目{code}", ends_year=ends, continued=draw(st.booleans()))


def _entry(kind: str, period: str, debit: D | None, credit: D | None, signed: D) -> Entry:
    return Entry(kind, period, None, "", kind, "", debit, credit, side(signed), abs(signed))
