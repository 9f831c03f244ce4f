"""One attempt of one job: claim it, run its handler stage by stage, write what became of it.

Invariant: an effect is committed only together with the proof that the lease is still held, and a stage together with
its key, so a job that is run again, late or twice at once has each effect once (trust.md 5.2).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from app.books.errors import BookNotFound, PermissionMissing
from app.identity.tokens.service import rights_today
from infra.errors import Refusal
from infra.ids import encode, new_id
from infra.ports import Ports
from infra.queue import Message
from jobs.errors import JOB_FAILED, OriginatorNotGranted, UnknownJobType
from jobs.pulse import Pulse
from jobs.types import Cancelled, DeadlinePassed, Pace, Stopping
from tenants import leases, registry
from tenants.door import enter_tenant, retrying
from tenants.leases import Claim, LeaseLost
from tenants.scope import SYSTEM, Actor, TenantRef, TenantScope

log = logging.getLogger(__name__)

_PROGRESS_EVERY = 0.5  # seconds between two writes of the same stage's progress


class JobRun:
    """What a handler is given: the job's arguments, the firm's door, and the stages of its work."""

    def __init__(self, ports: Ports, tenant: TenantRef, claim: Claim, pace: Pace, stopping: Callable[[], bool]) -> None:
        self.ports = ports
        self.tenant = tenant
        self.job_id = claim.job_id
        self.type = claim.type
        self.book_id = claim.book_id
        self.args = claim.args
        self.attempt = claim.attempt
        self.actor = Actor.from_json(claim.created_by)
        self.request_id = encode("req", new_id())
        self.outcome: tuple[str, Mapping[str, Any] | None] = ("succeeded", None)
        self.pulse = Pulse(self._beat, pace, claim.seconds_left)
        self._claim = claim
        self._lease = pace.lease
        self._stopping = stopping
        self._stages = claim.stages
        self._done = set(claim.done)
        self._shown: tuple[str, float, float] = ("", 0.0, 0.0)

    @contextmanager
    def scope(self, *, read_only: bool = False, statement_seconds: int = 30) -> Iterator[TenantScope]:
        """The firm with its originator's rights; what it writes is kept only while the lease is held (`LeaseLost`)."""
        with enter_tenant(
            self.ports.engine,
            self.tenant,
            self.actor,
            self.ports.clock,
            read_only=read_only,
            request_id=self.request_id,
            statement_seconds=statement_seconds,
            keyring=self.ports.keyring,
        ) as scope:
            yield scope
            if not read_only:
                leases.hold(scope, self.job_id, self._claim.fence)

    def plan(self, *stages: str) -> tuple[str, ...]:
        """Say which stages the job has, before the first; a plan made by an earlier attempt stays, and is given."""
        if not self._stages:
            if self._beat({"stages": stages}) is None:
                raise LeaseLost
            self._stages = stages
        return self._stages

    def do_stage(self, stage: str, work: Callable[[TenantScope], object], *, statement_seconds: int = 30) -> None:
        """Do a planned stage in one transaction, unless it was done before; deadlocks run it again.

        What it returns is lost: a later stage, or the result, reads its rows, because an earlier attempt may have
        done it. Raises an `Interruption` when the job has to end here.
        """
        if stage not in self._stages:
            raise ValueError(f"{self.type} did not plan the stage {stage!r}")
        self.checkpoint()
        if stage in self._done:
            return

        def unit() -> None:
            with self.scope(statement_seconds=statement_seconds) as scope:
                work(scope)
                leases.add_stage(scope, self.job_id, self._claim.fence, stage)

        retrying(unit)
        self._done.add(stage)

    def progress(self, stage: str, done: int, total: int, unit: str) -> None:
        """Show how far a stage is, outside its transaction; may be called for every item."""
        name, shown, at = self._shown
        now = time.monotonic()
        if name == stage and (done <= shown or (done < total and now - at < _PROGRESS_EVERY)):
            return
        self._shown = (stage, done, now)
        self.pulse.beat({"stage": stage, "done": done, "total": total, "unit": unit})

    def checkpoint(self) -> None:
        """A place where the job may end: raises `Stopping`, `Cancelled`, `DeadlinePassed` or `LeaseLost`."""
        if self._stopping():
            raise Stopping
        self.pulse.check(cancellable=not self._stages or bool(self.missing()))

    def result(self, values: Mapping[str, Any], *, partially: bool = False) -> None:
        """What the job answers when it ends well, or partially well."""
        self.outcome = ("partially_succeeded" if partially else "succeeded", values)

    def missing(self) -> list[str]:
        """The planned stages that are not done yet."""
        return [stage for stage in self._stages if stage not in self._done]

    def _beat(self, progress: Mapping[str, Any]) -> str | None:
        with enter_tenant(self.ports.engine, self.tenant, SYSTEM, self.ports.clock) as scope:
            return leases.heartbeat(scope, self.job_id, self._claim.fence, self._lease, progress)


