"""A table as it is printed or exported, whatever report it came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

Value = str | int | Decimal | None


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column: `amount` values are decimals of two places, `text` and `centre` values are texts or whole numbers.

    `width` is in Chinese characters.
    """

    title: str
    kind: Literal["text", "centre", "amount"] = "text"
    width: int = 9


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table of a book: 编制单位, 会计期间, 单位：元, and the day it was made, given by the caller.

    Invariant: every row has as many values as there are columns; the same table gives the same bytes in any format.
    """

    title: str
    company: str
    span: str
    made_on: date
    columns: Sequence[TableColumn]
    rows: Sequence[Sequence[Value]]
    form: str = ""
    note: str = ""
    landscape: bool = False
