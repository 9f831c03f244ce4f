"""Work for the background: a job row and its outbox row, written in the caller's own transaction.

Invariant: nothing here touches the queue. The relay hands rows over after the commit, at least once; who may run a
job is decided by its row (`claim`), so a doubled message does nothing (trust.md 5.2, REL-010 to REL-014).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from infra.ids import new_id
from tenants.models import job, outbox
from tenants.scope import TenantScope

MAX_ATTEMPTS = 5
DEADLINE = timedelta(hours=2)


def enqueue(
    scope: TenantScope,
    job_type: str,
    args: Mapping[str, Any],
    *,
    book_id: int | None = None,
    dedupe_key: str | None = None,
) -> UUID:
    """Write a job and its outbox row; with a dedupe key the job that already carries it is returned instead."""
    if dedupe_key is not None:
        known = scope.execute(select(job.c.id).where(job.c.dedupe_key == dedupe_key)).scalar_one_or_none()
        if known is not None:
            return UUID(str(known))
    job_id = new_id()
    scope.execute(
        insert(job).values(
            id=job_id,
            type=job_type,
            book_id=book_id,
            args=dict(args),
            state="queued",
            max_attempts=MAX_ATTEMPTS,
            dedupe_key=dedupe_key,
            created_by=scope.actor.as_json(),
            created_at=scope.now,
            queued_at=scope.now,
            deadline=scope.now + DEADLINE,
        )
    )
    scope.execute(insert(outbox).values(id=new_id(), job_id=job_id, created_at=scope.now))
    return job_id
