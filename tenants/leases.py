"""Who may run a job, how long, and what became of it: the job row is the truth, the queue only carries ids.

Invariant: every change of a running job names its fence, so whoever lost the lease changes nothing more; a job that
has finished never changes again. Times are the database's clock. Each function is part of its caller's transaction
(trust.md 5.2, REL-010 to REL-015).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from infra.errors import Message, register, render
from infra.ids import new_id
from tenants.scope import TenantScope

ATTEMPTS_EXHAUSTED = register(
    "job.attempts_exhausted",
    "任务多次执行仍未完成。",
    "The job did not finish in the attempts it has.",
)
DEADLINE_PASSED = register(
    "job.deadline_passed",
    "任务超过了最长运行时间。",
    "The job did not finish before its deadline.",
)

INV_10 = """
SELECT j.id, j.state
  FROM tenant.job j
 WHERE EXISTS (SELECT 1 FROM tenant.job_stage s
                WHERE s.job_id = j.id
                  AND (s.fence > j.fence OR NOT coalesce(j.progress -> 'stages', '[]') @> to_jsonb(s.stage)))
    OR (j.state IN ('succeeded', 'partially_succeeded')
        AND EXISTS (SELECT 1 FROM jsonb_array_elements_text(coalesce(j.progress -> 'stages', '[]')) AS planned (stage)
                     WHERE NOT EXISTS (SELECT 1 FROM tenant.job_stage s
                                        WHERE s.job_id = j.id AND s.stage = planned.stage)))
"""
"""INV-10 for the doctor, no row while it holds: what succeeded did every planned stage, nothing an unplanned one."""

_CLAIM = """
UPDATE tenant.job
   SET state = 'running', attempt = attempt + 1, fence = fence + 1, lease_owner = :owner,
       lease_until = now() + make_interval(secs => :seconds), heartbeat_at = now(),
       started_at = coalesce(started_at, now())
 WHERE id = :job_id AND attempt = :attempt - 1 AND attempt < max_attempts
   AND (deadline IS NULL OR deadline > now())
   AND (state = 'queued' OR (state = 'running' AND lease_until < now()))
RETURNING type, book_id, args, attempt, max_attempts, fence, created_by, progress,
          extract(epoch FROM deadline - now())::float AS seconds_left
"""
_HOLD = """
SELECT 1 FROM tenant.job
 WHERE id = :job_id AND fence = :fence AND state IN ('running', 'cancel_requested')
   FOR SHARE
"""
_DONE = "SELECT stage FROM tenant.job_stage WHERE job_id = :job_id"
_OVERDUE = """
SELECT id FROM tenant.job
 WHERE finished_at IS NULL
   AND ((state IN ('running', 'cancel_requested') AND lease_until < now()) OR (state = 'queued' AND deadline < now()))
   FOR NO KEY UPDATE SKIP LOCKED
"""
_GIVE_UP = """
UPDATE tenant.job
   SET state = 'failed', finished_at = now(),
       problem = CASE WHEN deadline < now() THEN cast(:late AS jsonb) ELSE cast(:exhausted AS jsonb) END
 WHERE id = ANY(:job_ids) AND (state = 'queued' OR (state = 'running' AND lease_until < now()))
   AND (deadline < now() OR attempt >= max_attempts)
"""
_RECLAIM = """
UPDATE tenant.job
   SET state = CASE state WHEN 'running' THEN 'queued' ELSE 'cancelled' END,
       finished_at = CASE state WHEN 'running' THEN null ELSE now() END, queued_at = now()
 WHERE id = ANY(:job_ids) AND state IN ('running', 'cancel_requested') AND lease_until < now()
RETURNING id, state
"""
_BEAT = """
UPDATE tenant.job
   SET lease_until = now() + make_interval(secs => :seconds), heartbeat_at = now(),
       progress = progress || cast(:part AS jsonb)
 WHERE id = :job_id AND fence = :fence AND state IN ('running', 'cancel_requested')
RETURNING state
"""
_REQUEUE = """
UPDATE tenant.job
   SET state = CASE state WHEN 'running' THEN 'queued' ELSE 'cancelled' END,
       finished_at = CASE state WHEN 'running' THEN null ELSE now() END,
       attempt = attempt - :back, queued_at = now() + make_interval(secs => :delay)
 WHERE id = :job_id AND fence = :fence AND state IN ('running', 'cancel_requested')
