"""Jobs among colleagues: who may stop whose work, where that is written, what is seen of work that is shared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from app.books.types import BookRef
from app.factory import BLUEPRINTS
from app.kernel.jobs import READ_WITH, SIGN, started_with
from app.kernel.permissions import Permission
from infra.ids import encode
from infra.ports import Ports
from jobs.registry import HANDLERS
from tenants.outbox import enqueue
from tenants.scope import TenantRef
from tests.api.conftest import Caller, Hired, address
from tests.api.test_documents_unread import grant_of, hand_in
from tests.factories.doors import Doors
from tests.factories.http import work_off

MISSING = (403, "permission.missing")
NONE = (404, "job.not_found")


def cancel(caller: Caller, job: str) -> tuple[int, str]:
    """What becomes of asking for a job's end: the status, and the state or the refusal's code."""
    answer = caller("POST", f"/v1/jobs/{job}/cancel")
    return answer.status_code, answer.json.get("code") or answer.json["state"]


def close(caller: Caller, *books: BookRef) -> str:
    """A job that closes the first month of books."""
    wanted = {"period": "2026-01", "books": [encode("bk", book.uid) for book in books]}
    answer = caller("POST", "/v1/closings", wanted)
    assert answer.status_code == 202, answer.json
    job: str = answer.json["job_id"]
    return job


def lines(owner: Caller, book: BookRef, action: str) -> list[Any]:
    """What the log of a book says of an action."""
    found: list[Any] = owner("GET", address(book.uid, f"/audit-events?action={action}")).json["data"]
    return found


# ---- who may stop it


def test_whoever_only_reads_stops_nobodys_work(owner: Caller, hired: Hired, books: list[BookRef]) -> None:
    upload, closing = hand_in(owner, books[0], b"<a/>"), close(owner, books[0])
    role = {"code": "own_onlooker", "name_zh": "旁观", "name_en": "Onlooker", "reach": "book", "side": "staff"}
    owner("POST", "/v1/roles", {**role, "permissions": ["book.read", "document.read", "voucher.read"]})
    for reader in ("inspector", "reviewer", "own_onlooker"):
        who = hired(reader, books[0])
        assert [cancel(who, job) for job in (upload, closing)] == [MISSING, NONE], reader
    assert [owner("GET", f"/v1/jobs/{job}").json["state"] for job in (upload, closing)] == ["queued"] * 2


def test_work_is_stopped_by_who_may_start_such_work_in_its_book(
    owner: Caller, hired: Hired, member: Callable[..., Caller], books: list[BookRef]
) -> None:
    here, there = books
    upload, closing = hand_in(owner, here, b"<a/>"), close(owner, here)
    cashier, accountant, manager = hired("cashier", here), hired("accountant", here), member("manager")
    assert cancel(hired("accountant", there), upload) == NONE
    assert cancel(cashier, closing) == NONE  # one who hands documents in closes nothing
    assert cancel(cashier, upload) == cancel(accountant, closing) == (200, "cancelled")
    assert cancel(manager, close(accountant, here)) == (200, "cancelled")


def test_who_started_work_may_stop_it_whatever_the_role_is_now(
    owner: Caller, hired: Hired, books: list[BookRef]
) -> None:
    once = hired("cashier", books[0])
    job = hand_in(once, books[0], b"<a/>")
    assert owner("PUT", grant_of(books[0], once), {"role": "reviewer"}).status_code == 200
    assert cancel(once, job) == (200, "cancelled")


def test_each_kind_of_work_names_the_permission_its_own_routes_ask_for() -> None:
    asked = {"closings_create": Permission.PERIOD_CLOSE}  # it asks in each book that its body names
    starting = [one for blp in BLUEPRINTS for one in blp.operations.values() if one.job_type]
    assert len(starting) > len(asked)
    for one in starting:
        assert started_with(one.job_type or "") == asked.get(one.name, one.needs), one.name


# ---- where it is written down


def test_that_work_was_stopped_is_in_the_log_of_every_book_it_was_about(
    owner: Caller, hired: Hired, books: list[BookRef]
) -> None:
    job = close(owner, *books)
    assert cancel(owner, job) == (200, "cancelled")
    for book in books:
        (line,) = lines(owner, book, "job.cancel")
        assert line["object_id"] == job
        assert line["details"] == {"type": "closing.close", "state": {"before": "queued", "after": "cancelled"}}


# ---- who reads it


def seen(caller: Caller, job: str) -> tuple[bool, int, int]:
    """Whether a job is in the caller's list, and what asking for it and for its items answers."""
    listed = job in [one["id"] for one in caller("GET", "/v1/jobs?limit=200").json["data"]]
    return listed, caller("GET", f"/v1/jobs/{job}").status_code, caller("GET", f"/v1/jobs/{job}/items").status_code


READ, UNSEEN = (True, 200, 200), (False, 404, 404)


def own_role(owner: Caller, code: str, *permissions: str) -> str:
    """An own role of the firm with these permissions in a book."""
    role = {"code": f"own_{code}", "name_zh": code, "name_en": code, "reach": "book", "side": "staff"}
    made: str = owner("POST", "/v1/roles", {**role, "permissions": list(permissions)}).json["code"]
    return made


def key(owner: Caller, *permissions: str, **more: Any) -> Caller:
    """An API key that may do no more than this."""
    wanted = {"name": "narrow", "role": "manager", "days": 1, "permissions": list(permissions), **more}
    return Caller(owner.client, owner("POST", "/v1/api-keys", wanted).json["secret"])


