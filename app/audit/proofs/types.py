"""Words of proofs: what shows that a line lies under a signed checkpoint."""

from __future__ import annotations

from typing import NamedTuple

from app.audit.types import Line


class Proof(NamedTuple):
    """A line, the digests of the lines after it up to its chain's head, and that head's way to a signed root."""

    line: Line
    links: tuple[bytes, ...]
    place: int
    size: int
    path: tuple[bytes, ...]
    root: str
    checkpoint: int
    note: bytes
