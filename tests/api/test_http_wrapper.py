"""What the wrapper of every route promises, tried on a room made for it."""

from __future__ import annotations

import io
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.books.types import BookRef
from app.http.errors import DatabaseUnavailable
from app.http.problem import MEDIA_TYPE, of_refusal
from infra.files import FileExists, FileNotThere, FilesUnavailable
from infra.ids import encode, new_id
from infra.keystore import KeyMissing, KeyShredded
from infra.ports import Ports
from tenants import idempotency
from tenants.errors import Busy
from tenants.scope import TenantRef
from tests.api.conftest import Caller, address
from tests.factories.doors import Doors

KEY = "0123456789abcdef"


@pytest.fixture
def book(doors: Doors) -> BookRef:
    """A fresh book."""
    return doors.new_book()


@pytest.fixture
def at(book: BookRef) -> str:
    """The address of the book's probes."""
    return address(book.uid, "/probes")


@pytest.fixture
def call(probes: Flask, owner: Caller) -> Caller:
    """An owner over the application with probes."""
    return Caller(probes.test_client(), owner.secret)


def _count(doors: Doors, book: BookRef) -> int:
    with doors.book(book.uid) as scope:
        found = scope.run("select count(*) from tenant.audit_event where action = 'probe' and book_id = :b", b=book.id)
        return int(found.scalar_one())


# ---- one effect per key


def test_a_post_needs_a_sound_idempotency_key(call: Caller, at: str) -> None:
    assert call("POST", at, {"memo": "a"}, Idempotency_Key="").json["code"] == "idempotency.key_required"
    for bad in ("short", "x" * 129, "sixteen chars ü!!"):
        assert call("POST", at, {"memo": "a"}, Idempotency_Key=bad).json["code"] == "idempotency.key_invalid"


def test_a_replay_gives_the_first_answer_and_does_nothing(call: Caller, at: str, doors: Doors, book: BookRef) -> None:
    first = call("POST", at, {"memo": "a", "lines": [{"amount": "1.00"}]}, Idempotency_Key=KEY)
    again = call("POST", at, {"lines": [{"amount": "1.00"}], "memo": "a"}, Idempotency_Key=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.data == first.data
    assert again.headers["Idempotency-Replayed"] == "true" and "Idempotency-Replayed" not in first.headers
    assert [again.headers[name] for name in ("Location", "ETag")] == [first.headers[n] for n in ("Location", "ETag")]
    assert _count(doors, book) == 1


def test_a_key_stands_for_one_request_of_one_caller(
    call: Caller, at: str, doors: Doors, book: BookRef, member: Any
) -> None:
    assert call("POST", at, {"memo": "a"}, Idempotency_Key=KEY).status_code == 201
    reused = call("POST", at, {"memo": "b"}, Idempotency_Key=KEY)
    assert (reused.status_code, reused.json["code"]) == (422, "idempotency.key_reused")
    other = Caller(call.client, member("owner").secret)
    assert other("POST", at, {"memo": "b"}, Idempotency_Key=KEY).status_code == 201
    assert _count(doors, book) == 2


def test_a_refused_request_keeps_neither_effect_nor_key(call: Caller, at: str, doors: Doors, book: BookRef) -> None:
    assert call("POST", at, {"memo": "taken"}, Idempotency_Key=KEY).json["code"] == "probe.taken"
    assert _count(doors, book) == 0
    assert call("POST", at, {"memo": "fine"}, Idempotency_Key=KEY).status_code == 201


def test_a_replay_is_authorised_again(call: Caller, at: str, doors: Doors, book: BookRef, member: Any) -> None:
    clerk = Caller(call.client, (person := member("staff")).secret)
    grant = address(book.uid, f"/grants/{encode('usr', person.id)}")
    assert call("PUT", grant, {"role": "accountant"}).status_code == 200
    assert clerk("POST", at, {"memo": "a"}, Idempotency_Key=KEY).status_code == 201
    assert call("DELETE", grant).status_code == 204
    assert clerk("POST", at, {"memo": "a"}, Idempotency_Key=KEY).json["code"] == "book.not_found"


def test_parallel_identical_posts_have_one_effect(
    probes: Flask, call: Caller, at: str, doors: Doors, book: BookRef
) -> None:
    def post(_: int) -> tuple[int, bytes]:
        answer = Caller(probes.test_client(), call.secret)("POST", at, {"memo": "slow"}, Idempotency_Key=KEY)
        return answer.status_code, answer.data

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(post, range(6)))
    assert {status for status, _ in answers} <= {201, 409}
    assert len({body for status, body in answers if status == 201}) == 1
    assert _count(doors, book) == 1
    assert post(0)[0] == 201