def signing(owner: Caller, book: BookRef, doors: Doors) -> str:
    """The job that signs the seals of a book's month that was closed."""
    with doors.book(book.uid) as scope:
        return encode("job", enqueue(scope, SIGN, {"books": [book.id]}, book_id=book.id))


def test_every_kind_of_work_names_the_permission_it_is_read_with() -> None:
    assert READ_WITH.keys() == HANDLERS.keys()


def test_what_a_closing_found_is_read_by_who_may_check_the_period_and_by_nobody_else(
    owner: Caller, hired: Hired, books: list[BookRef], ports: Ports, firm: TenantRef
) -> None:
    hand_in(owner, books[0], b"<a/>")
    closing = close(owner, books[0])
    work_off(ports, firm, closing)
    (item,) = hired("accountant", books[0])("GET", f"/v1/jobs/{closing}/items").json["data"]
    assert "close.uploads_unread" in [one["code"] for one in item["problems"]]
    papers = own_role(owner, "papers", "document.read")
    closer = own_role(owner, "closer", "period.close")
    for role in ("client_uploader", "client_boss", "cashier", "reviewer", "inspector", papers):
        assert seen(hired(role, books[0]), closing) == UNSEEN, role
    for role in ("team_lead", closer):
        assert seen(hired(role, books[0]), closing) == READ, role
    assert seen(key(owner, "job.read", "document.read", "ledger.read"), closing) == UNSEEN
    assert seen(key(owner, "job.read", "period.close"), closing) == READ
    limited = {"role": "accountant", "books": [encode("bk", books[0].uid)]}
    assert seen(key(owner, "job.read", "document.read", **limited), closing) == UNSEEN
    assert seen(key(owner, "job.read", "period.close", **limited), closing) == READ


def test_who_hands_papers_in_reads_their_fates_and_no_proof_of_the_books(
    owner: Caller, hired: Hired, books: list[BookRef], ports: Ports, firm: TenantRef, doors: Doors
) -> None:
    uploader = hired("client_uploader", books[0])
    upload, proof = hand_in(uploader, books[0], b"<a/>"), signing(owner, books[0], doors)
    work_off(ports, firm, upload)
    assert (seen(uploader, upload), seen(uploader, proof)) == (READ, UNSEEN)
    assert [one["fate"] for one in uploader("GET", f"/v1/jobs/{upload}/items").json["data"]] == ["needs_attention"]
    assert seen(hired("client_boss", books[0]), proof) == UNSEEN
    assert seen(hired("inspector", books[0]), proof) == seen(hired("inspector", books[0]), upload) == READ
    assert seen(hired("inspector", books[1]), proof) == seen(hired("inspector", books[1]), upload) == UNSEEN


def test_who_started_a_closing_and_may_only_read_papers_now_does_not_read_what_it_found(
    owner: Caller, hired: Hired, books: list[BookRef], ports: Ports, firm: TenantRef
) -> None:
    accountant, papers = hired("accountant", *books), own_role(owner, "papers_only", "document.read")
    one, both = close(accountant, books[0]), close(accountant, *books)
    for job in (one, both):
        work_off(ports, firm, job)
        assert seen(accountant, job) == READ
    owner("PUT", grant_of(books[0], accountant), {"role": papers})
    assert (seen(accountant, one), seen(accountant, both)) == (UNSEEN, READ)
    assert accountant("GET", f"/v1/jobs/{both}").json["result"] is None
    left = accountant("GET", f"/v1/jobs/{both}/items").json["data"]
    assert [item["book_id"] for item in left] == [encode("bk", books[1].uid)]
    owner("PUT", grant_of(books[1], accountant), {"role": papers})
    assert seen(accountant, both) == UNSEEN


def test_work_over_several_books_is_gone_with_the_last_of_them(
    owner: Caller, hired: Hired, books: list[BookRef], doors: Doors
) -> None:
    accountant = hired("accountant", *books)
    with doors.firm() as scope:
        actor = replace(scope.actor, kind="user", id=accountant.id)
        signs = encode("job", enqueue(replace(scope, actor=actor), SIGN, {"books": [book.id for book in books]}))
    mine = [close(accountant, *books), signs]
    assert [seen(accountant, job) for job in mine] == [READ] * 2
    for book in books:
        assert owner("DELETE", grant_of(book, accountant)).status_code == 204
    assert [seen(accountant, job) for job in mine] == [UNSEEN] * 2
    assert accountant("GET", "/v1/jobs").json["data"] == []
    assert [seen(owner, job) for job in mine] == [READ] * 2


# ---- what is seen of it


def test_the_totals_of_work_over_several_books_are_gone_with_the_grant_in_one_of_them(
    owner: Caller, hired: Hired, books: list[BookRef], ports: Ports, firm: TenantRef
) -> None:
    accountant = hired("accountant", *books)
    job = close(accountant, *books)
    work_off(ports, firm, job)
    whole = accountant("GET", f"/v1/jobs/{job}").json
    assert (whole["result"]["total"], whole["progress"]["total"]) == (2, 2)
    owner("DELETE", grant_of(books[1], accountant))
    listed = next(one for one in accountant("GET", "/v1/jobs").json["data"] if one["id"] == job)
    left = accountant("GET", f"/v1/jobs/{job}").json
    assert [(one["result"], one["progress"]) for one in (listed, left)] == [(None, {})] * 2
    seen = accountant("GET", f"/v1/jobs/{job}/items").json["data"]
    assert [one["book_id"] for one in seen] == [encode("bk", books[0].uid)]
    assert owner("GET", f"/v1/jobs/{job}").json["result"] == whole["result"]
