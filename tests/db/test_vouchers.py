"""The voucher desk on a real database: drafting, posting, reversing, and what the database itself refuses."""

from __future__ import annotations

import threading
import time
from datetime import date
from decimal import Decimal as D

import pytest
from sqlalchemy.exc import DBAPIError

from app.books.types import BookRef
from app.ledger.vouchers import errors, queries, service
from app.ledger.vouchers.types import Draft, Line
from infra.db import sqlstate
from infra.ids import new_id
from tenants.scope import Actor
from tests.factories.doors import Doors


def capital(book: BookRef, amount: str = "500000.00", day: date = date(2026, 1, 5)) -> Draft:
    """Owners pay capital into the bank."""
    return Draft(
        book.id,
        day,
        (Line("1002", "收到投资款", debit=D(amount)), Line("3001", "收到投资款", credit=D(amount))),
    )


def test_a_posted_voucher_moves_the_balances_and_is_numbered_from_one(doors: Doors) -> None:
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        first, second = service.draft_vouchers(scope, [capital(book), capital(book, "1.00")])
        assert (first.number, second.number) == (1, 2)
        posted = service.post_vouchers(scope, [(book.id, first.id), (book.id, second.id)], review=True)
        assert [p.post_seq for p in posted] == [1, 2]
    with doors.book(book.uid) as scope:
        rows = scope.run("SELECT debit, credit FROM tenant.balance WHERE book_id = :b ORDER BY debit", b=book.id).all()
        assert [(r.debit, r.credit) for r in rows] == [(D(0), D("500001.00")), (D("500001.00"), D(0))]
        assert service.post_vouchers(scope, [(book.id, first.id)], review=True) == []


def test_every_violation_is_named_at_once(doors: Doors) -> None:
    book = doors.new_book()
    bad = Draft(book.id, date(2026, 1, 5), (Line("9999", "x", debit=D("1.00")), Line("2221", "", credit=D("2.00"))))
    with doors.book(book.uid) as scope, pytest.raises(errors.VoucherRejected) as refused:
        service.draft_vouchers(scope, [bad])
    assert {v.code for v in refused.value.violations} == {
        "line.account_unknown",
        "line.account_not_leaf",
        "line.summary_missing",
        "voucher.unbalanced",
    }


@pytest.mark.parametrize(
    ("statement", "state"),
    [
        ("UPDATE tenant.voucher SET note = 'x' WHERE book_id = :b", "ZF001"),
        (
            "INSERT INTO tenant.voucher_line SELECT book_id, voucher_id, 9, period, account_id, dim_set_id, 'x', 'CNY',"
            " NULL, NULL, NULL, NULL, 1, 0 FROM tenant.voucher_line WHERE book_id = :b AND line_no = 1",
            "ZF001",
        ),
        ("DELETE FROM tenant.voucher_line WHERE book_id = :b", "ZF001"),
        ("UPDATE tenant.voucher_line SET debit = debit + 1 WHERE book_id = :b", "42501"),
        ("DELETE FROM tenant.voucher WHERE book_id = :b", "42501"),
    ],
)
def test_the_applications_login_cannot_touch_what_was_posted(doors: Doors, statement: str, state: str) -> None:
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        drafted = service.draft_vouchers(scope, [capital(book)])
        service.post_vouchers(scope, [(book.id, drafted[0].id)], review=True)
    with pytest.raises(DBAPIError) as refused, doors.book(book.uid) as scope:
        scope.run(statement, b=book.id)
    assert sqlstate(refused.value) == state


def test_a_red_voucher_takes_the_movements_back_once(doors: Doors) -> None:
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        (drafted,) = service.draft_vouchers(scope, [capital(book)])
        service.post_vouchers(scope, [(book.id, drafted.id)], review=True)
        red = service.reverse_voucher(scope, drafted.id, date(2026, 1, 31))
        service.post_vouchers(scope, [(book.id, red.id)], review=True)
        row = queries.one(scope, book.id, red.id)
        assert row is not None and row["lines"][0]["summary"] == "注销1月5日记-1号凭证"
        assert [line["debit"] for line in row["lines"]] == [D("-500000.00"), D(0)]
        net = scope.run("SELECT sum(abs(opening + debit - credit)) FROM tenant.balance WHERE book_id = :b", b=book.id)
        assert net.scalar_one() == 0
        assert [line["cash_item"] for line in row["lines"]] == [None, "15"]
    with pytest.raises(errors.AlreadyReversed), doors.book(book.uid) as scope:
        service.reverse_voucher(scope, drafted.id, date(2026, 1, 31))


