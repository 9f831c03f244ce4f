"""Jobs among colleagues: who may stop whose work, where that is written, what is seen of work that is shared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.books.types import BookRef
from app.factory import BLUEPRINTS
from app.kernel.jobs import started_with
from app.kernel.permissions import Permission
from infra.ids import encode
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.api.conftest import Caller, address
from tests.api.test_documents_unread import grant_of, hand_in
from tests.factories.doors import Doors
from tests.factories.http import work_off

MISSING = (403, "permission.missing")
Hired = Callable[..., Caller]


@pytest.fixture
def books(doors: Doors) -> list[BookRef]:
    """Two books of a firm."""
    return [doors.new_book(), doors.new_book()]


@pytest.fixture
def hired(owner: Caller, member: Callable[..., Caller]) -> Hired:
    """Somebody of the staff with a role in some books: `hired("inspector", book)`."""

    def make(role: str, *books: BookRef) -> Caller:
        found, until = member("staff"), {"until": "2099-12-31T00:00:00.000Z"} if role == "inspector" else {}
        for book in books:
            assert owner("PUT", grant_of(book, found), {"role": role, **until}).status_code == 200
        return found

    return make


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
        assert [cancel(who, job) for job in (upload, closing)] == [MISSING] * 2, reader
    assert [owner("GET", f"/v1/jobs/{job}").json["state"] for job in (upload, closing)] == ["queued"] * 2


def test_work_is_stopped_by_who_may_start_such_work_in_its_book(
    owner: Caller, hired: Hired, member: Callable[..., Caller], books: list[BookRef]
) -> None:
    here, there = books
    upload, closing = hand_in(owner, here, b"<a/>"), close(owner, here)
    cashier, accountant, manager = hired("cashier", here), hired("accountant", here), member("manager")
    assert cancel(hired("accountant", there), upload) == (404, "job.not_found")
    assert cancel(cashier, closing) == MISSING  # one who hands documents in closes nothing
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
