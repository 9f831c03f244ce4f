"""Sheets and cells as a reader of workbooks gives them; no reader is loaded with these words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from infra.hostile.texts import clean

Cell = object  # str, float, int, bool, date, datetime, time or timedelta, as calamine gives it


@dataclass(frozen=True, slots=True)
class Sheet:
    """A worksheet's name and rows of cells."""

    name: str
    rows: list[list[Cell]]


def text(cell: Cell) -> str:
    """A cell as text; a number in plain digits, a date as ISO."""
    if isinstance(cell, bool) or cell is None:
        return "" if cell is None else str(cell)
    if isinstance(cell, (int, float)):
        exact = Decimal(repr(cell))
        return f"{exact.to_integral_value():f}" if exact == exact.to_integral_value() else f"{exact:f}"
    if isinstance(cell, (datetime, date)):
        return cell.isoformat()
    return clean(str(cell)) if len(str(cell)) <= 32_767 else ""
