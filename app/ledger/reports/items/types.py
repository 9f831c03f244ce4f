"""The words of the books by item (辅助核算账簿)."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from app.ledger.reports.trial.types import EVERY_CODE, Codes
from app.ledger.reports.types import STANDARD, Layout, Row

ACCOUNT = "account"
"""The key of a combination that stands for the leaf account."""


class ItemShape(NamedTuple):
    """What a combination (核算项目组合) shows: its keys in order, the accounts, one currency or all, and the layout."""

    keys: tuple[str, ...]
    codes: Codes = EVERY_CODE
    currency: str = ""
    layout: Layout = STANDARD


class ItemBook(NamedTuple):
    """The rows of a combination, a subtotal before what it adds up, and the totals."""

    rows: list[Row]
    totals: Row


class Matrix(NamedTuple):
    """Items by accounts: a figure of each item on each account."""

    accounts: list[tuple[str, str]]
    rows: list[Row]
    totals: dict[str, Decimal]
