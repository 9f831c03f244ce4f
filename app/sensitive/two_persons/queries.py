"""Reads of proposals."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, select

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
