"""Books of account on a real database: every figure equals an independent fold over the lines that were written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.books.types import BookRef
from app.kernel.periods import Period
from app.ledger.accounts.errors import AccountNotFound
from app.ledger.periods.errors import PeriodNotFound
from app.ledger.reports import service
from app.ledger.reports.errors import SpanRejected
from app.ledger.reports.service import Span
from app.ledger.reports.trial.types import TrialShape
from app.ledger.reports.types import LedgerPlace, LineKey
from app.ledger.statements import rules as statement_rules
from app.ledger.statements import service as statements
from app.ledger.vouchers.service import draft_vouchers, post_vouchers
from app.ledger.vouchers.types import Draft, Line
from tests.factories.doors import Doors

ACCOUNTS = {
    "sbe": ("1001", "1002", "1122", "1405", "220201", "22210107", "3001", "5001", "5401", "560201", "3103"),
    "asbe": ("1001", "1002", "1122", "1405", "220201", "22210107", "4001", "6001", "6401", "660201", "4103"),
}
CASH = ("1001", "1002")
NEED = {"1122": ("甲", "乙"), "220201": ("丙", "丁")}
FEW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

Written = list[tuple[Draft, bool]]


@st.composite
def vouchers(draw: st.DrawFn, standard: str) -> list[tuple[date, tuple[Line, ...], bool]]:
    """A few random vouchers of two or three lines in the first three months; `True` ones are to be posted."""
    account = st.sampled_from(ACCOUNTS[standard])
    found = []
    for _ in range(draw(st.integers(1, 12))):
        day = date(2026, draw(st.integers(1, 3)), draw(st.integers(1, 28)))
        amounts = draw(st.lists(st.integers(1, 10**7), min_size=1, max_size=2))
        sign = draw(st.sampled_from((1, 1, 1, -1)))
        lines = [_line(draw, draw(account), sign * D(fen) / 100, D(0)) for fen in amounts]
        lines.append(_line(draw, draw(account), D(0), sign * D(sum(amounts)) / 100))
        found.append((day, tuple(lines), draw(st.booleans())))
    return found


def _line(draw: st.DrawFn, account: str, debit: D, credit: D) -> Line:
    names = NEED.get(account)
    return Line(account, "摘要", debit, credit, draw(st.sampled_from(names)) if names else "")


def write(doors: Doors, book: BookRef, given_vouchers: Iterable[tuple[date, tuple[Line, ...], bool]]) -> Written:
    """Draft the vouchers, post those marked, and reach March; gives back the drafts with their marks."""
    drafts = [(Draft(book.id, day, lines), posted) for day, lines, posted in given_vouchers]
    last = Draft(book.id, date(2026, 3, 31), (Line("1002", "存", D("0.01")), Line("1001", "存", credit=D("0.01"))))
    drafts.append((last, True))
    with doors.book(book.uid) as scope:
        done = draft_vouchers(scope, [draft for draft, _ in drafts])
        chosen = [(book.id, one.id) for one, (_, posted) in zip(done, drafts, strict=True) if posted]
        post_vouchers(scope, chosen, review=True)
    return drafts


def fold(written: Written, period: str, unposted: bool) -> dict[str, list[D]]:
    """Opening, debit, credit, year debit, year credit by account, parents by their code's beginning."""
    sums: dict[str, list[D]] = defaultdict(lambda: [D(0)] * 5)
    for draft, posted in written:
        month = f"{draft.date:%Y-%m}"
        if not (posted or unposted) or month > period:
            continue
        for line in draft.lines:
            for length in range(4, len(line.account) + 1, 2):
                row = sums[line.account[:length]]
                row[0] += line.debit - line.credit if month < period else 0
                row[1] += line.debit if month == period else 0
                row[2] += line.credit if month == period else 0
                row[3] += line.debit
                row[4] += line.credit
    return sums