RETURNING state
"""
_BUSY = """
SELECT count(*)
  FROM tenant.job j
 WHERE j.finished_at IS NULL
   AND (j.state <> 'queued'
        OR j.id NOT IN (SELECT o.job_id FROM tenant.outbox o WHERE o.sent_at IS NULL))
"""
_DUE = """
SELECT o.id, o.job_id, j.attempt + 1 AS attempt, j.state
  FROM tenant.outbox o
  JOIN tenant.job j ON j.id = o.job_id
 WHERE o.sent_at IS NULL AND (j.attempt = 0 OR j.queued_at <= now() OR j.state <> 'queued')
 ORDER BY o.created_at, o.id
 LIMIT :room
   FOR UPDATE OF o SKIP LOCKED
"""
_HANDED_OVER = """
SELECT j.id, j.attempt + 1 AS attempt
  FROM tenant.job j
 WHERE j.finished_at IS NULL AND j.state = 'queued'
   AND j.id NOT IN (SELECT o.job_id FROM tenant.outbox o WHERE o.sent_at IS NULL)
"""
_FINISH = """
UPDATE tenant.job
   SET state = :state, result = cast(:result AS jsonb), problem = cast(:problem AS jsonb), finished_at = now()
 WHERE id = :job_id AND fence = :fence AND state IN ('running', 'cancel_requested')
RETURNING state
"""
_CANCEL = """
UPDATE tenant.job
   SET state = CASE state WHEN 'queued' THEN 'cancelled' ELSE 'cancel_requested' END,
       finished_at = CASE state WHEN 'queued' THEN now() END
 WHERE id = :job_id AND finished_at IS NULL
RETURNING state
"""


class LeaseLost(Exception):
    """Another run owns the job now: the transaction must not be committed."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run one attempt of a job; `stages` is the plan an earlier attempt made, `done` what it finished."""

    job_id: UUID
    type: str
    book_id: int | None
    args: Mapping[str, Any]
    attempt: int
    max_attempts: int
    fence: int
    created_by: Mapping[str, str]
    stages: tuple[str, ...]
    done: frozenset[str]
    seconds_left: float | None


def claim(scope: TenantScope, job_id: UUID, attempt: int, owner: str, seconds: float) -> Claim | None:
    """Take the lease of a job's n-th attempt for `seconds`; None when it is held, finished, unknown or not that far.

    A job beyond its deadline or its attempts fails here instead.
    """
    row = scope.run(_CLAIM, job_id=job_id, attempt=attempt, owner=owner, seconds=seconds).mappings().one_or_none()
    if row is None:
        _give_up(scope, [job_id])
        return None
    values = dict(row)
    stages = tuple(values.pop("progress").get("stages", ()))
    done = frozenset(scope.run(_DONE, job_id=job_id).scalars())
    return Claim(job_id=job_id, stages=stages, done=done, **values)


def heartbeat(
    scope: TenantScope, job_id: UUID, fence: int, seconds: float, progress: Mapping[str, Any] | None = None
) -> str | None:
    """Lengthen the lease, write progress into the row; the state (`cancel_requested`?), or None when it is lost."""
    part = json.dumps(dict(progress or {}))
    return scope.run(_BEAT, job_id=job_id, fence=fence, seconds=seconds, part=part).scalar_one_or_none()


def hold(scope: TenantScope, job_id: UUID, fence: int) -> None:
    """The last statement of every transaction with an effect: raises `LeaseLost` unless the lease is still ours.

    The row stays locked until the commit, so no other run can claim the job in between.
    """
    if scope.run(_HOLD, job_id=job_id, fence=fence).first() is None:
        raise LeaseLost


def add_stage(scope: TenantScope, job_id: UUID, fence: int, stage: str) -> None:
    """Write that a stage is done, in the stage's own transaction; its key can be written once."""
    scope.run(
        "INSERT INTO tenant.job_stage (job_id, stage, fence, at) VALUES (:job_id, :stage, :fence, now())",
        job_id=job_id,
        stage=stage,
        fence=fence,
    )


