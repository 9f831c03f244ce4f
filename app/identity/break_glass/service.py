"""The verbs of break-glass visits: an operator asks, the firm decides, the operator opens, either ends.

Invariant: a visit is opened once, after the firm's approval, for at most an hour and for reading only; an operator
whose tokens were ended has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, RowMapping, insert, update

from app.audit import service as audit
from app.audit.service import Act
from app.http.errors import TokenInvalid
from app.identity.break_glass import queries
from app.identity.break_glass.errors import FirmUnknown, VisitDecided, VisitNotFound
from app.identity.break_glass.models import visit
from app.identity.tokens.queries import holds, of_operator
from app.identity.tokens.service import end_tokens, issue
from app.identity.tokens.types import Issued
from infra.ids import encode, new_id
from infra.ports import Ports
from tenants import registry
from tenants.door import enter_tenant
from tenants.errors import TenantUnknown
from tenants.scope import SYSTEM, Actor, Origin, TenantRef, TenantScope

WAITS = timedelta(hours=24)
"""How long a request waits for the firm, and an approval for its opening."""
OPERATOR_GONE = "运维人员的令牌已终止。 The operator's tokens were ended."
"""Why what an operator asked for ended without anybody's word."""


class Asking(NamedTuple):
    """An operator at work, and from where."""

    operator: Actor
    origin: Origin
    request_id: str


# ---- the operator's side


def ask(ports: Ports, asking: Asking, short_name: str, reason: str, minutes: int) -> RowMapping:
    """Ask a firm for a visit of so many minutes (应急访问申请), which is a line in that firm; raises `FirmUnknown`."""
    operator, row_id = asking.operator, new_id()
    with ports.engine.connect() as connection:
        firm = _active(connection, short_name)
    if firm is None or operator.id is None:
        raise FirmUnknown
    with _inside(ports, asking, firm) as scope:
        _demand_operator(scope)
        row = {
            "id": row_id,
            "tenant_id": firm.id,
            "operator_id": operator.id,
            "operator_name": operator.name,
            "reason": reason,
            "minutes": minutes,
            "state": "requested",
            "requested_at": scope.now,
            "ends_at": scope.now + WAITS,
        }
        scope.execute(insert(visit).values(**row))
        audit.record(scope, [Act("break_glass.request", "break_glass", encode("brk", row_id), _said(row))])
        return _one(scope.connection, row_id, scope.now, operator_id=operator.id)


def open_visit(ports: Ports, asking: Asking, visit_id: UUID) -> Issued:
    """The token of an approved visit, once, which is a line in the firm; raises `VisitNotFound` or `VisitDecided`."""
    operator = asking.operator
    with ports.engine.connect() as connection:
        tenant_id = queries.firm_of(connection, visit_id, operator.id)
        if tenant_id is None:
            raise VisitNotFound
        firm = registry.by_id(connection, tenant_id)
    with _inside(ports, asking, firm) as scope:
        _demand_operator(scope)
        row = _one(scope.connection, visit_id, scope.now, operator_id=operator.id)
        _demand(row, "approved")
        issued = issue(
            scope.connection,
            "visit",
            scope.now,
            timedelta(minutes=row["minutes"]),
            tenant_id=firm.id,
            name=f"{operator.name} ({encode('brk', visit_id)})",
            role="visitor",
        )
        _write(
            scope.connection, visit_id, state="open", opened_at=scope.now, token_id=issued.id, ends_at=issued.expires_at
        )
        opened = _said(row) | {"visitor": f"visitor:{issued.id}", "until": issued.expires_at}
        audit.record(scope, [Act("break_glass.open", "break_glass", encode("brk", visit_id), opened)])
        return issued


def _active(connection: Connection, short_name: str) -> TenantRef | None:
    try:
        firm = registry.by_short_name(connection, short_name)
    except TenantUnknown:
        return None
    return firm if firm.state == "active" else None


def _inside(ports: Ports, asking: Asking, firm: TenantRef) -> AbstractContextManager[TenantScope]:
    """The firm, for a line of the operator's: what it asks and opens stands in the firm's log with the row itself."""
    return enter_tenant(
        *(ports.engine, firm, asking.operator, ports.clock), request_id=asking.request_id, origin=asking.origin
    )


def _said(row: RowMapping | dict[str, Any]) -> dict[str, Any]:
    return {"operator": row["operator_name"], "reason": row["reason"], "minutes": row["minutes"]}


def _demand_operator(scope: TenantScope) -> None:
    """Its token still holds, and cannot be ended before this is committed: so an end misses nothing."""
    if scope.actor.id is None or not holds(scope.connection, scope.actor.id, scope.now):
        raise TokenInvalid(headers={"WWW-Authenticate": 'Bearer realm="zhangfang", error="invalid_token"'})


# ---- when an operator goes


def end_operator(ports: Ports, name: str) -> int:
    """End every token of an operator and all it asked of firms, at once (终止运维令牌); how many tokens still held.

    First its tokens and those of its open visits are worthless, then each firm gets its rows and lines; cut off
    between, the same again writes what is left. Raises `TenantUpgrading` where a firm takes no line just now.
    """
    now = ports.clock()
    with ports.engine.begin() as connection:
        mine = of_operator(connection, name)
        held = end_tokens(connection, mine, now)
        end_tokens(connection, queries.open_tokens(connection, mine, now), now)
        firms = queries.firms_of(connection, mine, now)
    for firm in firms:
        with enter_tenant(ports.engine, firm, SYSTEM, ports.clock, even_suspended=True) as scope:
            _end(scope, queries.unspent(scope.connection, firm.id, mine, scope.now), OPERATOR_GONE)
    return held


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
        _end(scope, [row])
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
    audit.record(scope, [Act(action, "break_glass", encode("brk", visit_id), _said(row))])
    return _one(scope.connection, visit_id, scope.now, tenant_id=scope.tenant.id)


# ---- within


def _end(scope: TenantScope, rows: Sequence[RowMapping], reason: str = "") -> None:
    """End these visits with their tokens, each with its line."""
    ids = [row["id"] for row in rows]
    scope.execute(update(visit).where(visit.c.id.in_(ids)).values(state="ended", ends_at=scope.now))
    end_tokens(scope.connection, [row["token_id"] for row in rows if row["token_id"]], scope.now)
    audit.record(scope, [_ended(row, reason) for row in rows])


def _ended(row: RowMapping, reason: str) -> Act:
    told = _said(row) | {"before": {"state": row["state"]}, "after": {"state": "ended"}}
    return Act("break_glass.end", "break_glass", encode("brk", row["id"]), told, reason=reason)


def _one(
    connection: Connection,
    visit_id: UUID,
    now: datetime,
    *,
    tenant_id: UUID | None = None,
    operator_id: UUID | None = None,
) -> RowMapping:
    row = queries.one(connection, visit_id, now, tenant_id=tenant_id, operator_id=operator_id)
    if row is None:
        raise VisitNotFound
    return row


def _demand(row: RowMapping, state: str) -> None:
    if row["state"] != state:
        raise VisitDecided(state=row["state"])


def _write(connection: Connection, visit_id: UUID, **values: object) -> None:
    connection.execute(update(visit).where(visit.c.id == visit_id).values(**values))
