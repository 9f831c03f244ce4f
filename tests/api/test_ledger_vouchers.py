"""The voucher desk over HTTP: each route's happy way, its refusals, its tags and its keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.books.types import BookRef
from tenants.scope import TenantRef
from tests.api.conftest import Caller, address
from tests.factories.doors import Doors

SALE = {
    "date": "2026-01-05",
    "lines": [
        {"account_code": "1122", "summary": "销售", "debit": "113.00", "counterparty": "甲公司"},
        {"account_code": "5001", "summary": "销售", "credit": "100.00"},
        {"account_code": "22210107", "summary": "销项税额", "credit": "13.00"},
    ],
}
BAD = {"date": "2026-01-05", "lines": [{"account_code": "9999", "summary": "x", "debit": "1.00"}]}


@pytest.fixture
def book(doors: Doors) -> BookRef:
    """A fresh book."""
    return doors.new_book()


def draft(owner: Caller, book: BookRef, **changes: Any) -> dict[str, Any]:
    """A drafted voucher."""
    answer = owner("POST", address(book.uid, "/vouchers"), {**SALE, **changes})
    assert answer.status_code == 201, answer.get_json()
    body: dict[str, Any] = answer.get_json()
    return body


def act(owner: Caller, book: BookRef, voucher: dict[str, Any], verb: str, json: Any = None, **headers: str) -> Any:
    """A verb on a voucher at the version it was read."""
    place = address(book.uid, f"/vouchers/{voucher['id']}/{verb}")
    return owner("POST", place, json, **{"If_Match": voucher["etag"], **headers})


def test_a_voucher_is_drafted_reviewed_posted_and_reversed(owner: Caller, book: BookRef) -> None:
    drafted = draft(owner, book)
    assert (drafted["status"], drafted["number"], drafted["lines"][0]["debit"]) == ("draft", 1, "113.00")
    reviewed = act(owner, book, drafted, "review").get_json()
    posted = act(owner, book, reviewed, "post").get_json()
    assert (reviewed["status"], posted["status"], posted["etag"]) == ("reviewed", "posted", '"3-voucher"')
    red = act(owner, book, posted, "reverse", {"date": "2026-01-31"})
    assert red.status_code == 201
    assert (red.get_json()["reverses"], red.get_json()["lines"][0]["debit"]) == (posted["id"], "-113.00")
    assert owner("GET", red.headers["Location"]).get_json() == red.get_json()
    again = act(owner, book, posted, "reverse", {"date": "2026-01-31"})
    assert (again.status_code, again.get_json()["code"]) == (409, "voucher.already_reversed")


def test_reading_again_at_the_same_version_answers_304(owner: Caller, book: BookRef) -> None:
    drafted = draft(owner, book)
    place = address(book.uid, f"/vouchers/{drafted['id']}")
    assert owner("GET", place).headers["ETag"] == drafted["etag"]
    assert owner("GET", place, If_None_Match=drafted["etag"]).status_code == 304


def test_a_draft_is_changed_by_a_merge_patch_at_the_version_it_was_read(owner: Caller, book: BookRef) -> None:
    drafted = draft(owner, book)
    place = address(book.uid, f"/vouchers/{drafted['id']}")
    changed = owner("PATCH", place, {"note": "补充"}, If_Match=drafted["etag"]).get_json()
    assert (changed["note"], changed["lines"], changed["date"]) == ("补充", drafted["lines"], "2026-01-05")
    stale = owner("PATCH", place, {"note": "再改"}, If_Match=drafted["etag"])
    assert (stale.status_code, stale.headers["ETag"]) == (412, changed["etag"])
    assert owner("PATCH", place, {"note": "再改"}).status_code == 428
    assert owner("GET", place).get_json()["note"] == "补充"


def test_posted_never_changes_and_void_keeps_its_number(owner: Caller, book: BookRef) -> None:
    first, second = draft(owner, book), draft(owner, book)
    void = act(owner, book, first, "void", {"reason": "重复"}).get_json()
    assert (void["status"], void["number"]) == ("void", 1)
    unreviewed = act(owner, book, second, "post")
    assert (unreviewed.status_code, unreviewed.get_json()["code"]) == (409, "voucher.not_reviewed")
    posted = act(owner, book, act(owner, book, second, "review").get_json(), "post").get_json()
    place = address(book.uid, f"/vouchers/{posted['id']}")
    refused = owner("PATCH", place, {"note": "x"}, If_Match=posted["etag"])
    assert (refused.status_code, refused.get_json()["code"]) == (409, "voucher.posted_immutable")
    assert act(owner, book, posted, "void", {"reason": "x"}).get_json()["code"] == "voucher.posted_immutable"
    assert act(owner, book, posted, "unreview").get_json()["code"] == "voucher.posted_immutable"


def test_a_review_can_be_taken_back(owner: Caller, book: BookRef) -> None:
    reviewed = act(owner, book, draft(owner, book), "review").get_json()
    assert act(owner, book, reviewed, "unreview").get_json()["status"] == "draft"


def test_every_broken_rule_points_into_the_request(owner: Caller, book: BookRef) -> None:
    answer = owner("POST", address(book.uid, "/vouchers"), BAD)
    assert answer.status_code == 422
    assert {(e["pointer"], e["code"]) for e in answer.get_json()["errors"]} == {
        ("/lines", "voucher.too_few_lines"),
        ("/lines", "voucher.unbalanced"),
        ("/lines/0/account_code", "line.account_unknown"),
    }
    shape = owner(
        "POST", address(book.uid, "/vouchers"), {"date": "2026-01-05", "lines": [{"debit": 1}], "firm_id": "x"}
    )
    assert {e["pointer"] for e in shape.get_json()["errors"]} == {
        "/firm_id",
        "/lines/0/account_code",
        "/lines/0/debit",
        "/lines/0/summary",
    }
    lines = [{**SALE["lines"][0], "cash_item": "zzz"}, *SALE["lines"][1:]]  # type: ignore[index, dict-item]
    item = owner("POST", address(book.uid, "/vouchers"), {**SALE, "lines": lines}).get_json()
    assert item["errors"][0]["pointer"] == "/lines/0/cash_item"


def test_the_same_key_drafts_once(owner: Caller, book: BookRef) -> None:
    key = {"Idempotency_Key": "drafting-once-0001"}
    first, again = (owner("POST", address(book.uid, "/vouchers"), SALE, **key) for _ in range(2))
    assert (first.data, again.headers["Idempotency-Replayed"]) == (again.data, "true")
    assert len(owner("GET", address(book.uid, "/vouchers")).get_json()["data"]) == 1
    other = owner("POST", address(book.uid, "/vouchers"), BAD, **key)
    assert (other.status_code, other.get_json()["code"]) == (422, "idempotency.key_reused")


def test_an_external_id_is_taken_once(owner: Caller, book: BookRef) -> None:
    draft(owner, book, external_id="ERP-1")
    again = owner("POST", address(book.uid, "/vouchers"), {**SALE, "external_id": "ERP-1"})
    assert (again.status_code, again.get_json()["code"]) == (409, "external_id.duplicate")


def test_the_list_pages_and_filters(owner: Caller, book: BookRef) -> None:
    for day in ("2026-01-05", "2026-01-06", "2026-02-01"):
        draft(owner, book, date=day)
    place = address(book.uid, "/vouchers")
    first = owner("GET", f"{place}?limit=2").get_json()
    rest = owner("GET", f"{place}?limit=2&cursor={first['page']['next_cursor']}").get_json()
    assert [(v["period"], v["number"]) for v in first["data"] + rest["data"]] == [
        ("2026-01", 1),
        ("2026-01", 2),
        ("2026-02", 1),
    ]
    assert rest["page"] == {"next_cursor": None, "has_more": False, "limit": 2}
    assert len(owner("GET", f"{place}?period=2026-02").get_json()["data"]) == 1
    assert owner("GET", f"{place}?status=posted,void").get_json()["data"] == []
    assert owner("GET", f"{place}?status=lost").status_code == 422
    assert owner("GET", f"{place}?colour=red").status_code == 400


def test_partial_bulk_drafts_what_it_can_and_says_why_not_the_rest(owner: Caller, book: BookRef) -> None:
    draft(owner, book, external_id="known")
    items = [
        {"client_ref": "a", "external_id": "new", "data": SALE},
        {"client_ref": "b", "external_id": "known", "data": SALE},
        {"client_ref": "c", "data": BAD},
        {"client_ref": "d", "data": {"date": "yesterday"}},
        {"client_ref": "e", "data": {**SALE, "date": "2031-01-01"}},
        {"client_ref": "f", "external_id": "twice", "data": SALE},
        {"client_ref": "g", "external_id": "twice", "data": SALE},
    ]
    answer = owner("POST", address(book.uid, "/vouchers/bulk"), {"mode": "partial", "items": items})
    body = answer.get_json()
    assert (answer.status_code, body["status"]) == (200, "partial")
    assert body["summary"] == {"total": 7, "created": 1, "unchanged": 1, "failed": 5, "not_applied": 0}
    assert [(r["index"], r["client_ref"], r["status"], r["http_status"]) for r in body["results"]] == [
        (0, "a", "created", 201),
        (1, "b", "unchanged", 200),
        (2, "c", "failed", 422),
        (3, "d", "failed", 422),
        (4, "e", "failed", 409),
        (5, "f", "failed", 422),
        (6, "g", "failed", 422),
    ]
    assert [r["problem"]["code"] for r in body["results"][2:]] == [
        "voucher.rejected",
        "request.invalid",
        "period.too_far",
        "request.duplicate_item",
        "request.duplicate_item",
    ]
    assert body["results"][3]["problem"]["errors"][0]["pointer"] == "/date"


def test_atomic_bulk_leaves_nothing_behind_when_one_fails(owner: Caller, book: BookRef) -> None:
    items = [{"data": {**SALE, "date": "2026-02-03"}}, {"data": BAD}]
    answer = owner("POST", address(book.uid, "/vouchers/bulk"), {"mode": "atomic", "items": items})
    assert answer.status_code == 422
    assert [r["status"] for r in answer.get_json()["results"]] == ["not_applied", "failed"]
    assert owner("GET", address(book.uid, "/vouchers")).get_json()["data"] == []
    assert [p["period"] for p in owner("GET", address(book.uid, "/periods")).get_json()["data"]] == ["2026-01"]
    assert draft(owner, book)["number"] == 1


def test_a_period_is_reviewed_and_posted_in_bulk(owner: Caller, book: BookRef) -> None:
    first, second, third = (draft(owner, book) for _ in range(3))
    ids = [first["id"], second["id"]]
    reviewed = owner("POST", address(book.uid, "/vouchers/bulk-review"), {"mode": "atomic", "ids": ids}).get_json()
    assert reviewed["summary"]["reviewed"] == 2
    atomic = owner("POST", address(book.uid, "/vouchers/bulk-post"), {"mode": "atomic", "period": "2026-01"})
    assert (atomic.status_code, atomic.get_json()["summary"]["not_applied"]) == (422, 2)
    partial = owner("POST", address(book.uid, "/vouchers/bulk-post"), {"mode": "partial", "period": "2026-01"})
    assert [r["status"] for r in partial.get_json()["results"]] == ["posted", "posted", "failed"]
    missing = "vch_" + "0" * 26
    rest = {"mode": "partial", "ids": [first["id"], third["id"], missing], "review": True}
    body = owner("POST", address(book.uid, "/vouchers/bulk-post"), rest).get_json()
    assert [r["status"] for r in body["results"]] == ["unchanged", "posted", "failed"]
    assert body["results"][2]["problem"]["code"] == "voucher.not_found"


def test_the_preparer_does_not_review_where_the_book_says_so(owner: Caller, doors: Doors) -> None:
    strict = doors.new_book(settings={"review_by_other": True})
    refused = act(owner, strict, draft(owner, strict), "review")
    assert (refused.status_code, refused.get_json()["code"]) == (409, "voucher.reviewer_is_preparer")


def test_a_rehearsal_changes_nothing(owner: Caller, book: BookRef) -> None:
    place = address(book.uid, "/vouchers")
    assert owner("POST", f"{place}?validate_only=true", SALE).get_json() == {"valid": True}
    assert owner("POST", f"{place}?validate_only=true", BAD).status_code == 422
    assert owner("GET", place).get_json()["data"] == []


@pytest.mark.parametrize("rest", ["/vouchers", "/accounts", "/periods", "/opening-balances", ""])
def test_another_firms_book_is_not_found(
    member: Callable[..., Caller], other_firm: TenantRef, book: BookRef, rest: str
) -> None:
    stranger = member("owner", other_firm)
    answer = stranger("GET", address(book.uid, rest))
    assert (answer.status_code, answer.get_json()["code"]) == (404, "book.not_found")


def test_another_books_voucher_is_not_found(owner: Caller, book: BookRef, doors: Doors) -> None:
    elsewhere = draft(owner, doors.new_book())
    for verb in ("review", "unreview", "post"):
        assert act(owner, book, elsewhere, verb).get_json()["code"] == "voucher.not_found"
    assert owner("GET", address(book.uid, f"/vouchers/{elsewhere['id']}")).status_code == 404


def test_a_clerk_needs_the_grant_and_its_permissions(
    owner: Caller, member: Callable[..., Caller], book: BookRef, doors: Doors
) -> None:
    clerk = member("staff")
    assert clerk("GET", address(book.uid, "/vouchers")).status_code == 404
    grant(doors, book, clerk, "inspector")
    assert clerk("GET", address(book.uid, "/vouchers")).status_code == 200
    refused = clerk("POST", address(book.uid, "/vouchers"), SALE)
    assert (refused.status_code, refused.get_json()["code"]) == (403, "permission.missing")
    drafted = draft(owner, book)
    for verb in ("review", "unreview", "post", "void", "reverse"):
        json = {"reason": "x"} if verb == "void" else {"date": "2026-01-31"} if verb == "reverse" else None
        assert act(clerk, book, drafted, verb, json).status_code == 403


def grant(doors: Doors, book: BookRef, clerk: Caller, role: str) -> None:
    """Let a member of staff into a book."""
    with doors.firm() as scope:
        scope.run(
            "INSERT INTO tenant.book_grant (book_id, holder_id, role, granted_at, granted_by)"
            " VALUES (:book, :user, :role, :now, 'tests')",
            book=book.id,
            user=clerk.id,
            role=role,
            now=scope.now,
        )


def test_every_act_leaves_its_line(owner: Caller, book: BookRef, doors: Doors) -> None:
    drafted = draft(owner, book)
    patch = owner("PATCH", address(book.uid, f"/vouchers/{drafted['id']}"), {"note": "x"}, If_Match=drafted["etag"])
    reviewed = act(owner, book, patch.get_json(), "review").get_json()
    back = act(owner, book, reviewed, "unreview").get_json()
    posted = act(owner, book, act(owner, book, back, "review").get_json(), "post").get_json()
    red = act(owner, book, posted, "reverse", {"date": "2026-01-31"}).get_json()
    act(owner, book, red, "void", {"reason": "误操作"})
    with doors.book(book.uid) as scope:
        lines = scope.run("SELECT action FROM tenant.audit_event WHERE book_id = :b ORDER BY at, id", b=book.id)
        actions = list(lines.scalars())
    assert actions == [
        "book.create",
        "voucher.draft",
        "voucher.change",
        "voucher.review",
        "voucher.unreview",
        "voucher.review",
        "voucher.post",
        "voucher.draft",
        "voucher.reverse",
        "voucher.void",
    ]