def finish(
    scope: TenantScope,
    job_id: UUID,
    fence: int,
    state: str,
    *,
    result: Mapping[str, Any] | None = None,
    problem: Mapping[str, Any] | None = None,
) -> bool:
    """End a job in a terminal state; False when the lease was lost, and then nothing changed."""
    params = {"result": _json(result), "problem": _json(problem)}
    return scope.run(_FINISH, job_id=job_id, fence=fence, state=state, **params).first() is not None


def requeue(scope: TenantScope, job_id: UUID, fence: int, delay: float, *, counted: bool = True) -> str | None:
    """Give the lease back for another attempt after `delay` seconds; one that was not `counted` is not used up.

    Gives the new state (`cancelled` when that had been asked for), or None when the lease was lost.
    """
    held = {"job_id": job_id, "fence": fence}
    state = scope.run(_REQUEUE, **held, delay=delay, back=0 if counted else 1).scalar_one_or_none()
    if state == "queued":
        send_again(scope, [job_id])
    return state


def send_again(scope: TenantScope, job_ids: Sequence[UUID]) -> None:
    """Write a fresh outbox row for each job, so that the relay hands it to the queue."""
    scope.run(
        "INSERT INTO tenant.outbox (id, job_id, created_at)"
        " SELECT fresh.id, fresh.job_id, now()"
        " FROM unnest(cast(:ids AS uuid[]), cast(:job_ids AS uuid[])) AS fresh (id, job_id)",
        ids=[new_id() for _ in job_ids],
        job_ids=list(job_ids),
    )


def take_due(scope: TenantScope, limit: int) -> list[tuple[UUID, int]]:
    """Mark as sent what may go to the queue now, oldest first: pairs of a job and the attempt to make.

    At most `limit` jobs of the firm run or wait in the queue at a time; a job that no longer waits is passed over.
    """
    due: list[tuple[UUID, int]] = []
    while scope.run("SELECT 1 FROM tenant.outbox WHERE sent_at IS NULL LIMIT 1").first() is not None:
        room = limit - scope.run(_BUSY).scalar_one()
        rows = scope.run(_DUE, room=room).all() if room > 0 else []
        if not rows:
            break
        scope.run("UPDATE tenant.outbox SET sent_at = now() WHERE id = ANY(:ids)", ids=[row.id for row in rows])
        due += [(row.job_id, row.attempt) for row in rows if row.state == "queued"]
    return due


def handed_over(scope: TenantScope) -> list[tuple[UUID, int]]:
    """The jobs (and the attempt to make) whose message was sent and that no worker has claimed yet."""
    return [(row.id, row.attempt) for row in scope.run(_HANDED_OVER)]


def reclaim(scope: TenantScope) -> list[UUID]:
    """Settle the jobs whose lease ran out: queued again, failed at the end of their attempts, or cancelled as asked.

    A row that a stopped worker holds locked is left for later, so that it delays no other job.
    """
    overdue = list(scope.run(_OVERDUE).scalars())
    if not overdue:
        return []
    _give_up(scope, overdue)
    again = [row.id for row in scope.run(_RECLAIM, job_ids=overdue) if row.state == "queued"]
    send_again(scope, again)
    return again


def request_cancel(scope: TenantScope, job_id: UUID) -> str | None:
    """Ask a job to stop and give its state; one that waits is cancelled at once. None for an unknown job."""
    state: str | None = scope.run(_CANCEL, job_id=job_id).scalar_one_or_none()
    return state or scope.run("SELECT state FROM tenant.job WHERE id = :job_id", job_id=job_id).scalar_one_or_none()


def purge_sent(scope: TenantScope) -> int:
    """Delete the outbox rows sent more than 30 days ago; the jobs themselves stay. Gives how many there were."""
    return scope.run(
        "DELETE FROM tenant.outbox WHERE sent_at IS NOT NULL AND created_at < now() - interval '30 days'"
    ).rowcount


def problem(message: Message, **params: Any) -> dict[str, Any]:
    """A problem as a job row keeps it: code, params and a sentence; callers render the code in their language."""
    return {"code": message.code, "params": params, "detail": render(message.code, params)}


def _give_up(scope: TenantScope, job_ids: Sequence[UUID]) -> None:
    late, exhausted = _json(problem(DEADLINE_PASSED)), _json(problem(ATTEMPTS_EXHAUSTED))
    scope.run(_GIVE_UP, job_ids=list(job_ids), late=late, exhausted=exhausted)


def _json(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(value, default=str)
