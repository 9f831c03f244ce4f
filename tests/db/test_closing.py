"""The month end on a real database: figures by hand, idempotence, supplements after reopening, many books at once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest

from app.books.types import BookRef, BookScope
from app.closing import errors, service
from app.kernel.periods import Period
from app.ledger.opening.service import set_opening
from app.ledger.opening.types import OpeningRow
from app.ledger.vouchers import service as vouchers
from app.ledger.vouchers.types import Draft, Line
from infra.ids import new_id
from tenants.scope import Actor
from tests.factories.doors import Doors


def post(scope: BookScope, day: date, *lines: Line) -> None:
    """One posted voucher."""
    (done,) = vouchers.draft_vouchers(scope, [Draft(scope.book.id, day, lines)])
    vouchers.post_vouchers(scope, [(scope.book.id, done.id)], review=True)


def sold(net: str, tax: str, vat: str) -> tuple[Line, ...]:
    """The lines of a sale on credit."""
    return (
        Line("1122", "销售商品", debit=D(net) + D(tax), counterparty="客户甲"),
        Line("5001", "销售商品", credit=D(net)),
        Line(vat, "销售商品", credit=D(tax)),
    )


def sale(scope: BookScope, day: date, net: str, tax: str, vat: str) -> None:
    """A sale on credit, posted."""
    post(scope, day, *sold(net, tax, vat))


def balances(scope: BookScope, period: str) -> dict[str, D]:
    """Closing balances by account code, debit positive."""
    rows = scope.run(
        "SELECT a.code, sum(b.opening + b.debit - b.credit) AS closing FROM tenant.balance b JOIN tenant.account a"
        " ON a.book_id = b.book_id AND a.id = b.account_id WHERE b.book_id = :b AND b.period = :p"
        " GROUP BY a.code HAVING sum(b.opening + b.debit - b.credit) <> 0",
        b=scope.book.id,
        p=period,
    )
    return {row.code: row.closing for row in rows}


def test_a_general_taxpayers_march_is_carried_forward_to_the_fen(doors: Doors) -> None:
    book = doors.new_book(start_period=Period(2026, 3))
    with doors.book(book.uid) as scope:
        sale(scope, date(2026, 3, 5), "100000.00", "13000.00", "22210107")
        post(
            scope,
            date(2026, 3, 6),
            Line("560203", "买办公用品", debit=D("40000.00")),
            Line("22210101", "买办公用品", debit=D("5200.00")),
            Line("220201", "买办公用品", credit=D("45200.00"), counterparty="供应商乙"),
        )
        outcome = service.close_period(scope, Period(2026, 3))
        assert outcome.fate == "closed"
        left = balances(scope, "2026-03")
    # 13,000 - 5,200 = 7,800 unpaid; 7% 546 -> 273, 3% 234 -> 117, 2% 156 -> 78, halved as small low-profit;
    # profit before tax 100,000 - 40,000 - 468 = 59,532; 5% = 2,976.60
    assert left["222102"] == D("-7800.00")
    assert (left["222112"], left["222113"], left["222114"]) == (D("-273.00"), D("-117.00"), D("-78.00"))
    assert left["222115"] == D("-2976.60")
    assert left["3103"] == D("-56555.40")
    assert outcome.net_profit == D("56555.40")
    assert not [code for code in left if code.startswith("5")]


@pytest.mark.parametrize(
    ("sales", "exempt"), [("299999.99", True), ("300000.00", False)], ids=["below the threshold", "at the threshold"]
)
def test_a_small_scale_quarter_is_free_only_below_300_000(doors: Doors, sales: str, exempt: bool) -> None:
    book = doors.new_book(taxpayer="small_scale", industry="service", start_period=Period(2026, 1))
    with doors.book(book.uid) as scope:
        sale(scope, date(2026, 3, 5), sales, "3000.00", "222101")
        for month in (1, 2, 3):
            assert service.close_period(scope, Period(2026, month)).fate == "closed"
        left = balances(scope, "2026-03")
    if exempt:
        assert "222101" not in left and "222112" not in left
        assert left["222115"] == D("-15150.00")  # 5 % of 299,999.99 + 3,000.00
    else:
        assert left["222101"] == D("-3000.00")
        assert (left["222112"], left["222113"], left["222114"]) == (D("-105.00"), D("-45.00"), D("-30.00"))


def test_every_blocker_is_named_and_a_blocked_book_is_left_alone(doors: Doors) -> None:
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        set_opening(scope, [OpeningRow("1002", D("5.00"))])
        vouchers.draft_vouchers(
            scope,
            [
                Draft(
                    book.id,
                    date(2026, 1, 2),
                    (Line("1001", "取现", debit=D("1.00")), Line("1002", "取现", credit=D("1.00"))),
                )
            ],
        )
    with doors.book(book.uid) as scope, pytest.raises(errors.ClosingBlocked) as blocked:
        service.close_period(scope, Period(2026, 1))
    assert {v.code for v in blocked.value.violations} == {
        "close.vouchers_unposted",
        "close.opening_unbalanced",
        "close.trial_unbalanced",
    }
    with doors.book(book.uid) as scope, pytest.raises(errors.ClosingBlocked) as blocked:
        service.close_period(scope, Period(2026, 2))
    assert "close.period_missing" in {v.code for v in blocked.value.violations}


def test_closing_twice_changes_nothing_and_a_reopened_period_gets_only_the_supplement(doors: Doors) -> None:
    book = doors.new_book(start_period=Period(2026, 3))
    march = Period(2026, 3)
    with doors.book(book.uid) as scope:
        sale(scope, date(2026, 3, 5), "1000.00", "130.00", "22210107")
        first = service.close_period(scope, march)
        before = balances(scope, "2026-03")
        assert service.close_period(scope, march).fate == "already_closed"
        assert balances(scope, "2026-03") == before
    with doors.book(book.uid) as scope:
        service.reopen_period(scope, march, "补记一笔销售")
        same = service.close_period(scope, march)
        assert (same.fate, same.vouchers) == ("closed", 0)
        service.reopen_period(scope, march, "补记一笔销售")
        sale(scope, date(2026, 3, 30), "1000.00", "130.00", "22210107")
        again = service.close_period(scope, march)
        after = balances(scope, "2026-03")
    assert again.net_profit == first.net_profit * 2
    assert {code: amount * 2 for code, amount in before.items()} == after


def test_a_year_ends_with_the_profit_in_retained_earnings_and_a_tenth_in_the_reserve(doors: Doors) -> None:
    book = doors.new_book(start_period=Period(2026, 12), taxpayer="small_scale", industry="service")
    with doors.book(book.uid) as scope:
        post(
            scope,
            date(2026, 12, 1),
            Line("1002", "投资", debit=D("50000.00")),
            Line("3001", "投资", credit=D("50000.00")),
        )
        post(
            scope,
            date(2026, 12, 2),
            Line("1002", "服务费", debit=D("10000.00")),
            Line("5001", "服务费", credit=D("10000.00")),
        )
        service.close_period(scope, Period(2026, 12))
        left = balances(scope, "2026-12")
        january = balances(scope, "2027-01")
    # 10,000 less 5 % income tax = 9,500; a tenth 950 to the reserve
    assert left["310401"] == D("-8550.00") and left["310101"] == D("-950.00")
    assert "3103" not in left and "310402" not in left
    assert january == left


def test_many_books_close_in_one_go_and_a_bad_one_does_not_touch_its_neighbours(doors: Doors) -> None:
    books: list[BookRef] = []
    for number in range(4):
        book = doors.new_book()
        with doors.book(book.uid) as scope:
            sale(scope, date(2026, 1, 5), f"{number + 1}000.00", "130.00", "22210107")
            if number == 2:
                vouchers.draft_vouchers(
                    scope,
                    [
                        Draft(
                            book.id,
                            date(2026, 1, 2),
                            (Line("1001", "x", debit=D("1.00")), Line("1002", "x", credit=D("1.00"))),
                        )
                    ],
                )
        books.append(book)
    with doors.firm() as scope:
        scope.narrow([book.id for book in books])
        outcomes = service.close_books(scope, books, Period(2026, 1))
    assert [outcome.fate for outcome in outcomes] == ["closed", "closed", "blocked", "closed"]
    assert [v.code for v in outcomes[2].blockers] == ["close.vouchers_unposted"]
    assert [outcome.net_profit for outcome in outcomes][:2] == [D("992.20"), D("1992.20")]


def test_a_month_from_before_the_law_data_still_closes_and_says_what_was_left_out(doors: Doors) -> None:
    book = doors.new_book(start_period=Period(2020, 9))
    with doors.book(book.uid) as scope:
        sale(scope, date(2020, 9, 5), "1000.00", "130.00", "22210107")
        outcome = service.close_period(scope, Period(2020, 9))
    assert outcome.fate == "closed"
    assert [w.path for w in outcome.warnings if w.code == "close.rate_missing"] == ["/steps/surcharges", "/steps/cit"]


def test_a_books_own_rate_stands_above_an_unverified_one(doors: Doors) -> None:
    rates = {"surcharge.umct.city": "0.05", "surcharge.edu": "0", "surcharge.local_edu": "0"}
    book = doors.new_book(settings={"rates": rates}, small_low_profit=False)
    with doors.book(book.uid) as scope:
        sale(scope, date(2026, 1, 5), "1000.00", "130.00", "22210107")
        outcome = service.close_period(scope, Period(2026, 1))
        left = balances(scope, "2026-01")
    assert left["222112"] == D("-6.50") and "222113" not in left
    assert "close.unverified_rate" not in {w.code for w in outcome.warnings}


def test_what_the_month_end_posts_says_by_which_rule_and_edition_it_was_reviewed(doors: Doors) -> None:
    """财会〔2024〕11号 Art. 17: a voucher that no person reviewed names the rule that did."""
    book = doors.new_book(start_period=Period(2026, 3), settings={"review_by_other": True})
    with doors.book(book.uid, Actor("user", new_id(), "王芳", "owner")) as scope:
        lines = sold("100.00", "13.00", "22210107")
        (drafted,) = vouchers.draft_vouchers(scope, [Draft(book.id, date(2026, 3, 5), lines)])
    with doors.book(book.uid) as scope:
        vouchers.post_vouchers(scope, [(book.id, drafted.id)], review=True)
        service.close_period(scope, Period(2026, 3))
        rows = scope.run(
            "SELECT source_type, source_rule, review_rule FROM tenant.voucher WHERE book_id = :b", b=book.id
        ).all()
    made = [row for row in rows if row.source_type == "closing"]
    assert made
    assert all(row.review_rule.startswith(f"closing:{row.source_rule}@{book.standard}-{book.edition} ") for row in made)
    assert [row.review_rule for row in rows if row.source_type != "closing"] == [None]
