"""An account (会计科目) as the other ledger rooms see it."""

from __future__ import annotations

from dataclasses import dataclass

from app.ledger.dimensions.types import COUNTERPARTIES


@dataclass(frozen=True, slots=True)
class Account:
    """One row of a book's chart.

    `code` is what the accountant sees, `standard_code` the account of the standard that this one is or descends from.
    `currencies` are those it may be booked in, none meaning RMB only; a `unit` means that quantities are kept;
    `monetary` accounts are revalued at the month's end (期末调汇).
    """

    book_id: int
    id: int
    code: str
    name_zh: str
    name_en: str
    account_class: str
    normal_side: str
    parent_code: str | None
    leaf: bool
    cash: bool
    standard_code: str
    pinyin: str
    dimensions: tuple[str, ...]
    currencies: tuple[str, ...]
    unit: str | None
    monetary: bool
    cash_item_in: str | None
    cash_item_out: str | None
    cash_follows: bool
    active: bool
    row_version: int

    @property
    def counterparty_dimension(self) -> str | None:
        """The dimension that a line's `counterparty` is an item of, or None when the account keeps neither."""
        return next((each for each in COUNTERPARTIES if each in self.dimensions), None)
