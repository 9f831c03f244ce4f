"""An act that two persons must want, as it stands."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

SHRED = "key.shred"


class Proposal(NamedTuple):
    """Who proposed which act on which firm and why, who approved it, whether it is done, or ended with its proposer.

    `*_by` are the keys of tokens, `proposer` and `approver` the names of the persons they were given to.
    """

    id: UUID
    act: str
    tenant_id: UUID
    reason: str
    proposed_by: str
    proposer: str
    proposed_at: datetime
    expires_at: datetime
    approved_by: str | None
    approver: str | None
    approved_at: datetime | None
    done_at: datetime | None
    ended_at: datetime | None
