"""The cells of an export of invoices: money without binary dust, identifying numbers with their leading zeros."""

from __future__ import annotations

from app.invoices.parsing import errors, figures
from app.invoices.parsing.errors import Unreadable
from infra.hostile.cells import Cell, text


def money_text(cell: Cell) -> str:
    """A cell of a money column as text: binary dust is removed, nothing else is rounded."""
    return figures.money_text(float(cell)) if isinstance(cell, float) else text(cell)


def digits_text(cell: Cell, width: int) -> str:
    """A cell of an identifying column; a number cell has lost its leading zeros, and beyond 2**53 its digits too.

    Raises `Unreadable` in the latter case.
    """
    if isinstance(cell, bool) or not isinstance(cell, (int, float)):
        return text(cell)
    if abs(cell) >= 2**53:
        raise Unreadable(errors.BAD_NUMBER, f"{cell!r}")
    return text(cell).zfill(width)
