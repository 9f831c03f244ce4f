"""The verbs of break-glass visits: an operator asks, the firm decides, the operator opens, either ends.

Invariant: a visit is opened once, after the firm's approval, for at most an hour and for reading only.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, Engine, RowMapping, insert, select, update

from app.audit import service as audit
from app.audit.service import Act
from app.identity.break_glass import queries
from app.identity.break_glass.errors import FirmUnknown, VisitDecided, VisitNotFound
from app.identity.break_glass.models import visit
from app.identity.models import token
from app.identity.tokens.service import issue
from app.identity.tokens.types import Issued
from infra.ids import encode, new_id
from tenants.models import tenant_row
from tenants.scope import Actor, TenantScope

WAITS = timedelta(hours=24)
"""How long a request waits for the firm, and an approval for its opening."""


# ---- the operator's side


def ask(engine: Engine, operator: Actor, short_name: str, reason: str, minutes: int, now: datetime) -> RowMapping:
    """Ask a firm for a visit of so many minutes (应急访问申请); raises `FirmUnknown`."""
    with engine.begin() as connection:
        wanted = select(tenant_row.c.id).where(tenant_row.c.short_name == short_name, tenant_row.c.state == "active")
        tenant_id = connection.execute(wanted).scalar_one_or_none()
        if tenant_id is None or operator.id is None:
            raise FirmUnknown
        row = {
            "id": new_id(),
            "tenant_id": tenant_id,
            "operator_id": operator.id,
            "operator_name": operator.name,
            "reason": reason,
            "minutes": minutes,
            "state": "requested",
            "requested_at": now,
            "ends_at": now + WAITS,
        }
        connection.execute(insert(visit).values(**row))
        return _one(connection, row["id"], now, operator_id=operator.id)


def open_visit(engine: Engine, operator: Actor, visit_id: UUID, now: datetime) -> Issued:
    """The token of an approved visit, once; raises `VisitNotFound` or `VisitDecided`."""
    with engine.begin() as connection:
        row = _one(connection, visit_id, now, operator_id=operator.id)
        _demand(row, "approved")
        issued = issue(
            connection,
            "visit",
            now,
            timedelta(minutes=row["minutes"]),
            tenant_id=row["tenant_id"],
            name=f"{operator.name} ({encode('brk', visit_id)})",
            role="visitor",
        )
        _write(connection, visit_id, state="open", opened_at=now, token_id=issued.id, ends_at=issued.expires_at)
        return issued


# ---- the firm's side


def approve(scope: TenantScope, visit_id: UUID) -> RowMapping:
    """Let an operator in for as long as it asked; raises `VisitNotFound` or `VisitDecided`."""
    return _decide(scope, visit_id, "approved", "break_glass.approve")


def refuse(scope: TenantScope, visit_id: UUID) -> RowMapping:
    """Do not let an operator in; raises `VisitNotFound` or `VisitDecided`."""
    return _decide(scope, visit_id, "refused", "break_glass.refuse")


def end(scope: TenantScope, visit_id: UUID) -> RowMapping:
    """End a visit, or an approval nobody has used, at once; ended twice is ended; raises `VisitNotFound`."""
    row = _one(scope.connection, visit_id, scope.now, tenant_id=scope.tenant.id)
    if row["state"] != "ended":
        _write(scope.connection, visit_id, state="ended", ends_at=scope.now)
        scope.execute(update(token).where(token.c.id == row["token_id"]).values(revoked_at=scope.now))
        audit.record(scope, [Act("break_glass.end", "break_glass", encode("brk", visit_id), {})])
    return _one(scope.connection, visit_id, scope.now, tenant_id=scope.tenant.id)


def _decide(scope: TenantScope, visit_id: UUID, state: str, action: str) -> RowMapping:
    row = _one(scope.connection, visit_id, scope.now, tenant_id=scope.tenant.id)
    _demand(row, "requested")
    _write(
        scope.connection,
        visit_id,
        state=state,
        decided_at=scope.now,
        decided_by=scope.actor.name,
        ends_at=scope.now + WAITS,
    )
    details = {"operator": row["operator_name"], "reason": row["reason"], "minutes": row["minutes"]}
    audit.record(scope, [Act(action, "break_glass", encode("brk", visit_id), details)])
    return _one(scope.connection, visit_id, scope.now, tenant_id=scope.tenant.id)


# ---- within


def _one(
    connection: Connection,
    visit_id: UUID,
    now: datetime,
    *,
    tenant_id: UUID | None = None,
    operator_id: UUID | None = None,
) -> RowMapping:
    row = queries.one(connection, visit_id, tenant_id=tenant_id, operator_id=operator_id)
    if row is None:
        raise VisitNotFound
    if row["state"] in ("requested", "approved", "open") and row["ends_at"] <= now:
        _write(connection, visit_id, state="ended")
        row = queries.one(connection, visit_id, tenant_id=tenant_id, operator_id=operator_id)
        assert row is not None  # noqa: S101  (it is locked)
    return row


def _demand(row: RowMapping, state: str) -> None:
    if row["state"] != state:
        raise VisitDecided(state=row["state"])


def _write(connection: Connection, visit_id: UUID, **values: object) -> None:
    connection.execute(update(visit).where(visit.c.id == visit_id).values(**values))
