"""Numbers on the move."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple
from uuid import UUID


class Held(NamedTuple):
    """A voucher of a number that only drafts hold, so that it may go to another of them."""

    id: UUID
    number: int
    date: date


class Move(NamedTuple):
    """A draft that got another number."""

    id: UUID
    before: int
    number: int
