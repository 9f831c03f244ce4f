"""Reads of break-glass visits; each names its firm or its operator, because these rows have no second wall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, Select, select

from app.identity.break_glass.models import visit
from tenants.models import tenant_row


def of_firm(connection: Connection, tenant_id: UUID, after: UUID | None, limit: int) -> Sequence[RowMapping]:
    """The visits asked for in a firm, in the order they were asked for."""
    query = _shown().where(visit.c.tenant_id == tenant_id).order_by(visit.c.id).limit(limit)
    return connection.execute(query if after is None else query.where(visit.c.id > after)).mappings().all()


def of_operator(connection: Connection, operator_id: UUID, after: UUID | None, limit: int) -> Sequence[RowMapping]:
    """The visits an operator asked for, in the order they were asked for."""
    query = _shown().where(visit.c.operator_id == operator_id).order_by(visit.c.id).limit(limit)
    return connection.execute(query if after is None else query.where(visit.c.id > after)).mappings().all()


def one(
    connection: Connection, visit_id: UUID, *, tenant_id: UUID | None = None, operator_id: UUID | None = None
) -> RowMapping | None:
    """A visit of this firm, or of this operator, locked until the end of the transaction; None for anybody else's."""
    mine = visit.c.tenant_id == tenant_id if operator_id is None else visit.c.operator_id == operator_id
    query = _shown().where(visit.c.id == visit_id, mine).with_for_update(of=visit)
    return connection.execute(query).mappings().first()


def firm_of(connection: Connection, visit_id: UUID, operator_id: UUID | None) -> UUID | None:
    """The firm a visit of this operator is for; None for anybody else's."""
    query = select(visit.c.tenant_id).where(visit.c.id == visit_id, visit.c.operator_id == operator_id)
    found: UUID | None = connection.execute(query).scalar_one_or_none()
    return found


def _shown() -> Select[Any]:
    return select(visit, tenant_row.c.short_name.label("firm")).join(tenant_row, tenant_row.c.id == visit.c.tenant_id)
