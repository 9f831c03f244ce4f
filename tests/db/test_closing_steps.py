"""Steps of the month end on a real database: run one by one, gone stale, in foreign currency, a book's own, undone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal as D

import pytest

from app.books.types import BookRef, BookScope
from app.closing import errors, service
from app.closing.given.service import set_amounts
from app.closing.own import service as own
from app.closing.types import OwnLine, OwnStep
from app.closing.versions import service as versions
from app.doctor.books.queries import CHECKS
from app.kernel.periods import Period
from app.ledger.accounts import service as accounts
from app.ledger.accounts.types import FirstChild, Given, NewAccount
from app.ledger.currencies import queries as rates
from app.ledger.currencies.errors import RatesRejected
from app.ledger.currencies.service import set_rates
from app.ledger.currencies.types import CurrencyRate
from app.ledger.periods.errors import PeriodClosed
from app.ledger.vouchers import service as vouchers
from app.ledger.vouchers.types import Line
from tests.db.test_closing import balances, post, sale
from tests.factories.doors import Doors

JANUARY, FEBRUARY = Period(2026, 1), Period(2026, 2)
FIFTH = date(2026, 1, 5)


@pytest.fixture
def book(doors: Doors) -> BookRef:
    """A fresh book of a general taxpayer."""
    return doors.new_book(start_period=JANUARY)


@contextmanager
def inside(doors: Doors, book: BookRef) -> Iterator[BookScope]:
    """A transaction in the book."""
    with doors.book(book.uid) as scope:
        yield scope


def status(scope: BookScope, period: Period, step: str) -> str:
    """Where a step stands."""
    return next(each.status for each in service.check_period(scope, period).steps if each.id == step)


def healthy(scope: BookScope) -> list[str]:
    """What the doctor finds wrong with the book's figures."""
    return [
        f"{check.id} {row.subject}: {row.detail}"
        for check in CHECKS
        for row in scope.run(check.sql)
        if row.book_id == scope.book.id
    ]


def test_a_step_run_before_the_close_goes_stale_with_a_later_posting_and_gets_the_supplement(
    doors: Doors, book: BookRef
) -> None:
    with inside(doors, book) as scope:
        sale(scope, FIFTH, "1000.00", "130.00", "22210107")
        assert len(service.run_step(scope, JANUARY, "vat_transfer").vouchers) == 1
        assert status(scope, JANUARY, "vat_transfer") == "done"
        assert service.run_step(scope, JANUARY, "vat_transfer").vouchers == []
        sale(scope, FIFTH, "500.00", "65.00", "22210107")
        assert status(scope, JANUARY, "vat_transfer") == "stale"
        assert service.close_period(scope, JANUARY).fate == "closed"
        assert balances(scope, "2026-01")["222102"] == D("-195.00")
        assert {each.status for each in service.check_period(scope, JANUARY).steps} == {"done", "nothing_to_do"}
        assert healthy(scope) == []


def test_a_step_waits_for_the_one_whose_result_it_reads(doors: Doors, book: BookRef) -> None:
    with inside(doors, book) as scope:
        sale(scope, FIFTH, "1000.00", "130.00", "22210107")
        with pytest.raises(errors.StepWaits) as refusal:
            service.run_step(scope, JANUARY, "pl_carry")
        assert refusal.value.params == {"steps": "计提附加税费"}
        with pytest.raises(errors.StepNotFound):
            service.run_step(scope, JANUARY, "year_end")


def test_reopening_and_closing_again_changes_no_balance_and_writes_no_voucher(doors: Doors, book: BookRef) -> None:
    with inside(doors, book) as scope:
        set_amounts(scope, JANUARY, "depreciation", {"accrual": {"administrative": D("10.00")}}, [])
        set_amounts(scope, JANUARY, "estimate", {"receipt": {"merchandise": D("50.00")}}, [])
        sale(scope, FIFTH, "1000.00", "130.00", "22210107")
        service.close_period(scope, JANUARY)
        closed = balances(scope, "2026-01"), balances(scope, "2026-02")
        service.reopen_period(scope, JANUARY, "复核")
        assert (balances(scope, "2026-01"), balances(scope, "2026-02")) == closed
        again = service.close_period(scope, JANUARY)
        assert (again.fate, again.vouchers) == ("closed", 0)
        assert (balances(scope, "2026-01"), balances(scope, "2026-02")) == closed
        assert closed[0]["220202"] == D("-50.00") and "220202" not in closed[1]
        assert healthy(scope) == []


