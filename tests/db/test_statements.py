"""Statements on a real database: both columns, the checks between forms, drafts counted in, the same bytes twice."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import orjson
import pytest

from app.books.types import BookRef
from app.kernel.periods import Period
from app.ledger.opening.service import set_opening
from app.ledger.opening.types import OpeningRow
from app.ledger.periods.errors import PeriodNotFound
from app.ledger.statements import rules, service
from app.ledger.statements.types import StatementSet
from app.ledger.vouchers.service import draft_vouchers, post_vouchers
from app.ledger.vouchers.types import Draft, Line
from tests.factories.doors import Doors


def two_lines(book: BookRef, day: date, debit: Line, credit: Line, *, transfer: bool = False) -> Draft:
    """A voucher of two lines."""
    return Draft(book.id, day, (debit, credit), transfer=transfer)


def debit(account: str, amount: str, counterparty: str = "") -> Line:
    """A debit line."""
    return Line(account, "摘要", debit=D(amount), counterparty=counterparty)


def credit(account: str, amount: str, counterparty: str = "") -> Line:
    """A credit line."""
    return Line(account, "摘要", credit=D(amount), counterparty=counterparty)


def post(doors: Doors, book: BookRef, drafts: list[Draft], *, posted: bool = True) -> None:
    """Draft these vouchers, and post them unless told otherwise."""
    with doors.book(book.uid) as scope:
        written = draft_vouchers(scope, drafts)
        if posted:
            post_vouchers(scope, [(book.id, one.id) for one in written], review=True)


def read(doors: Doors, book: BookRef, period: str, *, unposted: bool = False) -> StatementSet:
    """The statements as a reader gets them."""
    with doors.book(book.uid, read_only=True) as scope:
        return service.statements(scope, book, Period.parse(period), unposted=unposted)


def amount(made: StatementSet, statement: str, column: str, key: str) -> D | None:
    """One figure."""
    return next(cell.amount for cell in made.made[statement].columns[column] if cell.key == key)


def sale(book: BookRef, day: date, amount: str) -> Draft:
    """A cash sale without tax."""
    return two_lines(book, day, debit("1002", amount), credit("5001", amount))


def test_a_month_reads_in_its_own_column_and_in_the_years(doors: Doors) -> None:
    book = doors.new_book()
    post(doors, book, [
        two_lines(book, date(2026, 1, 4), debit("1002", "1000.00"), credit("3001", "1000.00")),
        sale(book, date(2026, 1, 5), "300.00"),
        sale(book, date(2026, 2, 5), "45.00"),
    ])  # fmt: skip
    made = read(doors, book, "2026-02")
    assert amount(made, "income_statement", "period", "1") == D("45.00")
    assert amount(made, "income_statement", "year_to_date", "1") == D("345.00")
    assert amount(made, "balance_sheet", "closing", "1") == D("1345.00")
    assert amount(made, "balance_sheet", "year_opening", "1") == D("0.00")
    assert amount(made, "cash_flow", "period", "21") == D("1300.00")
    assert amount(made, "cash_flow", "year_to_date", "21") == D("0.00")
    assert amount(made, "cash_flow", "year_to_date", "22") == D("1345.00")
    assert not list(rules.failures(made.made))


def test_a_transfer_leaves_the_income_statement_as_it_was(doors: Doors) -> None:
    book = doors.new_book()
    post(doors, book, [sale(book, date(2026, 1, 5), "300.00")])
    before = read(doors, book, "2026-01")
    lines = debit("5001", "300.00"), credit("3103", "300.00")
    post(doors, book, [two_lines(book, date(2026, 1, 31), *lines, transfer=True)])
    after = read(doors, book, "2026-01")
    assert before.made["income_statement"] == after.made["income_statement"]
    assert amount(after, "balance_sheet", "closing", "51") == D("300.00")


def test_an_opening_in_the_middle_of_the_year_counts_in_the_year_to_date(doors: Doors) -> None:
    book = doors.new_book(start_period=Period(2026, 8))
    with doors.book(book.uid) as scope:
        set_opening(
            scope,
            [
                OpeningRow("1002", D("500.00"), D("900.00"), D("100.00")),
                OpeningRow("3001", D("-500.00")),
                OpeningRow("5001", D("0.00"), D("800.00"), D("800.00")),
                OpeningRow("3103", D("0.00"), D("0.00"), D("800.00")),
            ],
            {"1": D("900.00"), "3": D("-100.00")},
        )
    post(doors, book, [sale(book, date(2026, 8, 5), "7.00")])
    made = read(doors, book, "2026-08")
    assert amount(made, "income_statement", "period", "1") == D("7.00")
    assert amount(made, "income_statement", "year_to_date", "1") == D("807.00")
    assert amount(made, "balance_sheet", "year_opening", "1") == D("500.00")
    assert amount(made, "balance_sheet", "closing", "1") == D("1307.00")
    assert amount(made, "cash_flow", "year_to_date", "1") == D("907.00")
    assert amount(made, "cash_flow", "year_to_date", "21") == D("500.00")
    assert not list(rules.failures(made.made))


def test_the_new_year_opens_with_the_old_years_closing(doors: Doors) -> None:
    book = doors.new_book(start_period=Period(2026, 11))
    post(doors, book, [sale(book, date(2026, 11, 5), "300.00")])
    post(doors, book, [sale(book, date(2027, 1, 5), "20.00")])
    made = read(doors, book, "2027-01")
    assert amount(made, "balance_sheet", "year_opening", "1") == D("300.00")
    assert amount(made, "income_statement", "year_to_date", "1") == D("20.00")
    assert amount(made, "balance_sheet", "closing", "1") == D("320.00")
    assert not list(rules.failures(made.made))


def test_drafts_count_in_only_when_asked_and_reach_later_months(doors: Doors) -> None:
    book = doors.new_book()
    post(doors, book, [sale(book, date(2026, 1, 5), "300.00"), sale(book, date(2026, 2, 1), "1.00")])
    post(doors, book, [sale(book, date(2026, 1, 9), "50.00")], posted=False)
    without, counted = read(doors, book, "2026-02"), read(doors, book, "2026-02", unposted=True)
    assert amount(without, "balance_sheet", "closing", "1") == D("301.00")
    assert amount(counted, "balance_sheet", "closing", "1") == D("351.00")
    assert amount(counted, "income_statement", "period", "1") == D("1.00")
    assert amount(counted, "income_statement", "year_to_date", "1") == D("351.00")
    assert amount(counted, "cash_flow", "period", "21") == D("350.00")
    assert not list(rules.failures(counted.made))
    with doors.book(book.uid) as scope:
        ids = scope.run("SELECT id FROM tenant.voucher WHERE book_id = :b AND status = 'draft'", b=book.id).scalars()
        post_vouchers(scope, [(book.id, one) for one in ids], review=True)
    assert read(doors, book, "2026-02").made == counted.made


def test_advances_stand_on_the_other_side_by_detail_or_by_account(doors: Doors) -> None:
    book = doors.new_book()
    post(doors, book, [
        two_lines(book, date(2026, 1, 4), debit("1122", "100.00", "甲"), credit("5001", "100.00")),
        two_lines(book, date(2026, 1, 5), debit("1002", "30.00"), credit("1122", "30.00", "乙")),
    ])  # fmt: skip
    detail = read(doors, book, "2026-01")
    with doors.firm() as scope:
        scope.run('UPDATE tenant.book SET settings = \'{"reclass": "account"}\' WHERE id = :b', b=book.id)
    with doors.book(book.uid) as inside:
        account = service.statements(inside, inside.book, Period(2026, 1))
    assert [amount(detail, "balance_sheet", "closing", key) for key in ("4", "34")] == [D("100.00"), D("30.00")]
    assert [amount(account, "balance_sheet", "closing", key) for key in ("4", "34")] == [D("70.00"), D("0.00")]


def test_the_snapshot_of_many_books_says_what_each_book_says_alone(doors: Doors) -> None:
    books = [doors.new_book(), doors.new_book(standard="asbe"), doors.new_book(taxpayer="small_scale")]
    post(doors, books[0], [sale(books[0], date(2026, 1, 5), "300.00")])
    post(doors, books[1], [two_lines(books[1], date(2026, 1, 5), debit("1002", "9.00"), credit("4001", "9.00"))])
    with doors.firm() as scope:
        scope.narrow([book.id for book in books])
        first, again = (service.snapshot(scope, books, Period(2026, 1)) for _ in range(2))
    assert orjson.dumps(first[books[0].id]) == orjson.dumps(again[books[0].id])
    assert first[books[0].id]["income_statement"]["amounts"]["1"] == ["300.00", "300.00"]
    assert first[books[1].id]["balance_sheet"]["amounts"]["cash"] == ["9.00", "0.00"]
    assert first[books[2].id]["balance_sheet"]["amounts"]["30"] == ["0.00", "0.00"]
    assert [one["failed"] for by_form in first.values() for one in by_form.values()] == [[]] * 9


def test_a_period_the_book_has_not_reached_is_not_found(doors: Doors) -> None:
    book = doors.new_book()
    for period in ("2025-12", "2026-02"):
        with pytest.raises(PeriodNotFound):
            read(doors, book, period)
