"""What a hostile file of the corpus is: how it is made, under which name it comes, and the code that must refuse it."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Mapping
from typing import NamedTuple

Parts = Mapping[str, bytes | str]


class Hostile(NamedTuple):
    """A hostile file; `make` gets the URL of a canary that no reader may ever visit."""

    name: str
    make: Callable[[str], bytes | str]
    code: str
    declared: str = ""


def stored(parts: Parts) -> bytes:
    """A zip whose entries are not packed, so that nothing is refused for its ratio."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return buffer.getvalue()


def packed(parts: Parts, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of the ordinary kind."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return buffer.getvalue()


def rewritten(content: bytes, local: int, central: int, value: int, form: str = "<L") -> bytes:
    """A zip with one field of every header changed, by its offset in the local and in the central header."""
    out = bytearray(content)
    for mark, offset in ((b"PK\x03\x04", local), (b"PK\x01\x02", central)):
        at = out.find(mark)
        while at >= 0:
            struct.pack_into(form, out, at + offset, value)
            at = out.find(mark, at + 4)
    return bytes(out)


def with_comment(content: bytes, comment: bytes) -> bytes:
    """A zip with a comment behind its directory."""
    return content[:-2] + struct.pack("<H", len(comment)) + comment


def with_gap(content: bytes, filler: bytes) -> bytes:
    """A zip with something that is no entry between its last entry and its directory."""
    start = content.find(b"PK\x01\x02")
    end = bytearray(content[start:])
    struct.pack_into("<L", end, len(end) - 6, start + len(filler))
    return content[:start] + filler + bytes(end)


def parts_of(content: bytes) -> dict[str, bytes | str]:
    """The parts of a zip."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
