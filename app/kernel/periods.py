"""Accounting periods (会计期间): a calendar month written `2026-08`.

Month 00 of a year is the opening column of a book's first year: it carries what happened before the book started.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

_PERIOD = re.compile(r"([0-9]{4})-(0[0-9]|1[0-2])")


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """One month of one year; orders and prints as its key `YYYY-MM`."""

    year: int
    month: int

    @classmethod
    def parse(cls, key: str) -> Period:
        """The period a key names; raises `ValueError` for anything else."""
        match = _PERIOD.fullmatch(key)
        if not match:
            raise ValueError(f"not a period: {key!r}")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: date) -> Period:
        """The period a day falls in."""
        return cls(day.year, day.month)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def first_day(self) -> date:
        """The first day of the month."""
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        """The last day of the month."""
        return date(self.year, self.month, calendar.monthrange(self.year, self.month)[1])

    @property
    def opening(self) -> Period:
        """The opening column of this period's year (month 00)."""
        return Period(self.year, 0)

    @property
    def quarter(self) -> int:
        """1 to 4."""
        return (self.month + 2) // 3

    @property
    def quarter_start(self) -> Period:
        """The first month of this period's quarter."""
        return Period(self.year, self.quarter * 3 - 2)

    @property
    def ends_quarter(self) -> bool:
        """Whether this is March, June, September or December."""
        return self.month in (3, 6, 9, 12)

    @property
    def ends_year(self) -> bool:
        """Whether this is December."""
        return self.month == 12

    def plus(self, months: int) -> Period:
        """The period so many months later (earlier when negative)."""
        index = self.year * 12 + self.month - 1 + months
        return Period(index // 12, index % 12 + 1)

    def __contains__(self, day: date) -> bool:
        return day.year == self.year and day.month == self.month
