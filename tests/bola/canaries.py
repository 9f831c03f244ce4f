"""Canaries: unique words that say whose they are, so that one found where it may not be is a leak with a name.

A canary is `ZQX`, the firm's letter, the number of its book (0 for what belongs to the firm itself) and a serial. It is
a name, a tax id, a dimension's code, an e-mail address or the text of a file alike, because it is letters and digits.
"""

from __future__ import annotations

import itertools
import re
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO

from tests.unit.ledger_printing.reading import texts

_WORD = re.compile(rb"ZQX([A-D][0-9])(\d{3})", re.IGNORECASE)
_MOST_UNPACKED = 20_000_000


class Canaries:
    """The canaries of one owner (`A0` a firm, `A1` a book): every call makes another one."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.made: list[str] = []
        self._serials = itertools.count(1)

    def __call__(self) -> str:
        """A word never used before."""
        word = f"ZQX{self.owner}{next(self._serials):03d}"
        self.made.append(word)
        return word


def owners_in(content: bytes) -> set[str]:
    """Whose canaries stand in an answer, looked for also inside workbooks, archives, PDFs and UTF-16 texts."""
    return {match[1].decode().upper() for part in _readable(content) for match in _WORD.finditer(part)}


def _readable(content: bytes) -> Iterator[bytes]:
    yield content
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(BytesIO(content)) as archive:
            for entry in archive.infolist():
                if entry.file_size < _MOST_UNPACKED:
                    yield archive.read(entry)
    elif content.startswith(b"%PDF"):
        yield "\n".join(texts(content)).encode()
    elif content.startswith(b"\x1f\x8b"):
        yield zlib.decompressobj(31).decompress(content, _MOST_UNPACKED)
    elif content.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield content.decode("utf-16", "replace").encode()
