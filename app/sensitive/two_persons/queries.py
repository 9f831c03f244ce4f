"""Reads of proposals."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, select

from app.sensitive.two_persons.errors import ProposalNotFound
from app.sensitive.two_persons.models import two_person_act
from app.sensitive.two_persons.types import Proposal

_COLUMNS = [two_person_act.c[name] for name in Proposal._fields]


def locked(connection: Connection, proposal: UUID) -> Proposal:
    """A proposal, locked for its next step; raises `ProposalNotFound`."""
    row = connection.execute(select(*_COLUMNS).where(two_person_act.c.id == proposal).with_for_update()).first()
    if row is None:
        raise ProposalNotFound
    return Proposal._make(row)


def firms_of(connection: Connection, proposers: Collection[str], now: datetime) -> set[UUID]:
    """The firms on which these operators (keys of tokens) proposed something that can be approved still."""
    return set(connection.execute(select(two_person_act.c.tenant_id).where(_waiting(proposers, now))).scalars())


def waiting(connection: Connection, tenant: UUID, proposers: Collection[str], now: datetime) -> list[Proposal]:
    """What these operators proposed on a firm and can be approved still, locked until the end of the transaction."""
    mine = _waiting(proposers, now) & (two_person_act.c.tenant_id == tenant)
    return [Proposal._make(row) for row in connection.execute(select(*_COLUMNS).where(mine).with_for_update())]


def _waiting(proposers: Collection[str], now: datetime) -> ColumnElement[bool]:
    row = two_person_act.c
    open_still = row.approved_by.is_(None) & row.ended_at.is_(None) & (row.expires_at > now)
    return row.proposed_by.in_(proposers) & open_still
