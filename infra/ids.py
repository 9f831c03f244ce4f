"""Identifiers: UUIDv7 made in Python, shown to callers as an opaque prefixed word (`vch_01jd…`).

Invariant: `decode(prefix, encode(prefix, u)) == u`, and nothing but the canonical spelling decodes.
"""

from __future__ import annotations

import os
import threading
import time
from uuid import UUID

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES = {letter: value for value, letter in enumerate(ALPHABET)}
LENGTH = 26

_clock = threading.Lock()
_clock_state = [0]


def new_id() -> UUID:
    """A UUIDv7: 48 bits of Unix milliseconds, 12 bits of their fraction, 62 random bits (RFC 9562, 6.2 method 3).

    Two ids of one process never have the same first 60 bits, and the later one is the greater.
    """
    with _clock:
        ticks = _clock_state[0] = max(time.time_ns() * 4096 // 1_000_000, _clock_state[0] + 1)
    value = (ticks >> 12 & (1 << 48) - 1) << 80 | 0x7 << 76 | (ticks & 0xFFF) << 64
    return UUID(int=value | 0x2 << 62 | int.from_bytes(os.urandom(8), "big") >> 2)


def encode(prefix: str, value: UUID) -> str:
    """`prefix_` + 26 letters of Crockford base32."""
    number, letters = value.int, []
    for _ in range(LENGTH):
        letters.append(ALPHABET[number & 31])
        number >>= 5
    return f"{prefix}_{''.join(reversed(letters))}"


def decode(prefix: str, text: str) -> UUID | None:
    """The UUID behind an id of this prefix, or None when it is not one."""
    head, _, tail = text.partition("_")
    if head != prefix or len(tail) != LENGTH or any(letter not in _VALUES for letter in tail):
        return None
    number = 0
    for letter in tail:
        number = number << 5 | _VALUES[letter]
    return UUID(int=number) if number < 1 << 128 else None
