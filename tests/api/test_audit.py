"""The log of acts over HTTP: searched by operator, time and content, taken away, proved; refusals leave their line."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import python_calamine
from flask.testing import FlaskClient

from app.audit import service as audit
from app.audit.checkpoints.service import anchor
from app.audit.checkpoints.types import Notary
from app.audit.proofs import verifier
from app.audit.service import Act
from app.audit.witness.service import MOST
from app.books.types import BookRef
from infra.clock import business_date
from infra.ids import encode
from infra.ports import Ports
from tenants.door import enter_tenant
from tenants.scope import SYSTEM, Origin, TenantRef
from tests.api.conftest import Caller, address
from tests.factories.doors import Doors
from tests.factories.http import in_days

EVENTS = "/v1/audit-events"


@pytest.fixture
def book(doors: Doors) -> BookRef:
    """A fresh book."""
    return doors.new_book()


def act(doors: Doors, *acts: Act) -> None:
    """Acts of the system's."""
    ports = doors.ports
    with enter_tenant(ports.engine, doors.tenant, SYSTEM, ports.clock, keyring=ports.keyring) as scope:
        audit.record(scope, acts)


def found(answer: Any) -> list[dict[str, Any]]:
    """The lines of a page."""
    assert answer.status_code == 200, answer.get_json()
    return list(answer.get_json()["data"])


def test_lines_are_found_by_operator_time_action_object_and_content(owner: Caller, doors: Doors, book: BookRef) -> None:
    """财会〔2024〕12号 Art. 32."""
    place = address(book.uid, "/audit-events")
    act(doors, Act("voucher.post", "voucher", "vch_x", {"summary": "支付房租%"}, book.id, "月末"))
    today = business_date(doors.ports.clock())
    asked = {
        "": 2,
        f"?actor=system:system&from={today}&to={today}": 2,
        "?actor=nobody": 0,
        f"?from={today + timedelta(days=1)}": 0,
        f"?to={today - timedelta(days=1)}": 0,
        "?action=voucher": 1,
        "?action=voucher.post": 1,
        "?action=vouch": 0,
        "?object_type=voucher&object_id=vch_x": 1,
        "?q=房租": 1,
        "?q=房租%25": 1,
        "?q=房_租": 0,
        "?q=月末": 1,
    }
    assert {query: len(found(owner("GET", place + query))) for query in asked} == asked
    (line,) = found(owner("GET", f"{place}?q=房租"))
    assert (line["book_id"], line["actor"], line["seq"]) == (encode("bk", book.uid), "system:system", 2)
    assert [one["hash"] for one in found(owner("GET", f"{EVENTS}?q=房租&object_id=vch_x"))].count(line["hash"]) == 1


def renamed(who: Caller, book: BookRef) -> bool:
    """Whether the caller may give the book another name, which is a line."""
    tag = who("GET", address(book.uid)).headers["ETag"]
    return who("PATCH", address(book.uid), {"name": "改名有限公司"}, If_Match=tag).status_code == 200


def test_an_operator_is_found_and_shown_by_the_id_the_api_gives(
    owner: Caller, member: Callable[..., Caller], client: FlaskClient, doors: Doors, book: BookRef
) -> None:
    me = owner("GET", "/v1/me").json["id"]
    made = owner("POST", "/v1/api-keys", {"name": "夜间", "role": "manager", "days": 9}).json
    program = encode("cli", book.uid)
    key = Caller(client, made["secret"])
    assert renamed(key, book)
    place = f"{EVENTS}?limit=200&actor="
    by_id = found(owner("GET", f"{place}{me}"))
    assert {"api_key.create"} <= {line["action"] for line in by_id} and {line["actor"] for line in by_id} == {me}
    assert found(owner("GET", f"{place}user:{owner.id}")) == by_id
    (of_key,) = found(owner("GET", f"{place}{made['id']}"))
    assert (of_key["action"], of_key["actor"], of_key["actor_name"]) == ("book.change", made["id"], "夜间")
    assert found(owner("GET", f"{place}夜间")) == [of_key]
    assert found(owner("GET", f"{place}{encode('usr', book.uid)}")) == []
    assert found(owner("GET", f"{place}{program}")) == []
    ports, origin = doors.ports, Origin(on_behalf=program)
    with enter_tenant(ports.engine, doors.tenant, SYSTEM, ports.clock, origin=origin) as scope:
        audit.record(scope, [Act("x.behalf", "thing", "", {}, book.id)])
    assert [line["action"] for line in found(owner("GET", f"{place}{program}"))] == ["x.behalf"]


