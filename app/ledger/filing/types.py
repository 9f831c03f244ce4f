"""A filled form before it is a file: the sheets with the value and the look of every cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from app.standards.filing import Area, Place

Value: TypeAlias = str | int | Decimal | date | None

Amounts: TypeAlias = Mapping[str, Mapping[str, Mapping[str, Decimal]]]
"""The figures of statements, by statement id, column id and row key."""


class Filed(NamedTuple):
    """What a filing says of the company: 纳税人识别号, 纳税人名称, 所属期起, 所属期止."""

    tax_id: str
    company: str
    first_day: date
    last_day: date


class Cell(NamedTuple):
    """One cell; `kind` is its look: that of a text of the form, or `text`, `date`, `figure`, `blank`."""

    place: Place
    kind: str
    value: Value


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet; widths are in 1/256 of a character, heights in 1/20 of a point, one for each row.

    Invariant: no cell stands twice; of a merge the first cell stands here and no other.
    """

    name: str
    widths: tuple[int, ...]
    heights: tuple[int, ...]
    merges: tuple[Area, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Workbook:
    """A form filled for one company and one cycle."""

    title: str
    made_for: date
    sheets: tuple[Sheet, ...]
