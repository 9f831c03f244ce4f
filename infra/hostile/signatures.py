"""The port of a malware scanner, and the least one: it knows the test file by which scanners are tried."""

from __future__ import annotations

from collections.abc import Callable

Scanner = Callable[[bytes], str | None]
"""Gives the name of what it found in a file's bytes, None for nothing."""

# written in two halves, so that no scanner takes this very file for an infected one
_EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def known_malware(content: bytes) -> str | None:
    """The test signature, wherever it stands."""
    return "EICAR-Test-File" if _EICAR in content else None
