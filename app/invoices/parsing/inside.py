"""What runs inside the sandbox: the only place of the product from which the parsers are called."""

from __future__ import annotations

from app.invoices.parsing.service import parse
from infra.sandbox import wire


def read(content: bytes, name: str, declared: str) -> bytes:
    """`parse`, its result as JSON."""
    speakable = name.encode("utf-8", "replace").decode()  # the name of a file on disk may hold what no text may
    return wire.pack(parse(speakable, content, declared))
