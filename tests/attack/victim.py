"""A firm whose log of acts is falsified as the database's superuser."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from app.audit import rules
from app.audit import service as audit
from app.audit.checkpoints import service as checkpoints
from app.audit.checkpoints.types import Notary
from app.audit.service import Act
from app.audit.types import Line
from app.audit.verification import service as verification
from app.audit.verification.types import Report
from app.books.types import BookRef
from infra.ports import Ports
from tenants.provisioning import provision
from tenants.scope import TenantRef
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


def delete_tail(victim: Victim) -> None:
    victim.sql("DELETE FROM audit_event WHERE chain = %s AND seq > 4", victim.book.id)
    victim.set_head(4)


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
        # Its log stays falsified: who asks afterwards whether every working firm is sound does not mean this one.
        database.execute("UPDATE platform.tenant SET state = 'suspended' WHERE id = %s", (tenant.id,))
