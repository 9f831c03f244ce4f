"""Every book of account equals a slow computation from the vouchers, whatever the ledger, the layout and the range."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal as D
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.books.types import BookRef, BookScope
from app.kernel.periods import Period
from app.ledger.reports import service
from app.ledger.reports.columns import service as columns
from app.ledger.reports.days import service as days
from app.ledger.reports.items import service as items
from app.ledger.reports.items.types import ACCOUNT, ItemShape
from app.ledger.reports.service import Span
from app.ledger.reports.summary.service import voucher_summary
from app.ledger.reports.summary.types import SummaryAsked
from app.ledger.reports.trial.types import Codes, TrialShape
from app.ledger.reports.types import LAYOUTS, LedgerPlace, LineKey, Only
from tests.db.reports_ledger import CURRENCIES, CUSTOMERS, DEPARTMENTS, GOODS, drafts, fill, new_ledger
from tests.factories.doors import Doors
from tests.factories.oracle import Entry, Moved, Oracle, Where, read, total

FEW = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
MONTHS = [Period(2025, 11), Period(2025, 12), Period(2026, 1)]
MEASURES = {"": "amount", "_foreign": "foreign", "_quantity": "quantity"}
SIGNS = {"debit": 1, "credit": -1, "flat": 1}


def random_ledger(doors: Doors, chosen: st.DataObject) -> BookRef:
    """A book with six to sixteen random vouchers over three months and a year's end."""
    book = new_ledger(doors)
    fill(doors, book, chosen.draw(st.lists(drafts(book.id), min_size=6, max_size=16)))
    return book


def random_span(chosen: st.DataObject) -> Span:
    """Some of the three months, with or without unposted vouchers."""
    first = chosen.draw(st.integers(0, 2))
    return Span(MONTHS[first], MONTHS[chosen.draw(st.integers(first, 2))], chosen.draw(st.booleans()))


def moved(oracle: Oracle, span: Span, where: Where, suffix: str = "") -> Moved:
    """What the slow ledger says of a span."""
    return oracle.moved(*span.ends, unposted=span.unposted, where=where, measure=MEASURES[suffix])


def shown(row: dict[str, Any], suffix: str = "") -> Moved:
    """A row's figures as signed ones."""
    opening = SIGNS[row["opening_side"]] * row[f"opening{suffix}"]
    names = ("debit", "credit", "year_debit", "year_credit")
    found = Moved(opening, *(row[f"{name}{suffix}"] for name in names))
    assert found.closing == SIGNS[row["closing_side"]] * row[f"closing{suffix}"]
    return found


def suffixes(layout: str) -> list[str]:
    """The measures a layout shows."""
    return ["", *["_foreign"] * (layout in ("foreign", "both")), *["_quantity"] * (layout in ("quantity", "both"))]


def same(row: dict[str, Any], oracle: Oracle, span: Span, where: Where, layout: str) -> None:
    """A row says what the slow ledger says, in every measure of its layout."""
    for suffix in suffixes(layout):
        assert shown(row, suffix) == moved(oracle, span, where, suffix), (row, suffix)


@FEW
@given(chosen=st.data())
def test_the_trial_balance_in_every_layout(doors: Doors, chosen: st.DataObject) -> None:
    book, span = random_ledger(doors, chosen), random_span(chosen)
    with doors.book(book.uid, read_only=True) as scope:
        oracle = read(scope, book.id)
        for layout in LAYOUTS:
            for expanded in (False, True):
                shape = TrialShape(layout=LAYOUTS[layout], items=expanded)
                trial = service.trial_balance(
                    scope, book, span.last, since=span.first, unposted=span.unposted, shape=shape
                )
                _check_trial(oracle, span, trial.rows, layout)
                _check_totals(oracle, span, trial.totals)


def _check_trial(oracle: Oracle, span: Span, rows: Sequence[dict[str, Any]], layout: str) -> None:
    seen = set()
    for row in rows:
        currency, held = row.get("currency"), row.get("items")
        key = row["account_code"], currency, tuple(held.items()) if held else None
        assert key not in seen
        seen.add(key)
        same(row, oracle, span, _on(oracle, row["account_code"], currency, held), layout)
    for entry in oracle.seen(span.unposted, lambda each: each.period <= span.ends[1]):
        currency = entry.currency if layout in ("foreign", "both") else None
        assert any((code, currency, None) in seen for code in oracle.line_of(entry.account)) or not any(
            shown_nowhere(oracle, span, entry)
        )


def shown_nowhere(oracle: Oracle, span: Span, entry: Entry) -> Moved:
    """What the account of an entry that has no row moved: nothing."""
    return moved(oracle, span, _on(oracle, entry.account, entry.currency, None))


