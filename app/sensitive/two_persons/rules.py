"""When a proposal may be approved."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta

from app.sensitive.two_persons.errors import ProposalDone, ProposalEnded, ProposalExpired, SamePerson
from app.sensitive.two_persons.types import Proposal
from tenants.scope import Actor

LIFE = timedelta(hours=24)


def check(proposal: Proposal, actor: Actor, now: datetime, *, stands: bool) -> bool:
    """Whether the approval is still to be written; False when this person gave it before and the act was cut off.

    `stands` says that who proposed it is an operator still: with only one of the two left, nothing is approved.
    Raises `SamePerson`, `ProposalDone`, `ProposalEnded`, `ProposalExpired`.
    """
    if actor.key == proposal.proposed_by or named(actor.name) == named(proposal.proposer):
        raise SamePerson
    if proposal.done_at is not None or proposal.approved_by not in (None, actor.key):
        raise ProposalDone
    if proposal.approved_by is None and (proposal.ended_at is not None or not stands):
        raise ProposalEnded
    if proposal.approved_by is None and now >= proposal.expires_at:
        raise ProposalExpired
    return proposal.approved_by is None


def named(name: str) -> str:
    """A person's name so that two tokens of one person are one person."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
