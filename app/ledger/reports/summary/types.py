"""What a voucher summary (凭证汇总表) is asked for, and what it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from app.ledger.reports.types import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryAsked:
    """A range of days, of one voucher word or of all, and with a word a range of its numbers; down to a level."""

    first: date
    last: date
    word: str = ""
    numbers: tuple[int, int] | None = None
    unposted: bool = False
    deepest: int = 1


class Summary(NamedTuple):
    """Turnover by account, its totals, and how many vouchers with how many attachments each word has."""

    rows: list[Row]
    totals: Row
    words: list[Row]