def _on(oracle: Oracle, code: str, currency: str | None, held: dict[str, str] | None) -> Where:
    under = oracle.under(code)
    return lambda entry: under(entry) and currency in (None, entry.currency) and (held is None or entry.items == held)


def _check_totals(oracle: Oracle, span: Span, totals: dict[str, Any]) -> None:
    tops = [code for code, parent in oracle.parents.items() if parent is None]
    figures = [moved(oracle, span, oracle.under(code)) for code in tops]
    assert totals["opening_debit"] == total(each.opening for each in figures if each.opening > 0)
    assert totals["closing_credit"] == -total(each.closing for each in figures if each.closing < 0)
    for name in ("debit", "credit", "year_debit", "year_credit"):
        assert totals[name] == total(getattr(each, name) for each in figures)
    assert totals["balanced"] is (
        totals["opening_debit"] == totals["opening_credit"] and totals["year_debit"] == totals["year_credit"]
    )


@FEW
@given(chosen=st.data())
def test_levels_ranges_and_currencies_cut_the_trial_balance(doors: Doors, chosen: st.DataObject) -> None:
    book, span = random_ledger(doors, chosen), random_span(chosen)
    low, high = sorted(chosen.draw(st.tuples(st.sampled_from(("10", "1122", "2221", "56")), st.just("5602"))))
    currency = chosen.draw(st.sampled_from(CURRENCIES))
    with doors.book(book.uid, read_only=True) as scope:
        oracle = read(scope, book.id)
        shape = TrialShape(codes=Codes(low, high), currency=currency, highest=2, deepest=2)
        trial = service.trial_balance(scope, book, span.last, since=span.first, unposted=span.unposted, shape=shape)
    for row in trial.rows:
        assert low <= row["account_code"] and (row["account_code"] <= high or row["account_code"].startswith(high))
        assert row["level"] == 2 or (row["leaf"] and row["level"] == 1)
        same(row, oracle, span, _on(oracle, row["account_code"], currency, None), "standard")
    assert trial.totals["balanced"] is None
    for name in ("debit", "credit", "year_debit"):
        assert trial.totals[name] == total(row[name] for row in trial.rows if row["level"] == 2 or row["leaf"])


@pytest.mark.parametrize(
    ("only", "code", "layout"),
    [
        (Only(), "1405", "quantity"),
        (Only("USD"), "1002", "foreign"),
        (Only("USD"), "1403", "both"),
        (Only("", "stock_item", GOODS[0]), "1405", "quantity"),
        (Only("", "customer", CUSTOMERS[0]), "1122", "standard"),
        (Only("", "department", DEPARTMENTS[0]), None, "standard"),
        (Only(), "5602", "standard"),
    ],
)
@FEW
@given(chosen=st.data())
def test_ledgers_run_in_every_layout_by_item_and_currency(
    doors: Doors, chosen: st.DataObject, only: Only, code: str | None, layout: str
) -> None:
    book, span = random_ledger(doors, chosen), random_span(chosen)
    with doors.book(book.uid, read_only=True) as scope:
        oracle = read(scope, book.id)
        rows = service.subsidiary_ledger(scope, book, span, code, None, 10_000, layout=LAYOUTS[layout], only=only)
        size = chosen.draw(st.integers(1, 5))
        paged: list[dict[str, Any]] = []
        while page := service.subsidiary_ledger(
            scope, book, span, code, _place(paged), size, layout=LAYOUTS[layout], only=only
        ):
            paged += page
        ledger = service.open_ledger(scope, book, span, code, layout=LAYOUTS[layout], only=only)
        assert list(service.ledger_rows(scope, book, ledger)) == rows
        general = (
            []
            if code is None
            else service.general_ledger(scope, book, span, account_code=code, layout=LAYOUTS[layout], only=only)
        )
    assert paged == rows
    where = _part(oracle, code, only)
    _check_running(oracle, span, rows, where, layout)
    totals = [row for row in rows if row["kind"] not in ("line", "day_total")]
    heads = ("account_code", "account_name", "unit")
    assert [{k: v for k, v in row.items() if k not in heads} for row in general] == (totals if code else [])


def _place(rows: list[dict[str, Any]]) -> LedgerPlace | None:
    return LedgerPlace.of(rows[-1]) if rows else None


def _part(oracle: Oracle, code: str | None, only: Only) -> Where:
    under = oracle.under(code) if code else lambda entry: True
    return lambda entry: (
        under(entry)
        and only.currency in ("", entry.currency)
        and (not only.dimension or entry.items.get(only.dimension) == only.item)
    )