def test_a_killed_connection_leaves_no_stuck_key(call: Caller, at: str, doors: Doors, book: BookRef) -> None:
    killer = "select pg_terminate_backend(pg_backend_pid())"
    lost = call("GET", f"{at}/sql/{killer}")
    assert lost.status_code == 503
    assert call("POST", at, {"memo": "a"}, Idempotency_Key=KEY).status_code == 201


def test_a_secret_shown_once_is_not_kept(call: Caller, at: str) -> None:
    first = call("POST", at, {"memo": "sum", "lines": [{"amount": "0.10"}, {"amount": "0.20"}]}, Idempotency_Key=KEY)
    again = call("POST", at, {"memo": "sum", "lines": [{"amount": "0.10"}, {"amount": "0.20"}]}, Idempotency_Key=KEY)
    assert first.json == {"sum": "0.30", "secret": "s"}
    assert again.json == {"sum": "0.30", "secret": None}


def test_the_same_file_under_another_boundary_is_the_same_request(
    call: Caller, at: str, doors: Doors, book: BookRef
) -> None:
    def send(content: bytes) -> Any:
        headers = {"Authorization": f"Bearer {call.secret}", "Idempotency-Key": KEY}
        return call.client.post(f"{at}/files", data={"file": (io.BytesIO(content), "a.xml")}, headers=headers)

    assert (send(b"one").status_code, send(b"one").status_code) == (201, 201)
    assert send(b"two").json["code"] == "idempotency.key_reused"
    assert _count(doors, book) == 1


def test_a_unit_that_meets_a_deadlock_runs_again_whole(call: Caller, at: str, doors: Doors, book: BookRef) -> None:
    headers = {"Authorization": f"Bearer {call.secret}", "Idempotency-Key": KEY}
    answer = call.client.post(f"{at}/files", data={"file": (io.BytesIO(b"again"), "a.xml")}, headers=headers)
    assert (answer.status_code, answer.json["memo"]) == (201, "again")
    assert _count(doors, book) == 1


def test_a_key_is_forgotten_after_30_days(
    call: Caller, at: str, doors: Doors, book: BookRef, ports: Ports, firm: TenantRef
) -> None:
    def age(days: int) -> None:
        with ports.owner_engine.begin() as connection:
            aged = f"update {firm.schema}.idempotency_key set created_at = created_at - {days} * interval '1 day'"
            connection.execute(text(aged))

    assert call("POST", at, {"memo": "a"}, Idempotency_Key=KEY).status_code == 201
    age(29)
    assert "Idempotency-Replayed" in call("POST", at, {"memo": "a"}, Idempotency_Key=KEY).headers
    age(2)
    assert call("POST", at, {"memo": "b"}, Idempotency_Key=KEY).status_code == 201
    assert _count(doors, book) == 2
    age(31)
    with doors.firm() as scope:
        assert idempotency.purge(scope) >= 1
        assert idempotency.purge(scope) == 0


# ---- rehearsal


