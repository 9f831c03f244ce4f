"""The way in which the product reads files: scanned, then parsed in a process of their own.

Invariant: `parse` never runs on a stranger's bytes in a process that holds a secret or a connection.
"""

from __future__ import annotations

import logging

from app.invoices.parsing import errors, wire
from app.invoices.parsing.errors import Unreadable
from app.invoices.parsing.types import Parsed, Refused
from infra.hostile.signatures import Scanner, known_malware
from infra.sandbox.apart import read_apart
from infra.sandbox.runner import Sandbox

log = logging.getLogger(__name__)


def sandbox() -> Sandbox:
    """A sandbox for the files of one firm's job; entered with `with`."""
    return Sandbox(wire.READER)


def parse_apart(
    inside: Sandbox, name: str, content: bytes, declared: str = "", scan: Scanner = known_malware
) -> Parsed:
    """What a file says; never raises for the file's sake, but `SandboxUnavailable` where no sandbox can be had.

    `declared` is the media type the uploader gave, '' for none. `scan` looks at the whole file first: a real scanner is
    put in here, since it needs the connection that a sandbox has not.
    """
    try:
        return _told(read_apart(inside, wire.unpack, content, name, declared, scan=scan))
    except Unreadable as refusal:
        return _told(Parsed(name, refused=(Refused(name, refusal.code, refusal.detail),)))


def _told(parsed: Parsed) -> Parsed:
    """What a file says; a fault of ours in it is logged here, because a sandbox has no log, and by its type only."""
    for one in parsed.refused:
        if one.code == errors.PARSER_FAILED.code:
            log.error("a parser failed unexpectedly: %s", one.detail if one.detail.isidentifier() else "unnamed")
    return parsed
