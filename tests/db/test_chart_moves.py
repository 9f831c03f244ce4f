"""Chart work that moves balances: merges, dimensions turned on and off, children that become items."""

from __future__ import annotations

import threading
import time
from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest

from app.books.types import BookRef
from app.ledger.accounts import service as accounts
from app.ledger.accounts.types import Given, NewAccount
from app.ledger.charting import errors, rules, service
from app.ledger.charting.types import Conversion, Measures, On, Share
from app.ledger.dimensions import queries as dimensions
from app.ledger.opening.service import set_opening
from app.ledger.opening.types import OpeningRow
from app.ledger.vouchers import errors as voucher_errors
from app.ledger.vouchers import queries as voucher_queries
from app.ledger.vouchers import service as vouchers
from app.ledger.vouchers.types import Draft, Line
from tests.factories.doors import Doors

NOW = On(date(2026, 1, 31), post=True)


def draft(doors: Doors, book: BookRef, *lines: Line, day: date = date(2026, 1, 5), post: bool = True) -> Any:
    """A voucher of these lines, posted unless said otherwise."""
    with doors.book(book.uid) as scope:
        (drafted,) = vouchers.draft_vouchers(scope, [Draft(book.id, day, lines)])
        if post:
            vouchers.post_vouchers(scope, [(book.id, drafted.id)], review=True)
        return drafted.id


def add(doors: Doors, book: BookRef, parent: str, name: str, **given: Any) -> str:
    """A new account's code."""
    with doors.book(book.uid) as scope:
        return accounts.add_account(scope, NewAccount(name, parent, given=Given(**given))).code  # type: ignore[typeddict-item]


Held = dict[tuple[str, tuple[str, ...], str], tuple[D, D, D]]


def held(doors: Doors, book: BookRef, period: str = "2026-01") -> Held:
    """What accounts hold at the end of a period: (code, item names, currency) -> amount, foreign, quantity."""
    with doors.book(book.uid, read_only=True) as scope:
        rows = scope.run(
            "SELECT a.code, b.dim_set_id, b.currency, b.opening + b.debit - b.credit AS amount,"
            " b.opening_fc + b.debit_fc - b.credit_fc AS fc, b.opening_qty + b.debit_qty - b.credit_qty AS qty"
            " FROM tenant.balance b JOIN tenant.account a ON a.book_id = b.book_id AND a.id = b.account_id"
            " WHERE b.book_id = :b AND b.period = :p",
            b=book.id,
            p=period,
        ).all()
        sets = dimensions.named(scope, book.id, (row.dim_set_id for row in rows))
    found = {
        (row.code, tuple(name for _, name in sets.get(row.dim_set_id, ())), row.currency): (row.amount, row.fc, row.qty)
        for row in rows
    }
    return {key: figures for key, figures in found.items() if any(figures)}


def standard_turnover(doors: Doors, book: BookRef) -> list[tuple[Any, ...]]:
    """Turnover and closing of every period by account of the standard."""
    with doors.book(book.uid, read_only=True) as scope:
        rows = scope.run(
            "SELECT b.period, a.standard_code, sum(b.opening), sum(b.debit), sum(b.credit) FROM tenant.balance b"
            " JOIN tenant.account a ON a.book_id = b.book_id AND a.id = b.account_id WHERE b.book_id = :b"
            " GROUP BY 1, 2 HAVING (sum(b.opening), sum(b.debit), sum(b.credit)) <> (0, 0, 0) ORDER BY 1, 2",
            b=book.id,
        )
        return [tuple(row) for row in rows]


def codes(refusal: Any) -> set[str]:
    """The rules a refusal names."""
    return {each.code for each in refusal.value.violations}


@pytest.fixture
def trading(doors: Doors) -> BookRef:
    """A book with two materials, one of them in tonnes, and a purchase of each."""
    book = doors.new_book()
    for name in ("钢材", "钢料"):
        add(doors, book, "1403", name, unit="吨", dimensions=("project",))
    with doors.book(book.uid) as scope:
        scope.run(
            "INSERT INTO tenant.dimension_item (book_id, dimension, name, pinyin, tax_id, active)"
            " SELECT :b, 'project', n, n, '', true FROM unnest(cast(:names AS text[])) AS k (n)",
            b=book.id,
            names=["甲楼", "乙楼"],
        )
    for code, project, amount, tonnes in (("140301", "甲楼", "90.00", "3"), ("140302", "乙楼", "40.00", "2")):
        goods = Line(code, "购料", debit=D(amount), quantity=D(tonnes), items=(("project", project),))
        draft(doors, book, goods, Line("1002", "购料", credit=D(amount)))
    return book


