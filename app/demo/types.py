"""What the demo shows: one line a book, and the totals."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class BookLine:
    """One book after its month: documents booked, vouchers posted, closed and balanced or not, the profit in yuan."""

    name: str
    taxpayer: str
    documents: int
    vouchers: int
    needs_attention: int
    closed: bool
    balanced: bool
    as_expected: bool
    net_profit: Decimal


@dataclass(frozen=True, slots=True)
class Result:
    """The demo's table; `seconds` of wall clock for the main job."""

    books: tuple[BookLine, ...]
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether every book is closed, balanced and equal to what was worked out without the product."""
        return all(line.closed and line.balanced and line.as_expected for line in self.books)
