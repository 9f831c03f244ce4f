"""Books, charts, periods and openings over HTTP."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from app.books.types import BookRef
from app.kernel.periods import Period
from tests.api.conftest import Caller, address
from tests.factories.doors import Doors

_CODES = itertools.count(1)
NEW = {
    "name": "新客户有限公司",
    "tax_id": "91110105MA00000000",
    "taxpayer": "small_scale",
    "industry": "service",
    "standard": "sbe",
    "start_period": "2026-08",
    "settings": {"reclass": "account", "review_by_other": None},
}


def new(**changes: Any) -> dict[str, Any]:
    """What opens a book."""
    return {"code": f"API-{next(_CODES)}", **NEW, "tax_id": "110105MA0000000", **changes}


def test_a_book_is_opened_read_and_listed(owner: Caller) -> None:
    answer = owner("POST", "/v1/books", new())
    assert answer.status_code == 201, answer.get_json()
    book = answer.get_json()
    assert (book["taxpayer"], book["start_period"], book["settings"]) == (
        "small_scale",
        "2026-08",
        {"reclass": "account"},
    )
    read = owner("GET", answer.headers["Location"])
    assert (read.get_json(), read.headers["ETag"]) == (book, book["etag"])
    found: list[str] = []
    cursor = ""
    while True:
        page = owner("GET", f"/v1/books?limit=200{cursor}").get_json()
        found += [each["id"] for each in page["data"]]
        if not page["page"]["has_more"]:
            break
        cursor = f"&cursor={page['page']['next_cursor']}"
    assert book["id"] in found
    assert len(found) == len(set(found))


def test_a_code_is_taken_once_and_fields_are_checked(owner: Caller) -> None:
    asked = new()
    owner("POST", "/v1/books", asked)
    taken = owner("POST", "/v1/books", asked)
    assert (taken.status_code, taken.get_json()["code"]) == (409, "book.code_taken")
    broken = owner("POST", "/v1/books", new(taxpayer="rich", start_period="2026-13", tax_id="x", settings={"a": 1}))
    assert {error["pointer"] for error in broken.get_json()["errors"]} == {
        "/taxpayer",
        "/start_period",
        "/tax_id",
        "/settings/a",
    }


def test_a_book_changes_at_the_version_it_was_read(owner: Caller, doors: Doors) -> None:
    place = address(doors.new_book(settings={"reclass": "account"}).uid)
    before = owner("GET", place).get_json()
    patch = {"name": "改名公司", "settings": {"reclass": None, "review_by_other": True}}
    after = owner("PATCH", place, patch, If_Match=before["etag"]).get_json()
    assert (after["name"], after["settings"], after["code"]) == ("改名公司", {"review_by_other": True}, before["code"])
    stale = owner("PATCH", place, {"name": "又改"}, If_Match=before["etag"])
    assert (stale.status_code, stale.get_json()["code"]) == (412, "etag.mismatch")
    assert owner("PATCH", place, {"name": "又改"}).status_code == 428


def test_staff_neither_open_nor_change_books(member: Callable[..., Caller], doors: Doors) -> None:
    clerk = member("staff")
    assert clerk("POST", "/v1/books", new()).status_code == 403
    assert clerk("PATCH", address(doors.new_book().uid), {"name": "x"}, If_Match='"1-book"').status_code == 404
    assert clerk("GET", "/v1/books").get_json()["data"] == []


def test_the_chart_pages_in_the_order_of_codes(owner: Caller, doors: Doors) -> None:
    place = address(doors.new_book().uid, "/accounts")
    first = owner("GET", f"{place}?limit=3").get_json()
    assert [each["code"] for each in first["data"]] == ["1001", "1002", "1012"]
    second = owner("GET", f"{place}?limit=3&cursor={first['page']['next_cursor']}").get_json()
    assert second["data"][0]["code"] > "1012"
    vat = owner("GET", f"{place}?account_prefix=222101&leaf=true").get_json()["data"]
    assert {each["leaf"] for each in vat} == {True}
    assert "22210107" in {each["code"] for each in vat}


def test_a_new_book_has_its_first_period_open(owner: Caller, doors: Doors) -> None:
    place = address(doors.new_book(start_period=Period(2026, 8)).uid, "/periods")
    assert owner("GET", place).get_json()["data"] == [
        {"period": "2026-08", "state": "open", "closes": 0, "closed_at": None, "closed_by": None}
    ]


@pytest.fixture
def august(doors: Doors) -> BookRef:
    """A book that starts in August."""
    return doors.new_book(start_period=Period(2026, 8))


OPENING = {
    "rows": [
        {"account_code": "1002", "year_opening": "500.00", "debit": "900.00", "credit": "100.00"},
        {"account_code": "1122", "counterparty": "甲公司", "year_opening": "30.00"},
        {"account_code": "3001", "year_opening": "-530.00"},
        {"account_code": "5001", "debit": "800.00", "credit": "800.00", "actual": "800.00"},
        {"account_code": "3103", "credit": "800.00"},
    ],
    "cash_flows": [{"item": "1", "amount": "900.00"}, {"item": "3", "amount": "-100.00"}],
}


def test_an_opening_is_replaced_whole_and_read_back(owner: Caller, august: BookRef) -> None:
    place = address(august.uid, "/opening-balances")
    empty = owner("GET", place)
    answer = owner("PUT", place, OPENING, If_Match=empty.headers["ETag"])
    body = answer.get_json()
    assert (answer.status_code, body["balanced"], body["frozen"]) == (200, True, False)
    assert body["rows"][0] == {
        "account_code": "1002",
        "account_name": "银行存款",
        "counterparty": "",
        "year_opening": "500.00",
        "debit": "900.00",
        "credit": "100.00",
        "actual": None,
        "items": {},
        "currency": "CNY",
        "foreign_year_opening": "0.00",
        "foreign_debit": "0.00",
        "foreign_credit": "0.00",
        "quantity_year_opening": "0.000000",
        "quantity_debit": "0.000000",
        "quantity_credit": "0.000000",
    }
    assert next(row["actual"] for row in body["rows"] if row["account_code"] == "5001") == "800.00"
    assert body["cash_flows"] == OPENING["cash_flows"]
    assert owner("GET", place).get_json() == body
    less = {"rows": [{"account_code": "1002", "year_opening": "1.00"}]}
    unbalanced = owner("PUT", place, less, If_Match=answer.headers["ETag"]).get_json()
    assert (unbalanced["balanced"], unbalanced["opening_difference"], len(unbalanced["rows"])) == (False, "1.00", 1)
    assert unbalanced["cash_flows"] == []


def test_an_opening_is_not_written_over_another_ones_work(owner: Caller, august: BookRef) -> None:
    place = address(august.uid, "/opening-balances")
    empty = owner("GET", place).headers["ETag"]
    owner("PUT", place, OPENING, If_Match=empty)
    stale = owner("PUT", place, {"rows": []}, If_Match=empty)
    assert (stale.status_code, stale.get_json()["code"]) == (412, "etag.mismatch")
    assert owner("PUT", place, {"rows": []}).status_code == 428


def test_every_broken_row_of_an_opening_is_named(owner: Caller, august: BookRef) -> None:
    place = address(august.uid, "/opening-balances")
    rows = [
        {"account_code": "9999", "year_opening": "1.00"},
        {"account_code": "2221"},
        {"account_code": "1122"},
        {"account_code": "5001", "year_opening": "1.00"},
    ]
    flows = [{"item": "zzz", "amount": "1.00"}]
    tag = owner("GET", place).headers["ETag"]
    answer = owner("PUT", place, {"rows": rows, "cash_flows": flows}, If_Match=tag)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "opening.rejected")
    assert [(error["pointer"], error["code"]) for error in answer.get_json()["errors"]] == [
        ("/cash_flows/0/item", "opening.cash_item_unknown"),
        ("/rows/0/account_code", "line.account_unknown"),
        ("/rows/1/account_code", "line.account_not_leaf"),
        ("/rows/2/counterparty", "line.counterparty_missing"),
        ("/rows/3", "opening.profit_and_loss_balance"),
    ]