def test_a_merge_moves_balance_quantity_and_drafts_and_disables_the_account(doors: Doors, trading: BookRef) -> None:
    before = standard_turnover(doors, trading)
    goods = Line("140301", "购料", debit=D("10.00"), quantity=D("1"), items=(("project", "甲楼"),))
    waiting = draft(doors, trading, goods, Line("1002", "购料", credit=D("10.00")), post=False)
    with doors.book(trading.uid) as scope:
        vouchers.review_vouchers(scope, [waiting])
        outcome = service.merge_accounts(scope, "140301", "140302", NOW)
    assert (outcome.account, len(outcome.vouchers), outcome.drafts) == ("140302", 1, 1)
    found = held(doors, trading)
    assert {key: value for key, value in found.items() if key[0].startswith("1403")} == {
        ("140302", ("甲楼",), "CNY"): (D("90.00"), D(0), D(3)),
        ("140302", ("乙楼",), "CNY"): (D("40.00"), D(0), D(2)),
    }
    assert standard_turnover(doors, trading) == before
    with doors.book(trading.uid) as scope:
        assert accounts.one(scope, "140301").active is False
        row = voucher_queries.one(scope, trading.id, waiting)
        assert row is not None
        assert (row["status"], row["lines"][0]["account"], row["lines"][0]["items"]) == (
            "draft",
            "140302",
            {"project": "甲楼"},
        )
        moved = voucher_queries.one(scope, trading.id, outcome.vouchers[0].id)
        assert moved is not None
        assert [(line["account"], line["debit"], line["quantity"]) for line in moved["lines"]] == [
            ("140301", D("-90.00"), D(-3)),
            ("140302", D("90.00"), D(3)),
        ]


def test_accounts_that_do_not_fit_are_not_merged(doors: Doors, trading: BookRef) -> None:
    add(doors, trading, "1403", "钢卷", dimensions=())
    with pytest.raises(errors.ChartWorkRejected) as refusal, doors.book(trading.uid) as scope:
        service.merge_accounts(scope, "140301", "140303", NOW)
    assert codes(refusal) == {"charting.dimensions", "charting.unit"}
    with pytest.raises(errors.ChartWorkRejected) as refusal, doors.book(trading.uid) as scope:
        service.merge_accounts(scope, "140301", "2202", NOW)
    assert codes(refusal) == {
        "charting.not_leaf",
        "charting.statement_line",
        "charting.kind",
        "charting.dimensions",
        "charting.unit",
    }
    with pytest.raises(errors.ChartWorkRejected) as refusal, doors.book(trading.uid) as scope:
        service.merge_accounts(scope, "140301", "140301", NOW)
    assert codes(refusal) == {"charting.same"}


def test_a_merge_that_waits_for_review_is_not_made_twice(doors: Doors, trading: BookRef) -> None:
    later = On(date(2026, 1, 31))
    with doors.book(trading.uid) as scope:
        service.merge_accounts(scope, "140301", "140302", later)
    with pytest.raises(errors.ReclassPending), doors.book(trading.uid) as scope:
        service.merge_accounts(scope, "140301", "140302", later)
    assert held(doors, trading)["140301", ("甲楼",), "CNY"] == (D("90.00"), D(0), D(3))


def test_a_balance_is_moved_in_the_last_period_reached(doors: Doors, trading: BookRef) -> None:
    pay = Line("1002", "收", debit=D("1.00")), Line("3001", "收", credit=D("1.00"))
    draft(doors, trading, *pay, day=date(2026, 2, 1), post=False)
    with pytest.raises(errors.NotLastPeriod), doors.book(trading.uid) as scope:
        service.merge_accounts(scope, "140301", "140302", NOW)
    with doors.book(trading.uid) as scope:
        service.merge_accounts(scope, "140301", "140302", On(date(2026, 2, 1), post=True))
    assert ("140301", ("甲楼",), "CNY") in held(doors, trading)
    assert ("140301", ("甲楼",), "CNY") not in held(doors, trading, "2026-02")


def test_a_book_with_another_reviewer_does_not_post_at_once(doors: Doors) -> None:
    book = doors.new_book(settings={"review_by_other": True})
    add(doors, book, "1403", "甲")
    add(doors, book, "1403", "乙")
    with doors.book(book.uid) as scope:
        set_opening(scope, [OpeningRow("140301", D("5.00")), OpeningRow("3001", D("-5.00"))])
    with pytest.raises(voucher_errors.VoucherNotReviewed), doors.book(book.uid) as scope:
        service.merge_accounts(scope, "140301", "140302", NOW)
    with doors.book(book.uid) as scope:
        assert len(service.merge_accounts(scope, "140301", "140302", On(date(2026, 1, 31))).vouchers) == 1


