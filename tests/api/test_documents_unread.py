"""Documents whose job ended without reading them: the accountant sees them, the month waits, somebody has them read."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

from app.books.types import BookRef
from infra.ids import decode, encode
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.api.conftest import Caller, address
from tests.factories.doors import Doors
from tests.factories.http import work_off
from tests.unit.invoices_parsing.builders import BUYER, BUYER_ID, einvoice

CHECK = "/periods/2026-10/check"


@pytest.fixture
def book(doors: Doors) -> BookRef:
    """The buyer's book, from the month of its invoice on."""
    return doors.new_book(name=BUYER, tax_id=BUYER_ID, start_period="2026-10")


@pytest.fixture
def accountant(owner: Caller, member: Callable[..., Caller], book: BookRef) -> Caller:
    """An accountant with a grant in the book."""
    found = member("staff")
    assert owner("PUT", grant_of(book, found), {"role": "accountant"}).status_code == 200
    return found


def grant_of(book: BookRef, who: Caller) -> str:
    """Where the grant of somebody in the book stands."""
    assert who.id
    return address(book.uid, f"/grants/{encode('usr', who.id)}")


def hand_in(caller: Caller, book: BookRef, content: bytes) -> str:
    """Upload a file; the job."""
    answer = caller.client.post(
        address(book.uid, "/documents"),
        data={"files": [(BytesIO(content), "发票.xml")]},
        headers={"Authorization": f"Bearer {caller.secret}", "Idempotency-Key": "unread-key-00000001"},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 202, answer.json
    job: str = answer.json["job_id"]
    return job


def blockers(caller: Caller, book: BookRef) -> list[str]:
    """What stands in the way of the month."""
    check = caller("GET", address(book.uid, CHECK)).json
    return [one["code"] for one in check["blockers"] if one["path"] == "/documents"]


def states(caller: Caller, book: BookRef) -> list[tuple[str, list[str]]]:
    """The documents' states and the codes of their problems."""
    rows = caller("GET", address(book.uid, "/documents")).json["data"]
    return [(row["state"], [one["code"] for one in row["problems"]]) for row in rows]


def again(caller: Caller, book: BookRef) -> Any:
    """Ask for the unread documents to be read."""
    return caller("POST", address(book.uid, "/documents/read-again"))


def test_a_grant_withdrawn_while_the_job_waits_leaves_the_upload_as_work_that_somebody_else_has_read(
    owner: Caller, accountant: Caller, book: BookRef, ports: Ports, firm: TenantRef
) -> None:
    job = hand_in(accountant, book, einvoice().encode())
    assert (states(owner, book), blockers(owner, book)) == ([("stored", [])], ["close.uploads_unread"])
    assert owner("DELETE", grant_of(book, accountant)).status_code == 204
    work_off(ports, firm, job)
    ended = owner("GET", f"/v1/jobs/{job}").json
    assert (ended["state"], ended["problem"]["code"]) == ("failed", "job.originator_not_granted")
    assert (states(owner, book), blockers(owner, book)) == (
        [("unread", ["document.unread"])],
        ["close.documents_unread"],
    )
    assert len(owner("GET", address(book.uid, "/documents?state=unread")).json["data"]) == 1
    assert owner("GET", address(book.uid, "/documents?state=stored")).json["data"] == []
    assert again(accountant, book).status_code == 404
    asked = again(owner, book)
    assert (asked.status_code, [one["filename"] for one in asked.json["documents"]]) == (202, ["发票.xml"])
    assert (states(owner, book), blockers(owner, book)) == ([("stored", [])], ["close.uploads_unread"])
    assert (again(owner, book).status_code, again(owner, book).json["code"]) == (409, "document.none_unread")
    work_off(ports, firm, asked.json["job_id"])
    assert (states(owner, book), blockers(owner, book)) == ([("recognised", [])], [])
    (invoice,) = owner("GET", address(book.uid, "/invoices")).json["data"]
    assert invoice["state"] == "booked"


@pytest.mark.parametrize("end", ["cancelled", "exhausted", "disabled"])
def test_however_its_job_ended_an_upload_that_nobody_read_blocks_the_month(
    owner: Caller, accountant: Caller, book: BookRef, ports: Ports, firm: TenantRef, doors: Doors, end: str
) -> None:
    job = hand_in(accountant, book, einvoice().encode())
    if end == "cancelled":
        assert owner("POST", f"/v1/jobs/{job}/cancel").json["state"] == "cancelled"
    elif end == "exhausted":
        with doors.firm() as scope:
            scope.run("UPDATE tenant.job SET max_attempts = 0 WHERE id = :j", j=decode("job", job))
            scope.run("UPDATE tenant.job SET deadline = now() - interval '1 s' WHERE id = :j", j=decode("job", job))
        work_off(ports, firm, job)
    else:
        with ports.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE platform.app_user SET active = false WHERE id = %s", (accountant.id,))
        work_off(ports, firm, job)
    assert owner("GET", f"/v1/jobs/{job}").json["state"] in ("cancelled", "failed")
    assert (states(owner, book), blockers(owner, book)) == (
        [("unread", ["document.unread"])],
        ["close.documents_unread"],
    )


def test_who_asks_for_documents_to_be_read_leaves_a_line_for_each(owner: Caller, book: BookRef, doors: Doors) -> None:
    job = hand_in(owner, book, b"<a/>")
    owner("POST", f"/v1/jobs/{job}/cancel")
    assert again(owner, book).status_code == 202
    with doors.book(book.uid) as scope:
        logged = scope.run(
            "SELECT actor FROM tenant.audit_event WHERE book_id = :b AND action = 'document.read_again'", b=book.id
        )
        assert [row.actor for row in logged] == [f"user:{owner.id}"]


def test_jobs_of_a_book_are_gone_with_the_grant_whoever_started_them(
    owner: Caller, accountant: Caller, book: BookRef
) -> None:
    job = hand_in(accountant, book, b"<a/>")
    assert accountant("GET", f"/v1/jobs/{job}").status_code == 200
    owner("DELETE", grant_of(book, accountant))
    unknown = f"/v1/jobs/{encode('job', book.uid)}"
    for method, rest in (("GET", ""), ("GET", "/items"), ("POST", "/cancel")):
        answers = [accountant(method, at + rest) for at in (f"/v1/jobs/{job}", unknown)]
        assert [(one.status_code, one.json["code"]) for one in answers] == [(404, "job.not_found")] * 2
        mine, strange = ({**one.json, "instance": "", "request_id": ""} for one in answers)
        assert mine == strange
    assert accountant("GET", "/v1/jobs").json["data"] == []
    assert owner("GET", f"/v1/jobs/{job}").json["state"] == "queued"
