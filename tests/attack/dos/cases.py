"""What an attack is: bytes for a socket, made for the target, and the code of the refusal it must meet."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

_KEYS = count(1)


@dataclass(frozen=True)
class Target:
    """Where the server listens, the attacker's and the neighbour's tokens, and a book of theirs."""

    at: tuple[str, int]
    token: str
    other: str
    book: str


@dataclass(frozen=True)
class Attack:
    """`code` must stand in the answer; empty when the connection may simply be closed."""

    make: Callable[[Target], bytes]
    code: str = ""


def ask(
    target: Target, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> bytes:
    """One well-formed request by the attacker, who has every permission, on a connection of its own."""
    lines = {"Host": "attack.test", "Authorization": f"Bearer {target.token}", "Connection": "close"}
    if method == "POST":
        lines["Idempotency-Key"] = f"attack-key-{next(_KEYS):012d}"
    if method == "PATCH":
        lines["If-Match"] = '"1-any"'
    if body is not None:
        lines |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    lines |= headers or {}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    where = path.replace("{book_id}", target.book)
    return f"{method} {where} HTTP/1.1\r\n{head}\r\n".encode("utf-8", "surrogateescape") + (body or b"")


def text(value: Any) -> bytes:
    """JSON as bytes."""
    return json.dumps(value, ensure_ascii=False).encode()
