"""Words of chart work that moves balances: what an account holds, where it goes, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from app.kernel.money import RMB, ZERO
from app.ledger.accounts.types import Account
from app.ledger.dimensions.types import Named
from app.ledger.vouchers.types import Drafted

SOURCE = "charting"
"""The source type of every reclassification voucher (结转凭证)."""

NONE = Decimal("0.000000")


class Measures(NamedTuple):
    """A signed balance, debit positive: in RMB, in its currency, in quantity."""

    amount: Decimal = ZERO
    foreign: Decimal = ZERO
    quantity: Decimal = NONE

    def plus(self, other: Measures) -> Measures:
        """The sum, member by member."""
        return Measures(self.amount + other.amount, self.foreign + other.foreign, self.quantity + other.quantity)


class Holding(NamedTuple):
    """What an account holds for some items in one currency at the end of the period written into."""

    account_id: int
    held: Named
    currency: str
    measures: Measures


class Move(NamedTuple):
    """A balance on its way from one account and items to others."""

    source: Account
    source_items: Named
    target: str
    target_items: Named
    currency: str
    measures: Measures


class Share(NamedTuple):
    """A part of an account's balance that belongs to one item of the dimension being turned on.

    `items` and `currency` say of which balance it is a part; the measures are signed, debit positive.
    """

    item: str
    measures: Measures
    items: Named = ()
    currency: str = RMB


class On(NamedTuple):
    """When the reclassification is booked, and whether the same act reviews and posts it."""

    day: date
    post: bool = False


class Outcome(NamedTuple):
    """The account an act ends with, the vouchers it took, and how many unposted vouchers moved with it."""

    account: str
    vouchers: Sequence[Drafted]
    drafts: int = 0


@dataclass(frozen=True, slots=True)
class Conversion:
    """Children of one account that become items of a dimension on a new leaf beside them."""

    parent: str
    dimension: str
    name_zh: str
    code: str | None = None
    children: tuple[str, ...] = ()


class Suggestion(NamedTuple):
    """An account whose children look like parties kept as accounts (往来单位设成了明细科目), and what they could be."""

    account: str
    name_zh: str
    dimension: str
    children: tuple[str, ...]
