"""The pages of a bound ledger: nothing lost, carried as the rules say, numbered through, found by the directory."""

from __future__ import annotations

from decimal import Decimal as D
from itertools import groupby, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.money import ZERO
from app.ledger.printing.bound.rules import BROUGHT, CARRIED, TO_NEXT_YEAR, account_entries, directory, ledger_pages
from app.ledger.printing.types import AccountEntries, Entry, LedgerPage
from app.ledger.reports.types import LINE, OPENING, PERIOD_TOTAL, YEAR_TOTAL
from tests.unit.ledger_printing.drawn import accounts

ROWS = st.integers(3, 25)


def own(entries: list[Entry]) -> list[Entry]:
    """The entries that are the account's, without what is brought and carried."""
    return [entry for entry in entries if entry.kind not in (BROUGHT, CARRIED)]


def by_account(pages: list[LedgerPage]) -> dict[str, list[LedgerPage]]:
    """The pages of each account."""
    return {code: list(found) for code, found in groupby(pages, lambda page: page.code)}


@given(accounts(), ROWS, st.booleans())
def test_every_entry_stands_once_in_order_and_no_page_overflows(
    given_accounts: list[AccountEntries], rows: int, by_month: bool
) -> None:
    pages = ledger_pages(given_accounts, rows, by_month=by_month)
    found = by_account(pages)
    assert list(found) == [account.code for account in given_accounts]
    for account in given_accounts:
        printed = [entry for page in found[account.code] for entry in page.entries]
        assert own(printed) == list(account.entries)
    assert all(len(page.entries) <= rows for page in pages)
    assert [page.number for page in pages] == list(range(1, len(pages) + 1))


@given(accounts(), ROWS, st.booleans())
def test_a_page_begins_with_what_the_page_before_carried(
    given_accounts: list[AccountEntries], rows: int, by_month: bool
) -> None:
    for pages in by_account(ledger_pages(given_accounts, rows, by_month=by_month)).values():
        for before, after in pairwise(pages):
            carried, brought = before.entries[-1], after.entries[0]
            assert (carried.kind, carried.summary) == (CARRIED, "过次页")
            assert (brought.kind, brought.summary) == (BROUGHT, "承前页")
            assert carried[6:] == brought[6:]
            assert carried[8:] == before.entries[-2][8:]  # the balance of the last entry
            assert len(before.entries) == rows
        assert pages[0].entries[0].kind == OPENING
        assert pages[-1].entries[-1].kind != CARRIED


@given(accounts(), ROWS, st.booleans())
def test_what_is_carried_is_the_turnover_since_the_year_or_the_month_began(
    given_accounts: list[AccountEntries], rows: int, by_month: bool
) -> None:
    for account in given_accounts:
        pages = by_account(ledger_pages([account], rows, by_month=by_month))[account.code]
        written: list[Entry] = []
        for page in pages:
            written += own(list(page.entries))
            if page.entries[-1].kind == CARRIED:
                assert page.entries[-1][6:8] == _turnover(account, written, by_month)


def _turnover(account: AccountEntries, written: list[Entry], by_month: bool) -> tuple[D, D]:
    """Summed from the lines alone."""
    lines = [entry for entry in written if entry.kind == LINE]
    if by_month:
        ended = {entry.period for entry in written if entry.kind == YEAR_TOTAL}
        lines = [line for line in lines if line.period not in ended]
    start = (ZERO, ZERO) if by_month else account.year_before
    return (
        start[0] + sum((line.debit or ZERO for line in lines), ZERO),
        start[1] + sum((line.credit or ZERO for line in lines), ZERO),
    )


