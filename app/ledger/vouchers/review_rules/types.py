"""Rules of review (自动审核规则) and what they are held against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ReviewRule:
    """One version of a rule. Every condition must hold; empty ones always do.

    `source_type` is what made the voucher (`invoice`, `closing`, ...), `source_rule` which of its rules; `max_amount`
    bounds the larger side of the voucher in yuan; `accounts` are beginnings of codes that every line must have.
    """

    id: UUID
    version: int
    name: str
    source_type: str
    source_rule: str
    word: str
    max_amount: Decimal | None
    accounts: tuple[str, ...]
    state: str
    proposed_by: str
    proposer: str
    proposed_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    retired_by: str | None
    retired_at: datetime | None


class Wanted(NamedTuple):
    """What a version of a rule says."""

    name: str
    source_type: str
    source_rule: str = ""
    word: str = ""
    max_amount: Decimal | None = None
    accounts: tuple[str, ...] = ()


class Facts(NamedTuple):
    """What a rule looks at in a draft made by the system: the larger of its sides without signs, its accounts."""

    id: UUID
    source_type: str
    source_rule: str
    word: str
    amount: Decimal
    accounts: tuple[str, ...]


class Reviewed(NamedTuple):
    """A voucher that a version of a rule reviewed."""

    id: UUID
    rule_id: UUID
    version: int