def test_a_quantity_or_foreign_balance_without_rmb_is_moved_too(doors: Doors) -> None:
    book = doors.new_book()
    for name in ("甲", "乙"):
        add(doors, book, "1403", name, unit="吨", currencies=("CNY", "USD"))
    rows = [
        OpeningRow("140301", quantity_year_opening=D(7)),
        OpeningRow("140301", currency="USD", foreign_year_opening=D("3.00")),
    ]
    with doors.book(book.uid) as scope:
        set_opening(scope, rows)
        service.merge_accounts(scope, "140301", "140302", NOW)
    assert held(doors, book) == {
        ("140302", (), "CNY"): (D(0), D(0), D(7)),
        ("140302", (), "USD"): (D(0), D(3), D(0)),
    }


@pytest.fixture
def owed(doors: Doors) -> BookRef:
    """A book whose debts are kept in two currencies and by no supplier: 100.00 RMB, and 70.00 RMB for USD 10.00."""
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        accounts.change_account(scope, "220201", Given(dimensions=(), currencies=("CNY", "USD")))
    draft(doors, book, Line("1403", "购料", debit=D("100.00")), Line("220201", "购料", credit=D("100.00")))
    usd = Line("220201", "购料", credit=D("70.00"), currency="USD", foreign_amount=D("10.00"), rate=D(7))
    draft(doors, book, Line("1403", "购料", debit=D("70.00")), usd)
    return book


def share(item: str, amount: str, foreign: str = "0.00", currency: str = "CNY") -> Share:
    """A part of a balance."""
    return Share(item, Measures(D(amount), D(foreign)), currency=currency)


def test_a_dimension_is_turned_on_when_the_balance_is_shared_out(doors: Doors, owed: BookRef) -> None:
    before = standard_turnover(doors, owed)
    shares = [share("甲厂", "-130.00"), share("乙厂", "30.00"), share("丙厂", "-70.00", "-10.00", "USD")]
    with doors.book(owed.uid) as scope:
        service.turn_on(scope, "220201", "supplier", shares, NOW)
    assert {key: value for key, value in held(doors, owed).items() if key[0] == "220201"} == {
        ("220201", ("甲厂",), "CNY"): (D("-130.00"), D(0), D(0)),
        ("220201", ("乙厂",), "CNY"): (D("30.00"), D(0), D(0)),
        ("220201", ("丙厂",), "USD"): (D("-70.00"), D("-10.00"), D(0)),
    }
    assert standard_turnover(doors, owed) == before
    with pytest.raises(voucher_errors.VoucherRejected) as refusal:
        draft(doors, owed, Line("220201", "付款", debit=D("1.00")), Line("1002", "付款", credit=D("1.00")))
    assert codes(refusal) == {"line.counterparty_missing"}
    with doors.book(owed.uid) as scope:
        service.turn_off(scope, "220201", "supplier", NOW)
        assert accounts.one(scope, "220201").dimensions == ()
    assert held(doors, owed)["220201", (), "CNY"] == (D("-100.00"), D(0), D(0))
    assert standard_turnover(doors, owed) == before


def test_shares_that_do_not_add_up_are_refused_with_every_difference(doors: Doors, owed: BookRef) -> None:
    shares = [share("甲厂", "-99.00"), share("丙厂", "-70.00", "-9.00", "USD"), share("丁厂", "1.00", currency="EUR")]
    with pytest.raises(errors.ChartWorkRejected) as refusal, doors.book(owed.uid) as scope:
        service.turn_on(scope, "220201", "supplier", shares, NOW)
    assert [(each.code, each.params["currency"]) for each in refusal.value.violations] == [
        ("charting.share_sum", "CNY"),
        ("charting.share_sum", "EUR"),
        ("charting.share_sum", "USD"),
    ]
    with pytest.raises(errors.ChartWorkRejected) as refusal, doors.book(owed.uid) as scope:
        service.turn_on(scope, "220201", "project", [share("没有", "-100.00")], NOW)
    assert codes(refusal) == {"line.item_unknown", "charting.share_sum"}


def test_a_dimension_waits_for_drafts_and_is_not_turned_on_twice(doors: Doors, owed: BookRef) -> None:
    pay = Line("220201", "付款", debit=D("1.00")), Line("1002", "付款", credit=D("1.00"))
    waiting = draft(doors, owed, *pay, post=False)
    shares = [share("甲厂", "-100.00"), share("丙厂", "-70.00", "-10.00", "USD")]
    with pytest.raises(errors.ChartWorkRejected) as refusal, doors.book(owed.uid) as scope:
        service.turn_on(scope, "220201", "supplier", shares, NOW)
    assert codes(refusal) == {"account.in_drafts"}
    with doors.book(owed.uid) as scope:
        vouchers.void_voucher(scope, waiting, "重复")
        service.turn_on(scope, "220201", "supplier", shares, NOW)
    with pytest.raises(errors.ChartWorkRejected) as refusal, doors.book(owed.uid) as scope:
        service.turn_on(scope, "220201", "supplier", [], NOW)
    assert codes(refusal) == {"charting.dimension_on"}