@pytest.mark.parametrize("standard", ["sbe", "asbe"])
@FEW
@given(chosen=st.data())
def test_the_trial_balance_is_the_fold_of_the_lines(doors: Doors, standard: str, chosen: st.DataObject) -> None:
    book = doors.new_book(standard=standard)
    written = write(doors, book, chosen.draw(vouchers(standard)))
    for period, unposted in (("2026-03", False), ("2026-03", True), ("2026-02", False), ("2026-02", True)):
        with doors.book(book.uid, read_only=True) as scope:
            trial = service.trial_balance(scope, book, Period.parse(period), unposted=unposted)
            made = statements.statements(scope, book, Period.parse(period), unposted=unposted)
        expected = fold(written, period, unposted)
        assert {row["account_code"]: _signed(row) for row in trial.rows} == {
            code: [*row, row[0] + row[1] - row[2]] for code, row in expected.items() if any(row)
        }
        assert trial.totals["balanced"]
        failed = [result.code for _, result in statement_rules.failures(made.made)]
        assert [code for code in failed if not code.startswith("cash_flow")] == []


def _signed(row: dict[str, Any]) -> list[D]:
    return [
        _balance(row, "opening"),
        row["debit"],
        row["credit"],
        row["year_debit"],
        row["year_credit"],
        _balance(row, "closing"),
    ]


def _balance(row: dict[str, Any], name: str) -> D:
    sign = {"debit": 1, "credit": -1, "flat": 0}[row[f"{name}_side"]]
    assert (row[name] == 0) is (sign == 0)
    assert row[name] >= 0
    return D(sign) * row[name]


@FEW
@given(
    chosen=vouchers("sbe"), size=st.integers(1, 7), unposted=st.booleans(), account=st.sampled_from(("1002", "2221"))
)
def test_the_subsidiary_ledger_runs_in_order_whatever_the_pages(
    doors: Doors, chosen: list[Any], size: int, unposted: bool, account: str
) -> None:
    book = doors.new_book()
    written = write(doors, book, chosen)
    span = Span(Period(2026, 1), Period(2026, 3), unposted)
    with doors.book(book.uid, read_only=True) as scope:
        whole = service.subsidiary_ledger(scope, book, span, account, None, 10_000)
        paged: list[dict[str, Any]] = []
        while page := service.subsidiary_ledger(scope, book, span, account, place(paged), size):
            paged += page
    assert paged == whole
    lines = [row for row in whole if row["kind"] == "line"]
    assert [(r["date"], r["word"], r["number"], r["line_no"]) for r in lines] == sorted(
        (r["date"], r["word"], r["number"], r["line_no"]) for r in lines
    )
    expected = [
        (line.debit, line.credit)
        for draft, posted in written
        for line in draft.lines
        if (posted or unposted) and line.account.startswith(account)
    ]
    assert sorted((r["debit"], r["credit"]) for r in lines) == sorted(expected)
    running = D(0)
    for row in whole:
        if row["kind"] == "line":
            running += row["debit"] - row["credit"]
        assert _balance({"x": row["balance"], "x_side": row["side"]}, "x") == running
    for row in (row for row in whole if row["kind"] in ("period_total", "year_total")):
        sums = fold(written, row["period"], unposted).get(account, [D(0)] * 5)
        assert [row["debit"], row["credit"]] == (sums[1:3] if row["kind"] == "period_total" else sums[3:5])


def place(rows: list[dict[str, Any]]) -> LedgerPlace | None:
    """Where a page goes on."""
    return LedgerPlace.of(rows[-1]) if rows else None


