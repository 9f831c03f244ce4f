"""Chart work on a real database: codes, children under used accounts, widths; nothing posted is ever touched."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest

from app.books.types import BookRef
from app.ledger.accounts import errors, queries, service
from app.ledger.accounts.types import Account, FirstChild, Given, NewAccount
from app.ledger.vouchers import service as vouchers
from app.ledger.vouchers.types import Draft, Line
from tests.factories.doors import Doors


def post(doors: Doors, book: BookRef, *lines: Line, day: date = date(2026, 1, 5)) -> None:
    """A posted voucher of these lines."""
    with doors.book(book.uid) as scope:
        (drafted,) = vouchers.draft_vouchers(scope, [Draft(book.id, day, lines)])
        vouchers.post_vouchers(scope, [(book.id, drafted.id)], review=True)


def add(doors: Doors, book: BookRef, name: str, parent: str | None = None, **given: Any) -> Account:
    """A new account."""
    asked = {key: given.pop(key) for key in ("code", "standard_code", "first_child") if key in given}
    with doors.book(book.uid) as scope:
        return service.add_account(scope, NewAccount(name, parent, given=Given(**given), **asked))  # type: ignore[typeddict-item]


def chart(doors: Doors, book: BookRef) -> dict[str, Account]:
    """The book's chart by code."""
    with doors.book(book.uid, read_only=True) as scope:
        return {each.code: each for each in queries.chart(scope, book.id)}


def kept(doors: Doors, book: BookRef, table: str) -> list[tuple[Any, ...]]:
    """Every row of a table of the book, as it is."""
    with doors.book(book.uid, read_only=True) as scope:
        sql = {
            "voucher_line": "SELECT * FROM tenant.voucher_line WHERE book_id = :b ORDER BY voucher_id, line_no",
            "balance": "SELECT * FROM tenant.balance WHERE book_id = :b ORDER BY period, account_id, dim_set_id",
            "voucher": "SELECT id, content_hash FROM tenant.voucher WHERE book_id = :b ORDER BY id",
        }[table]
        return [tuple(row) for row in scope.run(sql, b=book.id)]


def refused(doors: Doors, book: BookRef, name: str, parent: str | None = None, **given: Any) -> set[str]:
    """The rules a new account breaks."""
    with pytest.raises(errors.AccountRejected) as refusal:
        add(doors, book, name, parent, **given)
    return {each.code for each in refusal.value.violations}


def test_a_child_takes_the_next_code_and_what_it_is_not_told_from_its_parent(doors: Doors) -> None:
    book = doors.new_book()
    first = add(doors, book, "人民币户", "1002")
    second = add(doors, book, "美元户", "1002", currencies=("USD",))
    assert (first.code, first.cash, first.normal_side, first.standard_code, first.pinyin) == (
        "100201",
        True,
        "debit",
        "1002",
        "rmbh",
    )
    assert (second.code, second.currencies, chart(doors, book)["1002"].leaf) == ("100202", ("USD",), False)
    assert add(doors, book, "华东", "1122").dimensions == ("customer",)


def test_a_childs_code_and_name_are_checked_all_at_once(doors: Doors) -> None:
    book = doors.new_book()
    add(doors, book, "华东", "1122")
    assert refused(doors, book, "华东", "1122", code="1122001", dimensions=("colour",), cash_item_in="zzz") == {
        "account.code_width",
        "account.name_taken",
        "account.dimension_unknown",
        "account.cash_item_unknown",
    }
    assert refused(doors, book, "华西", "1122", code="112201") == {"account.code_taken"}
    assert refused(doors, book, "太深", "22210101") == {"account.too_deep"}
    with pytest.raises(errors.AccountNotFound):
        add(doors, book, "无", "9999")


def test_ninety_nine_children_fill_two_digits_and_a_gap_is_used_again(doors: Doors) -> None:
    book = doors.new_book()
    add(doors, book, "末", "1403", code="140399")
    assert add(doors, book, "首", "1403").code == "140301"
    with doors.book(book.uid) as scope:
        for number in range(2, 99):
            service.add_account(scope, NewAccount(f"料{number}", "1403"))
    assert refused(doors, book, "无处", "1403") == {"account.codes_full"}


def test_a_first_level_account_is_one_of_the_standard_or_shown_as_one(doors: Doors) -> None:
    book = doors.new_book()
    petty = add(doors, book, "备用金", code="1004")
    assert (petty.standard_code, petty.cash_item_in, petty.account_class) == ("1004", "2", "asset")
    own = add(doors, book, "应收账款－电商", code="1124", standard_code="1122")
    assert (own.standard_code, own.dimensions, own.normal_side) == ("1122", ("customer",), "debit")
    assert refused(doors, book, "随便", code="1199") == {"account.standard_code"}
    assert refused(doors, book, "太前", code="1120", standard_code="1122") == {"account.standard_code"}


