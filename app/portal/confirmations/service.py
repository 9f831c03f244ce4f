"""The verbs of confirmations: put a period's statements before the client, confirm them, dispute them.

Invariant: a confirmation names one version of the statements and the hash of what was kept at that close; the client
decides once, and about the version that stands.
"""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from app.audit import service as audit
from app.audit.service import Act
from app.books.types import BookScope
from app.closing.versions import queries as versions
from app.kernel.periods import Period
from app.portal.confirmations import queries
from app.portal.confirmations.errors import ConfirmationDecided, PeriodNotClosed
from app.portal.models import confirmation as table
from infra.ids import encode, new_id


def submit(scope: BookScope, period: Period, note: str) -> dict[str, Any]:
    """Put the statements of a closed period before the client (提交确认); the same version twice is the same one.

    Raises `PeriodNotClosed`.
    """
    version = queries.current_version(scope, str(period))
    if version is None:
        raise PeriodNotClosed(period=str(period))
    kept = versions.kept(scope, scope.book.id, period, version)
    confirmation_id = new_id()
    row = {"period": str(period), "version": version, "digest": _digest(kept), "state": "waiting", "note": note}
    who = {"book_id": scope.book.id, "id": confirmation_id, "asked_by": scope.actor.name, "asked_at": scope.now}
    made = insert(table).values(**row, **who).on_conflict_do_nothing().returning(table.c.id)
    if scope.execute(made).first():
        _log(scope, "confirmation.submit", confirmation_id, period=str(period), version=version)
    found = queries.of_version(scope, str(period), version)
    assert found is not None  # noqa: S101  (made above, or before us)
    return found


def decide(scope: BookScope, confirmation_id: UUID, state: str, remark: str) -> dict[str, Any]:
    """The client's word on a version that still stands: `confirmed`, or `disputed` with a remark.

    Raises `ConfirmationNotFound`, `ConfirmationDecided`, or `PeriodNotClosed` when the period was opened again since.
    """
    row = queries.find(scope, confirmation_id, lock=True)
    if row["state"] != "waiting":
        raise ConfirmationDecided(state=row["state"])
    if queries.current_version(scope, row["period"]) != row["version"]:
        raise PeriodNotClosed(period=row["period"])
    mine = (table.c.book_id == scope.book.id) & (table.c.id == confirmation_id)
    word = {"state": state, "remark": remark, "decided_by": scope.actor.name, "decided_at": scope.now}
    scope.execute(update(table).where(mine).values(**word))
    details = {"period": row["period"], "version": row["version"], "sha256": row["digest"].hex(), "remark": remark}
    _log(scope, f"confirmation.{state}", confirmation_id, **details)
    return queries.find(scope, confirmation_id)


def _digest(kept: Any) -> bytes:
    return hashlib.sha256(orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)).digest()


def _log(scope: BookScope, action: str, confirmation_id: UUID, **details: object) -> None:
    audit.record(scope, [Act(action, "confirmation", encode("cnf", confirmation_id), details, scope.book.id)])
