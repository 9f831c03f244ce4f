"""Sensitive values over HTTP: masked in every answer, read on purpose with a trace; credentials never come out."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from app.books.types import BookRef
from infra.ids import encode
from tests.api.conftest import Caller, address
from tests.db.test_sensitive import ACCOUNT, CLEAR, IDENTITY, MASKED, PHONE
from tests.factories.doors import Doors

GIVEN = {kind.value: value for kind, value in CLEAR.items()}
SHOWN = {kind.value: value for kind, value in MASKED.items()}
NOTHING = dict.fromkeys(GIVEN)
BOTH = "110105199001010299"  # the check characters of a social credit code and of an identity number both hold
SECRETS = (IDENTITY, PHONE, ACCOUNT, GIVEN["address"])


@pytest.fixture
def book(doors: Doors) -> BookRef:
    """A fresh book."""
    return doors.new_book()


@pytest.fixture
def place(book: BookRef) -> str:
    """The employees of the book."""
    return address(book.uid, "/dimensions/employee/items")


@pytest.fixture
def cashier(owner: Caller, member: Callable[..., Caller], book: BookRef) -> Caller:
    """Somebody who may read the book and no sensitive value."""
    return granted(owner, member, book, "cashier")


def granted(owner: Caller, member: Callable[..., Caller], book: BookRef, role: str) -> Caller:
    """A person with a role in the book."""
    person = member("staff")
    assert person.id
    answer = owner("PUT", address(book.uid, f"/grants/{encode('usr', person.id)}"), {"role": role})
    assert answer.status_code < 300, answer.text
    return person


def hire(owner: Caller, place: str, name: str = "张三", **particulars: str) -> dict[str, str]:
    """An employee with particulars."""
    new = {"name": name, "particulars": particulars or GIVEN}
    answer = owner("POST", place, {"items": [new]})
    assert answer.status_code == 201, answer.text
    (item,) = answer.json["data"]
    return item


def test_every_answer_masks(owner: Caller, cashier: Caller, place: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    item = hire(owner, place)
    at = f"{place}/{item['id']}"
    answers = [
        owner("GET", at),
        cashier("GET", at),
        owner("GET", place),
        owner("GET", f"{place}/suggest?q=张"),
        owner("POST", f"{place}/find", {"kind": "phone", "value": "138 1234 5678"}),
        owner("PATCH", at, {"code": "E1"}, If_Match=item["etag"]),
    ]
    for answer in answers:
        assert answer.status_code == 200, answer.text
        shown = answer.json["data"][0] if "data" in answer.json else answer.json
        assert shown["particulars"] == SHOWN
        assert not [secret for secret in SECRETS if secret in answer.text]
    assert not [secret for secret in SECRETS if secret in caplog.text]


def test_reading_in_the_clear_takes_the_permission_and_a_reason(owner: Caller, cashier: Caller, place: str) -> None:
    item, bare = hire(owner, place), hire(owner, place, "李四", bank_name="中国银行")
    asked = {"items": [item["id"], bare["id"]], "reason": "工资代发"}
    answer = owner("POST", f"{place}/reveal", asked)
    assert answer.json["data"] == [
        {"id": item["id"], "particulars": GIVEN},
        {"id": bare["id"], "particulars": NOTHING | {"bank_name": "中国银行"}},
    ]
    assert owner("POST", f"{place}/reveal", {"items": [item["id"]]}).status_code == 422
    for path, body in (("reveal", asked), ("find", {"kind": "phone", "value": PHONE})):
        refused = cashier("POST", f"{place}/{path}", body)
        assert (refused.status_code, refused.json["code"]) == (403, "permission.missing")


def test_nobody_reveals_items_of_another_book_or_dimension(owner: Caller, doors: Doors, place: str) -> None:
    item = hire(owner, place)
    elsewhere = address(doors.new_book().uid, "/dimensions/employee/items/reveal")
    for path in (elsewhere, place.replace("employee", "customer") + "/reveal"):
        answer = owner("POST", path, {"items": [item["id"]], "reason": "x"})
        assert (answer.status_code, answer.json["code"]) == (404, "item.not_found")
    mixed = owner("POST", f"{place}/reveal", {"items": [item["id"], "999999999"], "reason": "x"})
    assert mixed.status_code == 404 and PHONE not in mixed.text


def test_a_patch_changes_what_it_names_and_null_takes_away(owner: Caller, place: str) -> None:
    item = hire(owner, place)
    change = {"particulars": {"phone": "13900001111", "address": None}}
    after = owner("PATCH", f"{place}/{item['id']}", change, If_Match=item["etag"])
    assert after.json["particulars"] == SHOWN | {"phone": "139****1111", "address": None}
    stale = owner("PATCH", f"{place}/{item['id']}", change, If_Match=item["etag"])
    assert stale.status_code == 412


@pytest.mark.parametrize(
    ("particulars", "pointer", "code"),
    [
        ({"identity_number": "110105194912310021"}, "identity_number", "sensitive.identity_check"),
        ({"identity_number": "12345"}, "identity_number", "sensitive.identity_format"),
        ({"identity_number": "110105194913310021"}, "identity_number", "sensitive.identity_birth"),
        ({"phone": "打电话"}, "phone", "sensitive.phone_format"),
        ({"bank_account": "1234"}, "bank_account", "sensitive.bank_account_format"),
        ({"salary": "1"}, "salary", None),
        ({"phone": 13812345678}, "phone", None),
    ],
)
def test_a_wrong_value_is_refused_at_its_place_and_not_repeated(
    owner: Caller, place: str, particulars: dict[str, object], pointer: str, code: str | None
) -> None:
    answer = owner("POST", place, {"items": [{"name": "张三", "particulars": particulars}]})
    (error,) = answer.json["errors"]
    assert (answer.status_code, error["pointer"]) == (422, f"/items/0/particulars/{pointer}")
    assert code in (None, error["code"])
    value = particulars[pointer]
    assert not isinstance(value, str) or len(value) < 4 or value not in answer.text


@pytest.mark.parametrize("tax_id", [IDENTITY, f"{IDENTITY}01", "440308199901010012"])
def test_an_identity_number_is_no_tax_id_of_an_item(owner: Caller, place: str, tax_id: str) -> None:
    item = hire(owner, place)
    answers = {
        "/items/0/tax_id": owner("POST", place, {"items": [{"name": "王五", "tax_id": tax_id}]}),
        "/tax_id": owner("PATCH", f"{place}/{item['id']}", {"tax_id": tax_id}, If_Match=item["etag"]),
    }
    for pointer, answer in answers.items():
        (error,) = answer.json["errors"]
        assert (answer.status_code, error["pointer"], error["code"]) == (422, pointer, "item.tax_id_is_identity")
        assert tax_id not in answer.text


@pytest.mark.parametrize(
    "tax_id",
    ["91110105MA00000000", "110105491231002", "110105194912310021", "110105194913310021", IDENTITY[:17], BOTH],
)
def test_the_tax_id_of_a_company_is_taken_as_it_is(owner: Caller, place: str, tax_id: str) -> None:
    answer = owner("POST", place, {"items": [{"name": "某公司", "tax_id": tax_id}]})
    assert (answer.status_code, answer.json["data"][0]["tax_id"]) == (201, tax_id)


def test_what_is_kept_for_a_replay_is_masked_too(owner: Caller, place: str, doors: Doors) -> None:
    body = {"items": [{"name": "张三", "particulars": GIVEN}]}
    first = owner("POST", place, body, Idempotency_Key="sensitive-replay-000001")
    again = owner("POST", place, body, Idempotency_Key="sensitive-replay-000001")
    assert first.json == again.json and again.headers["Idempotency-Replayed"] == "true"
    with doors.firm() as scope:
        kept = scope.run("SELECT convert_from(body, 'UTF8') FROM tenant.idempotency_key").scalars().all()
    assert kept and not [secret for secret in SECRETS for body in kept if secret in body]


@pytest.mark.parametrize("whose", ["book", "firm"])
def test_a_credential_goes_in_and_never_comes_out(owner: Caller, book: BookRef, whose: str) -> None:
    at = "/v1/credentials" if whose == "firm" else address(book.uid, "/credentials")
    new = {"system": "tax_bureau", "name": "办税员", "login": "login-7788", "secret": "s3cret-value\nline"}
    made = owner("POST", at, new)
    assert made.status_code == 201, made.text
    one = f"{at}/{made.json['id']}"
    assert made.headers["Location"] == one
    listed = owner("GET", at)
    assert listed.json["data"] == [made.json]
    assert owner("PUT", one, {"secret": "other-s3cret"}).status_code == 428
    other = owner("PUT", one, {"secret": "other-s3cret"}, If_Match=made.json["etag"])
    assert (other.status_code, other.json["name"]) == (200, "")
    for answer in (made, listed, other):
        assert "s3cret" not in answer.text and "login-7788" not in answer.text
    assert owner("GET", one).status_code == 405
    assert owner("DELETE", one, If_Match=made.json["etag"]).status_code == 412
    assert owner("DELETE", one, If_Match=other.json["etag"]).status_code == 204
    assert owner("GET", at).json["data"] == []


def test_credentials_of_a_book_are_nobody_elses(
    owner: Caller, member: Callable[..., Caller], book: BookRef, doors: Doors
) -> None:
    new = {"system": "bank.icbc", "secret": "x"}
    of_book = owner("POST", address(book.uid, "/credentials"), new).json
    of_firm = owner("POST", "/v1/credentials", new).json
    other = address(doors.new_book().uid, "/credentials")
    strange = ((other, of_book), (address(book.uid, "/credentials"), of_firm), ("/v1/credentials", of_book))
    for at, one in strange:
        answer = owner("DELETE", f"{at}/{one['id']}", If_Match=one["etag"])
        assert (answer.status_code, answer.json["code"]) == (404, "credential.not_found")
    accountant = granted(owner, member, book, "accountant")
    assert accountant("POST", address(book.uid, "/credentials"), new).status_code == 403
    assert member("manager")("GET", "/v1/credentials").status_code == 403
