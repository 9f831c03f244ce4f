"""kill -9 of workers mid-import and mid-close, and FLUSHALL of the queue: the month ends with the same books.

One firm's month runs undisturbed, another's under fire; invoices, vouchers, balances and fates must be equal, nothing
doubled, and the doctor must find nothing in either.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.agency.service import NewBook, open_book
from app.batches import queries as jobs
from app.books.door import enter_book, enter_books
from app.books.types import BookRef
from app.closing import service as closing
from app.doctor.service import examine
from app.documents.types import Incoming, Vault
from app.invoices import service as invoices
from app.kernel.periods import Period
from app.kernel.permissions import Permission
from app.ledger.opening.service import set_opening
from app.ledger.opening.types import OpeningRow
from app.ledger.vouchers import queries as voucher_queries
from app.ledger.vouchers import service as vouchers
from app.samples.service import generate
from infra.ports import Ports
from tenants.provisioning import provision
from tests.factories.doors import Doors

ROOT = Path(__file__).resolve().parents[2]
PACE = {"lease": 2.0, "heartbeat": 0.5, "sweep": 0.2, "reconcile": 0.5, "backoff": 0.2, "outage": 0.5}
PERIOD = Period(2026, 9)

_FACES = {
    "invoices": "SELECT b.code, i.code, i.number, i.state, i.gross, i.problems::text FROM tenant.invoice i"
    " JOIN tenant.book b ON b.id = i.book_id ORDER BY 1, 2, 3",
    "vouchers": "SELECT b.code, v.period, v.status, v.date, v.source_type, v.source_id,"
    " split_part(v.source_rule, '#', 1),"
    " string_agg(a.code || l.summary || l.debit || '/' || l.credit, ';' ORDER BY l.line_no)"
    " FROM tenant.voucher v JOIN tenant.book b ON b.id = v.book_id"
    " JOIN tenant.voucher_line l ON l.book_id = v.book_id AND l.voucher_id = v.id"
    " JOIN tenant.account a ON a.book_id = l.book_id AND a.id = l.account_id"
    " GROUP BY b.code, v.book_id, v.id, v.period, v.status, v.date, v.source_type, v.source_id, v.source_rule"
    " ORDER BY 1, 2, 3, 4, 5, 6, 7, 8",
    "balances": "SELECT b.code, x.period, a.code, sum(x.opening), sum(x.debit), sum(x.credit) FROM tenant.balance x"
    " JOIN tenant.book b ON b.id = x.book_id JOIN tenant.account a ON a.book_id = x.book_id AND a.id = x.account_id"
    " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    "periods": "SELECT b.code, p.period, p.state, p.version FROM tenant.period p JOIN tenant.book b ON b.id = p.book_id"
    " ORDER BY 1, 2",
    "fates": "SELECT b.code, j.type, i.subject, i.fate, count(*) FROM tenant.job_item i JOIN tenant.job j"
    " ON j.id = i.job_id JOIN tenant.book b ON b.id = i.book_id GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
}


class Programs:
    """The relay and one worker, as processes that can be shot."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, role: str) -> None:
        """Start a program, if it does not run."""
        known = self.running.get(role)
        if known is None or known.poll() is not None:
            argv = [sys.executable, "-m", "tests.faults.program", role, json.dumps(PACE)]
            self.running[role] = subprocess.Popen(argv, env=self.environment, cwd=ROOT, stderr=subprocess.DEVNULL)

    def kill(self, role: str) -> None:
        """kill -9."""
        self.running[role].kill()
        self.running[role].wait()

    def stop(self) -> None:
        """End what still runs."""
        for process in self.running.values():
            process.kill()
            process.wait()


@contextmanager
def programs(environment: dict[str, str]) -> Iterator[Programs]:
    """The programs of this worker's database and queue."""
    started = Programs({**os.environ, **environment, "PYTHONPATH": str(ROOT)})
    try:
        started.start("relay")
        started.start("worker")
        yield started
    finally:
        started.stop()