def test_validate_only_checks_everything_and_leaves_nothing(call: Caller, at: str, doors: Doors, book: BookRef) -> None:
    tried = call("POST", f"{at}?validate_only=true", {"memo": "a"}, Idempotency_Key="")
    assert (tried.status_code, tried.json) == (200, {"valid": True})
    assert call("POST", f"{at}?validate_only=true", {"memo": "taken"}).json["code"] == "probe.taken"
    assert call("POST", f"{at}?validate_only=true", {}).status_code == 422
    assert _count(doors, book) == 0
    (unclear,) = call("POST", f"{at}?validate_only=maybe", {"memo": "a"}).json["errors"]
    assert (unclear["name"], unclear["code"]) == ("validate_only", "field.choice")
    assert call("POST", f"{at}?validate_only=false", {"memo": "a"}).status_code == 201


# ---- versions


def test_a_change_says_which_version_it_means(call: Caller, at: str) -> None:
    one = f"{at}/{encode('prb', new_id())}"
    for missing in ("", "*"):
        assert call("PATCH", one, {"memo": "b"}, If_Match=missing).json["code"] == "etag.required"
    stale = call("PATCH", one, {"memo": "b"}, If_Match='"6-probe"')
    assert stale.status_code == 412
    assert stale.json["params"] == {"current_etag": '"7-probe"'} and stale.headers["ETag"] == '"7-probe"'
    assert call("PATCH", one, {"memo": "b"}, If_Match='W/"7-probe"').status_code == 412
    fresh = call("PATCH", one, {"memo": "b"}, If_Match='"6-probe", "7-probe"')
    assert (fresh.status_code, fresh.headers["ETag"]) == (200, '"8-probe"')


def test_a_known_version_is_not_sent_again_but_only_to_those_who_may_see_it(call: Caller, at: str, member: Any) -> None:
    one = f"{at}/{encode('prb', new_id())}"
    seen = call("GET", one, If_None_Match='"7-probe"')
    assert (seen.status_code, seen.data, seen.headers["ETag"]) == (304, b"", '"7-probe"')
    assert call("GET", one, If_None_Match='"6-probe"').status_code == 200
    clerk = Caller(call.client, member("staff").secret)
    assert clerk("GET", one, If_None_Match='"7-probe"').status_code == 404


# ---- pages


def test_pages_hold_every_row_once_and_their_cursor_is_their_owners(
    call: Caller, at: str, doors: Doors, member: Any
) -> None:
    made = [call("POST", at, {"memo": f"m{number}"}).json["id"] for number in range(5)]
    seen, path, links = [], f"{at}?limit=2", 0
    while path:
        page = call("GET", path)
        assert page.json["page"]["limit"] == 2
        seen += [row["id"] for row in page.json["data"]]
        cursor = page.json["page"]["next_cursor"]
        assert page.json["page"]["has_more"] == (cursor is not None)
        links += "Link" in page.headers
        path = page.headers["Link"][1:].partition(">")[0] if cursor else ""
    assert (seen, links) == (made, 2)
    cursor = call("GET", f"{at}?limit=2").json["page"]["next_cursor"]
    stranger = Caller(call.client, member("owner").secret)
    other_book = address(doors.new_book().uid, "/probes")
    refused = [
        stranger("GET", f"{at}?cursor={cursor}"),
        call("GET", f"{other_book}?cursor={cursor}"),
        call("GET", f"{at}?cursor={cursor}&period=2026-01"),
        call("GET", f"{at}?cursor=nonsense"),
    ]
    assert {(answer.status_code, answer.json["code"]) for answer in refused} == {(400, "cursor.invalid")}


def test_the_query_is_strict(call: Caller, at: str) -> None:
    strange = call("GET", f"{at}?limit=2&limit=3&firm_id=x")
    assert (strange.status_code, strange.json["code"]) == (400, "request.unknown_parameter")
    assert [(e["in"], e["name"], e["code"]) for e in strange.json["errors"]] == [
        ("query", "firm_id", "parameter.unknown"),
        ("query", "limit", "parameter.repeated"),
    ]
    for bad in ("limit=0", "limit=201", "limit=x", "limit=１", "period=2026-13", "period=2026-01%0A", "period=%00"):
        answer = call("GET", f"{at}?{bad}")
        assert (answer.status_code, answer.json["errors"][0]["in"]) == (422, "query"), bad