def test_a_books_own_step_is_closed_with_the_others_and_what_it_wrote_outlives_it(doors: Doors, book: BookRef) -> None:
    lines = (OwnLine("560201", "debit", "cr(5001)", D("0.1")), OwnLine("221102", "credit", rest=True))
    step = OwnStep("own-bonus", 20, "计提奖金", "Bonus", "month", "", lines)
    with inside(doors, book) as scope:
        own.create_step(scope, step)
        with pytest.raises(errors.OwnStepTaken):
            own.create_step(scope, step)
        sale(scope, FIFTH, "1000.00", "130.00", "22210107")
        service.close_period(scope, JANUARY)
        assert balances(scope, "2026-01")["221102"] == D("-100.00")
        service.reopen_period(scope, JANUARY, "奖金取消")
        own.delete_step(scope, "own-bonus")
        assert service.close_period(scope, JANUARY).vouchers == 0
        assert balances(scope, "2026-01")["221102"] == D("-100.00")
        assert healthy(scope) == []


def test_every_fault_of_an_own_step_is_named(doors: Doors, book: BookRef) -> None:
    lines = (OwnLine("9999", "debit", "flow(1) + dr(5001"), OwnLine("560201", "credit", "flow(1) - dr(8888)"))
    with inside(doors, book) as scope, pytest.raises(errors.OwnStepRejected) as refusal:
        own.create_step(scope, OwnStep("own-x", 20, "错", "Wrong", "month", "", lines))
    assert {(one.code, one.path) for one in refusal.value.violations} == {
        ("closing.step_account", "/lines/0/account_code"),
        ("closing.step_formula", "/lines/0/formula"),
        ("closing.step_function", "/lines/1/formula"),
        ("closing.step_account", "/lines/1/formula"),
    }


def test_drafts_of_a_step_wait_for_people_and_are_not_made_twice(doors: Doors) -> None:
    book = doors.new_book(start_period=JANUARY, settings={"closing_drafts": True})
    with inside(doors, book) as scope:
        sale(scope, FIFTH, "1000.00", "130.00", "22210107")
        (draft,) = service.run_step(scope, JANUARY, "vat_transfer").vouchers
        assert service.run_step(scope, JANUARY, "vat_transfer").vouchers == []
        assert [one.code for one in service.check_period(scope, JANUARY).blockers] == ["close.vouchers_unposted"]
        vouchers.post_vouchers(scope, [(book.id, draft.id)], review=True)
        assert service.close_period(scope, JANUARY).fate == "closed"
        assert balances(scope, "2026-01")["222102"] == D("-130.00")
        assert healthy(scope) == []


def abroad(scope: BookScope) -> None:
    """A dollar account with USD 1,000.00 bought at 7.00, beside the account in RMB."""
    accounts.add_account(scope, NewAccount("美元户", "1002", given=Given(currencies=("USD",))))
    post(
        scope,
        FIFTH,
        Line("100201", "投资款", debit=D("7000.00"), currency="USD", foreign_amount=D("1000.00"), rate=D("7")),
        Line("3001", "投资款", credit=D("7000.00")),
    )


def closing_rate(scope: BookScope, period: Period, closing: str) -> None:
    """The rates of a period."""
    set_rates(scope, period, [CurrencyRate("USD", D("7"), D(closing), str(period))])


def test_dollars_are_revalued_month_by_month_at_the_closing_rate(doors: Doors, book: BookRef) -> None:
    # 1,000.00 x 7.1 = 7,100.00: gain 100.00 in January; x 7.05: loss 50.00 in February. The dollars stay 1,000.00
    with inside(doors, book) as scope:
        abroad(scope)
        with pytest.raises(errors.ClosingBlocked) as refusal:
            service.close_period(scope, JANUARY)
        assert [one.code for one in refusal.value.violations] == ["close.currency_rate_missing"]
        closing_rate(scope, JANUARY, "7.1")
        service.close_period(scope, JANUARY)
        assert balances(scope, "2026-01")["100201"] == D("7100.00")
        closing_rate(scope, FEBRUARY, "7.05")
        service.close_period(scope, FEBRUARY)
        assert balances(scope, "2026-02")["100201"] == D("7050.00")
        assert balances(scope, "2026-02")["3103"] == D("-50.00")
        fc = scope.run(
            "SELECT sum(b.opening_fc + b.debit_fc - b.credit_fc) FROM tenant.balance b WHERE b.book_id = :b"
            " AND b.period = '2026-02' AND b.currency = 'USD'",
            b=book.id,
        ).scalar_one()
        assert fc == D("1000.00")
        assert healthy(scope) == []


def test_the_rates_of_a_closed_period_are_frozen(doors: Doors, book: BookRef) -> None:
    with inside(doors, book) as scope:
        closing_rate(scope, JANUARY, "7.1")
        service.close_period(scope, JANUARY)
        with pytest.raises(PeriodClosed):
            closing_rate(scope, JANUARY, "7.2")
        with pytest.raises(RatesRejected) as refusal:
            set_rates(scope, FEBRUARY, [CurrencyRate("CNY", D("1"), None, ""), CurrencyRate("USD", D("0"), None, "")])
        assert {one.code for one in refusal.value.violations} == {"currency.rate_of_rmb", "currency.rate_not_positive"}


