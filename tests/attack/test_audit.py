"""A-AUD: twelve ways to falsify the log of acts as the database's superuser, and three with the store in hand."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from botocore.exceptions import ClientError
from psycopg.types.json import Jsonb

from app.audit import rules
from app.audit import service as audit
from app.audit.checkpoints import rules as notes
from app.audit.checkpoints import service as checkpoints
from app.audit.checkpoints.errors import HistoryChanged
from app.audit.checkpoints.types import Notary
from app.audit.service import Act
from app.audit.types import Line
from app.audit.verification import service as verification
from app.audit.verification.types import Report
from app.audit.witness.service import Witness
from app.books.types import BookRef
from app.http.types import Authenticated, Operation, Sight
from app.kernel.permissions import Permission
from infra.files import FileExists
from infra.ports import Ports
from jobs import audit as audits
from tenants import registry
from tenants.door import enter_tenant
from tenants.errors import TenantSuspended, TenantUnknown
from tenants.provisioning import provision
from tenants.scope import NOWHERE, SYSTEM, Actor, TenantRef
from tests.factories.doors import Doors

_FIRMS = itertools.count(1)
COLUMNS = ", ".join(Line._fields)


@dataclass
class Victim:
    """A firm with two books, acts under two checkpoints and some after them, and its falsifier."""

    doors: Doors
    database: psycopg.Connection[Any]
    book: BookRef = field(init=False)
    other: BookRef = field(init=False)

    def __post_init__(self) -> None:
        schema = self.doors.tenant.schema
        self.database.execute(f"SET search_path = {schema}; SET session_replication_role = replica")
        self.book, self.other = self.doors.new_book(), self.doors.new_book()
        self.act(3)
        self.anchor()
        for table in ("audit_event", "audit_head", "audit_checkpoint"):
            self.sql(f"CREATE TEMPORARY TABLE older_{table} AS TABLE {table}")
        self.act(3)
        self.anchor()
        self.act(1)

    def after(self, passed: timedelta) -> Report:
        """What `audit verify` says when the clock has gone on by so much, or back."""
        ports = replace(self.doors.ports, clock=lambda: datetime.now(UTC) + passed)
        return verification.verify(Notary.of_firm(ports, self.doors.tenant), self.doors.tenant)

    def act(self, times: int) -> None:
        """That many acts in each book and in the firm."""
        for number in range(times):
            with self.doors.firm() as scope:
                told = {"amount": f"{number}.00"}
                acts = [Act("voucher.post", "voucher", f"v{number}", told, book.id) for book in (self.book, self.other)]
                audit.record(scope, [*acts, Act("role.grant", "user", f"u{number}", told)])

    @property
    def notary(self) -> Notary:
        """Who signs for the firm."""
        return Notary.of_firm(self.doors.ports, self.doors.tenant)

    def anchor(self) -> None:
        """Sign a checkpoint."""
        assert checkpoints.anchor(self.notary, self.doors.tenant)

    def verify(self) -> Report:
        """What `audit verify` says of the firm."""
        return verification.verify(self.notary, self.doors.tenant)

    def alone(self) -> Report:
        """What a check of the chains says that knows of no checkpoint."""
        with self.doors.firm(read_only=True) as scope:
            return verification.alone(scope)

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """SQL as the superuser, triggers off."""
        done = self.database.execute(statement, values or None)
        return done.fetchall() if done.description else []

    def line(self, seq: int, book: BookRef | None = None) -> Line:
        """A line as it lies in the table."""
        chain = (book or self.book).id
        return Line(*self.sql(f"SELECT {COLUMNS} FROM audit_event WHERE chain = %s AND seq = %s", chain, seq)[0])

    def last(self) -> int:
        """The last place of the book's chain."""
        return int(self.sql("SELECT max(seq) FROM audit_event WHERE chain = %s", self.book.id)[0][0])

    def set_head(self, seq: int) -> None:
        """Let the head say that the chain ends there."""
        self.sql("UPDATE audit_head SET seq = %s, hash = %s WHERE chain = %s", seq, self.line(seq).hash, self.book.id)

    def append(self, line: Line) -> None:
        """A line of the forger's at the end of the chain, its hash and the head made to agree."""
        before = self.line(self.last())
        placed = line._replace(seq=before.seq + 1, prev=before.hash)
        self.insert(placed._replace(hash=rules.link(placed.prev, placed.seq, rules.digest(placed))))
        self.set_head(placed.seq)

    def insert(self, line: Line) -> None:
        """A row as it is given."""
        values = [Jsonb(value) if isinstance(value, dict) else value for value in line]
        marks = ", ".join(["%s"] * len(values))
        self.sql(f"INSERT INTO audit_event ({COLUMNS}) VALUES ({marks})", *values)

    def rehash(self, first: int) -> None:
        """Make every hash from a place on, and the head, agree with what the lines say now."""
        previous = self.line(first - 1).hash
        for seq in range(first, self.last() + 1):
            hash_ = rules.link(previous, seq, rules.digest(self.line(seq)))
            self.sql(
                "UPDATE audit_event SET prev = %s, hash = %s WHERE chain = %s AND seq = %s",
                *(previous, hash_, self.book.id, seq),
            )
            previous = hash_
        self.set_head(self.last())

    def change(self, column: str, seq: int = 3) -> None:
        """Another value in one column of one line."""
        changes = {"details": 'details || \'{"amount": "9.99"}\'', "at": "at - interval '1 hour'", "actor": "'user:x'"}
        self.sql(
            f"UPDATE audit_event SET {column} = {changes[column]} WHERE chain = %s AND seq = %s", self.book.id, seq
        )


