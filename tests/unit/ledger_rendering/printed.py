"""Reading a PDF far enough to know what it says: its streams unpacked, and the characters its fonts can give back."""

from __future__ import annotations

import re
import zlib

_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)


def unpacked(file: bytes) -> bytes:
    """The file followed by each of its streams, inflated where they are deflated."""
    return b"\n".join([file, *(_inflated(match[1]) for match in _STREAM.finditer(file))])


def _inflated(raw: bytes) -> bytes:
    try:
        return zlib.decompress(raw)
    except zlib.error:
        return raw


def characters(file: bytes) -> set[str]:
    """The characters that can be copied out of the file, from the ToUnicode maps of its fonts."""
    maps = re.findall(rb"beginbfchar\n(.*?)endbfchar", unpacked(file), re.DOTALL)
    codes = [code for each in maps for code in re.findall(rb"> <([0-9A-F]+)>", each)]
    return {character for code in codes for character in bytes.fromhex(code.decode()).decode("utf-16-be")}