Handler = Callable[[JobRun], None]


@dataclass(frozen=True, slots=True)
class _Ending:
    """What is written about an attempt; the state `queued` means another one after `delay` seconds."""

    state: str
    result: Mapping[str, Any] | None = None
    problem: Mapping[str, Any] | None = None
    delay: float = 0.0
    counted: bool = True

    def write(self, scope: TenantScope, claim: Claim) -> None:
        if self.state == "queued":
            leases.requeue(scope, claim.job_id, claim.fence, self.delay, counted=self.counted)
        else:
            leases.finish(scope, claim.job_id, claim.fence, self.state, result=self.result, problem=self.problem)


def run_job(
    ports: Ports,
    handlers: Mapping[str, Handler],
    message: Message,
    owner: str,
    pace: Pace,
    stopping: Callable[[], bool] = lambda: False,
) -> None:
    """Run the attempt a message names, if it is still to be made; never raises for what a handler does."""
    with ports.engine.connect() as connection:
        tenant = registry.by_id(connection, message.tenant_id)

    def take() -> Claim | None:
        with enter_tenant(ports.engine, tenant, SYSTEM, ports.clock) as scope:
            return leases.claim(scope, message.job_id, message.attempt, owner, pace.lease)

    claim = retrying(take)
    if claim is None:
        return
    run = JobRun(ports, tenant, claim, pace, stopping)
    with run.pulse:
        ending = _attempt(run, handlers, claim, pace)
    if ending is not None:
        _write(ports, tenant, claim, ending)


def _attempt(run: JobRun, handlers: Mapping[str, Handler], claim: Claim, pace: Pace) -> _Ending | None:
    again = _Ending("queued", delay=pace.backoff * 2 ** (claim.attempt - 1))
    last = claim.attempt >= claim.max_attempts
    try:
        handler = handlers.get(run.type)
        if handler is None:
            raise UnknownJobType(type=run.type)
        run.actor = rights_today(run.ports.engine, run.tenant, run.actor, run.ports.clock())
        handler(run)
        if run.missing():
            raise RuntimeError(f"{run.type} ended without the stages {run.missing()}")
    except LeaseLost:
        log.warning("job %s attempt %d: the lease was lost", claim.job_id, claim.attempt)
        return None
    except (Stopping, SystemExit):
        return _Ending("queued", counted=False)
    except Cancelled:
        return _Ending("cancelled")
    except DeadlinePassed:
        return _Ending("failed", problem=leases.problem(leases.DEADLINE_PASSED))
    except (BookNotFound, PermissionMissing):  # the caller entered the book when it asked for the job
        return _Ending("failed", problem=_problem(OriginatorNotGranted()))
    except Refusal as refusal:
        if refusal.internal:  # the job's own row says nothing of it
            log.warning("job %s refused: %s", claim.job_id, refusal.code, extra={"internal": refusal.internal})
        return again if refusal.retryable and not last else _Ending("failed", problem=_problem(refusal))
    except Exception:
        log.exception("job %s attempt %d (%s) failed, %s", claim.job_id, claim.attempt, run.type, run.request_id)
        failed = leases.problem(JOB_FAILED, request_id=run.request_id)
        return _Ending("failed", problem=failed) if last else again
    state, result = run.outcome
    return _Ending(state, result=result)


def _write(ports: Ports, tenant: TenantRef, claim: Claim, ending: _Ending) -> None:
    def unit() -> None:
        with enter_tenant(ports.engine, tenant, SYSTEM, ports.clock) as scope:
            ending.write(scope, claim)

    try:
        retrying(unit)
    except (SQLAlchemyError, Refusal):  # the lease runs out and the relay settles the job
        log.exception("job %s: its end could not be written", claim.job_id)


def _problem(refusal: Refusal) -> dict[str, Any]:
    found = {"code": refusal.code, "params": refusal.params, "detail": refusal.message()}
    violations = [asdict(one) for one in refusal.violations]
    return found | {"violations": violations} if violations else found
