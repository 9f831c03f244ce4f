"""What a trial balance is asked for, and what it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from app.ledger.reports.types import STANDARD, Layout, Row


class Codes(NamedTuple):
    """A range of account codes, both ends included with everything under them; an empty end is open."""

    first: str = ""
    last: str = ""

    def __contains__(self, code: object) -> bool:
        text = str(code)
        return text >= self.first and (not self.last or text <= self.last or text.startswith(self.last))

    @property
    def forwards(self) -> bool:
        """Whether the first end is not behind the last."""
        return not self.first or not self.last or self.first <= self.last or self.first.startswith(self.last)


EVERY_CODE = Codes()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialShape:
    """Which rows of a trial balance are shown, and in what layout.

    Levels run from `highest` to `deepest`; a leaf above `highest` is shown too, so that the rows add up to the totals.
    `items` adds a row for each combination of items under its account (辅助展开); `zeros` shows what has no figures.
    """

    layout: Layout = STANDARD
    highest: int = 1
    deepest: int = 9
    codes: Codes = EVERY_CODE
    currency: str = ""
    items: bool = False
    zeros: bool = False

    @property
    def plain(self) -> bool:
        """Whether RMB by account is all that is needed."""
        return self.layout == STANDARD and not self.currency and not self.items


SIMPLE = TrialShape()


class TrialBalance(NamedTuple):
    """The rows of a trial balance and its totals; `layout` says which measures the rows have."""

    rows: list[Row]
    totals: Row
    layout: Layout = STANDARD
