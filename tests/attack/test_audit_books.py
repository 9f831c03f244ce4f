"""A-AUD: a book's log handed to another book, or hidden, by its row alone, which no line and no checkpoint holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from app.audit import rules
from app.audit.checkpoints import service as checkpoints
from app.audit.checkpoints.types import Notary
from app.audit.verification.types import CODES
from app.doctor import service as doctor
from infra.ids import encode
from jobs import audit as audits
from tests.attack.victim import Victim, provisioned
from tests.factories.doors import Doors


def exchange(victim: Victim) -> None:
    book, other = victim.book, victim.other
    for uid, number in ((UUID(int=9), book.id), (book.uid, other.id), (other.uid, book.id)):
        victim.sql("UPDATE book SET uid = %s WHERE id = %s", uid, number)


def renumber(victim: Victim) -> None:
    victim.sql("ALTER TABLE book ALTER COLUMN id DROP IDENTITY")
    victim.sql("UPDATE book SET id = 77 WHERE id = %s", victim.other.id)


def drop_the_chain(victim: Victim) -> None:
    """A chain no checkpoint has seen, gone with its head: that of a book opened since the last one."""
    opened = victim.doors.new_book().id
    assert victim.verify().sound
    for table in ("audit_event", "audit_head"):
        victim.sql(f"DELETE FROM {table} WHERE chain = %s", opened)


def newest(victim: Victim) -> str:
    return str(victim.sql("SELECT max(id) FROM book")[0][0])


def open_twice(victim: Victim) -> None:
    """A book of the forger's, which says in its own first line that it is another one."""
    forged = victim.line(1)._replace(id=UUID(int=7), book_id=99)
    victim.sql("INSERT INTO audit_head (chain, seq, hash) VALUES (99, 1, %s)", _hash(forged))
    victim.insert(forged._replace(hash=_hash(forged)))


def _hash(line: Any) -> bytes:
    return rules.link(line.prev, line.seq, rules.digest(line))


WAYS: dict[str, tuple[Callable[[Victim], Any], Callable[[Victim], set[tuple[str, str]]]]] = {
    "two books exchange their names": (
        exchange,
        lambda victim: {("book.exchanged", str(victim.book.id)), ("book.exchanged", str(victim.other.id))},
    ),
    "a book gets a new name": (
        lambda victim: victim.sql("UPDATE book SET uid = gen_random_uuid() WHERE id = %s", victim.book.id),
        lambda victim: {("book.exchanged", str(victim.book.id))},
    ),
    "a book's row is deleted": (
        lambda victim: victim.sql("DELETE FROM book WHERE id = %s", victim.other.id),
        lambda victim: {("book.missing", str(victim.other.id))},
    ),
    "a book's row gets another number": (
        renumber,
        lambda victim: {("book.missing", str(victim.other.id)), ("book.unopened", "77")},
    ),
    "the log of a new book is deleted before a checkpoint has seen it": (
        drop_the_chain,
        lambda victim: {("book.unopened", newest(victim))},
    ),
    "two chains open the same book": (
        open_twice,
        lambda victim: {("book.missing", "99"), ("book.twice", encode("bk", victim.book.uid))},
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_audit_verify_and_the_doctor_find_a_log_handed_to_another_book_or_hidden(victim: Victim, way: str) -> None:
    tamper, found = WAYS[way]
    assert victim.verify().sound and victim.alone().sound
    tamper(victim)
    expected = found(victim)
    assert set(victim.verify().findings) == expected
    with victim.doors.firm(read_only=True) as scope:
        (log,) = [report for report in doctor.examine(scope) if report.id == "INV-13"]
    assert {(finding.subject, finding.detail) for finding in log.findings} == {
        (place, CODES[code][1]) for code, place in expected
    }


def test_two_firms_exchanged_in_the_registry_are_both_found(victim: Victim) -> None:
    ports, ours, nobody = victim.doors.ports, victim.doors.tenant, UUID(int=0)
    theirs = provisioned(ports)
    Doors(ports, theirs).new_book()
    checkpoints.anchor(Notary.of_firm(ports, theirs), theirs)

    def hand(*pairs: tuple[UUID, UUID]) -> None:
        for new, old in pairs:
            victim.sql("UPDATE platform.tenant SET id = %s WHERE id = %s", new, old)

    hand((nobody, ours.id), (ours.id, theirs.id), (theirs.id, nobody))
    try:
        found = {report.subject: report.codes for report in audits.verify(ports)}
        assert "chain.rewritten" in found[ours.short_name]
        assert "chain.short" in found[theirs.short_name]  # whose chain is the shorter one
    finally:
        hand((nobody, ours.id), (ours.id, theirs.id), (theirs.id, nobody))
        victim.sql("UPDATE platform.tenant SET state = 'suspended' WHERE id = %s", theirs.id)
