"""Reading what a printed PDF says, page by page: the runs of text in the order they are drawn, and which are red.

As much of a PDF reader as the files of `app.ledger.printing` need: plain objects, deflated streams, glyph fonts with
ToUnicode maps.
"""

from __future__ import annotations

import re
import zlib
from typing import NamedTuple

_OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*)\r?\nendstream", re.DOTALL)
_MARKS = re.compile(
    rb"(?P<text>\()|[\[)\d]<(?P<hex>[0-9A-F]+)>|(?P<shown>T[jJ])\b|"
    rb" (?P<up>[\d.]+) cm\b|/(?P<space>c\d+) cs (?P<colour>[\d. ]+) scn|/(?P<font>f\d+) [\d.]+ Tf"
)
_INSIDE = re.compile(rb"(?P<plain>[^()\\]+)|\\(?P<octal>[0-7]{3})|\\(?P<escaped>.)|(?P<bracket>[()])", re.DOTALL)
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


class Run(NamedTuple):
    """A piece of text as it was drawn, its foot so many millimetres under the top of the page."""

    text: str
    red: bool
    down: int


def runs(file: bytes) -> list[list[Run]]:
    """The runs of each page."""
    objects = {int(match[1]): match[2] for match in _OBJECT.finditer(file)}
    kids = next(body for body in objects.values() if body.startswith(b"<</Type/Pages"))
    assert kids.count(b"/Count") == 1
    return [_runs(objects, objects[int(number)]) for number in re.findall(rb"(\d+) 0 R", kids.partition(b"/Kids")[2])]


def texts(file: bytes) -> list[str]:
    """The text of each page, as it was drawn."""
    return ["".join(run.text for run in page) for page in runs(file)]


def sizes(file: bytes) -> list[tuple[int, int]]:
    """The width and height of each page in millimetres."""
    boxes = re.findall(rb"/MediaBox\[0 0 ([\d.]+) ([\d.]+)\]", file)
    return [(_millimetres(width), _millimetres(height)) for width, height in boxes]


def _millimetres(points: bytes) -> int:
    return round(float(points) * 25.4 / 72)


def _runs(objects: dict[int, bytes], page: bytes) -> list[Run]:
    fonts = _fonts(objects, objects[_reference(page, b"Resources")])
    content = _unpacked(objects[_reference(page, b"Contents")])
    glyphs: dict[int, str] = {}
    top = sizes(page)[0][1]
    red, codes, place, up = False, b"", 0, 0
    found = []
    while mark := _MARKS.search(content, place):
        place = mark.end()
        if mark["text"]:
            string, place = _string(content, place)
            codes += string
        elif mark["hex"]:
            codes += bytes.fromhex(mark["hex"].decode())
        elif mark["up"]:
            up = _millimetres(mark["up"])
        elif mark["space"]:
            colour = mark["colour"].split()
            red = len(colour) == 3 and colour[0] > colour[1]
        elif mark["font"]:
            glyphs = fonts[mark["font"]]
        else:
            pairs = (codes[at : at + 2] for at in range(0, len(codes), 2))
            found.append(Run("".join(glyphs.get(int.from_bytes(pair), "") for pair in pairs), red, top - up))
            codes = b""
    return found


def _string(content: bytes, place: int) -> tuple[bytes, int]:
    """The bytes of a literal string that begins before a place, and where it ends; its brackets are balanced."""
    depth, found = 1, b""
    for part in _INSIDE.finditer(content, place):
        if part["octal"]:
            found += bytes([int(part["octal"], 8)])
        elif part["escaped"]:
            found += _NAMED.get(part["escaped"], part["escaped"])
        else:
            depth += {b"(": 1, b")": -1}.get(part[0], 0)
            if depth == 0:
                return found, part.end()
            found += part[0]
    raise AssertionError("a string without an end")


def _fonts(objects: dict[int, bytes], resources: bytes) -> dict[bytes, dict[int, str]]:
    named = re.search(rb"/Font<<(.*?)>>", resources, re.DOTALL)
    pairs = re.findall(rb"/(f\d+) (\d+) 0 R", named[1]) if named else []
    return {name: _unicode(_unpacked(objects[_reference(objects[int(font)], b"ToUnicode")])) for name, font in pairs}


def _unicode(table: bytes) -> dict[int, str]:
    pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>\n", table)
    return {int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in pairs}


def _reference(body: bytes, name: bytes) -> int:
    match = re.search(rb"/" + name + rb" (\d+) 0 R", body)
    assert match, name
    return int(match[1])


def _unpacked(body: bytes) -> bytes:
    match = _STREAM.search(body)
    assert match
    return zlib.decompress(match[1])
