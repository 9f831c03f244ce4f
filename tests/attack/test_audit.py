"""A-AUD: twelve ways to falsify the log of acts as the database's superuser, and three with the store in hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from botocore.exceptions import ClientError

from app.audit import rules
from app.audit import service as audit
from app.audit.checkpoints import rules as notes
from app.audit.checkpoints import service as checkpoints
from app.audit.checkpoints.errors import HistoryChanged
from app.audit.checkpoints.types import Notary
from app.audit.service import Act
from app.audit.witness.service import Witness
from app.http.types import Authenticated, Operation, Sight
from app.kernel.permissions import Permission
from infra.files import FileExists
from jobs import audit as audits
from tenants import registry
from tenants.door import enter_tenant
from tenants.errors import TenantSuspended
from tenants.provisioning import provision
from tenants.scope import NOWHERE, SYSTEM, Actor
from tests.attack.victim import COLUMNS, Victim, delete_tail, provisioned
from tests.factories.doors import Doors


def swap(victim: Victim) -> None:
    for old, new in ((3, -1), (4, 3), (-1, 4)):
        victim.sql("UPDATE audit_event SET seq = %s WHERE chain = %s AND seq = %s", new, victim.book.id, old)


def delete_chain(victim: Victim) -> None:
    victim.sql("DELETE FROM audit_event WHERE chain = %s", victim.book.id)
    victim.sql("DELETE FROM audit_head WHERE chain = %s", victim.book.id)


def rewrite(victim: Victim) -> None:
    victim.change("details")
    victim.rehash(3)


def forge(victim: Victim) -> None:
    for seq in range(victim.last(), 3, -1):
        victim.sql("UPDATE audit_event SET seq = seq + 1 WHERE chain = %s AND seq = %s", victim.book.id, seq)
    victim.sql("UPDATE audit_head SET seq = seq + 1 WHERE chain = %s", victim.book.id)
    forged = victim.line(3)._replace(seq=4, id=UUID(int=7), prev=victim.line(3).hash)
    victim.insert(forged._replace(hash=rules.link(forged.prev, 4, rules.digest(forged))))


def clock_back(victim: Victim) -> None:
    earlier = datetime.now(UTC) - timedelta(hours=2)
    victim.append(victim.line(3)._replace(id=UUID(int=8), at=earlier))


def restore(victim: Victim) -> None:
    for table in ("audit_event", "audit_head", "audit_checkpoint"):
        columns = f"{COLUMNS}" if table == "audit_event" else "*"
        into = f"({COLUMNS})" if table == "audit_event" else ""
        victim.sql(f"DELETE FROM {table}")
        victim.sql(f"INSERT INTO {table} {into} SELECT {columns} FROM older_{table}")


def move(victim: Victim) -> None:
    end = victim.sql("SELECT max(seq) FROM audit_event WHERE chain = %s", victim.other.id)[0][0]
    last = victim.last()
    victim.sql(
        "UPDATE audit_event SET book_id = %s, seq = %s WHERE chain = %s AND seq = %s",
        *(victim.other.id, end + 1, victim.book.id, last),
    )
    victim.set_head(last - 1)


TAMPERINGS: dict[str, tuple[Callable[[Victim], Any], set[str]]] = {
    "a body is changed": (lambda victim: victim.change("details"), {"line.altered"}),
    "a time is changed": (lambda victim: victim.change("at"), {"line.altered", "line.time"}),
    "an operator is changed": (lambda victim: victim.change("actor"), {"line.altered"}),
    "two rows are swapped": (swap, {"line.altered", "line.link", "chain.rewritten"}),
    "a row in the middle is deleted": (
        lambda victim: victim.sql("DELETE FROM audit_event WHERE chain = %s AND seq = 3", victim.book.id),
        {"line.order", "line.link"},
    ),
    "the tail is deleted and the head set back": (delete_tail, {"chain.short"}),
    "a whole chain is deleted": (delete_chain, {"chain.short", "book.unopened"}),
    "a chain is rewritten from a row on, all hashes made to agree": (rewrite, {"chain.rewritten"}),
    "a forged row is inserted": (forge, {"line.altered", "line.link", "chain.rewritten"}),
    "the clock is set back for an act": (clock_back, {"line.time", "line.backdated", "checkpoint.stale"}),
    "the tables are restored as they were before": (restore, {"chain.short", "checkpoint.index"}),
    "a row is moved to another book": (move, {"line.altered", "line.link", "chain.head"}),
}
UNSEEN_ALONE = {
    "the tail is deleted and the head set back",
    "a chain is rewritten from a row on, all hashes made to agree",
    "the tables are restored as they were before",
}
"""What no check of the chains by themselves can tell: why there are checkpoints."""


@pytest.mark.parametrize("way", TAMPERINGS)
def test_audit_verify_finds_that(victim: Victim, way: str) -> None:
    tamper, codes = TAMPERINGS[way]
    assert victim.verify().sound and victim.alone().sound
    tamper(victim)
    report = victim.verify()
    assert report.codes == codes, report.findings
    assert victim.alone().sound == (way in UNSEEN_ALONE)


def test_twelve_ways_and_no_fewer() -> None:
    assert len(TAMPERINGS) == 12 and {"the tail is deleted and the head set back"} <= UNSEEN_ALONE <= TAMPERINGS.keys()


def test_a_checkpoint_cannot_be_deleted_and_what_is_laid_over_it_is_seen(victim: Victim) -> None:
    anchors, key = victim.notary.ports.anchors, checkpoints.place(victim.notary, 2)
    assert anchors.locked
    kept = anchors.history(key)[key]
    with pytest.raises(ClientError, match="AccessDenied"):
        anchors._client.delete_object(Bucket=anchors.bucket, Key=key, VersionId=kept.version)
    with pytest.raises(FileExists):
        anchors.keep(key, b"another", datetime.now(UTC) + timedelta(days=1))
    anchors.put(key, checkpoints.fetched(victim.notary, 1))  # an old one replayed over the newest
    delete_tail(victim)
    victim.sql("DELETE FROM audit_checkpoint WHERE number = 2")
    assert victim.verify().codes == {"checkpoint.replaced", "checkpoint.index", "chain.short"}


def test_a_hidden_newest_checkpoint_is_found_and_still_counts(victim: Victim) -> None:
    victim.doors.ports.anchors.delete(checkpoints.place(victim.notary, 2))
    victim.sql("DELETE FROM audit_checkpoint WHERE number = 2")
    delete_tail(victim)
    assert victim.verify().codes == {"checkpoint.replaced", "checkpoint.index", "chain.short"}


def test_a_checkpoint_signed_by_a_strangers_key_is_none(victim: Victim) -> None:
    strange = Notary.of_firm(victim.doors.ports, provisioned(victim.doors.ports))
    forged = checkpoints.newest(victim.notary)
    assert forged is not None
    said = forged.checkpoint._replace(number=3, previous=forged.digest, at="2026-01-01T00:00:00.000000Z")
    line = notes.signed_line(said)
    content = notes.written(said, strange.signer.fingerprint, strange.signer.sign(notes.PURPOSE + line))
    victim.doors.ports.anchors.put(checkpoints.place(victim.notary, 3), content)
    assert victim.verify().codes == {"checkpoint.signature", "checkpoint.back", "checkpoint.index"}


def test_a_rewritten_log_gets_no_further_checkpoint(victim: Victim) -> None:
    rewrite(victim)
    with pytest.raises(HistoryChanged):
        checkpoints.anchor(victim.notary, victim.doors.tenant)
    delete_chain(victim)
    with pytest.raises(HistoryChanged):
        checkpoints.anchor(victim.notary, victim.doors.tenant)


def test_lines_older_than_75_minutes_under_no_checkpoint_are_named(victim: Victim) -> None:
    assert victim.after(timedelta(minutes=74)).sound
    assert victim.after(timedelta(minutes=76)).codes == {"checkpoint.stale"}
    victim.anchor()
    assert victim.after(timedelta(days=7)).sound


def test_a_machine_whose_clock_was_set_back_is_told_so(victim: Victim) -> None:
    assert victim.after(timedelta(minutes=-5)).codes == {"clock.ahead"}


def test_the_cells_checkpoint_remembers_what_a_firm_lost(victim: Victim) -> None:
    audits.anchor_cell(victim.doors.ports)
    assert all(report.sound for report in audits.verify(victim.doors.ports, victim.doors.tenant.short_name))
    seen = {victim.notary.of: {2: "00" * 32, 3: "11" * 32}}
    report = audits.verify_firm(victim.doors.ports, victim.doors.tenant, seen)
    assert report.codes == {"checkpoint.cell", "checkpoint.missing"}


def test_a_firm_whose_keys_are_gone_is_named_and_holds_up_nobody(victim: Victim) -> None:
    ports = victim.doors.ports
    keyless = provision(ports.engine, ports.owner_engine, "keyless", "钥匙丢失", ports.clock)
    Doors(ports, keyless).new_book()
    told = audits.anchor_all(ports)
    assert told["firms"][keyless.short_name] == "crypto.key_missing"
    assert told["firms"][victim.doors.tenant.short_name] == 3
    assert told["cell"] > 0
    found = {report.subject: report.codes for report in audits.verify(ports)}
    assert (found[keyless.short_name], found[victim.doors.tenant.short_name]) == ({"keys.missing"}, set())
    ports.keyring.create_firm_key(str(keyless.id))


def test_the_log_of_a_suspended_firm_goes_on_and_is_verified_like_any_other(victim: Victim) -> None:
    ports, number = victim.doors.ports, len(victim.sql("SELECT 1 FROM audit_checkpoint"))
    audits.anchor_cell(ports)
    held = replace(victim.doors.tenant, state="suspended")
    with ports.engine.begin() as connection:
        registry.record(connection, held.id, ports.clock(), state="suspended")
    try:
        operation = Operation(name="vouchers_list", method="GET", scope="firm", needs=Permission.BOOK_READ)
        caller = Authenticated(Actor("user", None, "前员工", "staff"), held)
        Witness()(ports, Sight(caller, operation, {}, TenantSuspended(), "req_suspended", NOWHERE))
        denied = victim.sql("SELECT count(*) FROM audit_event WHERE action = 'access.denied'")
        assert denied == [(1,)]
        audits.anchor_cell(ports)
        assert len(victim.sql("SELECT 1 FROM audit_checkpoint")) == number + 1
        found = {report.subject: report.codes for report in audits.verify(ports)}
        assert (found[held.short_name], found[f"cell:{registry.CELL}"]) == (set(), set())
        upgrading = replace(held, state="upgrading")
        assert audits.verify_firm(ports, upgrading, {}).codes == {"firm.upgrading"}
    finally:
        with ports.engine.begin() as connection:
            registry.record(connection, held.id, ports.clock(), state="active")


def test_shredding_the_key_of_personal_values_leaves_the_chain_whole(victim: Victim) -> None:
    with enter_tenant(
        *(victim.doors.ports.engine, victim.doors.tenant, SYSTEM, victim.doors.ports.clock),
        keyring=victim.doors.ports.keyring,
    ) as scope:
        audit.record(scope, [Act("user.change", "user", "u1", {}, victim.book.id, "", {"phone": "13800000000"})])
    sealed = victim.line(victim.last()).personal
    assert sealed is not None and b"138" not in sealed
    assert victim.alone().sound  # the hash is over the ciphertext: no key was asked for