def swap(victim: Victim) -> None:
    for old, new in ((3, -1), (4, 3), (-1, 4)):
        victim.sql("UPDATE audit_event SET seq = %s WHERE chain = %s AND seq = %s", new, victim.book.id, old)


def delete_tail(victim: Victim) -> None:
    victim.sql("DELETE FROM audit_event WHERE chain = %s AND seq > 4", victim.book.id)
    victim.set_head(4)


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
    "a whole chain is deleted": (delete_chain, {"chain.short"}),
    "a chain is rewritten from a row on, all hashes made to agree": (rewrite, {"chain.rewritten"}),
    "a forged row is inserted": (forge, {"line.altered", "line.link", "chain.rewritten"}),
    "the clock is set back for an act": (clock_back, {"line.time", "line.backdated", "checkpoint.stale"}),
    "the tables are restored as they were before": (restore, {"chain.short", "checkpoint.index"}),
    "a row is moved to another book": (move, {"line.altered", "line.link", "chain.head"}),
}
UNSEEN_ALONE = {
    "the tail is deleted and the head set back",
    "a whole chain is deleted",
    "a chain is rewritten from a row on, all hashes made to agree",
    "the tables are restored as they were before",
}
"""What no check of the chains by themselves can tell: why there are checkpoints."""


def provisioned(ports: Ports) -> TenantRef:
    """A firm of its own."""
    tenant = provision(ports.engine, ports.owner_engine, f"victim-{next(_FIRMS)}", "受害代账公司", ports.clock)
    ports.keyring.create_firm_key(str(tenant.id))
    return tenant


@pytest.fixture
def victim(ports: Ports, admin_url: str) -> Iterator[Victim]:
    """A firm nobody has touched yet."""
    tenant = provisioned(ports)
    with psycopg.connect(admin_url, autocommit=True) as database:
        yield Victim(Doors(ports, tenant), database)


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


LIES = {
    "at": "at - interval '9 days'",
    "chains": "99",
    "root": "digest",
    "digest": "root",
    "key": "'evil'",
    "signature": "root",
}


@pytest.mark.parametrize("column", LIES)
def test_a_lie_in_any_column_of_the_index_of_checkpoints_is_found(victim: Victim, column: str) -> None:
    victim.sql(f"UPDATE audit_checkpoint SET {column} = {LIES[column]} WHERE number = 1")
    assert victim.verify().findings == [("checkpoint.index", "1")]


def test_rows_of_the_index_of_checkpoints_deleted_or_made_up_are_found(victim: Victim) -> None:
    victim.sql("CREATE TEMPORARY TABLE index_kept AS TABLE audit_checkpoint; DELETE FROM audit_checkpoint")
    assert sorted(victim.verify().findings) == [("checkpoint.index", "1"), ("checkpoint.index", "2")]
    victim.sql("INSERT INTO audit_checkpoint SELECT * FROM index_kept")
    victim.sql("UPDATE index_kept SET number = 3; INSERT INTO audit_checkpoint SELECT * FROM index_kept LIMIT 1")
    assert victim.verify().findings == [("checkpoint.missing", "3")]


def test_a_checkpoint_whose_maker_died_before_the_index_is_entered_by_the_next(
    victim: Victim, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr(checkpoints, "_index", lambda *_: 1 / 0)
        checkpoints.anchor(victim.notary, victim.doors.tenant)
    assert victim.verify().findings == [("checkpoint.index", "3")]
    victim.act(1)
    victim.anchor()
    assert victim.verify().sound and victim.sql("SELECT max(number) FROM audit_checkpoint") == [(4,)]


OUT_OF_SIGHT = {
    "its row says that it is still being made": "UPDATE platform.tenant SET state = 'provisioning' WHERE id = %s",
    "its row says a state nobody knows": "UPDATE platform.tenant SET state = 'gone' WHERE id = %s",
    "its row is deleted": "DELETE FROM platform.tenant WHERE id = %s",
    "its row has another id": "UPDATE platform.tenant SET id = gen_random_uuid() WHERE id = %s",
}


@pytest.mark.parametrize("way", OUT_OF_SIGHT)
def test_a_firm_taken_out_of_sight_is_missed(victim: Victim, way: str) -> None:
    ports, firm = victim.doors.ports, victim.doors.tenant
    audits.anchor_cell(ports)
    assert not any("firm.missing" in report.codes for report in audits.verify(ports))
    victim.sql("BEGIN; CREATE TEMPORARY TABLE firm_kept AS TABLE platform.tenant")
    checks = "SELECT conname FROM pg_constraint WHERE conrelid = 'platform.tenant'::regclass AND contype = 'c'"
    (state,) = victim.sql(f"{checks} AND pg_get_constraintdef(oid) LIKE '%upgrading%'")[0]
    (said,) = victim.sql("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", state)[0]
    victim.sql(f"ALTER TABLE platform.tenant DROP CONSTRAINT {state}; COMMIT")
    delete_tail(victim)
    victim.sql(OUT_OF_SIGHT[way], firm.id)
    try:
        found = [finding for report in audits.verify(ports) for finding in report.findings]
        assert ("firm.missing", victim.notary.of) in found
        if "still being made" in way:
            assert ("chain.short", str(victim.book.id)) in found
    finally:
        columns = "id, number, short_name, name, cell, state, step, revision, live, created_at, updated_at"
        victim.sql(f"DELETE FROM platform.tenant WHERE number = {int(firm.schema[2:])}")
        kept = f"SELECT {columns} FROM firm_kept WHERE id = %s"
        victim.sql(f"INSERT INTO platform.tenant ({columns}) OVERRIDING SYSTEM VALUE {kept}", firm.id)
        victim.sql(f"ALTER TABLE platform.tenant ADD CONSTRAINT {state} {said}")
    with pytest.raises(TenantUnknown):
        audits.verify(ports, "nobody")


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
