"""Workbooks (xlsx) from outside: measured with our own limits first, then read whole by calamine.

Invariant: calamine is handed exactly the parts that were inflated under the budget, are well-formed and whose cells fit
the limits (it lays a sheet out densely and would take the memory of the farthest cell), packed anew, so that no second
reading of the archive's directory can find other parts.
"""

from __future__ import annotations

import io
import zipfile
from typing import Any, cast

from lxml import etree
from python_calamine import CalamineWorkbook

from infra.hostile import errors
from infra.hostile.archive import Archive
from infra.hostile.cells import Cell, Sheet
from infra.hostile.errors import Unreadable
from infra.hostile.texts import long_tag

MOST_ROWS = 50_000
MOST_CELLS = 1_000_000
MOST_STRINGS = 1_000_000
MOST_COLUMNS = 256
MOST_PLACES = 2_000_000  # rows x columns of one sheet as calamine lays it out, empty ones included
MOST_SHEETS = 64
MOST_ELEMENTS = 6_000_000  # of all parts; a full million of cells has less
MOST_STYLES = 65_490  # formats of cells, Excel's own limit
MOST_DEPTH = 64
MOST_ATTRIBUTES = 256
_TITLE_ROWS = 50  # rows above and below the table do not count as its rows
_CHUNK = 1 << 16


def read(archive: Archive) -> list[Sheet]:
    """The sheets of a workbook; raises `Unreadable` over a limit or when it is damaged."""
    measured = _measured(archive)
    try:
        book = CalamineWorkbook.from_filelike(measured)
        if len(book.sheet_names) > MOST_SHEETS:
            raise Unreadable(errors.WORKBOOK_LIMIT, f"{len(book.sheet_names)} sheets")
        return [Sheet(name, list(_rows(book, name))) for name in book.sheet_names]
    except (Unreadable, MemoryError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of the Rust reader is no Exception
        raise Unreadable(errors.FILE_UNREADABLE, f"xlsx: {type(error).__name__} {error}"[:200]) from None


def _measured(archive: Archive) -> io.BytesIO:
    """The archive's XML parts, each measured, in a zip of our own."""
    measure, measured = _Measure(), io.BytesIO()
    with zipfile.ZipFile(measured, "w", zipfile.ZIP_STORED) as clean:
        for name in archive.names:
            content = archive.read(name)
            if measure.part(name, content):
                clean.writestr(name, content)
    measured.seek(0)
    return measured


def _rows(book: CalamineWorkbook, name: str) -> list[list[Cell]]:
    return [list(row) for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False)]


class _Measure:
    """Counts over all parts of a workbook: a sheet may lie at any path, so every XML part is measured."""

    def __init__(self) -> None:
        self.cells = self.strings = self.styles = self.elements = 0

    def part(self, name: str, content: bytes) -> bool:
        """Measure one part, False when it is no XML; raises `Unreadable` over a limit."""
        head = content[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
        if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in content[:4]:
            if name.casefold().endswith((".xml", ".rels")):
                raise Unreadable(errors.XML_ENCODING, name)
            return False
        if not head.startswith(b"<"):
            return False
        if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
            raise Unreadable(errors.XML_DOCTYPE, name)
        if long_tag(content):
            raise Unreadable(errors.WORKBOOK_LIMIT, f"{name}: a tag over the limit")
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
        return True


class _Count:
    """A parser target that keeps only the measures of one part; called for each element, so it does little."""

    def __init__(self, measure: _Measure) -> None:
        self._measure = measure
        self._names: dict[str, str] = {}
        self._columns: dict[str, int] = {}
        self.row = self.rows = self.column = self.widest = self.lowest = self.depth = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Count a row, a cell or a shared string; raises `Unreadable` over a limit."""
        self.depth += 1
        self._measure.elements += 1
        if self.depth > MOST_DEPTH or len(attributes) > MOST_ATTRIBUTES or self._measure.elements > MOST_ELEMENTS:
            raise Unreadable(errors.WORKBOOK_LIMIT, f"depth {self.depth}, elements {self._measure.elements}")
        name = self._names.get(tag) or self._names.setdefault(tag, tag.rpartition("}")[2])
        if name == "c":
            self._measure.cells += 1
            self._cell(attributes.get("r", ""))
        elif name == "row":
            self.rows += 1
            self._row(attributes.get("r", ""))
        elif name == "si":
            self._measure.strings += 1
            if self._measure.strings > MOST_STRINGS:
                raise self._over()
        elif name == "xf":
            self._measure.styles += 1
            if self._measure.styles > MOST_STYLES:
                raise Unreadable(errors.WORKBOOK_LIMIT, f"> {MOST_STYLES} styles")

    def end(self, tag: str) -> None:
        """Come up one step."""
        self.depth -= 1

    def close(self) -> None:
        """Nothing is built; raises `Unreadable` when few cells stand too far apart."""
        if self.lowest * self.widest > MOST_PLACES:
            raise self._over()

    def _row(self, reference: str) -> None:
        self.row = _index(reference) if reference else self.row + 1
        self.column = 0
        self.lowest = max(self.lowest, self.row, self.rows)
        if self.lowest > MOST_ROWS + _TITLE_ROWS:
            raise self._over()

    def _cell(self, reference: str) -> None:
        if reference:
            letters = reference.rstrip("0123456789")
            self.column = self._columns.get(letters) or self._columns.setdefault(letters, _column(letters))
            self.lowest = max(self.lowest, _index(reference[len(letters) :]))
        else:
            self.column += 1
        if self.column > self.widest:
            self.widest = self.column
        if self._measure.cells > MOST_CELLS or self.widest > MOST_COLUMNS or self.lowest > MOST_ROWS + _TITLE_ROWS:
            raise self._over()

    def _over(self) -> Unreadable:
        detail = (
            f"row {self.lowest}, column {self.widest}, {self._measure.cells} cells, {self._measure.strings} strings"
        )
        return Unreadable(errors.WORKBOOK_LIMIT, detail)


_NOWHERE = 2**31  # what is no place counts as one over every limit


def _index(digits: str) -> int:
    """A row's number."""
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 8 else _NOWHERE


def _column(letters: str) -> int:
    """A column's number from its letters."""
    if not (letters.isascii() and letters.isalpha() and len(letters) < 4):
        return _NOWHERE
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number