def test_fixed_rates_hold_until_others_are_given(doors: Doors) -> None:
    fixed = doors.new_book(start_period=JANUARY, settings={"currency_rates": "fixed"})
    floating = doors.new_book(start_period=JANUARY)
    for book, expected in ((fixed, [CurrencyRate("USD", D("7"), None, "2026-01")]), (floating, [])):
        with inside(doors, book) as scope:
            closing_rate(scope, JANUARY, "7.1")
            assert rates.of_period(scope, book, FEBRUARY) == expected


def test_a_book_with_other_code_widths_and_children_of_its_own_closes(doors: Doors, book: BookRef) -> None:
    with inside(doors, book) as scope:
        sale(scope, FIFTH, "1000.00", "130.00", "22210107")
        service.run_step(scope, JANUARY, "vat_transfer")
        accounts.add_account(scope, NewAccount("电商收入", "5001", first_child=FirstChild("门店收入")))
        accounts.change_widths(scope, (4, 3, 3))
        post(scope, FIFTH, Line("1002", "零售", debit=D("10.00")), Line("5001002", "零售", credit=D("10.00")))
        outcome = service.close_period(scope, JANUARY)
        assert (outcome.fate, outcome.net_profit) == ("closed", D("1002.20"))
        left = balances(scope, "2026-01")
        assert left["3103"] == D("-1002.20") and left["2221002"] == D("-130.00")
        assert not [code for code in left if code.startswith("5")]
        assert healthy(scope) == []


def test_given_lines_the_desk_would_now_refuse_block_their_book_and_not_its_neighbour(doors: Doors) -> None:
    books = [doors.new_book(start_period=JANUARY) for _ in range(2)]
    for place, each in enumerate(books):
        with inside(doors, each) as scope:
            given = [Line("560201", "工资", debit=D("9.00")), Line("221101", "工资", credit=D("9.00"))]
            set_amounts(scope, JANUARY, "payroll_accrual", {}, given)
            if place == 0:
                accounts.disable_account(scope, "560201")
    with doors.firm() as firm:
        firm.narrow([each.id for each in books])
        fates = service.close_books(firm, books, JANUARY)
    assert [outcome.fate for outcome in fates] == ["blocked", "closed"]
    assert [one.code for one in fates[0].blockers] == ["close.step_refused"]


def test_amounts_a_step_does_not_take_are_refused_with_every_fault(doors: Doors, book: BookRef) -> None:
    with inside(doors, book) as scope:
        with pytest.raises(errors.StepNotGiven) as refusal:
            set_amounts(scope, JANUARY, "stamp", {"accrual": {"rent": D("1.00")}, "x": {}}, [Line("1", "x", D("1.00"))])
        assert {(one.code, one.path) for one in refusal.value.violations} >= {
            ("closing.figure_unknown", "/figures/accrual/rent"),
            ("closing.case_unknown", "/figures/x"),
            ("voucher.too_few_lines", "/lines"),
        }
        with pytest.raises(errors.StepNotFound):
            set_amounts(scope, JANUARY, "cit", {}, [])


def test_two_versions_of_the_statements_are_kept_and_compared(doors: Doors, book: BookRef) -> None:
    with inside(doors, book) as scope:
        post(scope, FIFTH, Line("1002", "服务", debit=D("100.00")), Line("5001", "服务", credit=D("100.00")))
        service.close_period(scope, JANUARY)
        service.reopen_period(scope, JANUARY, "漏记一笔收入")
        post(scope, FIFTH, Line("1002", "服务", debit=D("30.00")), Line("5001", "服务", credit=D("30.00")))
        service.close_period(scope, JANUARY)
        found = versions.versions(scope, JANUARY)
        assert [(each.version, each.reason) for each in found] == [(1, ""), (2, "漏记一笔收入")]
        difference = versions.difference(scope, JANUARY, 1, 2)
        income = [each for each in difference.changes if each.statement == "income_statement"]
        assert {(each.key, each.column, each.before, each.after) for each in income if each.key in ("1", "32")} == {
            ("1", "period", D("100.00"), D("130.00")),
            ("1", "year_to_date", D("100.00"), D("130.00")),
            ("32", "period", D("100.00"), D("130.00")),
            ("32", "year_to_date", D("100.00"), D("130.00")),
        }
        # the sale, and the supplement of the transfer of income
        assert [each["source_rule"] for each in difference.vouchers] == ["", "pl_carry.income#2"]
        with pytest.raises(errors.VersionNotFound):
            versions.difference(scope, JANUARY, 1, 3)
