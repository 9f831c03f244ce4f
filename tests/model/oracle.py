"""A book kept by hand: what the ledger must say, worked out from nothing but the vouchers it was told of.

Invariant: nothing here reads the product's balances, counters or states; it adds up lines in plain dictionaries. The
accounts a line stands on are known by a name of their own, because chart work changes codes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal as D
from typing import NamedTuple
from uuid import UUID

from app.kernel.periods import Period

ZERO = D("0.00")


class Entry(NamedTuple):
    """A line: the account's id, the items it carries, its currency and its signed measures, debit positive."""

    account: int
    items: tuple[tuple[str, str], ...]
    currency: str
    debit: D
    credit: D
    foreign: D
    quantity: D


@dataclass
class Paper:
    """A voucher on paper."""

    id: UUID
    period: str
    number: int
    status: str
    entries: list[Entry]
    preparer: str = ""
    reverses: UUID | None = None


class Figures(NamedTuple):
    """Opening and turnover of one key in one month: RMB, foreign, quantity."""

    opening: D = ZERO
    debit: D = ZERO
    credit: D = ZERO
    foreign: D = ZERO
    quantity: D = ZERO


Key = tuple[int, tuple[tuple[str, str], ...], str]


@dataclass
class PaperBook:
    """The book: its vouchers, and which months are closed."""

    start: Period
    papers: dict[UUID, Paper] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    reached: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.reached.add(str(self.start))

    def of(self, *statuses: str) -> list[Paper]:
        """The vouchers in these states, oldest first."""
        return [paper for paper in self.papers.values() if paper.status in statuses]

    def next_number(self, period: str) -> int:
        """The number the next voucher of a month takes."""
        return 1 + max((paper.number for paper in self.papers.values() if paper.period == period), default=0)

    def reach(self, period: Period) -> None:
        """Every month up to this one exists from now on."""
        month = self.start
        while month <= period:
            self.reached.add(str(month))
            month = month.plus(1)

    @property
    def first_open(self) -> Period:
        """The month to be closed next."""
        month = self.start
        while str(month) in self.closed:
            month = month.plus(1)
        return month

    def balances(self) -> dict[tuple[str, Key], Figures]:
        """What each key opens and turns over in each month the book has reached, zeros left out."""
        moved: defaultdict[tuple[str, Key], list[D]] = defaultdict(lambda: [ZERO, ZERO, ZERO, ZERO])
        for paper in self.of("posted"):
            for entry in paper.entries:
                sums = moved[paper.period, (entry.account, entry.items, entry.currency)]
                sums[0] += entry.debit
                sums[1] += entry.credit
                sums[2] += entry.foreign
                sums[3] += entry.quantity
        running: Counter[Key] = Counter()
        foreign: Counter[Key] = Counter()
        quantity: Counter[Key] = Counter()
        found: dict[tuple[str, Key], Figures] = {}
        keys = {key for _, key in moved}
        for month in sorted(self.reached):
            for key in keys:
                debit, credit, fc, qty = moved.get((month, key), [ZERO] * 4)
                opening = running[key] + ZERO
                running[key] = opening + debit - credit  # type: ignore[assignment]
                foreign[key] += fc  # type: ignore[assignment]
                quantity[key] += qty  # type: ignore[assignment]
                figures = Figures(opening, debit, credit, foreign[key] + ZERO, quantity[key] + ZERO)
                if any(figures):
                    found[month, key] = figures
        return found
