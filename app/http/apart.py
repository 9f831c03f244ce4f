"""A file that came with a request is read apart, in a sandbox: a few at a time, and one of a firm.

Sandboxes are kept from request to request, so that a reading costs a fork and no start of an interpreter.
Invariant: what is kept has seen no byte of any file; each file has a process of its own (docs/adr/0016).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TypeVar
from uuid import UUID

from app.http.limits.errors import TooManyAtOnce
from infra.sandbox.apart import read_apart
from infra.sandbox.runner import Sandbox
from infra.sandbox.types import Limits
from tenants.scope import TenantRef

MOST_READINGS = 2  # of a process, since each may take the memory of its `Limits`; of a firm there is one

_Told = TypeVar("_Told")
_turns = Lock()
_reading: set[UUID] = set()


class Apart:
    """The sandboxes of one reader, `module:name(content, *facts) -> bytes`; the first file starts one."""

    def __init__(self, function: str, limits: Limits) -> None:
        self._function, self._limits = function, limits
        self._idle: list[Sandbox] = []

    def read(self, firm: TenantRef, believe: Callable[[bytes], _Told], content: bytes, *facts: str) -> _Told:
        """What a file of a firm says; raises `Unreadable`, `TooManyAtOnce` or `SandboxUnavailable`."""
        with _turn(firm.id), self._sandbox() as inside:
            return read_apart(inside, believe, content, *facts)

    @contextmanager
    def _sandbox(self) -> Iterator[Sandbox]:
        with _turns:
            inside = self._idle.pop() if self._idle else Sandbox(self._function, self._limits)
        try:
            yield inside
        finally:
            with _turns:
                self._idle.append(inside)


@contextmanager
def _turn(firm: UUID) -> Iterator[None]:
    """One of the few readings that this process has under way; raises `TooManyAtOnce`."""
    with _turns:
        if firm in _reading:
            raise TooManyAtOnce(limit="firm_readings", quota=1, headers={"Retry-After": "1"})
        if len(_reading) >= MOST_READINGS:
            raise TooManyAtOnce(limit="process_readings", quota=MOST_READINGS, headers={"Retry-After": "1"})
        _reading.add(firm)
    try:
        yield
    finally:
        with _turns:
            _reading.discard(firm)
