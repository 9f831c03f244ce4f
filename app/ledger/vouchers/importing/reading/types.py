"""The rows of a workbook of vouchers as texts, as they come out of the sandbox."""

from __future__ import annotations

from dataclasses import dataclass

MOST_ROWS = 2000


@dataclass(frozen=True, slots=True)
class Row:
    """A row that says anything: its number as the workbook shows it, and a text for each of the table's fields."""

    number: int
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The first sheet that has the headers of vouchers, without fields when there is none.

    `repeated` are headers that stand there twice, and then no row is read; of rows there is at most one over the limit.
    """

    fields: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
