"""Chart work over HTTP: accounts, code widths, merges and dimensions, with permissions, tags and problems."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.books.types import BookRef
from infra.ids import encode
from tests.api.conftest import Caller, address
from tests.factories.doors import Doors
from tests.factories.http import in_days


@pytest.fixture
def place(doors: Doors) -> str:
    """The accounts of a fresh book."""
    return address(doors.new_book().uid, "/accounts")


def tag(caller: Caller, place: str) -> str:
    """The tag a thing is known by now."""
    return caller("GET", place).headers["ETag"]


def act(caller: Caller, place: str, verb: str, body: Any = None) -> TestResponse:
    """An act on an account at its present version."""
    return caller("POST", f"{place}/{verb}", body, If_Match=tag(caller, place))


def pointers(answer: TestResponse) -> list[tuple[str, str]]:
    """The broken rules of a problem."""
    return [(error["pointer"], error["code"]) for error in answer.get_json()["errors"]]


def test_an_account_is_added_read_changed_and_deleted(owner: Caller, place: str) -> None:
    assert owner("GET", f"{place}/1002").get_json()["next_child_code"] == "100201"
    added = owner("POST", place, {"parent_code": "1002", "name_zh": "工商银行", "currencies": ["USD", "CNY"]})
    body = added.get_json()
    assert (added.status_code, body["code"], body["currencies"], body["preset"]) == (
        201,
        "100201",
        ["CNY", "USD"],
        False,
    )
    at = added.headers["Location"]
    assert owner("GET", at).get_json() == body
    changed = owner("PATCH", at, {"name_zh": "工行", "unit": None}, If_Match=body["etag"])
    assert (changed.get_json()["name_zh"], changed.get_json()["pinyin"]) == ("工行", "gh")
    stale = owner("PATCH", at, {"name_zh": "农行"}, If_Match=body["etag"])
    assert (stale.status_code, stale.get_json()["code"]) == (412, "etag.mismatch")
    assert owner("DELETE", at, If_Match=changed.headers["ETag"]).status_code == 204
    assert owner("GET", at).get_json()["code"] == "account.not_found"
    preset = owner("DELETE", f"{place}/1002", If_Match=tag(owner, f"{place}/1002"))
    assert (preset.status_code, preset.get_json()["code"]) == (409, "account.preset")


def test_what_an_account_breaks_is_named_at_its_place(owner: Caller, place: str) -> None:
    answer = owner("POST", place, {"parent_code": "1002", "name_zh": "x", "code": "10021", "dimensions": ["colour"]})
    assert (answer.status_code, pointers(answer)) == (
        422,
        [("/code", "account.code_width"), ("/dimensions/0", "account.dimension_unknown")],
    )
    shape = owner("POST", place, {"name_zh": "", "normal_side": "left", "currencies": ["dollar"]})
    assert {pointer for pointer, _ in pointers(shape)} == {"/name_zh", "/normal_side", "/currencies/0"}


def test_an_account_is_found_from_the_keyboard(owner: Caller, place: str) -> None:
    def found(q: str) -> list[str]:
        answer = owner("GET", f"{place}/suggest?q={q}&limit=3")
        return [each["code"] for each in answer.get_json()["data"]]

    assert found("yszk")[0] == "1122"
    assert found("1122") == ["1122"]
    assert "560203" in found("差旅")
    assert found("%25_") == []


def test_the_codes_of_a_book_are_recoded(owner: Caller, place: str) -> None:
    at = f"{place}/code-widths"
    assert owner("GET", at).get_json() == {"code_widths": [4, 2, 2]}
    answer = owner("PUT", at, {"code_widths": [4, 3, 3]}, If_Match=tag(owner, at))
    assert (answer.status_code, answer.get_json()["codes"]["22210107"]) == (200, "2221001007")
    assert owner("GET", f"{place}/2221001007").get_json()["standard_code"] == "22210107"
    refused = owner("PUT", at, {"code_widths": [4, 2]}, If_Match=answer.headers["ETag"])
    assert (refused.status_code, refused.get_json()["code"]) == (422, "account.widths_rejected")
    asked = {
        "code": f"W-{place[10:18]}{place[30:36]}",
        "name": "自定编码公司",
        "tax_id": "110105MA0000000",
        "taxpayer": "general",
        "industry": "trade",
        "standard": "asbe",
        "start_period": "2026-01",
        "code_widths": [4, 3, 3, 2],
    }
    opened = owner("POST", "/v1/books", asked)
    assert (opened.status_code, opened.get_json()["settings"]) == (201, {"code_widths": [4, 3, 3, 2]})


@pytest.fixture
def moving(owner: Caller, doors: Doors) -> str:
    """The accounts of a book that sold to customers kept as accounts."""
    book: BookRef = doors.new_book()
    place = address(book.uid, "/accounts")
    owner("PATCH", f"{place}/1122", {"dimensions": []}, If_Match=tag(owner, f"{place}/1122"))
    for name in "甲乙丙丁戊":
        owner("POST", place, {"parent_code": "1122", "name_zh": f"{name}公司"})
    lines = [
        {"account_code": "112201", "summary": "销货", "debit": "5.00"},
        {"account_code": "5001", "summary": "销货", "credit": "5.00"},
    ]
    made = owner("POST", address(book.uid, "/vouchers"), {"date": "2026-01-05", "lines": lines}).get_json()
    at = address(book.uid, f"/vouchers/{made['id']}")
    reviewed = owner("POST", f"{at}/review", If_Match=made["etag"])
    assert owner("POST", f"{at}/post", If_Match=reviewed.headers["ETag"]).status_code == 200
    return place


def test_children_become_items_and_the_dimension_is_turned_off_and_on(owner: Caller, moving: str) -> None:
    (suggested,) = owner("GET", f"{moving}/suggestions").get_json()["data"]
    assert (suggested["account_code"], suggested["dimension"], len(suggested["children"])) == ("1122", "customer", 5)
    on = {"date": "2026-01-31", "post": True}
    done = act(owner, f"{moving}/1122", "convert", {**on, "dimension": "customer", "name_zh": "客户往来"})
    assert (done.status_code, done.get_json()["account_code"], len(done.get_json()["vouchers"])) == (200, "112206", 1)
    leaf = f"{moving}/112206"
    assert act(owner, leaf, "dimension-off", {**on, "dimension": "customer"}).status_code == 200
    short = act(owner, leaf, "dimension-on", {**on, "dimension": "customer", "shares": []})
    assert (short.status_code, pointers(short)) == (422, [("/shares", "charting.share_sum")])
    shares = [{"item": "甲公司", "amount": "3.00"}, {"item": "乙公司", "amount": "2.00"}]
    shared = act(owner, leaf, "dimension-on", {**on, "dimension": "customer", "shares": shares})
    assert (shared.status_code, owner("GET", leaf).get_json()["dimensions"]) == (200, ["customer"])


def test_a_merge_answers_its_vouchers_and_disables(owner: Caller, moving: str) -> None:
    done = act(owner, f"{moving}/112201", "merge", {"into": "112202", "date": "2026-01-31"})
    (voucher,) = done.get_json()["vouchers"]
    assert owner("GET", f"{moving.removesuffix('/accounts')}/vouchers/{voucher['id']}").get_json()["status"] == "draft"
    assert owner("GET", f"{moving}/112201").get_json()["active"] is False
    again = act(owner, f"{moving}/112201", "merge", {"into": "112202", "date": "2026-01-31"})
    assert (again.status_code, again.get_json()["code"]) == (409, "charting.pending")
    unknown = owner("POST", f"{moving}/9999/merge", {"into": "112202", "date": "2026-01-31"}, If_Match='"1-account"')
    assert (unknown.status_code, unknown.get_json()["code"]) == (404, "account.not_found")


def test_an_account_is_disabled_and_enabled(owner: Caller, moving: str) -> None:
    held = act(owner, f"{moving}/112201", "disable")
    assert (held.status_code, held.get_json()["code"]) == (409, "account.in_use")
    assert act(owner, f"{moving}/112202", "disable").get_json()["active"] is False
    assert act(owner, f"{moving}/112202", "enable").get_json()["active"] is True


def test_who_may_read_does_not_change_the_chart(owner: Caller, member: Callable[..., Caller], doors: Doors) -> None:
    book = doors.new_book()
    place = address(book.uid, "/accounts")
    clerk = member("staff")
    grant = address(book.uid, f"/grants/{encode('usr', clerk.id)}") if clerk.id else ""
    until = in_days(30)
    assert owner("PUT", grant, {"role": "inspector", "until": until}).status_code == 200
    assert clerk("GET", f"{place}/1002").status_code == 200
    assert clerk("POST", place, {"parent_code": "1002", "name_zh": "工行"}).status_code == 403
    assert act(clerk, f"{place}/1002", "disable").get_json()["code"] == "permission.missing"
    assert act(clerk, f"{place}/1002", "merge", {"into": "1001", "date": "2026-01-31"}).status_code == 403