def test_a_dimension_and_a_draft_on_its_account_do_not_miss_each_other(doors: Doors, owed: BookRef) -> None:
    pay = Line("220201", "付款", debit=D("1.00")), Line("1002", "付款", credit=D("1.00"))
    drafted = threading.Event()

    def draft_slowly() -> None:
        with doors.book(owed.uid) as scope:
            vouchers.draft_vouchers(scope, [Draft(owed.id, date(2026, 1, 6), pay)])
            drafted.set()
            time.sleep(0.3)  # the draft stays uncommitted while the dimension is turned on

    other = threading.Thread(target=draft_slowly)
    other.start()
    drafted.wait()
    shares = [share("甲厂", "-100.00"), share("丙厂", "-70.00", "-10.00", "USD")]
    with pytest.raises(errors.ChartWorkRejected) as refusal, doors.book(owed.uid) as scope:
        service.turn_on(scope, "220201", "supplier", shares, NOW)
    other.join()
    assert codes(refusal) == {"account.in_drafts"}


@pytest.fixture
def parties(doors: Doors) -> BookRef:
    """A book with six customers kept as accounts under 1122, each owing its number in yuan."""
    book = doors.new_book()
    names = [f"{name}贸易有限公司" for name in "甲乙丙丁戊己"]
    with doors.book(book.uid) as scope:
        accounts.change_account(scope, "1122", Given(dimensions=()))
        for name in names:
            accounts.add_account(scope, NewAccount(name, "1122"))
        rows = [OpeningRow(f"11220{n}", D(n)) for n in range(1, 7)]
        set_opening(scope, [*rows, OpeningRow("3001", D("-21.00"))])
    return book


def test_customers_kept_as_accounts_are_noticed_and_become_items(doors: Doors, parties: BookRef) -> None:
    collect = Line("1002", "收款", debit=D("2.00")), Line("112202", "收款", credit=D("2.00"))
    draft(doors, parties, *collect)
    waiting = draft(
        doors, parties, Line("112203", "销货", debit=D("9.00")), Line("5001", "销货", credit=D("9.00")), post=False
    )
    before = standard_turnover(doors, parties)
    with doors.book(parties.uid) as scope:
        (found,) = service.suggestions(scope)
        assert (found.account, found.dimension, len(found.children)) == ("1122", "customer", 6)
        asked = Conversion(found.account, found.dimension, "应收账款－客户")
        outcome = service.convert_children(scope, asked, NOW)
        assert service.suggestions(scope) == []
    assert (outcome.account, outcome.drafts) == ("112207", 1)
    assert {key[1]: value[0] for key, value in held(doors, parties).items() if key[0].startswith("1122")} == {
        (f"{name}贸易有限公司",): D(n) for n, name in enumerate("甲乙丙丁戊己", 1) if n != 2
    }
    assert standard_turnover(doors, parties) == before
    with doors.book(parties.uid, read_only=True) as scope:
        row = voucher_queries.one(scope, parties.id, waiting)
        assert row is not None
        assert (row["lines"][0]["account"], row["lines"][0]["counterparty"]) == ("112207", "丙贸易有限公司")


def test_only_own_leaves_kept_alike_become_items(doors: Doors, parties: BookRef) -> None:
    asked = Conversion("1122", "customer", "应收账款－客户", children=("112201", "1403"))
    with pytest.raises(errors.ChartWorkRejected) as refusal, doors.book(parties.uid) as scope:
        service.convert_children(scope, asked, NOW)
    assert codes(refusal) == {"charting.not_child"}
    with pytest.raises(errors.ChartWorkRejected) as refusal, doors.book(parties.uid) as scope:
        service.convert_children(scope, Conversion("2221", "nothing", "税"), NOW)
    assert codes(refusal) == {"charting.no_children", "account.dimension_unknown"}
    with doors.book(parties.uid) as scope:
        accounts.change_account(scope, "112204", Given(unit="单"))
    with pytest.raises(errors.ChartWorkRejected) as refusal, doors.book(parties.uid) as scope:
        service.convert_children(scope, Conversion("1122", "customer", "客户"), NOW)
    assert codes(refusal) == {"charting.unit"}


def test_a_long_conversion_is_parts_of_one_number(
    doors: Doors, parties: BookRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST_LINES", 6)
    with doors.book(parties.uid) as scope:
        outcome = service.convert_children(scope, Conversion("1122", "customer", "客户"), NOW)
        parts = [voucher_queries.one(scope, parties.id, each.id) for each in outcome.vouchers]
    assert [(row["number"], row["part"], row["parts"], len(row["lines"])) for row in parts if row] == [
        (1, 1, 2, 6),
        (1, 2, 2, 6),
    ]
    assert sum(value[0] for key, value in held(doors, parties).items() if key[0] == "112207") == D(21)
