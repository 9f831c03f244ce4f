"""Bulk work as its owner sees it: fates are written with the work itself, and a running job can be asked to stop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from app.audit import service as audit
from app.audit.service import Act
from app.batches import queries
from app.batches.errors import JobNotCancelable, JobNotFound
from app.batches.queries import Row
from app.batches.types import Item
from app.books.access.queries import in_books, on_firm
from app.books.door import enter_granted
from app.books.errors import PermissionMissing
from app.kernel.jobs import started_with
from infra.ids import encode
from tenants import leases
from tenants.models import job_item
from tenants.scope import TenantScope


def write_items(scope: TenantScope, job_id: UUID, items: Sequence[Item]) -> None:
    """Write what became of these items, in the transaction of the work; written again, the later fate stands."""
    if not items:
        return
    rows = [{**item._asdict(), "job_id": job_id, "problems": list(item.problems), "at": scope.now} for item in items]
    statement = insert(job_item)
    changed = {name: statement.excluded[name] for name in ("fate", "object_type", "object_id", "problems", "at")}
    scope.execute(statement.on_conflict_do_update(index_elements=["book_id", "job_id", "seq"], set_=changed), rows)


def summary(scope: TenantScope, job_id: UUID) -> dict[str, Any]:
    """How many items met each fate, from the rows themselves, in the books the actor may enter."""
    enter_granted(scope)
    rows = scope.execute(
        select(job_item.c.fate, func.count().label("items"))
        .where(job_item.c.job_id == job_id)
        .group_by(job_item.c.fate)
    )
    fates = Counter({row.fate: row.items for row in rows})
    return {"total": fates.total(), "fates": dict(sorted(fates.items()))}


def cancel(scope: TenantScope, job_id: UUID) -> Row:
    """Ask a job to stop at its next checkpoint; asking twice is harmless.

    Raises `JobNotFound`, `PermissionMissing`, or `JobNotCancelable` when it has ended another way.
    """
    found = _stoppable(scope, job_id)
    state = leases.request_cancel(scope, job_id)
    if state not in ("cancelled", "cancel_requested"):
        raise JobNotCancelable(state=state)
    details = {"type": found["type"], "state": {"before": found["state"], "after": state}}
    places: list[int | None] = [*queries.books_of(scope, found)] or [None]
    audit.record(scope, [Act("job.cancel", "job", encode("job", job_id), details, place) for place in places])
    row = queries.find(scope, job_id)
    assert row is not None  # noqa: S101  (it was just seen in this transaction)
    return row


def check_told(scope: TenantScope, job_id: UUID) -> None:
    """Whether the actor may still be told what it was told when it stopped the job, the totals of all its books.

    Raises `JobNotFound`, also when one of several books is lost, or `PermissionMissing`.
    """
    if not _stoppable(scope, job_id)["whole"]:
        raise JobNotFound


def _stoppable(scope: TenantScope, job_id: UUID) -> Row:
    found = queries.find(scope, job_id)
    if found is None:
        raise JobNotFound
    _check_whose(scope, found)
    return found


def _check_whose(scope: TenantScope, found: Row) -> None:
    """Whoever started a job may stop it, and who might have started it; a job without a book is the firm's."""
    if found["created_by"]["id"] == str(scope.actor.id or ""):
        return
    needs, book_id = started_with(found["type"]), found["book_id"]
    held = on_firm(scope) if book_id is None else in_books(scope, [book_id])[book_id]
    if needs not in held:
        raise PermissionMissing(permission=needs.value)
