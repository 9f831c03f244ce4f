"""Dimensions and items over HTTP."""

from __future__ import annotations

import pytest

from tests.api.conftest import Caller, address
from tests.factories.doors import Doors


@pytest.fixture
def place(doors: Doors) -> str:
    """The dimensions of a fresh book."""
    return address(doors.new_book().uid, "/dimensions")


def test_a_dimension_of_the_books_own_gets_items(owner: Caller, place: str) -> None:
    made = owner("POST", place, {"code": "vehicle", "name_zh": "车辆", "name_en": "Vehicle"})
    assert (made.status_code, made.get_json()["builtin"]) == (201, False)
    assert len(owner("GET", place).get_json()["data"]) == 7
    assert owner("PUT", f"{place}/vehicle", {"name_zh": "车队"}).get_json()["name_en"] == "车队"
    added = owner("POST", f"{place}/vehicle/items", {"items": [{"name": "京A1", "code": "01"}, {"name": "京A2"}]})
    first, second = added.get_json()["data"]
    page = owner("GET", f"{place}/vehicle/items?limit=1").get_json()
    assert page["data"] == [first]
    rest = owner("GET", f"{place}/vehicle/items?limit=1&cursor={page['page']['next_cursor']}").get_json()
    assert rest["data"] == [second]
    assert owner("GET", f"{place}/vehicle/items/suggest?q=01").get_json()["data"] == [first]


def test_an_item_changes_at_the_version_it_was_read(owner: Caller, place: str) -> None:
    (item,) = owner("POST", f"{place}/customer/items", {"items": [{"name": "甲公司"}]}).get_json()["data"]
    at = f"{place}/customer/items/{item['id']}"
    assert owner("GET", at).get_json() == item
    changed = owner("PATCH", at, {"name": "甲集团", "code": "K1"}, If_Match=item["etag"]).get_json()
    assert (changed["name"], changed["pinyin"], changed["code"]) == ("甲集团", "jjt", "K1")
    assert owner("PATCH", at, {"name": "乙"}, If_Match=item["etag"]).status_code == 412
    gone = owner("POST", f"{at}/disable", If_Match=changed["etag"]).get_json()
    assert gone["active"] is False
    assert owner("POST", f"{at}/enable", If_Match=gone["etag"]).get_json()["active"] is True


def test_items_are_merged(owner: Caller, place: str) -> None:
    names = [{"name": "甲公司"}, {"name": "甲有限公司"}]
    short, full = owner("POST", f"{place}/customer/items", {"items": names}).get_json()["data"]
    at = f"{place}/customer/items/{short['id']}"
    body = {"into": full["id"], "date": "2026-01-31", "post": True}
    merged = owner("POST", f"{at}/merge", body, If_Match=short["etag"])
    assert (merged.status_code, merged.get_json()) == (200, {"item": "甲有限公司", "vouchers": [], "drafts": 0})
    assert owner("GET", at).get_json()["active"] is False


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/colour/items", 404),
        ("/customer/items/999999999", 404),
        ("/customer/items/99999999999999999999999", 404),
        ("/customer/items/-1", 404),
        ("/customer/items/suggest", 422),
    ],
)
def test_what_is_not_there_is_said_so(owner: Caller, place: str, path: str, status: int) -> None:
    assert owner("GET", f"{place}{path}").status_code == status


def test_names_stand_once(owner: Caller, place: str) -> None:
    owner("POST", f"{place}/customer/items", {"items": [{"name": "甲公司", "code": "K1"}]})
    for body, code in (({"name": "甲公司"}, "item.name_taken"), ({"name": "乙公司", "code": "K1"}, "item.code_taken")):
        answer = owner("POST", f"{place}/customer/items", {"items": [body]})
        assert (answer.status_code, answer.get_json()["code"]) == (409, code)
    taken = owner("POST", place, {"code": "customer", "name_zh": "客户"})
    assert (taken.status_code, taken.get_json()["code"]) == (409, "dimension.code_taken")
