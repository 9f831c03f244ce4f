"""The relay: hands the firms' outbox rows to the queue, and sets right what was lost on the way.

Invariant: a row is marked as sent before its message is pushed, without a lock held over the network; whatever is lost
between the two, in Redis or in a worker, is found by `reconcile`, because Postgres alone says what is still to be done.
One relay leads at a time, but two would only send more messages, never do more work.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from threading import Event

from redis import RedisError
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.bootstrap import connect
from app.identity.tokens import service as tokens
from infra import logs, queue
from infra.clock import business_date
from infra.db import sqlstate
from infra.errors import Refusal
from infra.ports import Ports
from infra.queue import Message
from infra.settings import Settings
from jobs.audit import anchor_cell
from jobs.registry import HOURLY, NIGHTLY
from jobs.types import PACE, Pace
from tenants import idempotency, leases, registry
from tenants.door import enter_tenant
from tenants.outbox import enqueue
from tenants.scope import SYSTEM, TenantRef

log = logging.getLogger(__name__)

_LEADER = 0x7A665F72656C6179  # any constant; one lock of the control plane
_LEAD = text("SELECT pg_try_advisory_xact_lock(:key)")
_PATIENCE = 1.0  # seconds between two looks at `stop`
_AWAY = ("", "08", "57")  # SQLSTATE classes that mean the server, not the firm


class Relay:
    """One relay process."""

    def __init__(
        self, ports: Ports, pace: Pace, stop: Event, nightly: Sequence[str] = (), hourly: Sequence[str] = ()
    ) -> None:
        self.ports = ports
        self.pace = pace
        self.stop = stop
        self.types = nightly
        self.hourly_types = hourly
        self.queue = queue.connect(ports.redis)

    def serve(self) -> None:
        """Lead when nobody else does, until stopped; a server that is away is waited for."""
        pause = 0.0
        while not self.stop.wait(pause):
            try:
                with self.ports.engine.begin() as connection:
                    if connection.execute(_LEAD, {"key": _LEADER}).scalar_one():
                        log.info("leading")
                        pause = 0.0
                        self._lead(connection)
                pause = self.pace.sweep
            except (SQLAlchemyError, RedisError) as error:
                pause = min(2 * pause or 0.25, self.pace.outage)
                log.warning("a server is away (%s), trying again in %g s", type(error).__name__, pause)

    def _lead(self, leadership: Connection) -> None:
        sweep = reconcile = tidy = 0.0
        night: date | None = None
        hour: datetime | None = None
        while not self.stop.is_set():
            leadership.execute(text("SELECT 1"))  # raises when the lock went with its connection
            firms = {firm.id: firm for firm in registry.all_tenants(leadership)}
            if time.monotonic() >= reconcile:
                self.reconcile(firms.values())
                reconcile = time.monotonic() + self.pace.reconcile
            if time.monotonic() >= sweep:
                self.sweep(firms.values())
                sweep = time.monotonic() + self.pace.sweep
            if time.monotonic() >= tidy:
                self.tidy(firms.values())
                tidy = time.monotonic() + self.pace.tidy
            if (today := business_date(self.ports.clock())) != night:
                self.nightly(firms.values(), today)
                night = today
            if (begun := self.ports.clock().replace(minute=0, second=0, microsecond=0)) != hour:
                self.hourly(firms.values(), begun)
                hour = begun
            idle = min(sweep, reconcile) - time.monotonic()
            nudged = queue.nudged(self.ports.redis, min(idle, _PATIENCE))
            self.sweep(firms[one] for one in nudged if one in firms)

    def sweep(self, firms: Iterable[TenantRef]) -> None:
        """Send what is due, firm by firm, each at most as many jobs as it may have under way."""
        for firm in firms:
            self._in(firm, self._send)

    def reconcile(self, firms: Iterable[TenantRef]) -> None:
        """Settle the leases that ran out, and write anew what was sent but is neither queued nor claimed."""
        waiting = queue.waiting(self.queue)
        for firm in firms:
            self._in(firm, lambda firm: self._settle(firm, waiting))

    def nightly(self, firms: Iterable[TenantRef], day: date) -> None:
        """Ask each firm for the jobs of the night; those of one day are asked for once, whoever leads."""
        for firm in firms if self.types else ():
            self._in(firm, lambda firm: self._ask(firm, self.types, str(day)))

    def hourly(self, firms: Iterable[TenantRef], hour: datetime) -> None:
        """Ask each firm for the jobs of the hour, in the same way; then sign over what the firms signed before."""
        for firm in firms if self.hourly_types else ():
            self._in(firm, lambda firm: self._ask(firm, self.hourly_types, f"{hour:%Y-%m-%dT%H}Z"))
        if self.hourly_types:
            self._anchor_cell()

    def _anchor_cell(self) -> None:
        try:
            anchor_cell(self.ports)
        except Refusal as refused:
            log.warning("no checkpoint over the firms: %s", refused.code)

    def _ask(self, firm: TenantRef, types: Sequence[str], slot: str) -> None:
        with enter_tenant(self.ports.engine, firm, SYSTEM, self.ports.clock) as scope:
            for job_type in types:
                enqueue(scope, job_type, {}, dedupe_key=f"{job_type} {slot}")

    def tidy(self, firms: Iterable[TenantRef]) -> None:
        """Forget what is kept for a time only: ended tokens, answers to idempotency keys, messages long since sent."""
        with self.ports.engine.begin() as connection:
            tokens.clear_ended(connection, self.ports.clock())
        for firm in firms:
            self._in(firm, self._forget)

    def _forget(self, firm: TenantRef) -> None:
        with enter_tenant(self.ports.engine, firm, SYSTEM, self.ports.clock) as scope:
            idempotency.purge(scope)
            leases.purge_sent(scope)

    def _send(self, firm: TenantRef) -> None:
        with enter_tenant(self.ports.engine, firm, SYSTEM, self.ports.clock) as scope:
            due = leases.take_due(scope, self.pace.firm_jobs)
        if due:
            queue.push(self.queue, [Message(firm.id, job_id, attempt) for job_id, attempt in due])

    def _settle(self, firm: TenantRef, waiting: frozenset[str]) -> None:
        with enter_tenant(self.ports.engine, firm, SYSTEM, self.ports.clock) as scope:
            again = leases.reclaim(scope)
            lost = [
                job_id
                for job_id, attempt in leases.handed_over(scope)
                if Message(firm.id, job_id, attempt).id not in waiting
            ]
            if lost:
                leases.send_again(scope, lost)
        if again or lost:
            log.info("%s: %d leases ran out, %d messages were lost", firm.schema, len(again), len(lost))

    def _in(self, firm: TenantRef, act: Callable[[TenantRef], None]) -> None:
        """Do one act in one firm; a firm that is in trouble does not stop the others."""
        try:
            act(firm)
        except Refusal as refused:
            log.warning("%s: %s", firm.schema, refused.code)
        except DBAPIError as error:
            if sqlstate(error)[:2] in _AWAY:
                raise
            log.exception("%s was passed over", firm.schema)


def main(ports: Ports, pace: Pace = PACE) -> None:
    """Relay until SIGTERM or SIGINT."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    Relay(ports, pace, stop, NIGHTLY, HOURLY).serve()


if __name__ == "__main__":
    settings = Settings.from_env(os.environ)
    logs.set_up(settings.log_format)
    main(connect(settings, os.environ))
