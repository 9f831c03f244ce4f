"""Strangers' requests find what the document says and nothing else, whatever they are and whoever sends them."""

from __future__ import annotations

import io
import sys

import pytest
from flask import Flask

from infra.ids import new_id
from infra.ports import Ports
from tests.api import strangers
from tests.api.conftest import Caller, address
from tests.api.office import Office, open_office
from tests.bola.operations import read_document
from tests.factories.doors import Doors

SHARDS = ("^[a-b]", "^[c-i]", "^[j-u]", "^v")


@pytest.fixture(scope="module")
def office(ports: Ports, app: Flask) -> Office:
    """A firm and a book with an object of every kind."""
    return open_office(ports, app)


def test_strangers_requests_find_what_the_document_says(office: Office) -> None:
    with office.rehearsal():
        tally = strangers.ask(office, 1, {"fuzzing": {}})
    sys.stdout.write(f"{tally}\n")
    assert not tally.failures, "\n\n".join(tally.failures)
    assert len(tally.examples) == len(read_document(office.world.client))


@pytest.mark.long
@pytest.mark.parametrize("only", SHARDS)
def test_two_hundred_requests_of_every_operation_are_answered_as_the_document_says(office: Office, only: str) -> None:
    with office.rehearsal():
        tally = strangers.ask(office, 200, {"coverage": {}, "fuzzing": {}}, only)
    sys.stdout.write(f"{only}: {tally}\n")
    assert not tally.failures, "\n\n".join(tally.failures)


def test_the_shards_hold_every_operation_once(office: Office) -> None:
    for name in read_document(office.world.client):
        assert sum(name[0] in only for only in ("ab", "cdefghi", "jklmnopqrstu", "v")) == 1, name


def test_a_field_beside_the_files_of_an_upload_is_refused(owner: Caller, doors: Doors) -> None:
    upload = {"files": (io.BytesIO(b"<Receipt/>"), "a.xml"), "note": "unseen"}
    headers = {"Authorization": f"Bearer {owner.secret}", "Idempotency-Key": f"beside-{new_id()}"}
    refused = owner.client.post(address(doors.new_book().uid, "/documents"), data=upload, headers=headers)
    assert (refused.status_code, refused.json["errors"][0]["code"]) == (422, "field.unknown")