def test_posting_into_an_earlier_open_period_moves_the_openings_of_the_later_ones(doors: Doors) -> None:
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        (later,) = service.draft_vouchers(scope, [capital(book, "10.00", date(2026, 3, 1))])
        (earlier,) = service.draft_vouchers(scope, [capital(book, "7.00", date(2026, 1, 1))])
        service.post_vouchers(scope, [(book.id, later.id), (book.id, earlier.id)], review=True)
        rows = scope.run(
            "SELECT b.period, b.opening, b.debit FROM tenant.balance b JOIN tenant.account a"
            " ON a.book_id = b.book_id AND a.id = b.account_id WHERE b.book_id = :b AND a.code = '1002' ORDER BY 1",
            b=book.id,
        ).all()
    assert [tuple(row) for row in rows] == [
        ("2026-01", D(0), D("7.00")),
        ("2026-02", D("7.00"), D(0)),
        ("2026-03", D("7.00"), D("10.00")),
    ]


def test_a_first_draft_in_a_new_month_and_a_posting_in_the_old_one_do_not_miss_each_other(doors: Doors) -> None:
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        (january,) = service.draft_vouchers(scope, [capital(book, "7.00")])
    drafted = threading.Event()

    def open_february() -> None:
        with doors.book(book.uid) as scope:
            service.draft_vouchers(scope, [capital(book, "10.00", date(2026, 2, 1))])
            drafted.set()
            time.sleep(0.5)  # the new period stays uncommitted while January is posted

    other = threading.Thread(target=open_february)
    other.start()
    drafted.wait()
    with doors.book(book.uid) as scope:
        service.post_vouchers(scope, [(book.id, january.id)], review=True)
    other.join()
    with doors.book(book.uid, read_only=True) as scope:
        opening = scope.run(
            "SELECT b.opening FROM tenant.balance b"
            " JOIN tenant.account a ON a.book_id = b.book_id AND a.id = b.account_id"
            " WHERE b.book_id = :b AND b.period = '2026-02' AND a.code = '1002'",
            b=book.id,
        ).scalar_one()
    assert opening == D("7.00")


def test_a_reversal_cannot_be_changed_into_something_else(doors: Doors) -> None:
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        (drafted,) = service.draft_vouchers(scope, [capital(book)])
        service.post_vouchers(scope, [(book.id, drafted.id)], review=True)
        red = service.reverse_voucher(scope, drafted.id, date(2026, 1, 31))
        with pytest.raises(errors.ReversalFixed):
            service.change_voucher(scope, red.id, capital(book, "1.00"))


def test_two_persons_of_one_name_are_two_persons_when_review_takes_another(doors: Doors) -> None:
    book = doors.new_book(settings={"review_by_other": True})
    maker, checker = (Actor("user", new_id(), "王芳", "owner") for _ in range(2))
    with doors.book(book.uid, maker) as scope:
        (drafted,) = service.draft_vouchers(scope, [capital(book)])
        assert service.review_vouchers(scope, [drafted.id]) == []
    with doors.book(book.uid, checker) as scope:
        assert service.review_vouchers(scope, [drafted.id]) == [drafted.id]


def test_who_changes_a_voucher_is_its_preparer_from_then_on(doors: Doors) -> None:
    book = doors.new_book(settings={"review_by_other": True})
    maker, lead, third = (Actor("user", new_id(), name, "owner") for name in ("王芳", "李组长", "赵主管"))
    with doors.book(book.uid, maker) as scope:
        (drafted,) = service.draft_vouchers(scope, [capital(book)])
    with doors.book(book.uid, lead) as scope:
        assert service.review_vouchers(scope, [drafted.id]) == [drafted.id]
        service.change_voucher(scope, drafted.id, capital(book, "9.00"))
        row = queries.one(scope, book.id, drafted.id)
        assert row is not None and (row["status"], row["prepared_by"]) == ("draft", "李组长")
        assert service.review_vouchers(scope, [drafted.id]) == []
    with doors.book(book.uid, maker) as scope:
        details = scope.run(
            "SELECT details FROM tenant.audit_event WHERE book_id = :b AND action = 'voucher.change'", b=book.id
        ).scalar_one()
        assert (details["before"]["prepared_by"], details["after"]["prepared_by"]) == ("王芳", "李组长")
        assert service.review_vouchers(scope, [drafted.id]) == [], "who drafted it does not review it either"
    with doors.book(book.uid, third) as scope:
        assert service.review_vouchers(scope, [drafted.id]) == [drafted.id]


def test_posting_that_reviews_passes_no_preparer_where_another_must_review(doors: Doors) -> None:
    book = doors.new_book(settings={"review_by_other": True})
    maker, checker = (Actor("user", new_id(), name, "owner") for name in ("王芳", "李组长"))
    with doors.book(book.uid, maker) as scope:
        (drafted,) = service.draft_vouchers(scope, [capital(book)])
        assert service.post_vouchers(scope, [(book.id, drafted.id)], review=True) == []
    with doors.book(book.uid, checker) as scope:
        assert [one.id for one in service.post_vouchers(scope, [(book.id, drafted.id)], review=True)] == [drafted.id]
