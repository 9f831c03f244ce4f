"""The world of these tests: a stack, a firm, jobs in it, and the processes that run them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from redis import Redis
from sqlalchemy.dialects.postgresql import insert

from app.identity.models import user
from infra import queue
from infra.clock import system_clock
from infra.db import make_engine
from infra.local.stack import Stack
from infra.ports import Ports
from infra.queue import Message
from jobs.relay import Relay
from jobs.runner import run_job
from jobs.types import Pace
from tenants import leases, outbox
from tenants.door import enter_tenant
from tenants.scope import SYSTEM, Actor, TenantRef, TenantScope
from tests.jobs.handlers import HANDLERS

QUICK = Pace(lease=2.0, heartbeat=0.4, glance=0.1, grace=2.0, backoff=0.2, sweep=0.2, reconcile=0.4, outage=0.5)
ROOT = Path(__file__).resolve().parent.parent.parent


def clerk(firm: TenantRef) -> Actor:
    """Who starts the jobs of a firm."""
    return Actor("user", firm.id, "clerk", "staff")


def open_ports(env: Mapping[str, str]) -> Ports:
    """Ports with a database and a queue, and nothing else."""
    return Ports(
        settings=None,
        engine=make_engine(env["DATABASE_URL"]),
        owner_engine=make_engine(env["DATABASE_OWNER_URL"], 1),
        redis=Redis.from_url(env["REDIS_URL"], socket_timeout=5, socket_connect_timeout=2),
        files=None,
        anchors=None,
        keyring=None,
        clock=system_clock,
    )


def hire(ports: Ports, firm: TenantRef) -> None:
    """Make the clerk a member of a firm, or let it come back: jobs run with the rights their originator has today."""
    now = ports.clock()
    held = {"role": "staff", "active": True}
    person = {"id": clerk(firm).id, "tenant_id": firm.id, "email": "clerk@jobs.test", "name": "clerk"}
    with ports.engine.begin() as connection:
        hired = insert(user).values(**person, **held, password_hash="-", created_at=now)
        connection.execute(hired.on_conflict_do_update(index_elements=["id"], set_=held))


@dataclass
class World:
    """One firm and everything its background work needs."""

    stack: Stack
    ports: Ports
    firm: TenantRef
    pace: Pace = QUICK

    @contextmanager
    def scope(self, actor: Actor = SYSTEM) -> Iterator[TenantScope]:
        """The firm's door."""
        with enter_tenant(self.ports.engine, self.firm, actor, self.ports.clock) as scope:
            scope.narrow([1])
            yield scope

    def enqueue(self, job_type: str, *, max_attempts: int = 5, **args: Any) -> UUID:
        """A job of the clerk's, in a transaction of its own."""
        with self.scope(clerk(self.firm)) as scope:
            job_id = outbox.enqueue(scope, job_type, args)
            scope.run("UPDATE tenant.job SET max_attempts = :n WHERE id = :id", n=max_attempts, id=job_id)
            return job_id

    def row(self, job_id: UUID) -> Mapping[str, Any]:
        """The job's row."""
        with self.scope() as scope:
            return scope.run("SELECT * FROM tenant.job WHERE id = :id", id=job_id).mappings().one()

    def member(self, **values: Any) -> None:
        """Change the clerk's place in the firm."""
        with self.ports.engine.begin() as connection:
            connection.execute(
                user.update().where(user.c.tenant_id == self.firm.id).values(**{"active": True, **values})
            )

    def items(self, job_id: UUID) -> list[str]:
        """The effects of the job, in order; an effect that happened twice is there twice."""
        with self.scope() as scope:
            rows = scope.run("SELECT subject FROM tenant.job_item WHERE job_id = :id ORDER BY seq", id=job_id)
            return list(rows.scalars())

    def stages(self, job_id: UUID) -> list[str]:
        """The finished stages."""
        with self.scope() as scope:
            rows = scope.run("SELECT stage FROM tenant.job_stage WHERE job_id = :id ORDER BY stage", id=job_id)
            return list(rows.scalars())

    def broken(self) -> list[Any]:
        """The jobs of the firm that break INV-10."""
        with self.scope() as scope:
            return list(scope.run(leases.INV_10).all())

    def sql(self, statement: str, **params: Any) -> None:
        """Change something behind the back of the code."""
        with self.scope() as scope:
            scope.run(statement, **params)

    def run(self, job_id: UUID, attempt: int = 1, pace: Pace | None = None, **more: Any) -> None:
        """Run an attempt here and now."""
        message = Message(self.firm.id, job_id, attempt)
        run_job(self.ports, HANDLERS, message, "test", pace or self.pace, **more)

    def waiting(self) -> list[str]:
        """The ids of the jobs whose messages wait in the queue."""
        return [one.rpartition("-")[0] for one in queue.connect(self.ports.redis).get_job_ids()]

    def until(self, condition: Callable[[], object], seconds: float = 60.0) -> None:
        """Wait for a condition."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(0.03)

    def ended(self, job_id: UUID, seconds: float = 60.0) -> Mapping[str, Any]:
        """The row of a job once it has ended."""
        self.until(lambda: self.row(job_id)["finished_at"] is not None, seconds)
        return self.row(job_id)

    @contextmanager
    def relay(self, pace: Pace | None = None) -> Iterator[None]:
        """A relay beside the test."""
        stop = threading.Event()
        thread = threading.Thread(target=Relay(self.ports, pace or self.pace, stop).serve)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    @contextmanager
    def worker(self) -> Iterator[subprocess.Popen[bytes]]:
        """A worker process; it is killed at the end if it still lives."""
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.jobs.worker_main", json.dumps(asdict(self.pace))],
            env={**os.environ, **self.stack.settings, "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait()
