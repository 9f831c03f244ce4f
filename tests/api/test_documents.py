"""Documents over HTTP: handed in, listed, and taken out again as they came, with a line in the log."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import pytest
from werkzeug.test import TestResponse

from app.books.types import BookRef, BookScope
from app.invoices import service
from infra.ids import decode
from tests.api.conftest import Caller, address
from tests.factories.doors import Doors


@pytest.fixture
def book(doors: Doors) -> BookRef:
    """A fresh book."""
    return doors.new_book()


def upload(caller: Caller, book: BookRef, *files: tuple[str, bytes], key: str = "upload-key-000000001") -> TestResponse:
    """Hand in files under one idempotency key."""
    return caller.client.post(
        address(book.uid, "/documents"),
        data={"files": [(BytesIO(content), name) for name, content in files]},
        headers={"Authorization": f"Bearer {caller.secret}", "Idempotency-Key": key},
        content_type="multipart/form-data",
    )


def test_an_upload_is_accepted_as_a_job_and_done_once_per_key(owner: Caller, book: BookRef) -> None:
    files = ("一.xml", b"<a/>"), ("二.xml", b"<b/>"), ("又一.xml", b"<a/>")
    first, again = upload(owner, book, *files), upload(owner, book, *files)
    assert (first.status_code, first.headers["Location"]) == (202, f"/v1/jobs/{first.json['job_id']}")
    assert [(each["filename"], each["duplicate"]) for each in first.json["documents"]] == [
        ("一.xml", False),
        ("二.xml", False),
        ("又一.xml", True),
    ]
    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    job = owner("GET", first.headers["Location"])
    assert (job.status_code, job.json["type"], job.json["state"]) == (200, "invoices.recognise", "queued")


def test_a_unit_that_runs_again_keeps_the_whole_file(
    owner: Caller, book: BookRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, attempts = service.enqueue, []

    def deadlocked_once(scope: BookScope, *args: Any, **more: Any) -> UUID:
        attempts.append(1)
        if len(attempts) == 1:
            scope.run("DO $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$")
        return real(scope, *args, **more)

    monkeypatch.setattr(service, "enqueue", deadlocked_once)
    made = upload(owner, book, ("a.xml", b"<whole/>")).json["documents"][0]
    assert len(attempts) == 2
    assert owner("GET", address(book.uid, f"/documents/{made['document_id']}/content")).data == b"<whole/>"


def test_documents_are_listed_newest_first_page_by_page(owner: Caller, book: BookRef) -> None:
    made = upload(owner, book, *((f"{n}.xml", f"<a{n}/>".encode()) for n in range(3))).json["documents"]
    first = owner("GET", address(book.uid, "/documents?limit=2")).json
    rest = owner("GET", address(book.uid, f"/documents?limit=2&cursor={first['page']['next_cursor']}")).json
    assert [row["id"] for row in first["data"] + rest["data"]] == [row["document_id"] for row in reversed(made)]
    assert (first["page"]["has_more"], rest["page"]["has_more"]) == (True, False)
    assert owner("GET", address(book.uid, "/documents?state=rejected")).json["data"] == []
    one = owner("GET", address(book.uid, f"/documents/{made[0]['document_id']}")).json
    assert (one["filename"], one["size"], one["state"], one["problems"]) == ("0.xml", 5, "stored", [])


def test_the_original_comes_back_inert_and_each_download_is_logged(owner: Caller, book: BookRef, doors: Doors) -> None:
    content = b"<html><script>alert(1)</script></html>"
    made = upload(owner, book, ("../恶意; x=y.html", content)).json["documents"][0]
    answer = owner("GET", address(book.uid, f"/documents/{made['document_id']}/content"))
    assert (answer.status_code, answer.data, answer.mimetype) == (200, content, "application/octet-stream")
    disposition = answer.headers["Content-Disposition"]
    assert unquote(disposition) == f"attachment; filename*=UTF-8''{made['filename']}"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    with doors.book(book.uid) as scope:
        logged = scope.run(
            "SELECT actor FROM tenant.audit_event WHERE book_id = :b AND action = 'document.download'", b=book.id
        )
        assert [row.actor for row in logged] == [f"user:{owner.id}"]


@pytest.mark.parametrize(
    ("files", "status", "code"),
    [
        ([], 422, "request.invalid"),
        ([("x", b"y" * 20_000_001)], 413, "upload.too_large"),
        ([(f"{n}.xml", b"%d" % n) for n in range(101)], 422, "request.invalid"),
    ],
    ids=["none", "too large", "too many"],
)
def test_an_upload_over_the_limits_is_refused_whole(
    owner: Caller, book: BookRef, files: list[tuple[str, bytes]], status: int, code: str
) -> None:
    answer = upload(owner, book, *files)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert owner("GET", address(book.uid, "/documents")).json["data"] == []


def test_a_client_hands_in_and_sees_documents_and_nothing_else(
    member: Callable[..., Caller], book: BookRef, doors: Doors
) -> None:
    client = member("client")
    assert upload(client, book, ("a.xml", b"<a/>")).status_code == 404
    grant(doors, book, client, "client_uploader")
    made = upload(client, book, ("a.xml", b"<a/>"))
    assert made.status_code == 202
    assert status_of(client, book, f"/documents/{made.json['documents'][0]['document_id']}") == 200
    assert status_of(client, book, "/invoices") == 403


def test_a_document_of_another_book_is_not_there(owner: Caller, book: BookRef, doors: Doors) -> None:
    document_id = upload(owner, book, ("a.xml", b"<a/>")).json["documents"][0]["document_id"]
    neighbour = doors.new_book()
    assert decode("doc", document_id)
    for rest in (f"/documents/{document_id}", f"/documents/{document_id}/content"):
        assert status_of(owner, neighbour, rest) == 404


def status_of(caller: Caller, book: BookRef, rest: str) -> int:
    """The status of a GET below the book."""
    return caller("GET", address(book.uid, rest)).status_code


def grant(doors: Doors, book: BookRef, caller: Caller, role: str) -> None:
    """Give a member a role in the book."""
    values: dict[str, Any] = {"b": book.id, "u": caller.id, "r": role}
    with doors.firm() as scope:
        scope.run("INSERT INTO tenant.book_grant VALUES (:b, :u, :r, now(), 'test')", **values)
