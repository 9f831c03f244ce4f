"""Two persons for what cannot be undone (双人授权): one proposes, another approves within a day, it is done once.

Invariant: the row of an approval is written before the act begins and `done_at` after it ended, so an act that was cut
off is finished by the same approval and by no other.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, insert, update

from app.sensitive.two_persons import queries, rules
from app.sensitive.two_persons.models import two_person_act
from app.sensitive.two_persons.types import Proposal
from infra.ids import new_id
from tenants.scope import Actor


def propose(connection: Connection, actor: Actor, act: str, tenant: UUID, reason: str, now: datetime) -> Proposal:
    """Propose an act on a firm; it waits 24 hours for another person."""
    proposal = new_id()
    connection.execute(
        insert(two_person_act).values(
            id=proposal,
            act=act,
            tenant_id=tenant,
            reason=reason,
            proposed_by=actor.key,
            proposer=actor.name,
            proposed_at=now,
            expires_at=now + rules.LIFE,
        )
    )
    return queries.locked(connection, proposal)


def approve(connection: Connection, actor: Actor, proposal: Proposal, now: datetime, *, stands: bool) -> Proposal:
    """Approve an act somebody else proposed; once more, by the same person, when it was cut off before its end.

    The proposal was read under its lock; `stands` says that who proposed it is an operator still.
    Raises `SamePerson`, `ProposalDone`, `ProposalEnded`, `ProposalExpired`.
    """
    if rules.check(proposal, actor, now, stands=stands):
        approval = {"approved_by": actor.key, "approver": actor.name, "approved_at": now}
        connection.execute(update(two_person_act).where(two_person_act.c.id == proposal.id).values(**approval))
    return queries.locked(connection, proposal.id)


def end(connection: Connection, tenant: UUID, proposers: Collection[str], now: datetime) -> list[Proposal]:
    """End what these operators (keys of tokens) proposed on a firm and nobody approved; what was ended just now."""
    found = queries.waiting(connection, tenant, proposers, now)
    these = two_person_act.c.id.in_([one.id for one in found])
    connection.execute(update(two_person_act).where(these).values(ended_at=now))
    return found


def done(connection: Connection, proposal: UUID, now: datetime) -> None:
    """Say that an approved act has had its effect."""
    one = (two_person_act.c.id == proposal) & two_person_act.c.done_at.is_(None)
    connection.execute(update(two_person_act).where(one).values(done_at=now))
