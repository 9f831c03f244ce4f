"""The fate of each item of a bulk call (API-080, API-081)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from app.ledger.vouchers.types import Draft
from infra.errors import Refusal


class BulkItem(NamedTuple):
    """One voucher of a bulk drafting: the draft, or the refusal its reading ended in."""

    external_id: str | None
    draft: Draft | None
    refusal: Refusal | None = None
    client_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of an item: `created`, `reviewed`, `posted`, `voided`, `signed`, `unchanged`, `failed` or
    `not_applied`; `version` is the voucher's after the act."""

    status: str
    id: UUID | None = None
    refusal: Refusal | None = None
    version: int | None = None


def summary(fates: Sequence[Fate], words: tuple[str, ...]) -> Mapping[str, int]:
    """How many items ended in each way; the counts add up to the total."""
    return {"total": len(fates), **{word: sum(fate.status == word for fate in fates) for word in words}}