def test_parents_roll_up_once_over_two_levels(doors: Doors) -> None:
    book = doors.new_book()
    lines = (
        Line("22210107", "x", credit=D("13.00")),
        Line("22210101", "x", debit=D("6.00")),
        Line("222102", "x", credit=D("1.00")),
        Line("1002", "x", debit=D("8.00")),
    )
    write(doors, book, [(date(2026, 3, 1), lines, True)])
    with doors.book(book.uid, read_only=True) as scope:
        trial = service.trial_balance(scope, book, Period(2026, 3))
        top = service.trial_balance(scope, book, Period(2026, 3), shape=TrialShape(deepest=1))
        everything = service.trial_balance(scope, book, Period(2026, 3), shape=TrialShape(zeros=True))
    by_code = {row["account_code"]: row for row in trial.rows}
    assert (by_code["2221"]["debit"], by_code["2221"]["credit"]) == (D("6.00"), D("14.00"))
    assert (by_code["222101"]["closing_side"], by_code["222101"]["closing"]) == ("credit", D("7.00"))
    assert [row["account_code"] for row in top.rows] == ["1001", "1002", "2221"]
    assert top.totals == trial.totals
    assert len(everything.rows) > 60


def test_the_general_ledger_shows_each_month_and_the_year(doors: Doors) -> None:
    book = doors.new_book()
    sale = (Line("1002", "销售", D("10.00")), Line("5001", "销售", credit=D("10.00")))
    write(doors, book, [(date(2026, 1, 9), sale, True), (date(2026, 3, 9), sale, False)])
    with doors.book(book.uid, read_only=True) as scope:
        posted = service.general_ledger(scope, book, Span(Period(2026, 2), Period(2026, 3)))
        counted = service.general_ledger(scope, book, Span(Period(2026, 2), Period(2026, 3), True), account_code="5001")
    bank = [row for row in posted if row["account_code"] == "1002"]
    assert [(r["kind"], r["period"], r["debit"], r["side"], r["balance"]) for r in bank] == [
        ("opening", "2026-02", None, "debit", D("10.00")),
        ("period_total", "2026-02", D(0), "debit", D("10.00")),
        ("year_total", "2026-02", D("10.00"), "debit", D("10.00")),
        ("period_total", "2026-03", D("0.01"), "debit", D("10.01")),
        ("year_total", "2026-03", D("10.01"), "debit", D("10.01")),
    ]
    assert [row["balance"] for row in counted] == [D("10.00"), D("10.00"), D("10.00"), D("20.00"), D("20.00")]


def test_the_journal_pages_through_every_line_once(doors: Doors) -> None:
    book = doors.new_book()
    sale = (Line("1122", "销售", D("10.00"), counterparty="甲"), Line("5001", "销售", credit=D("10.00")))
    write(doors, book, [(date(2026, 3, day), sale, day != 3) for day in (5, 4, 3, 2)])
    span = Span(Period(2026, 1), Period(2026, 3))
    with doors.book(book.uid, read_only=True) as scope:
        whole = service.journal(scope, book, span, None, 1000)
        drafts = service.journal(scope, book, Span(Period(2026, 3), Period(2026, 3), True), None, 1000)
        for size in (1, 2, 3):
            paged: list[dict[str, Any]] = []
            while page := service.journal(scope, book, span, LineKey.of(paged[-1]) if paged else None, size):
                paged += page
            assert paged == whole
    assert [(row["date"].day, row["line_no"]) for row in whole] == [(d, n) for d in (2, 4, 5, 31) for n in (1, 2)]
    assert {row["counterparty"] for row in whole if row["account_code"] == "1122"} == {"甲"}
    assert [row["status"] for row in drafts].count("draft") == 2


def test_what_cannot_be_read_is_refused_with_its_code(doors: Doors) -> None:
    book = doors.new_book()
    january = Span(Period(2026, 1), Period(2026, 1))
    with doors.book(book.uid, read_only=True) as scope:
        with pytest.raises(PeriodNotFound):
            service.trial_balance(scope, book, Period(2026, 2))
        with pytest.raises(SpanRejected):
            service.journal(scope, book, Span(Period(2026, 2), Period(2026, 1)), None, 10)
        with pytest.raises(SpanRejected):
            service.journal(scope, book, Span(Period(2020, 1), Period(2026, 1)), None, 10)
        with pytest.raises(AccountNotFound):
            service.subsidiary_ledger(scope, book, january, "9999", None, 10)
        with pytest.raises(AccountNotFound):
            service.general_ledger(scope, book, january, account_code="9999")
