"""Dimensions and items on a real database: added, changed, disabled, found, merged."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest

from app.books.types import BookRef
from app.ledger.accounts import service as accounts
from app.ledger.accounts.types import Given
from app.ledger.charting import errors as charting_errors
from app.ledger.charting import service as charting
from app.ledger.charting.types import On
from app.ledger.dimensions import errors, queries, service
from app.ledger.dimensions.types import BUILTIN, ItemChange, ItemRow, NewItem
from app.ledger.vouchers import service as vouchers
from app.ledger.vouchers.types import Draft, Line
from tests.db.test_chart_moves import draft, held, standard_turnover
from tests.factories.doors import Doors

NOW = On(date(2026, 1, 31), post=True)


def items(doors: Doors, book: BookRef, dimension: str, *names: str) -> list[ItemRow]:
    """New items of these names."""
    with doors.book(book.uid) as scope:
        return service.add_items(scope, dimension, [NewItem(name) for name in names])


def test_a_book_begins_with_six_dimensions_and_adds_its_own(doors: Doors) -> None:
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        service.add_dimension(scope, "vehicle", "车辆", "")
        every = queries.every(scope, book.id)
        assert {each.code for each in every if each.builtin} == {code for code, _, _ in BUILTIN}
        assert [(each.code, each.name_en) for each in every if not each.builtin] == [("vehicle", "车辆")]
        assert service.rename_dimension(scope, "vehicle", "车队", "Fleet").name_zh == "车队"
        with pytest.raises(errors.DimensionTaken):
            service.add_dimension(scope, "customer", "客户", "")
        with pytest.raises(errors.DimensionNotFound):
            service.rename_dimension(scope, "colour", "颜色", "")
        for number in range(service.MOST_DIMENSIONS - len(BUILTIN) - 1):
            service.add_dimension(scope, f"own_{number}", "自定", "")
        with pytest.raises(errors.TooManyDimensions):
            service.add_dimension(scope, "one_more", "太多", "")
    (van,) = items(doors, book, "vehicle", "京A12345")
    with doors.book(book.uid) as scope:
        accounts.change_account(scope, "560214", Given(dimensions=("vehicle",)))
    fuel = Line("560214", "加油", debit=D("9.00"), items=(("vehicle", van.name),))
    draft(doors, book, fuel, Line("1002", "加油", credit=D("9.00")))
    assert held(doors, book)["560214", ("京A12345",), "CNY"][0] == D("9.00")


def test_names_and_codes_stand_once_in_a_dimension(doors: Doors) -> None:
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        first, second = service.add_items(scope, "customer", [NewItem("甲公司", "K01"), NewItem("乙公司")])
        service.add_items(scope, "supplier", [NewItem("甲公司", "K01")])
        change: ItemChange = {"name": "甲集团", "code": None, "tax_id": "91110105MA0000000X"}
        after = service.change_item(scope, "customer", first.id, change)
        assert (after.name, after.pinyin, after.code, after.row_version) == ("甲集团", "jjt", None, 2)
    with pytest.raises(errors.ItemNameTaken), doors.book(book.uid) as scope:
        service.change_item(scope, "customer", second.id, {"name": "甲集团"})
    with doors.book(book.uid) as scope:
        service.change_item(scope, "customer", second.id, {"code": "K01"})
    with pytest.raises(errors.ItemCodeTaken), doors.book(book.uid) as scope:
        service.add_items(scope, "customer", [NewItem("丙公司", "K01")])
    with pytest.raises(errors.DimensionNotFound), doors.book(book.uid) as scope:
        service.add_items(scope, "colour", [NewItem("红")])
    with pytest.raises(errors.ItemNotFound), doors.book(book.uid) as scope:
        service.change_item(scope, "supplier", first.id, {"name": "x"})


def test_an_item_is_found_by_code_pinyin_or_name(doors: Doors) -> None:
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        service.add_items(
            scope, "customer", [NewItem("甲贸易公司", "K01"), NewItem("乙贸易公司", "K02"), NewItem("K0")]
        )

        def found(q: str) -> list[str]:
            return [each.name for each in queries.suggest(scope, book.id, "customer", q, 2)]

        assert found("ymy") == ["乙贸易公司"]
        assert found("K02") == ["乙贸易公司"]
        assert set(found("贸易")) == {"甲贸易公司", "乙贸易公司"}
        assert found("%") == []


def sale(customer: str, amount: str) -> tuple[Line, Line]:
    """Goods sold on credit."""
    return Line("1122", "销货", debit=D(amount), counterparty=customer), Line("5001", "销货", credit=D(amount))


def of_name(doors: Doors, book: BookRef, name: str) -> ItemRow:
    """A customer."""
    with doors.book(book.uid) as scope:
        return next(each for each in queries.page(scope, book.id, "customer", 0, 100) if each.name == name)


def test_an_item_with_a_balance_or_a_draft_is_not_disabled(doors: Doors) -> None:
    book = doors.new_book()
    draft(doors, book, *sale("甲公司", "5.00"))
    waiting = draft(doors, book, *sale("乙公司", "5.00"), post=False)
    first, second = of_name(doors, book, "甲公司"), of_name(doors, book, "乙公司")
    for item in (first, second):
        with pytest.raises(errors.ItemInUse), doors.book(book.uid) as scope:
            service.disable_item(scope, "customer", item.id)
    with doors.book(book.uid) as scope:
        vouchers.void_voucher(scope, waiting, "重复")
        assert service.disable_item(scope, "customer", second.id).active is False
        assert vouchers.examine(scope, [Draft(book.id, date(2026, 1, 6), sale("乙公司", "1.00"))]).violations != [[]]
        assert service.enable_item(scope, "customer", second.id).active is True


def test_two_names_of_one_customer_become_one_item(doors: Doors) -> None:
    book = doors.new_book()
    draft(doors, book, *sale("甲公司", "5.00"))
    draft(doors, book, *sale("甲有限公司", "7.00"))
    draft(
        doors,
        book,
        Line("1002", "预收", debit=D("2.00")),
        Line("2203", "预收", credit=D("2.00"), counterparty="甲公司"),
    )
    draft(doors, book, *sale("甲公司", "1.00"), post=False)
    before = standard_turnover(doors, book)
    short, full = of_name(doors, book, "甲公司"), of_name(doors, book, "甲有限公司")
    with doors.book(book.uid) as scope:
        outcome = charting.merge_items(scope, "customer", short.id, full.id, NOW)
        assert (outcome.drafts, len(outcome.vouchers)) == (1, 1)
        assert service.held(scope, "customer", short.id).active is False
    found = {key: value[0] for key, value in held(doors, book).items() if key[1]}
    assert found == {("1122", ("甲有限公司",), "CNY"): D("12.00"), ("2203", ("甲有限公司",), "CNY"): D("-2.00")}
    assert standard_turnover(doors, book) == before
    with pytest.raises(charting_errors.ChartWorkRejected), doors.book(book.uid) as scope:
        charting.merge_items(scope, "customer", full.id, short.id, NOW)
    with pytest.raises(charting_errors.ChartWorkRejected), doors.book(book.uid) as scope:
        charting.merge_items(scope, "customer", full.id, full.id, NOW)