@given(accounts(), ROWS, st.integers(1, 4))
def test_the_directory_knows_the_page_on_which_each_account_begins(
    given_accounts: list[AccountEntries], rows: int, listed: int
) -> None:
    pages = ledger_pages(given_accounts, rows)
    sheets = directory(pages, listed)
    assert all(1 <= len(sheet) <= listed for sheet in sheets)
    found = {entry.code: entry.page for sheet in sheets for entry in sheet}
    assert list(found) == [account.code for account in given_accounts]
    for code, page in found.items():
        assert pages[page - 1].code == code
        assert page == 1 or pages[page - 2].code != code


@given(accounts())
def test_running_balances_meet_the_totals(given_accounts: list[AccountEntries]) -> None:
    for account in given_accounts:
        for before, total in pairwise(account.entries):
            if total.kind == PERIOD_TOTAL:
                assert (before.side, before.balance) == (total.side, total.balance)


def entry(kind: str, period: str, debit: str | None, credit: str | None, side: str, balance: str) -> Entry:
    """An entry, its amounts as texts."""
    amounts = [None if text is None else D(text) for text in (debit, credit)]
    return Entry(kind, period, None, "", kind, "", amounts[0], amounts[1], side, D(balance))


TOTALS = [
    entry(OPENING, "2026-11", None, None, "debit", "100.00"),
    entry(PERIOD_TOTAL, "2026-11", "50.00", "30.00", "debit", "120.00"),
    entry(YEAR_TOTAL, "2026-11", "450.00", "330.00", "debit", "120.00"),
    entry(PERIOD_TOTAL, "2026-12", "0.00", "125.00", "credit", "5.00"),
    entry(YEAR_TOTAL, "2026-12", "450.00", "455.00", "credit", "5.00"),
]
LINES = [
    entry(LINE, "2026-11", "50.00", None, "flat", "0.00"),
    entry(LINE, "2026-11", None, "30.00", "flat", "0.00"),
    entry(LINE, "2026-12", None, "120.00", "flat", "0.00"),
    entry(LINE, "2026-12", None, "5.00", "flat", "0.00"),
]


def test_an_account_of_a_year_worked_out_by_hand() -> None:
    account = account_entries(TOTALS, LINES, "1002", "银行存款", ends_year=True, continued=True)
    assert account.year_before == (D("400.00"), D("300.00"))
    assert [(row.kind, row.side, str(row.balance)) for row in account.entries] == [
        (OPENING, "debit", "100.00"),
        (LINE, "debit", "150.00"),
        (LINE, "debit", "120.00"),
        (PERIOD_TOTAL, "debit", "120.00"),
        (YEAR_TOTAL, "debit", "120.00"),
        (LINE, "flat", "0.00"),
        (LINE, "credit", "5.00"),
        (PERIOD_TOTAL, "credit", "5.00"),
        (YEAR_TOTAL, "credit", "5.00"),
        (TO_NEXT_YEAR, "credit", "5.00"),
    ]
    assert [account.entries[0].summary, account.entries[-1].summary] == ["上年结转", "结转下年"]


@pytest.mark.parametrize(
    ("by_month", "carried"),
    [
        (False, [("450.00", "330.00"), ("450.00", "330.00"), ("450.00", "455.00")]),
        (True, [("50.00", "30.00"), ("0.00", "0.00"), ("0.00", "125.00")]),
    ],
)
def test_what_each_page_of_it_carries(by_month: bool, carried: list[tuple[str, str]]) -> None:
    account = account_entries(TOTALS, LINES, "1002", "银行存款", ends_year=True, continued=True)
    pages = ledger_pages([account], 4, by_month=by_month)
    assert [len(page.entries) for page in pages] == [4, 4, 4, 4]
    assert [tuple(str(amount) for amount in page.entries[-1][6:8]) for page in pages[:-1]] == carried


def test_a_general_ledger_carries_the_year_between_its_totals() -> None:
    account = account_entries(TOTALS, [], "1002", "银行存款", ends_year=False, continued=False)
    pages = ledger_pages([account], 3)
    assert [str(amount) for amount in pages[0].entries[-1][6:8]] == ["450.00", "330.00"]