def test_what_was_hashed_names_the_operator_as_it_was_written(owner: Caller, doors: Doors, book: BookRef) -> None:
    assert renamed(owner, book)
    (shown,) = found(owner("GET", address(book.uid, "/audit-events?action=book.change")))
    place = address(book.uid, "/audit-events/export?format=ndjson&action=book.change")
    (line,) = map(json.loads, owner("GET", place).data.splitlines())
    assert (line["hash"], line["actor"]) == (shown["hash"], f"user:{owner.id}")
    assert shown["actor"] == encode("usr", owner.id or book.uid)


def test_pages_follow_each_other_without_a_gap(owner: Caller, doors: Doors, book: BookRef) -> None:
    act(doors, *(Act("x.y", "thing", str(number), {}, book.id) for number in range(7)))
    place, seen = address(book.uid, "/audit-events?limit=3"), []
    while place:
        answer = owner("GET", place)
        seen += [line["seq"] for line in found(answer)]
        cursor = answer.get_json()["page"]["next_cursor"]
        place = address(book.uid, f"/audit-events?limit=3&cursor={cursor}") if cursor else ""
    assert sorted(seen) == list(range(1, 9)) and len(seen) == 8


def test_personal_values_are_named_and_shown_to_nobody_in_lists_and_files(
    owner: Caller, member: Callable[..., Caller], doors: Doors, book: BookRef
) -> None:
    act(doors, Act("user.change", "user", "u1", {}, book.id, "", {"phone": "13800000000"}))
    place = address(book.uid, "/audit-events?action=user.change")
    for caller in (owner, granted(owner, member, book, "team_lead"), granted(owner, member, book, "inspector")):
        answer = caller("GET", place)
        assert found(answer)[0]["personal"] == {"phone": "***"} and "13800000000" not in answer.text
    taken = owner("GET", address(book.uid, "/audit-events/export?format=ndjson&action=user.change"))
    assert '"phone":"***"' in taken.text.replace(" ", "") and "13800000000" not in taken.text


def granted(owner: Caller, member: Callable[..., Caller], book: BookRef, role: str) -> Caller:
    """A member of staff with a role in the book."""
    person = member("staff")
    assert person.id
    until = {"until": in_days(30)} if role == "inspector" else {}
    answer = owner("PUT", address(book.uid, f"/grants/{encode('usr', person.id)}"), {"role": role, **until})
    assert answer.status_code < 300, answer.get_json()
    return person


def test_who_may_not_read_the_log_is_refused_and_that_is_a_line(
    owner: Caller, member: Callable[..., Caller], doors: Doors, book: BookRef
) -> None:
    cashier = granted(owner, member, book, "cashier")
    assert cashier("GET", address(book.uid, "/audit-events"), User_Agent="prying/1").status_code == 403
    assert cashier("GET", EVENTS).status_code == 403
    strange = address(doors.new_book().uid, "/vouchers")
    assert cashier("GET", strange).status_code == 404
    lines = found(owner("GET", f"{EVENTS}?actor=user:{cashier.id}&action=access.denied"))
    of_the_book = found(owner("GET", address(book.uid, "/audit-events?action=access.denied")))
    assert [line["object_id"] for line in of_the_book] == ["book_audit_events_list"]
    assert [(line["object_id"], line["details"]["code"]) for line in reversed(lines)] == [
        ("book_audit_events_list", "permission.missing"),
        ("audit_events_list", "permission.missing"),
        ("vouchers_list", "book.not_found"),
    ]
    assert (lines[-1]["agent"], lines[-1]["address"]) == ("prying/1", "127.0.0.1")
    assert (lines[-1]["book_id"], lines[1]["book_id"]) == (encode("bk", book.uid), None)
    assert lines[0]["details"]["path"] == "/v1/books/<book_id>/vouchers"
    assert f"/v1/books/{lines[0]['details']['objects']['book_id']}/vouchers" == strange