class Month:
    """A month of two sample books in one firm."""

    def __init__(self, ports: Ports, short_name: str) -> None:
        tenant = provision(ports.engine, ports.owner_engine, short_name, short_name, ports.clock)
        ports.keyring.create_firm_key(str(tenant.id))
        self.doors = Doors(ports, tenant)
        self.samples = list(generate(7, 2, 40, PERIOD))
        self.books = [self._open(sample) for sample in self.samples]

    def _open(self, sample: Any) -> BookRef:
        with self.doors.firm() as scope:
            fields = ("code", "name", "tax_id", "taxpayer", "industry", "standard", "start_period", "location")
            book = open_book(scope, NewBook(**{name: getattr(sample, name) for name in fields}))
            rows = [OpeningRow(o.account_code, o.amount, counterparty=o.counterparty) for o in sample.opening]
            set_opening(enter_book(scope, book.uid, Permission.OPENING_EDIT), rows)
            return book

    def upload(self) -> list[UUID]:
        """Hand every file in."""
        asked = []
        for book, sample in zip(self.books, self.samples, strict=True):
            with self.doors.book(book.uid) as scope:
                vault = Vault.of(self.doors.ports, self.doors.tenant)
                files = [Incoming(f.name, "application/octet-stream", f.content) for f in sample.files]
                asked.append(invoices.upload(scope, vault, files)[0])
        return asked

    def close(self) -> list[UUID]:
        """Post everything and ask for the close of both books."""
        for book in self.books:
            with self.doors.book(book.uid) as scope:
                rows = voucher_queries.unposted(scope, [book.id], str(PERIOD))
                vouchers.post_vouchers(scope, [(row.book_id, row.id) for row in rows], review=True)
        with self.doors.firm() as scope:
            inside, found = enter_books(scope, [book.uid for book in self.books], Permission.PERIOD_CLOSE)
            return [closing.request_close(inside, found, PERIOD)]

    def await_end(self, asked: list[UUID], trouble: Callable[[], None]) -> list[str]:
        """Wait for the jobs, making trouble meanwhile; their states."""
        deadline = time.monotonic() + 300  # a busy machine brings killed workers back slowly
        while time.monotonic() < deadline:
            with self.doors.firm() as scope:
                rows = [row for job_id in asked if (row := jobs.find(scope, job_id))]
            if all(row["state"] in jobs.ENDED for row in rows):
                return [row["state"] for row in rows]
            trouble()
        raise AssertionError(f"jobs did not end: {[row['state'] for row in rows]}")

    def faces(self) -> dict[str, list[tuple[Any, ...]]]:
        """The books as anybody could compare them: no ids, no instants, no numbers that arrival decides."""
        with self.doors.firm() as scope:
            scope.narrow((1, 2**62))
            return {name: [tuple(row) for row in scope.run(sql)] for name, sql in _FACES.items()}

    def findings(self) -> list[str]:
        """What the doctor finds."""
        with self.doors.firm() as scope:
            return [check.id for check in examine(scope) if check.count]


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_month_under_fire_ends_with_the_same_books(ports: Ports, environment: dict[str, str], seed: int) -> None:
    calm, fire = Month(ports, f"calm-{seed}"), Month(ports, f"fire-{seed}")
    dice = random.Random(seed)
    shots = 0

    def quiet() -> None:
        time.sleep(0.1)

    with programs(environment) as started:

        def trouble() -> None:
            nonlocal shots
            time.sleep(dice.uniform(0.3, 1.6))
            if shots < 3:
                started.kill("worker")
                shots += 1
                if dice.random() < 0.7:
                    ports.redis.flushall()
            started.start("worker")

        assert set(calm.await_end(calm.upload(), quiet)) <= {"succeeded", "partially_succeeded"}
        assert set(fire.await_end(fire.upload(), trouble)) <= {"succeeded", "partially_succeeded"}
        assert shots > 0
        shots = 0
        assert set(calm.await_end(calm.close(), quiet)) == {"succeeded"}
        assert set(fire.await_end(fire.close(), trouble)) == {"succeeded"}
        assert shots > 0
    undisturbed, disturbed = calm.faces(), fire.faces()
    for name in _FACES:
        assert disturbed[name] == undisturbed[name], name
    assert {row[2] for row in undisturbed["periods"] if row[1] == str(PERIOD)} == {"closed"}
    assert (calm.findings(), fire.findings()) == ([], [])


@contextmanager
def held(ports: Ports, month: Month, table: str) -> Iterator[Callable[[], None]]:
    """Hold a table of the firm, so that whoever writes into it stops there; gives a wait until somebody has stopped."""
    schema = month.doors.tenant.schema
    with ports.owner_engine.connect() as connection, connection.begin():
        connection.exec_driver_sql(f"LOCK TABLE {schema}.{table} IN EXCLUSIVE MODE")

        def await_stopped() -> None:
            waiting = (
                "SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation"
                " JOIN pg_namespace n ON n.oid = c.relnamespace"
                f" WHERE NOT l.granted AND n.nspname = '{schema}' AND c.relname = '{table}'"
            )
            deadline = time.monotonic() + 60
            while not connection.exec_driver_sql(waiting).scalar_one():
                assert time.monotonic() < deadline, f"nobody wrote into {table}"
                time.sleep(0.02)

        yield await_stopped


def test_a_worker_shot_at_the_last_row_of_an_import_and_of_a_close_leaves_nothing_half_done(
    ports: Ports, environment: dict[str, str]
) -> None:
    """The import is shot when its vouchers are drafted, the close when they are posted and the period is flagged."""
    calm, fire = Month(ports, "calm-last"), Month(ports, "fire-last")

    def quiet() -> None:
        time.sleep(0.1)

    with programs(environment) as started:
        for act, table in ((Month.upload, "job_item"), (Month.close, "statement_snapshot")):
            calm.await_end(act(calm), quiet)
            with held(ports, fire, table) as await_stopped:
                asked = act(fire)
                await_stopped()
                started.kill("worker")
                ports.redis.flushall()
            started.start("worker")
            assert set(fire.await_end(asked, quiet)) <= {"succeeded", "partially_succeeded"}
    undisturbed, disturbed = calm.faces(), fire.faces()
    for name in _FACES:
        assert disturbed[name] == undisturbed[name], name
    assert (calm.findings(), fire.findings()) == ([], [])
