"""An account (会计科目) as the other ledger rooms see it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """One row of a book's chart."""

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
    dimension: str | None
    cash_item_in: str | None
    cash_item_out: str | None
    cash_follows: bool
    active: bool
    row_version: int