def test_a_caller_that_tries_every_door_fills_twenty_lines_a_minute_and_a_count(
    owner: Caller, member: Callable[..., Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    prying = member("staff")
    for _ in range(MOST + 5):
        assert prying("GET", EVENTS).status_code == 403
    asked = f"{EVENTS}?actor=user:{prying.id}&limit=200"
    assert len(found(owner("GET", asked))) == MOST
    monkeypatch.setattr("app.audit.witness.service._MINUTE", 0)
    assert prying("GET", EVENTS).status_code == 403
    assert found(owner("GET", asked))[0]["details"]["left_out"] == 5


def test_a_refusal_stays_one_when_it_cannot_be_written_down(
    member: Callable[..., Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("app.audit.witness.service._write", refuse)
    assert member("staff")("GET", EVENTS).status_code == 403


EVIL = '=HYPERLINK("http://x")'


def test_the_log_is_taken_away_as_a_file_a_formula_stays_text_and_the_taking_is_a_line(
    owner: Caller, doors: Doors, book: BookRef
) -> None:
    act(doors, Act("x.y", "thing", EVIL, {"说": "明"}, book.id, "@SUM(1)"))
    place = address(book.uid, "/audit-events/export?action=x.y&format=")
    workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(owner("GET", f"{place}xlsx").data))
    rows = workbook.get_sheet_by_index(0).to_python()
    assert EVIL in rows[1] and "@SUM(1)" in rows[1] and '{"说":"明"}' in rows[1]
    table = list(csv.reader(io.StringIO(owner("GET", f"{place}csv").data.decode("utf-8-sig"))))
    assert f"'{EVIL}" in table[1] and "'@SUM(1)" in table[1] and len(table) == 2
    (line,) = map(json.loads, owner("GET", f"{place}ndjson").data.splitlines())
    assert (line["object_id"], line["details"]) == (EVIL, {"说": "明"})
    taken = found(owner("GET", address(book.uid, "/audit-events?action=audit.export")))
    assert [one["details"]["asked"]["format"] for one in taken] == ["ndjson", "csv", "xlsx"]


def proved(proof: Any, key: str, status: int = 0) -> list[str]:
    """What the file that an auditor takes away says of a proof, run by itself with nothing of the product."""
    command = [sys.executable, "-I", verifier.__file__, "-", "--key", key]
    done = subprocess.run(command, input=json.dumps(proof).encode(), capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (status, b"")
    return done.stdout.decode().splitlines()


def test_a_line_is_proved_up_to_a_signature_without_this_product(
    owner: Caller, ports: Ports, firm: TenantRef, doors: Doors, book: BookRef
) -> None:
    act(doors, *(Act("x.y", "thing", str(number), {}, book.id) for number in range(5)))
    place = address(book.uid, "/audit/proof?seq=")
    assert owner("GET", f"{place}3").get_json()["code"] == "audit.not_anchored_yet"
    note = anchor(Notary.of_firm(ports, firm), firm)
    assert note is not None
    act(doors, Act("x.y", "thing", "later", {}, book.id))
    key = owner("GET", address(book.uid, "/proof-keys")).get_json()["keys"][-1]["fingerprint"]
    for seq in range(1, 7):
        proof = owner("GET", f"{place}{seq}").get_json()
        assert proof["checkpoint"] == note.checkpoint.number and len(proof["links"]) == 6 - seq
        said, checkpoint, signer, body = proved(proof, key)
        assert said.endswith(f" chain {book.id}, 第 line {seq}") and f": {note.checkpoint.number} (" in checkpoint
        assert signer.endswith(f": {key}") and json.loads(body) == json.loads(proof["body"])
    assert proved({**proof, "seq": 5}, key, status=3)[0].startswith("line.hash")
    assert proved(proof, "00" * 32, status=3)[0].startswith("key.unknown")
    assert owner("GET", f"{place}7").get_json()["code"] == "audit.not_anchored_yet"
    assert owner("GET", f"{place}8").get_json()["code"] == "audit.line_not_found"
    assert proved(owner("GET", f"{place}8").get_json(), key, status=2)[0].startswith("proof.unreadable")
    assert proved(owner("GET", "/v1/audit/proof?seq=1").get_json(), key)[0].endswith(" chain 0, 第 line 1")


def test_checkpoints_are_listed_and_read_as_they_lie_in_the_store(
    owner: Caller, ports: Ports, firm: TenantRef, doors: Doors, book: BookRef
) -> None:
    note = anchor(Notary.of_firm(ports, firm), firm)
    assert note is not None
    newest = found(owner("GET", "/v1/audit/checkpoints?limit=1"))[0]
    assert (newest["number"], newest["digest"]) == (note.checkpoint.number, note.digest)
    text = owner("GET", f"/v1/audit/checkpoints/{newest['number']}").text
    assert hashlib.sha256(text.split("\n")[0].encode()).hexdigest() == note.digest
    for number in ("99999", "0", "007", "1" * 40, "x", "../1"):
        assert owner("GET", f"/v1/audit/checkpoints/{number}").status_code == 404


def test_a_log_of_another_firm_or_another_book_is_not_there(
    member: Callable[..., Caller], owner: Caller, other_firm: TenantRef, doors: Doors, book: BookRef
) -> None:
    stranger = member("owner", other_firm)
    act(doors, Act("x.secret", "thing", "canary", {}, book.id), Act("x.secret", "thing", "canary", {}))
    for route in ("/audit-events", "/audit-events/export", "/audit/proof?seq=1"):
        assert stranger("GET", address(book.uid, route)).status_code == 404
    assert "canary" not in stranger("GET", f"{EVENTS}?limit=200").text
    other = doors.new_book()
    assert "canary" not in owner("GET", address(other.uid, "/audit-events")).text
