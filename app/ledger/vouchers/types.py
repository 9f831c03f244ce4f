"""Vouchers (记账凭证) as values: what is asked for, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from app.kernel.money import ZERO


class Line(NamedTuple):
    """One line (分录) as it is asked for: an account by code, one side, and a counterparty where one is required."""

    account: str
    summary: str
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    counterparty: str = ""
    cash_item: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """What a voucher was made from; unique per book, so the same source is never booked twice."""

    type: str
    id: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A voucher to be drafted (制单); `transfer` marks the profit-and-loss transfer (损益结转)."""

    book_id: int
    date: date
    lines: tuple[Line, ...]
    word: str = "记"
    attachments: int = 0
    source: Source | None = None
    transfer: bool = False
    reverses: UUID | None = None
    external_id: str | None = None
    note: str = ""


class Drafted(NamedTuple):
    """A voucher that was written, with its number (凭证号)."""

    book_id: int
    id: UUID
    period: str
    word: str
    number: int


class Posted(NamedTuple):
    """A voucher that was posted (记账), with its place in the book's posting order."""

    book_id: int
    id: UUID
    period: str
    post_seq: int