def test_a_child_under_a_used_account_takes_its_history_and_no_line_is_touched(doors: Doors) -> None:
    book = doors.new_book()
    post(doors, book, Line("1002", "收款", debit=D("8.00")), Line("3001", "收款", credit=D("8.00")))
    before = {table: kept(doors, book, table) for table in ("voucher_line", "balance", "voucher")}
    old = chart(doors, book)["1002"]
    with pytest.raises(errors.FirstChildNeeded):
        add(doors, book, "建行", "1002")
    new = add(doors, book, "建行", "1002", first_child=FirstChild("工行"))
    after = chart(doors, book)
    assert (new.code, after["100201"].id, after["100201"].name_zh, after["100201"].pinyin) == (
        "100202",
        old.id,
        "工行",
        "gh",
    )
    assert (after["1002"].leaf, after["1002"].name_zh, after["1002"].standard_code) == (False, "银行存款", "1002")
    assert after["1002"].row_version > old.row_version
    assert {table: kept(doors, book, table) for table in before} == before
    with doors.book(book.uid) as scope:
        assert queries.playing(scope, [book.id], ["1002"]) == {(book.id, "1002"): "100201"}


def test_a_first_child_without_history_is_refused(doors: Doors) -> None:
    book = doors.new_book()
    asked = {"first_child": FirstChild("甲")}
    assert refused(doors, book, "乙", "1002", **asked) == {"account.first_child_unasked"}
    same = {"first_child": FirstChild("乙", code="100202"), "code": "100202"}
    post(doors, book, Line("1002", "收款", debit=D("8.00")), Line("3001", "收款", credit=D("8.00")))
    assert refused(doors, book, "乙", "1002", **same) == {"account.code_taken", "account.name_taken"}


def change(doors: Doors, book: BookRef, code: str, **given: Any) -> set[str]:
    """The rules a change breaks; none when it was made."""
    try:
        with doors.book(book.uid) as scope:
            service.change_account(scope, code, Given(**given))  # type: ignore[typeddict-item]
    except errors.AccountRejected as refusal:
        return {each.code for each in refusal.violations}
    return set()


def test_what_lines_depend_on_stays_and_the_rest_may_change(doors: Doors) -> None:
    book = doors.new_book()
    add(doors, book, "美元户", "1002", currencies=("USD", "CNY"))
    line = Line("100201", "投资", debit=D("70.00"), currency="USD", foreign_amount=D("10.00"), rate=D("7"))
    post(doors, book, line, Line("3001", "投资", credit=D("70.00")))
    assert change(doors, book, "100201", name_zh="纽约户", currencies=("USD", "EUR"), monetary=True) == set()
    assert change(doors, book, "100201", currencies=("EUR",)) == {"account.currency_used"}
    assert change(doors, book, "100201", normal_side="credit", dimensions=("project",)) == {
        "account.side_fixed",
        "account.dimensions_used",
    }
    assert change(doors, book, "1403", normal_side="credit") == {"account.side_fixed"}
    assert change(doors, book, "1403", unit="吨", dimensions=("stock_item",)) == set()
    now = chart(doors, book)
    assert (now["100201"].name_zh, now["100201"].currencies, now["1403"].unit) == ("纽约户", ("EUR", "USD"), "吨")
    with doors.book(book.uid, read_only=True) as scope:
        details = scope.run(
            "SELECT details FROM tenant.audit_event WHERE book_id = :b AND action = 'account.change'"
            " AND object_id = '1403'",
            b=book.id,
        ).scalar_one()
    assert details["unit"] == {"before": None, "after": "吨"}


def test_the_unit_of_counted_goods_stays(doors: Doors) -> None:
    book = doors.new_book()
    assert change(doors, book, "1403", unit="吨") == set()
    post(doors, book, Line("1403", "购料", debit=D("9.00"), quantity=D("3")), Line("1002", "购料", credit=D("9.00")))
    assert change(doors, book, "1403", unit="公斤") == {"account.unit_used"}
    assert change(doors, book, "1403", unit=None) == {"account.unit_used"}


