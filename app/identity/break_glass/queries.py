"""Reads of break-glass visits; each names its firm or its operator, because these rows have no second wall.

Invariant: nobody reads the state that is written, only what is left of it now: whose time is over has ended.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, case, select

from app.identity.break_glass.models import visit
from tenants import registry
from tenants.models import tenant_row
from tenants.scope import TenantRef

_SPENT = ("refused", "ended")
_ENTERED = ("active", "suspended", "upgrading")
"""The states of firms that somebody could ask."""


def of_firm(
    connection: Connection, tenant_id: UUID, now: datetime, after: UUID | None, limit: int
) -> Sequence[RowMapping]:
    """The visits asked for in a firm, in the order they were asked for."""
    query = _shown(now).where(visit.c.tenant_id == tenant_id).order_by(visit.c.id).limit(limit)
    return connection.execute(query if after is None else query.where(visit.c.id > after)).mappings().all()


def of_operator(
    connection: Connection, operator_id: UUID, now: datetime, after: UUID | None, limit: int
) -> Sequence[RowMapping]:
    """The visits an operator asked for, in the order they were asked for."""
    query = _shown(now).where(visit.c.operator_id == operator_id).order_by(visit.c.id).limit(limit)
    return connection.execute(query if after is None else query.where(visit.c.id > after)).mappings().all()


def one(
    connection: Connection,
    visit_id: UUID,
    now: datetime,
    *,
    tenant_id: UUID | None = None,
    operator_id: UUID | None = None,
) -> RowMapping | None:
    """A visit of this firm, or of this operator, locked until the end of the transaction; None for anybody else's."""
    mine = visit.c.tenant_id == tenant_id if operator_id is None else visit.c.operator_id == operator_id
    query = _shown(now).where(visit.c.id == visit_id, mine).with_for_update(of=visit)
    return connection.execute(query).mappings().first()


def unspent(
    connection: Connection, tenant_id: UUID, operator_ids: Collection[UUID], now: datetime
) -> Sequence[RowMapping]:
    """What these operators have asked, approved or open in a firm, locked until the end of the transaction."""
    mine = _asked_by(operator_ids, now) & (visit.c.tenant_id == tenant_id)
    return connection.execute(_shown(now).where(mine).with_for_update(of=visit)).mappings().all()


def firms_of(connection: Connection, operator_ids: Collection[UUID], now: datetime) -> list[TenantRef]:
    """The firms in which these operators have something asked, approved or open."""
    asked = set(connection.execute(select(visit.c.tenant_id).where(_asked_by(operator_ids, now))).scalars())
    return [firm for firm in registry.all_tenants(connection, states=_ENTERED) if firm.id in asked]


def open_tokens(connection: Connection, operator_ids: Collection[UUID], now: datetime) -> Sequence[UUID]:
    """The tokens of the visits these operators have open."""
    query = select(visit.c.token_id).where(_asked_by(operator_ids, now), visit.c.token_id.is_not(None))
    return connection.execute(query).scalars().all()


def firm_of(connection: Connection, visit_id: UUID, operator_id: UUID | None) -> UUID | None:
    """The firm a visit of this operator is for; None for anybody else's."""
    query = select(visit.c.tenant_id).where(visit.c.id == visit_id, visit.c.operator_id == operator_id)
    found: UUID | None = connection.execute(query).scalar_one_or_none()
    return found


def _asked_by(operator_ids: Collection[UUID], now: datetime) -> ColumnElement[bool]:
    return visit.c.operator_id.in_(operator_ids) & _state(now).not_in(_SPENT)


def _shown(now: datetime) -> Select[Any]:
    written = [column for column in visit.c if column is not visit.c.state]
    columns = (*written, _state(now).label("state"), tenant_row.c.short_name.label("firm"))
    return select(*columns).join(tenant_row, tenant_row.c.id == visit.c.tenant_id)


def _state(now: datetime) -> ColumnElement[str]:
    over = visit.c.state.not_in(_SPENT) & (visit.c.ends_at <= now)
    return case((over, "ended"), else_=visit.c.state)
