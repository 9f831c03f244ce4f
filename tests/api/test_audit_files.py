"""Whatever leaves as a file leaves a line in the log of acts of its book; what is only shown leaves none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import InternalError

from app.audit import service as audit
from app.audit.checkpoints.service import anchor
from app.audit.checkpoints.types import Notary
from app.audit.service import Act
from app.http.openapi import DOCUMENT
from infra.ids import decode, encode
from infra.ports import Ports
from tenants.door import enter_tenant
from tenants.scope import SYSTEM, TenantScope
from tests.api.conftest import Caller, address
from tests.api.office import Office, open_office
from tests.bola import principals as people
from tests.bola.asking import Answer, compose
from tests.bola.operations import read_document
from tests.bola.principals import Principal
from tests.bola.recipes import recipe_of
from tests.factories.doors import Doors

SHOWN = {"application/json", "text/html"}


@pytest.fixture(scope="module")
def office(ports: Ports, app: Flask) -> Iterator[Office]:
    """A furnished firm of its own."""
    made = open_office(ports, app)
    tenant = made.world.firms["A"].tenant
    anchor(Notary.of_firm(ports, tenant), tenant)
    yield made
    made.asker.close()


def _producing(office: Office) -> dict[str, tuple[set[str], list[str | None]]]:
    """Each read of a firm that gives files, by the document: its media types and the formats it names."""
    found = {}
    for item in office.world.client.get(DOCUMENT).json["paths"].values():
        told = item.get("get")
        media = set(told["responses"]["200"].get("content", {})) if told and "200" in told["responses"] else set()
        if told and media - SHOWN and told["x-scope"] in ("book", "firm"):
            formats = [one["schema"]["enum"] for one in told["parameters"] if one.get("name") == "format"]
            found[told["operationId"]] = (media, [*formats[0], None] if formats else [None])
    return found


def _lines(office: Office, request_id: str) -> list[Any]:
    schema = office.world.firms["A"].tenant.schema
    asked = text(f"select action, book_id, object_id, details from {schema}.audit_event where request_id = :r")
    with office.world.ports.owner_engine.connect() as connection:
        return list(connection.execute(asked, {"r": request_id}))


def _ask(office: Office, name: str, kind: str | None, **headers: str) -> Answer:
    operation = read_document(office.world.client)[name]
    people.prove_anew(office.world.ports)
    path = dict.fromkeys(operation.parameters, office.objects)
    asked = compose(operation, recipe_of(operation), path, office.objects)
    query = {**asked.query, **({"format": kind} if kind else {})}
    sent = {**asked.headers, **office.headers(operation), **headers}
    return office.asker.send(Principal("owner", secret=office.owner), asked.with_(query=query, headers=sent))


def _book(office: Office) -> int:
    """What the firm's tables call the book."""
    schema, uid = office.world.firms["A"].tenant.schema, decode("bk", office.objects["book"])
    with office.world.ports.owner_engine.connect() as connection:
        return int(connection.execute(text(f"select id from {schema}.book where uid = :u"), {"u": uid}).scalar_one())


def _media(answer: Answer) -> str:
    return answer.headers["Content-Type"].partition(";")[0]


def test_every_file_leaves_one_line_in_the_log_of_its_book_and_nothing_shown_leaves_one(office: Office) -> None:
    documented, files, shown = _producing(office), 0, 0
    operations = read_document(office.world.client)
    book = _book(office)
    for name, (media, formats) in documented.items():
        assert operations[name].hints["x-audit-event"], f"{name} gives files and declares no line"
        given = set()
        for kind in formats:
            answer = _ask(office, name, kind)
            assert answer.status == 200, (name, kind, answer.body[:300])
            given.add(_media(answer))
            lines = _lines(office, answer.request_id)
            if answer.shown:
                shown += 1
                assert not lines, (name, kind)
                continue
            files += 1
            (line,) = lines
            assert line.action == operations[name].hints["x-audit-event"], (name, kind)
            assert line.book_id == (book if operations[name].scope == "book" else None), (name, kind)
        assert given == media or formats == [None], (name, given)
    assert len(documented) >= 22 and files >= 50 and shown >= 24
    print(f"\n{len(documented)} operations, {files} files with a line, {shown} answers without")  # noqa: T201


def test_the_line_names_the_report_its_period_its_format_and_what_was_asked(office: Office) -> None:
    answer = _ask(office, "statements_read", "pdf")
    (line,) = _lines(office, answer.request_id)
    assert (line.action, line.object_id) == ("statement.export", "statements_read")
    assert line.details["objects"]["statement"] == "balance-sheet"
    assert line.details["asked"] == {"format": "pdf", "period": "2026-02"}
    assert (line.details["media"], line.details["method"]) == ("application/pdf", "GET")
    by_header = _ask(office, "journal_read", None, Accept="application/x-ndjson")
    assert _media(by_header) == "application/x-ndjson"
    (line,) = _lines(office, by_header.request_id)
    assert (line.action, line.details["media"]) == ("ledger.export", "application/x-ndjson")


def test_a_file_that_cannot_be_made_leaves_none(office: Office) -> None:
    operation = read_document(office.world.client)["journal_read"]
    asked = compose(
        operation, recipe_of(operation), dict.fromkeys(operation.parameters, office.objects), office.objects
    )
    query = {**asked.query, "format": "xlsx", "period_from": "2020-01"}
    sent = asked.with_(query=query, headers=office.headers(operation))
    refused = office.asker.send(Principal("owner", secret=office.owner), sent)
    assert 400 <= refused.status < 500 and not _lines(office, refused.request_id), refused.body


def test_the_reading_of_a_file_still_changes_nothing_but_the_log(doors: Doors) -> None:
    book = doors.new_book()
    with pytest.raises(InternalError, match="read-only"):
        _inside(doors, lambda scope: scope.run("update tenant.book set name = 'x' where id = :b", b=book.id))
    _inside(doors, lambda scope: audit.record(scope, [Act("x.y", "thing", "read only", {}, book.id)]))
    with doors.book(book.uid) as scope:
        asked = "select count(*) from tenant.audit_event where object_id = 'read only' and book_id = :b"
        assert scope.run(asked, b=book.id).scalar_one() == 1


def _inside(doors: Doors, verb: Callable[[TenantScope], Any]) -> None:
    ports = doors.ports
    with enter_tenant(ports.engine, doors.tenant, SYSTEM, ports.clock, read_only=True, logged=True) as scope:
        verb(scope)


def test_a_closed_book_is_still_taken_away_and_that_is_told(owner: Caller, doors: Doors) -> None:
    book = doors.new_book()
    with doors.firm() as scope:
        scope.run("update tenant.book set state = 'disabled' where id = :b", b=book.id)
    place = address(book.uid, "/trial-balance?period=2026-01&format=xlsx")
    assert owner("GET", place).status_code == 200
    (line,) = owner("GET", address(book.uid, "/audit-events?action=ledger.export")).json["data"]
    assert (line["object_id"], line["actor"]) == ("trial_balance_read", encode("usr", owner.id or book.uid))
