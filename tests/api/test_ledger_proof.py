"""A book's proof over HTTP: an inspector takes it away, and the stand-alone verifier finds it sound."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from app.books.types import BookRef
from app.closing import service as closing
from app.identity.roles.service import grant
from app.kernel.periods import Period
from app.ledger.proof import verifier
from tests.api.conftest import Caller, address
from tests.factories.breakage import post, sale
from tests.factories.doors import Doors


@pytest.fixture
def book(doors: Doors) -> BookRef:
    """A closed month."""
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        post(scope, date(2026, 1, 5), *sale("100000.00", "13000.00"))
        closing.close_period(scope, Period(2026, 1))
    return book


@pytest.fixture
def inspector(doors: Doors, member: Callable[..., Caller], book: BookRef) -> Caller:
    """Somebody who may read this book and nothing else."""
    person = member("staff")
    assert person.id is not None
    with doors.book(book.uid) as scope:
        grant(scope, person.id, "inspector", scope.now + timedelta(hours=1))
    return person


def test_an_inspector_takes_a_sound_export_away_and_the_taking_is_logged(
    inspector: Caller, book: BookRef, doors: Doors, tmp_path: Path
) -> None:
    answer = inspector("GET", address(book.uid, "/proof"))
    assert (answer.status_code, answer.mimetype) == (200, "application/x-ndjson")
    (path := tmp_path / "proof.ndjson").write_bytes(answer.data)
    keys = inspector("GET", address(book.uid, "/proof-keys")).get_json()["keys"]
    (signing,) = (one for one in keys if one["signs"])
    assert hashlib.sha256(bytes.fromhex(signing["public_key"])).hexdigest() == signing["fingerprint"]
    status, report = verifier.verify(path, signing["fingerprint"])
    assert (status, report["findings"], report["seals"]) == (verifier.SOUND, [], 1)
    with doors.book(book.uid) as scope:
        acts = scope.run("SELECT actor_name FROM tenant.audit_event WHERE action = 'proof.export'").scalars().all()
    assert len(acts) == 1


def test_a_stranger_learns_nothing_of_a_books_proof(member: Callable[..., Caller], book: BookRef) -> None:
    stranger = member("staff")
    for rest in ("/proof", "/proof-keys"):
        assert stranger("GET", address(book.uid, rest)).status_code == 404
