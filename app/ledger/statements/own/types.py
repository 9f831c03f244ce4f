"""A statement a book defines itself (自定义报表)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PREFIX = "own-"
"""What the codes of a book's own statements begin with; no form of a standard does."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "month": ("closing", "year_opening", "period", "year_to_date"),
    "quarter": ("closing", "year_opening", "quarter", "year_to_date"),
    "year": ("closing", "year_opening", "year_to_date", "previous_year"),
}
"""The columns a cycle can be made with."""


@dataclass(frozen=True, slots=True)
class OwnStatement:
    """Its columns by cycle, its rows in printing order and its checks, as they were written, in JSON's own values.

    A formula is in the language of the standards' forms and names the book's own account codes.
    """

    code: str
    title_zh: str
    title_en: str
    columns: Mapping[str, Sequence[Mapping[str, Any]]]
    rows: Sequence[Mapping[str, Any]]
    checks: Sequence[Mapping[str, Any]]
    version: int = 0