def _check_running(oracle: Oracle, span: Span, rows: Sequence[dict[str, Any]], where: Where, layout: str) -> None:
    """Opening, each line and each total of a ledger, and the balance after each of them."""
    expected = oracle.lines(*span.ends, unposted=span.unposted, where=where)
    found = [row for row in rows if row["kind"] == "line"]
    assert [(LineKey.of(row), row["voucher_id"]) for row in found] == [(each.order, each.voucher) for each in expected]
    before = moved(oracle, span, where)
    running = {suffix: moved(oracle, span, where, suffix).opening for suffix in suffixes(layout)}
    assert rows[0]["kind"] == "opening" and _balance(rows[0], "") == before.opening
    lines = iter(expected)
    for row in rows:
        if row["kind"] == "line":
            entry = next(lines)
            assert (row["account_code"], row["debit"], row["credit"]) == (
                entry.account,
                entry.debit.amount,
                entry.credit.amount,
            )
            for suffix in running:
                measure = MEASURES[suffix]
                running[suffix] += getattr(entry.debit, measure) - getattr(entry.credit, measure)
        for suffix, amount in running.items():
            assert _balance(row, suffix) == amount
        if row["kind"] in ("period_total", "year_total"):
            month = Span(Period.parse(row["period"]), Period.parse(row["period"]), span.unposted)
            for suffix in running:
                slow = moved(oracle, month, where, suffix)
                names = ("debit", "credit") if row["kind"] == "period_total" else ("year_debit", "year_credit")
                assert [row[f"debit{suffix}"], row[f"credit{suffix}"]] == [getattr(slow, name) for name in names]


def _balance(row: dict[str, Any], suffix: str) -> D:
    return D(SIGNS[row["side"]] * row[f"balance{suffix}"])


@FEW
@given(chosen=st.data())
def test_a_day_journal_totals_each_day_and_names_the_other_side(doors: Doors, chosen: st.DataObject) -> None:
    book, span = random_ledger(doors, chosen), random_span(chosen)
    code, size = chosen.draw(st.sampled_from(("1001", "1002"))), chosen.draw(st.integers(1, 4))
    with doors.book(book.uid, read_only=True) as scope:
        oracle = read(scope, book.id)
        ledger = days.open_journal(scope, book, span, code)
        rows = list(days.journal_rows(scope, book, ledger))
        paged: list[dict[str, Any]] = []
        while page := list(days.journal_rows(scope, book, ledger, _place(paged), size)):
            paged += page
    assert paged == rows
    where = oracle.under(code)
    _check_running(oracle, span, rows, where, "standard")
    lines = oracle.lines(*span.ends, unposted=span.unposted, where=where)
    by_day = [row for row in rows if row["kind"] == "day_total"]
    assert [row["date"] for row in by_day] == sorted({entry.date for entry in lines})
    for row in by_day:
        of_day = [entry for entry in lines if entry.date == row["date"]]
        assert row["debit"] == total(entry.debit.amount for entry in of_day)
        assert row["credit"] == total(entry.credit.amount for entry in of_day)
    for row in rows:
        if row["kind"] == "line":
            others = [entry for entry in oracle.entries if entry.voucher == row["voucher_id"]]
            facing = {entry.account for entry in others if bool(entry.debit.amount) != bool(row["debit"])}
            assert set(row["counterparts"]) == (facing or {entry.account for entry in others} - {row["account_code"]})


@FEW
@given(chosen=st.data())
def test_columns_spread_what_the_ledger_shows(doors: Doors, chosen: st.DataObject) -> None:
    book, span = random_ledger(doors, chosen), random_span(chosen)
    code, dimension = chosen.draw(st.sampled_from((("5602", ""), ("5602", "department"), ("1122", "customer"))))
    with doors.book(book.uid, read_only=True) as scope:
        oracle = read(scope, book.id)
        analysis = columns.open_analysis(scope, book, span, code, dimension=dimension)
        rows = list(columns.analysis_rows(scope, book, analysis))
    under = oracle.under(code)
    _check_running(oracle, span, rows, under, "standard")
    keys = {column.key for column in analysis.columns}
    for row in rows[1:]:
        assert total(row["amounts"].values()) == row["debit"] - row["credit"]
        assert set(row["amounts"]) <= keys
        if row["kind"] == "period_total":
            for key in keys:
                column = _column(oracle, key, code, dimension)
                month = Span(Period.parse(row["period"]), Period.parse(row["period"]), span.unposted)
                slow = moved(oracle, month, lambda entry, column=column: under(entry) and column(entry))
                assert row["amounts"].get(key, D(0)) == slow.debit - slow.credit


