"""Reading a hostile body: limits first, then JSON, with nothing taken silently (API-024, API-035).

Invariant: what comes out is at most `DEPTH` deep, has at most `KEYS` keys, none twice, and at most `VALUES` values, no
float (numbers with a point are `Decimal`), no NUL and no lone surrogate.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NoReturn

from app.http.errors import TEXT_CHARACTERS, DuplicateKey, RequestInvalid, RequestUnreadable, TooComplex
from app.http.violations import pointer

DEPTH = 32
KEYS = 20_000
VALUES = 50_000
NUMBER = 40

# Possessive, and content without a closing quote matches too: one pass over any bytes.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_NO_BRACKET = bytes(set(range(256)) - set(b"[]{}"))
_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_FORBIDDEN = re.compile("[\0\ud800-\udfff]")


def parse_json(raw: bytes) -> Any:
    """The value of a JSON text; raises `RequestUnreadable`, `TooComplex`, `DuplicateKey` or `RequestInvalid`."""
    _check_shape(raw)
    reader = _Reader()
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=reader.members,
            parse_int=reader.whole,
            parse_float=reader.fraction,
            parse_constant=_refuse_constant,
        )
    except ValueError as error:
        raise RequestUnreadable from error
    if _SUSPECT.search(raw):
        broken = [TEXT_CHARACTERS.at(path) for path, text in _texts(value, "") if _FORBIDDEN.search(text)]
        if broken:
            raise RequestInvalid(violations=broken)
    return value


def _check_shape(raw: bytes) -> None:
    """How deep and how wide a text is, seen before anything is made of it."""
    strings = (raw.count(b'"') - raw.count(b'\\"')) // 2  # at least; taking a million out one by one costs memory
    if strings > KEYS + VALUES or (bare := _STRING.sub(b"", raw)).count(b",") >= VALUES:
        raise TooComplex(limit="values", maximum=VALUES)
    depth = 0
    for bracket in bare.translate(None, _NO_BRACKET):
        depth += 1 if bracket in b"[{" else -1
        if depth > DEPTH:
            raise TooComplex(limit="depth", maximum=DEPTH)


class _Reader:
    """The hooks of one parse; counts the keys and empty objects it has seen."""

    def __init__(self) -> None:
        self.keys = 0

    def members(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        self.keys += len(pairs) or 1  # an empty object costs its reader as much as a key
        if self.keys > KEYS:
            raise TooComplex(limit="keys", maximum=KEYS)
        members = dict(pairs)
        if len(members) < len(pairs):
            seen: set[str] = set()
            again = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
            raise DuplicateKey(key=again[:100].encode("utf-8", "replace").decode())
        return members

    def whole(self, literal: str) -> int:
        return int(_short(literal))

    def fraction(self, literal: str) -> Decimal:
        number = Decimal(_short(literal))
        if number and abs(number.adjusted()) > NUMBER:
            raise TooComplex(limit="number", maximum=NUMBER)
        return number


def _short(literal: str) -> str:
    if len(literal) > NUMBER:
        raise TooComplex(limit="number", maximum=NUMBER)
    return literal


def _refuse_constant(literal: str) -> NoReturn:
    raise RequestUnreadable


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, pointer(path, index))
    elif isinstance(value, dict):
        for key, item in value.items():
            below = pointer(path, key)
            yield below, key
            yield from _texts(item, below)
