"""Vouchers (记账凭证) as values: what is asked for, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from app.kernel.money import RMB, ZERO
from app.ledger.dimensions.types import Named


class Line(NamedTuple):
    """One line (分录) as it is asked for: an account by code, one side, and an item for each dimension of the account.

    `counterparty` is the item of the account's customer or supplier dimension, `items` are those of the others. A line
    in another currency says the amount in it, on the line's own side and with its sign, and the rate; `quantity` too
    has the line's sign, `unit_price` none.
    """

    account: str
    summary: str
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    counterparty: str = ""
    cash_item: str | None = None
    items: Named = ()
    currency: str = RMB
    foreign_amount: Decimal | None = None
    rate: Decimal | None = None
    quantity: Decimal | None = None
    unit_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """What a voucher was made from; unique per book, so the same source is never booked twice."""

    type: str
    id: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A voucher to be drafted (制单); `transfer` marks the profit-and-loss transfer (损益结转).

    Without a `word` it gets the first of the book's words that fits its lines (记 where the book keeps no list).
    A draft whose `part` is above 1 goes on under the number of the draft right before it (分数编号 5-1/3,
    会计基础工作规范 Art. 51). `waived`: the ledger's own act (a reversal, a revaluation, chart work), which may use
    accounts that are disabled or asked for other dimensions since, and lines without a foreign amount.
    """

    book_id: int
    date: date
    lines: tuple[Line, ...]
    word: str = ""
    attachments: int = 0
    source: Source | None = None
    transfer: bool = False
    reverses: UUID | None = None
    external_id: str | None = None
    note: str = ""
    part: int = 1
    parts: int = 1
    waived: bool = False


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