# ---- bodies


def test_a_body_over_its_limits_is_refused_before_it_is_understood(call: Caller, at: str) -> None:
    def send(raw: bytes, media: str = "application/json", **headers: str) -> Any:
        sent = {"Authorization": f"Bearer {call.secret}", "Idempotency-Key": KEY, "Content-Type": media, **headers}
        return call.client.post(at, data=raw, headers=sent)

    big = send(b" " * 2_000_001)
    assert (big.status_code, big.json["code"], big.json["params"]) == (
        413,
        "request.too_large",
        {"max_bytes": "2000000"},
    )
    assert send(b"[" * 100_000).json["code"] == "request.too_complex"
    assert send(b'{"memo":' + b"9" * 5000 + b"}").json["code"] == "request.too_complex"
    assert send(b'{"memo":"a","memo":"b"}').json["code"] == "request.duplicate_key"
    assert send(b"").json["code"] == "request.unreadable"
    assert send(b"{}", "text/plain").status_code == 415
    assert send(b"{}", "application/json", **{"Content-Encoding": "gzip"}).status_code == 415
    assert send(b"[]").json["errors"] == [{"pointer": "", "code": "field.type", "message": "类型不符。", "params": {}}]
    form = {"Authorization": f"Bearer {call.secret}", "Idempotency-Key": KEY}
    huge = call.client.post(f"{at}/files", data={"file": (io.BytesIO(b"x" * 2000), "a")}, headers=form)
    assert huge.status_code == 413
    assert call("POST", f"{at}/act", {"force": 1}).json["code"] == "request.body_unexpected"
    assert call("POST", f"{at}/act").status_code == 200


def test_every_field_error_comes_at_once_at_its_pointer(call: Caller, at: str) -> None:
    answer = call("POST", at, {"lines": [{"amount": "1.00"}, {"amount": 1.0}, {"amount": "1.001"}], "a/b": 1})
    assert (answer.status_code, answer.json["code"]) == (422, "request.invalid")
    assert {(e["pointer"], e["code"]) for e in answer.json["errors"]} == {
        ("/memo", "field.required"),
        ("/lines/1/amount", "field.type"),
        ("/lines/2/amount", "money.format"),
        ("/a~1b", "field.unknown"),
    }
    many = call("POST", at, {f"f{n}": n for n in range(150)})
    assert len(many.json["errors"]) == 100 and many.json["errors_truncated"] is True


# ---- failures


def test_a_get_cannot_write(call: Caller, at: str, doors: Doors, book: BookRef) -> None:
    assert call("GET", f"{at}/writes").status_code == 500
    assert _count(doors, book) == 0


@pytest.mark.parametrize(
    ("state", "status", "code"),
    [
        ("ZF001", 409, {"voucher.posted_immutable", "conflict.state"}),
        ("ZF004", 409, {"period.closed", "conflict.state"}),
        ("23505", 409, {"conflict.duplicate"}),
        ("23503", 409, {"conflict.reference"}),
        ("22003", 422, {"request.rejected"}),
        ("40001", 503, {"database.busy"}),
        ("57014", 503, {"database.unavailable"}),
        ("42P01", 500, {"server.error"}),
    ],
)
def test_a_sqlstate_decides_what_a_database_error_says(
    call: Caller, at: str, state: str, status: int, code: set[str]
) -> None:
    statement = f"do $$ begin raise exception 'secret detail' using errcode = '{state}'; end $$"
    answer = call("GET", f"{at}/sql/{statement}")
    assert answer.status_code == status
    assert answer.json["code"] in code
    assert b"secret" not in answer.data


def test_what_passes_by_itself_says_what_it_is_and_when_to_ask_again(probes: Flask) -> None:
    with probes.test_request_context("/v1/me", headers={"Accept-Language": "en"}):
        for refusal in (FilesUnavailable(), Busy(), DatabaseUnavailable(headers={"Retry-After": "7"})):
            answer = of_refusal(refusal)
            assert (answer.status_code, answer.json["detail"]) == (503, refusal.en)
            assert answer.headers["Retry-After"] == ("7" if isinstance(refusal, DatabaseUnavailable) else "2")


