"""The words of the multi-column ledger (多栏账)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from app.ledger.reports.service import Ledger


class Column(NamedTuple):
    """One column: an account below by its code, or an item by its name."""

    key: str
    name: str


class Analysis(NamedTuple):
    """A ledger with its columns: where a line belongs, and what stood in each column at the end of each month.

    Amounts are those of `side`: debit less credit of a debit analysis (借方多栏), the reverse of a credit analysis, so
    that a transfer out stands in its column as a red amount.
    """

    ledger: Ledger
    columns: list[Column]
    side: str
    by_account: Mapping[int, str]
    by_set: Mapping[int, str] | None
    months: Mapping[tuple[str, str], Mapping[str, Decimal]]
    """The amounts by column of (kind of total, period)."""