def _column(oracle: Oracle, key: str, code: str, dimension: str) -> Where:
    if dimension:
        return lambda entry: entry.items.get(dimension, "") == key
    return oracle.under(key)


@FEW
@given(chosen=st.data())
def test_items_and_combinations_add_up(doors: Doors, chosen: st.DataObject) -> None:
    book, span = random_ledger(doors, chosen), random_span(chosen)
    keys = chosen.draw(
        st.sampled_from(
            (("department",), ("department", ACCOUNT), (ACCOUNT, "project", "department"), ("stock_item", ACCOUNT))
        )
    )
    with doors.book(book.uid, read_only=True) as scope:
        oracle = read(scope, book.id)
        found = items.item_balances(scope, book, span, ItemShape(keys, layout=LAYOUTS["quantity"]))
        matrix = items.item_matrix(scope, book, span, "department", figure="debit")
    dimensions = [key for key in keys if key != ACCOUNT]

    def part(row: dict[str, Any]) -> Where:
        return lambda entry: (
            all(dimension in entry.items for dimension in dimensions)
            and all(entry.items[dimension] == name for dimension, name in row["items"].items())
            and row.get("account_code") in (None, entry.account)
        )

    for row in found.rows:
        same(row, oracle, span, part(row), "quantity")
        assert row["level"] == len(row["items"]) + ("account_code" in row)
    everything = moved(oracle, span, lambda entry: all(dimension in entry.items for dimension in dimensions))
    assert (found.totals["debit"], found.totals["credit"]) == (everything.debit, everything.credit)
    for row in matrix.rows:
        for account, amount in row["amounts"].items():
            where = _on_item(account, "department", row["item_name"])
            assert amount == moved(oracle, span, where).debit


def _on_item(account: str, dimension: str, name: str) -> Where:
    return lambda entry: entry.account == account and entry.items.get(dimension) == name


@FEW
@given(chosen=st.data())
def test_the_voucher_summary_and_the_journal_hold_every_line_once(doors: Doors, chosen: st.DataObject) -> None:
    book, span = random_ledger(doors, chosen), random_span(chosen)
    word = chosen.draw(st.sampled_from(("", "记")))
    numbers = (1, 3) if word and chosen.draw(st.booleans()) else None
    first, last = span.first.first_day, span.last.last_day
    if chosen.draw(st.booleans()):
        first = first.replace(day=9)
    with doors.book(book.uid, read_only=True) as scope:
        oracle = read(scope, book.id)
        summary = voucher_summary(
            scope,
            book,
            SummaryAsked(first=first, last=last, word=word, numbers=numbers, unposted=span.unposted, deepest=9),
        )
        journal = list(service.journal_rows(scope, book, span, word=word))
        paged = _journal_pages(scope, book, span, word, chosen.draw(st.integers(1, 5)))

    def wanted(entry: Entry) -> bool:
        low, high = numbers or (1, 10**6)
        return first <= entry.date <= last and word in ("", entry.word) and low <= entry.number <= high

    lines = oracle.lines(*span.ends, unposted=span.unposted, where=wanted)
    for row in summary.rows:
        under = oracle.under(row["account_code"])
        assert row["debit"] == total(entry.debit.amount for entry in filter(under, lines))
        assert row["credit"] == total(entry.credit.amount for entry in filter(under, lines))
    assert {row["account_code"] for row in summary.rows} >= {entry.account for entry in lines if _alone(entry, lines)}
    vouchers = {entry.voucher: entry.attachments for entry in lines}
    assert summary.totals == {
        "debit": total(entry.debit.amount for entry in lines),
        "credit": total(entry.credit.amount for entry in lines),
        "vouchers": len(vouchers),
        "attachments": sum(vouchers.values()),
    }
    every = oracle.lines(*span.ends, unposted=span.unposted, where=lambda entry: word in ("", entry.word))
    assert paged == journal
    assert [(LineKey.of(row), row["account_code"], row["debit"], row["credit"]) for row in journal] == [
        (entry.order, entry.account, entry.debit.amount, entry.credit.amount) for entry in every
    ]


def _alone(entry: Entry, lines: list[Entry]) -> bool:
    return sum(each.account == entry.account for each in lines) == 1


def _journal_pages(scope: BookScope, book: BookRef, span: Span, word: str, size: int) -> list[dict[str, Any]]:
    paged: list[dict[str, Any]] = []
    while page := service.journal(scope, book, span, LineKey.of(paged[-1]) if paged else None, size, word=word):
        paged += page
    return paged
