"""Workbooks (xlsx) from outside: measured with our own limits first, then read whole by calamine.

Invariant: calamine is handed a workbook only after every part was inflated under the budget, is well-formed, and its
cells fit the limits, because it lays a sheet out densely and would take the memory of the farthest cell.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

from lxml import etree
from python_calamine import CalamineWorkbook

from app.invoices.parsing import errors, figures
from app.invoices.parsing.archive import Archive
from app.invoices.parsing.errors import Unreadable

MOST_ROWS = 50_000
MOST_CELLS = 1_000_000
MOST_STRINGS = 1_000_000
MOST_COLUMNS = 1_000
MOST_SHEETS = 64
_TITLE_ROWS = 50  # rows above and below the table do not count as its rows
_CHUNK = 1 << 16
_REFERENCE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
Cell = object  # str, float, int, bool, date, datetime, time or timedelta, as calamine gives it


@dataclass(frozen=True, slots=True)
class Sheet:
    """A worksheet's name and rows of cells."""

    name: str
    rows: list[list[Cell]]


def read(archive: Archive, content: bytes) -> list[Sheet]:
    """The sheets of a workbook; raises `Unreadable` over a limit or when it is damaged."""
    measure = _Measure()
    for name in archive.names:
        measure.part(name, archive.read(name))
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        if len(book.sheet_names) > MOST_SHEETS:
            raise Unreadable(errors.WORKBOOK_LIMIT, f"{len(book.sheet_names)} sheets")
        return [Sheet(name, list(_rows(book, name))) for name in book.sheet_names]
    except (Unreadable, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of the Rust reader is no Exception
        raise Unreadable(errors.FILE_UNREADABLE, f"xlsx: {type(error).__name__} {error}"[:200]) from None


def _rows(book: CalamineWorkbook, name: str) -> list[list[Cell]]:
    return [list(row) for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False)]


def text(cell: Cell) -> str:
    """A cell as text; a number in plain digits, a date as ISO."""
    if isinstance(cell, bool) or cell is None:
        return "" if cell is None else str(cell)
    if isinstance(cell, (int, float)):
        exact = Decimal(repr(cell))
        return f"{exact.to_integral_value():f}" if exact == exact.to_integral_value() else f"{exact:f}"
    if isinstance(cell, (datetime, date)):
        return cell.isoformat()
    return figures.clean(str(cell)) if len(str(cell)) <= 32_767 else ""


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


class _Measure:
    """Counts over all parts of a workbook: a sheet may lie at any path, so every XML part is measured."""

    def __init__(self) -> None:
        self.cells = self.strings = 0

    def part(self, name: str, content: bytes) -> None:
        """Measure one part; raises `Unreadable` over a limit."""
        head = content[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
        if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in content[:4]:
            if name.casefold().endswith((".xml", ".rels")):
                raise Unreadable(errors.XML_ENCODING, name)
            return
        if not head.startswith(b"<"):
            return
        if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
            raise Unreadable(errors.XML_DOCTYPE, name)
        count = _Count(self)
        target = cast(Any, count)  # a target that wants neither text nor comments is spared the calls
        parser = etree.XMLParser(
            target=target, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
        )
        try:
            for start in range(0, len(content), _CHUNK):
                parser.feed(content[start : start + _CHUNK])
            parser.close()
        except (etree.LxmlError, ValueError) as error:
            raise Unreadable(errors.XML_ILL_FORMED, f"{name}: {error}"[:200]) from None


class _Count:
    """A parser target that keeps only the measures of one part."""

    def __init__(self, measure: _Measure) -> None:
        self._measure = measure
        self.row = self.rows = self.column = self.widest = self.depth = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Count a row, a cell or a shared string; raises `Unreadable` over a limit."""
        name = tag.rpartition("}")[2]
        self.depth += 1
        if name == "row":
            self.rows += 1
            self.row = _index(attributes.get("r", "")) or self.row + 1
            self.column = 0
        elif name == "c":
            self._cell(attributes.get("r", ""))
        elif name == "si":
            self._measure.strings += 1
        over = (
            max(self.row, self.rows) > MOST_ROWS + _TITLE_ROWS or self.widest > MOST_COLUMNS or self.depth > 64
            or self._measure.cells > MOST_CELLS or self._measure.strings > MOST_STRINGS
            or self.row * self.widest > 4 * MOST_CELLS
        )  # fmt: skip
        if over:
            detail = f"row {self.row}, column {self.widest}, {self._measure.cells} cells"
            raise Unreadable(errors.WORKBOOK_LIMIT, detail)

    def end(self, tag: str) -> None:
        """Leave an element."""
        self.depth -= 1

    def close(self) -> None:
        """Nothing is built."""

    def _cell(self, reference: str) -> None:
        self._measure.cells += 1
        match = _REFERENCE.fullmatch(reference)
        if match:
            self.column = 0
            for letter in match[1].upper():
                self.column = self.column * 26 + ord(letter) - 64
            self.row = max(self.row, int(match[2]))
        else:
            self.column += 1
        self.widest = max(self.widest, self.column)


def _index(reference: str) -> int:
    """A row number; anything that is none counts as one over the limit."""
    if not reference:
        return 0
    return int(reference) if reference.isascii() and reference.isdigit() and len(reference) < 8 else 2**31
