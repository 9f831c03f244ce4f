"""Review by rule over HTTP: a rule is proposed, approved by a person, and reviews only what the system made."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal as D

import pytest

from app.books.types import BookRef
from app.ledger.vouchers import service as vouchers
from app.ledger.vouchers.types import Draft, Line, Source
from infra.ids import encode, new_id
from tests.api.conftest import Caller, address
from tests.api.test_ledger_vouchers import draft
from tests.factories.doors import Doors


@pytest.fixture
def book(doors: Doors) -> BookRef:
    """A fresh book."""
    return doors.new_book()


RULE = {"name": "小额发票", "source_type": "invoice", "max_amount": "500.00", "accounts": ["1122", "5001", "2221"]}


def made_by_system(doors: Doors, book: BookRef, amount: str, account: str = "5001") -> str:
    """A draft that the register of invoices made."""
    lines = (
        Line("1122", "销售", debit=D(amount), counterparty="甲公司"),
        Line(account, "销售", credit=D(amount)),
    )
    with doors.book(book.uid) as scope:
        source = Source("invoice", str(new_id()), "sales")
        (done,) = vouchers.draft_vouchers(scope, [Draft(book.id, date(2026, 1, 5), lines, source=source)])
    return encode("vch", done.id)


def test_a_rule_reviews_what_the_system_made_and_only_after_its_approval(
    owner: Caller, member: Callable[..., Caller], doors: Doors
) -> None:
    book = doors.new_book(settings={"review_by_other": True})
    small, large = made_by_system(doors, book, "500.00"), made_by_system(doors, book, "500.01")
    other, by_hand = made_by_system(doors, book, "1.00", "5051"), draft(owner, book)["id"]
    touched = made_by_system(doors, book, "2.00")
    place = address(book.uid, f"/vouchers/{touched}")
    assert owner("PATCH", place, {"note": "看过"}, If_Match='"1-voucher"').status_code == 200
    run, rules = address(book.uid, "/vouchers/review-by-rule"), address(book.uid, "/review-rules")
    first = owner("POST", rules, RULE)
    assert (first.status_code, first.json["state"]) == (201, "proposed")
    one = first.headers["Location"]
    assert owner("POST", run, {"period": "2026-01"}).json == {"reviewed": []}
    own = owner("POST", f"{one}/approve", {"version": 1})
    assert (own.status_code, own.json["code"]) == (409, "review_rule.approver_is_proposer")
    boss = member("owner")
    assert boss("POST", f"{one}/approve", {"version": 1}).json["state"] == "active"
    assert boss("POST", f"{one}/approve", {"version": 1}).json["code"] == "review_rule.wrong_state"
    assert boss("POST", f"{one}/approve", {"version": 2}).json["code"] == "review_rule.not_found"
    assert owner("POST", run, {"period": "2026-01"}).json["reviewed"] == [
        {"id": small, "rule_id": first.json["id"], "version": 1}
    ]
    seen = owner("GET", address(book.uid, f"/vouchers/{small}")).json
    assert (seen["status"], seen["reviewed_by"], seen["review_rule"]) == (
        "reviewed", "小额发票", f"{first.json['id']}@1",
    )  # fmt: skip
    states = {each["id"]: each["status"] for each in owner("GET", address(book.uid, "/vouchers")).json["data"]}
    assert [states[each] for each in (large, other, by_hand, touched)] == ["draft"] * 4
    with doors.book(book.uid) as scope:
        logged = scope.run(
            "SELECT details FROM tenant.audit_event WHERE book_id = :b AND action = 'voucher.review'", b=book.id
        ).scalar_one()
    assert logged["rule"] == f"{first.json['id']}@1"
    assert (logged["inputs"]["amount"], logged["inputs"]["accounts"]) == ("500.00", ["1122", "5001"])


def test_an_edit_is_a_new_version_and_the_old_one_stays_to_be_read(owner: Caller, doors: Doors, book: BookRef) -> None:
    rules = address(book.uid, "/review-rules")
    one = owner("POST", rules, RULE).headers["Location"]
    owner("POST", f"{one}/approve", {"version": 1})
    second = owner("POST", f"{one}/versions", {**RULE, "max_amount": "900.00"})
    assert (second.json["version"], second.json["state"]) == (2, "proposed")
    voucher = made_by_system(doors, book, "600.00")
    run = address(book.uid, "/vouchers/review-by-rule")
    assert owner("POST", run, {"period": "2026-01"}).json["reviewed"] == []
    owner("POST", f"{one}/approve", {"version": 2})
    assert [each["id"] for each in owner("POST", run, {"period": "2026-01"}).json["reviewed"]] == [voucher]
    known = owner("GET", one).json["data"]
    assert [(each["version"], each["state"], each["max_amount"]) for each in known] == [
        (2, "active", "900.00"), (1, "retired", "500.00"),
    ]  # fmt: skip
    assert {each["state"] for each in owner("POST", f"{one}/retire").json["data"]} == {"retired"}
    assert owner("POST", f"{one}/retire").json["code"] == "review_rule.wrong_state"
    assert [each["version"] for each in owner("GET", f"{rules}?limit=1").json["data"]] == [1]
