"""A table as it is printed or exported, whatever report it came from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

Value = str | int | Decimal | None

_WIDE = 14
"""Columns beyond which a sheet of A4 is too small."""


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column: `amount` values are decimals of two places, `number` values quantities, prices and rates.

    `text` and `centre` values are texts or whole numbers. `width` is in Chinese characters.
    """

    title: str
    kind: Literal["text", "centre", "amount", "number"] = "text"
    width: int = 9


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table of a book: 编制单位, 会计期间, 单位：元, and the day it was made, given by the caller.

    Invariant: every row has as many values as there are columns; the same table gives the same bytes in any format.
    The rows of a long table may be read as they are written, and then only once.
    """

    title: str
    company: str
    span: str
    made_on: date
    columns: Sequence[TableColumn]
    rows: Iterable[Sequence[Value]]
    form: str = ""
    note: str = ""
    landscape: bool = False

    @property
    def paper(self) -> Literal["a3", "a4"]:
        """The paper the columns fit on."""
        return "a3" if len(self.columns) > _WIDE else "a4"
