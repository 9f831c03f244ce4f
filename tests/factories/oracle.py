"""A slow ledger to hold the fast one against: dictionaries over the rows of vouchers, and nothing kept.

Invariant: nothing of the product is asked but the rows that were written (vouchers, their lines, and month 00 of the
opening); every figure is added up anew, with the plainest arithmetic there is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal as D
from typing import NamedTuple
from uuid import UUID

from tenants.scope import TenantScope

_LINES = """
SELECT v.id AS voucher, v.period, v.date, v.word, v.number, v.part, v.status, v.attachments, l.line_no, l.summary,
       a.code AS account, l.dim_set_id, l.currency, l.debit, l.credit, coalesce(l.foreign_amount, 0) AS foreign_amount,
       coalesce(l.quantity, 0) AS quantity
  FROM tenant.voucher v, tenant.voucher_line l, tenant.account a
 WHERE v.book_id = :book AND l.book_id = :book AND a.book_id = :book AND l.voucher_id = v.id AND a.id = l.account_id
   AND v.status <> 'void'
"""
_OPENINGS = """
SELECT b.*, a.code AS account FROM tenant.balance b, tenant.account a
 WHERE b.book_id = :book AND a.book_id = :book AND a.id = b.account_id AND right(b.period, 2) = '00'
"""
_ITEMS = """
SELECT s.id, i.dimension, i.name FROM tenant.dimension_set s, tenant.dimension_item i
 WHERE s.book_id = :book AND i.book_id = :book AND i.id = ANY(s.item_ids)
"""
_PARENTS = "SELECT code, parent_code FROM tenant.account WHERE book_id = :book"


class Measures(NamedTuple):
    """One figure in RMB, in its currency and in quantity."""

    amount: D = D(0)
    foreign: D = D(0)
    quantity: D = D(0)


NOTHING = Measures()
Order = tuple[date, str, int, int, int]


@dataclass(frozen=True)
class Entry:
    """A line of a voucher, or a row of the opening, which has a signed `opening` and no number."""

    period: str
    account: str
    items: dict[str, str]
    currency: str
    debit: Measures
    credit: Measures
    opening: Measures = NOTHING
    posted: bool = True
    date: date = date.min
    word: str = ""
    number: int = 0
    part: int = 0
    line_no: int = 0
    voucher: UUID | None = None
    attachments: int = 0

    @property
    def order(self) -> Order:
        """Where the line stands in the books."""
        return self.date, self.word, self.number, self.part, self.line_no


class Moved(NamedTuple):
    """Signed opening of a first period, turnover up to a last, and turnover of the last one's year."""

    opening: D
    debit: D
    credit: D
    year_debit: D
    year_credit: D

    @property
    def closing(self) -> D:
        """The balance after the last period."""
        return self.opening + self.debit - self.credit


Where = Callable[[Entry], bool]


@dataclass(frozen=True)
class Oracle:
    """Every entry of a book, and the parent of each account."""

    entries: list[Entry]
    parents: dict[str, str | None]

    def under(self, code: str) -> Where:
        """Whether an entry stands on an account or below it."""
        return lambda entry: code in self.line_of(entry.account)

    def line_of(self, code: str) -> Iterator[str]:
        """An account and everything above it."""
        above: str | None = code
        while above is not None:
            yield above
            above = self.parents[above]

    def seen(self, unposted: bool, where: Where) -> list[Entry]:
        """The entries that count, in the order of the books."""
        counted = (entry for entry in self.entries if entry.posted or unposted)
        return sorted(filter(where, counted), key=lambda entry: entry.order)

    def moved(self, first: str, last: str, *, unposted: bool, where: Where, measure: str = "amount") -> Moved:
        """What the entries of a kind moved from one period to another, in one measure."""
        opening = debit = credit = year_debit = year_credit = D(0)
        for entry in self.seen(unposted, where):
            came, went, was = (getattr(side, measure) for side in (entry.debit, entry.credit, entry.opening))
            opening += was
            if entry.period < first:
                opening += came - went
            elif entry.period <= last:
                debit, credit = debit + came, credit + went
            if entry.period <= last and entry.period[:4] == last[:4]:
                year_debit, year_credit = year_debit + came, year_credit + went
        return Moved(opening, debit, credit, year_debit, year_credit)

    def lines(self, first: str, last: str, *, unposted: bool, where: Where) -> list[Entry]:
        """The lines of a range of periods in the order of the books."""
        return [each for each in self.seen(unposted, where) if each.voucher and first <= each.period <= last]


def read(scope: TenantScope, book: int) -> Oracle:
    """The whole book as it was written."""
    items: dict[int, dict[str, str]] = {}
    for row in scope.run(_ITEMS, book=book):
        items.setdefault(row.id, {})[row.dimension] = row.name
    entries = [
        Entry(
            row.period,
            row.account,
            items.get(row.dim_set_id, {}),
            row.currency,
            Measures(row.debit, *((row.foreign_amount, row.quantity) if row.debit else ())),
            Measures(row.credit, *((row.foreign_amount, row.quantity) if row.credit else ())),
            posted=row.status == "posted",
            date=row.date,
            word=row.word,
            number=row.number,
            part=row.part,
            line_no=row.line_no,
            voucher=row.voucher,
            attachments=row.attachments,
        )
        for row in scope.run(_LINES, book=book)
    ]
    entries += [
        Entry(
            row.period,
            row.account,
            items.get(row.dim_set_id, {}),
            row.currency,
            Measures(row.debit, row.debit_fc, row.debit_qty),
            Measures(row.credit, row.credit_fc, row.credit_qty),
            Measures(row.opening, row.opening_fc, row.opening_qty),
        )
        for row in scope.run(_OPENINGS, book=book)
    ]
    return Oracle(entries, {row.code: row.parent_code for row in scope.run(_PARENTS, book=book)})


def total(figures: Iterable[D]) -> D:
    """The sum of figures."""
    return sum(figures, D(0))
