"""The log of acts (操作日志): written in the transaction of the act itself, so there is no act without its line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import insert

from app.audit.models import audit_event
from infra.ids import new_id
from tenants.scope import TenantScope


class Act(NamedTuple):
    """One act on one object: `action` is the permission-like verb (`voucher.post`), `details` what changed."""

    action: str
    object_type: str
    object_id: str
    details: Mapping[str, Any]
    book_id: int | None = None


def record(scope: TenantScope, acts: Sequence[Act]) -> None:
    """Write the lines of these acts in one statement (财会〔2024〕12号 Art. 32: by operator, time and content)."""
    if not acts:
        return
    scope.execute(
        insert(audit_event),
        [
            {
                "id": new_id(),
                "book_id": act.book_id,
                "at": scope.now,
                "actor": scope.actor.key,
                "actor_name": scope.actor.name,
                "action": act.action,
                "object_type": act.object_type,
                "object_id": act.object_id,
                "details": dict(act.details),
                "request_id": scope.request_id,
            }
            for act in acts
        ],
    )
