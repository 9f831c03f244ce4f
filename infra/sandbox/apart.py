"""The one way in which a file from outside is read: scanned, parsed in a sandbox, its answer checked and then believed.

Invariant: no parser runs on a stranger's bytes in a process that holds a secret or a connection.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from infra.hostile.errors import FILE_MALWARE, Unreadable
from infra.hostile.signatures import Scanner, known_malware
from infra.sandbox.errors import PARSER_FAILED
from infra.sandbox.runner import Sandbox

_Told = TypeVar("_Told")


def read_apart(
    inside: Sandbox, believe: Callable[[bytes], _Told], content: bytes, *facts: str, scan: Scanner = known_malware
) -> _Told:
    """What a file says; `believe` checks the answer and raises `ValueError` for one that no reader of ours gives.

    Raises `Unreadable` for the file's sake, and `SandboxUnavailable` where no sandbox can be had.
    """
    if found := scan(content):
        raise Unreadable(FILE_MALWARE, found)
    answer = inside.read(content, *facts)
    try:
        return believe(answer)
    except ValueError:
        raise Unreadable(PARSER_FAILED, "answer") from None