def test_what_we_call_an_object_is_said_to_the_log_alone(probes: Flask, caplog: pytest.LogCaptureFixture) -> None:
    named: dict[str, dict[str, str]] = {"internal": {"key": "firm-of-ours/book-of-ours"}}
    with probes.test_request_context("/v1/me"), caplog.at_level(logging.INFO, "zhangfang.http"):
        for refusal in (FilesUnavailable, FileNotThere, FileExists, KeyMissing, KeyShredded):
            answer = of_refusal(refusal(**named))
            assert answer.json["params"] == {} and b"of-ours" not in answer.data
            assert vars(caplog.records[-1])["internal"] == named["internal"]


def test_what_was_destroyed_is_gone_and_nobody_is_told_to_ask_again(probes: Flask) -> None:
    with probes.test_request_context("/v1/me", headers={"Accept-Language": "en"}):
        answer = of_refusal(KeyShredded())
    assert (answer.status_code, answer.json["title"], answer.json["retryable"]) == (410, "Gone", False)
    assert "Retry-After" not in answer.headers


def test_a_defect_of_ours_says_nothing_but_its_number_which_the_log_knows(
    call: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    answer = call.client.get("/v1/probes/broken", headers={"Accept-Language": "en"})
    assert answer.status_code == 500 and answer.mimetype == MEDIA_TYPE
    assert answer.json == {
        "type": "/problems/server.error",
        "title": "Internal server error",
        "status": 500,
        "code": "server.error",
        "retryable": False,
        "instance": f"urn:request:{answer.headers['X-Request-Id']}",
        "request_id": answer.headers["X-Request-Id"],
    }
    assert answer.headers["X-Request-Id"] in caplog.text


def test_no_input_makes_a_defect(call: Caller, at: str) -> None:
    for path in (f"{at}/%00", f"{at}/{'x' * 600}", f"{at}/..%2f", "/%ff%fe", f"{at}?%00=1", f"{at}?cursor=%ed%a0%80"):
        assert call("GET", path).status_code in (400, 404, 422), path
    for header in (
        {"Accept-Language": "\x7f;q=x"},
        {"Accept": "a/b;q=2"},
        {"If-None-Match": '"'},
        {"Authorization": "é"},
    ):
        answer = call.client.get(at, headers={"Authorization": f"Bearer {call.secret}", **header})
        assert answer.status_code < 500, header


def test_the_caller_chooses_between_two_languages(call: Caller, at: str) -> None:
    chinese, english = (
        call("POST", at, {"memo": "taken"}, Accept_Language=spoken) for spoken in ("fr, zh", "en-GB, en")
    )
    assert chinese.json["detail"] == "探针 taken 已存在。" and chinese.headers["Content-Language"] == "zh-CN"
    assert english.json["detail"] == "The probe taken is taken." and english.headers["Content-Language"] == "en"
    assert {"Accept-Language", "Authorization"} <= set(english.vary)


def test_only_what_the_route_makes_can_be_asked_for(call: Caller, at: str) -> None:
    assert call("GET", at, Accept="application/pdf").status_code == 406
    assert call("GET", at, Accept="application/pdf, */*;q=0.1").status_code == 200


def test_a_wrong_method_names_the_right_ones(call: Caller, at: str) -> None:
    answer = call("DELETE", at)
    assert answer.status_code == 405
    assert {"GET", "POST"} <= {word.strip() for word in answer.headers["Allow"].split(",")}
    assert call("OPTIONS", at).status_code == 405
    assert answer.mimetype == MEDIA_TYPE


def test_every_answer_carries_the_security_headers(call: Caller, at: str) -> None:
    for answer in (call("GET", at), call("GET", "/nowhere"), call.client.get("/healthz")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Request-Id"].startswith("req_")