def test_an_account_with_a_balance_or_a_draft_is_not_disabled(doors: Doors) -> None:
    book = doors.new_book()
    pay, back = (Line("1002", "收", debit=D("8.00")), Line("3001", "收", credit=D("8.00"))), D("-8.00")
    post(doors, book, *pay)
    with doors.book(book.uid) as scope:
        vouchers.draft_vouchers(scope, [Draft(book.id, date(2026, 1, 6), pay)])
    with pytest.raises(errors.AccountInUse) as refusal, doors.book(book.uid) as scope:
        service.disable_account(scope, "3001")
    assert {each.code for each in refusal.value.violations} == {"account.holds_balance", "account.in_drafts"}
    settled = doors.new_book()
    post(doors, settled, *pay)
    post(doors, settled, pay[0]._replace(debit=back), pay[1]._replace(credit=back))
    with doors.book(settled.uid) as scope:
        assert service.disable_account(scope, "3001").active is False
        assert service.enable_account(scope, "3001").active is True


def test_a_parent_is_disabled_with_all_below_it_and_a_child_enabled_with_all_above(doors: Doors) -> None:
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        service.disable_account(scope, "2221")
        assert not any(each.active for each in queries.chart(scope, book.id) if each.code.startswith("2221"))
        service.enable_account(scope, "22210107")
        active = {each.code for each in queries.chart(scope, book.id) if each.active}
    assert {code for code in active if code.startswith("2221")} == {"2221", "222101", "22210107"}
    assert refused(doors, book, "新", "222102") >= {"account.parent_disabled"}


def test_only_an_own_leaf_that_was_never_used_is_deleted(doors: Doors) -> None:
    book = doors.new_book()
    add(doors, book, "工行", "1002")
    with doors.book(book.uid) as scope:
        service.delete_account(scope, "100201")
        assert service.one(scope, "1002").leaf is True
    with pytest.raises(errors.AccountPreset), doors.book(book.uid) as scope:
        service.delete_account(scope, "1002")
    post(doors, book, Line("1002", "收", debit=D("8.00")), Line("3001", "收", credit=D("8.00")))
    add(doors, book, "建行", "1002", first_child=FirstChild("工行"))
    with pytest.raises(errors.AccountUsed), doors.book(book.uid) as scope:
        service.delete_account(scope, "100201")


def widths(doors: Doors, book: BookRef, *digits: int) -> set[str]:
    """The rules a change of the code widths breaks; none when it was made."""
    try:
        with doors.book(book.uid) as scope:
            service.change_widths(scope, digits)
    except errors.WidthsRejected as refusal:
        return {each.code for each in refusal.violations}
    return set()


def test_the_codes_of_a_whole_book_are_padded_and_cut_back(doors: Doors) -> None:
    book = doors.new_book()
    post(doors, book, Line("22210107", "税", credit=D("8.00")), Line("1002", "税", debit=D("8.00")))
    before = chart(doors, book)
    lines = kept(doors, book, "voucher_line")
    assert widths(doors, book, 4, 3, 3) == set()
    after = chart(doors, book)
    assert (after["2221001007"].id, after["2221001007"].parent_code) == (before["22210107"].id, "2221001")
    assert (after["2221001007"].standard_code, len(after)) == ("22210107", len(before))
    assert kept(doors, book, "voucher_line") == lines
    with doors.book(book.uid) as scope:
        assert service.add_account(scope, NewAccount("工行", "1012001")).code == "1012001001"
    assert widths(doors, book, 4, 2, 2) == set()
    again = chart(doors, book)
    assert again["10120101"].name_zh == "工行"
    assert {code: each.id for code, each in again.items() if code != "10120101"} == {
        code: each.id for code, each in before.items()
    }


def test_old_and_new_codes_may_meet_half_way(doors: Doors) -> None:
    book = doors.new_book()
    add(doors, book, "一", "1403", code="140301")
    add(doors, book, "零", "1403", code="140300")
    add(doors, book, "零一", "140300", code="14030001")  # what 140301 becomes in 4-4-4
    assert widths(doors, book, 4, 4, 4) == set()
    found = chart(doors, book)
    assert (found["14030001"].name_zh, found["140300000001"].name_zh) == ("一", "零一")


def test_widths_that_do_not_fit_are_refused(doors: Doors) -> None:
    book = doors.new_book()
    assert widths(doors, book, 4, 2) == {"account.too_deep"}
    assert widths(doors, book, 5, 2, 2) == widths(doors, book, 4, 1, 2) == {"account.width_rule"}
    assert widths(doors, book, 4, 2, 2, 2, 2, 2, 2) == {"account.width_rule"}
    widths(doors, book, 4, 3, 2)
    add(doors, book, "末", "1403", code="1403100")
    assert widths(doors, book, 4, 2, 2) == {"account.width_too_narrow"}


def test_a_book_is_opened_with_its_own_widths(doors: Doors) -> None:
    book = doors.new_book(settings={"code_widths": [4, 3, 3]})
    assert chart(doors, book)["2221001007"].standard_code == "22210107"
    assert add(doors, book, "工行", "1002").code == "1002001"
