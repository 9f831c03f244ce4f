"""The inside of a sandbox: a clean interpreter that loads the reader once and forks a throw-away process per file.

Invariant: the nursery itself never sees a byte of a file, and a reading sees nothing but its own: each is forked anew,
walled in before its bytes come, and gone after its answer. It is started by `runner` with no environment and no secret.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import socket
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from infra.hostile.errors import Unreadable
from infra.sandbox import walls
from infra.sandbox.types import Limits

HEAVY, FAILED, REFUSED = 3, 4, 5  # exit statuses of a reading
_CHUNK = 1 << 16
Reader = Callable[..., bytes]


def main(arguments: Sequence[str]) -> None:
    """`function limits descriptor`: serve readings to whoever holds the other end of the socket, until it closes."""
    entry, limits, descriptor = arguments
    module, _, name = entry.partition(":")
    reader: Reader = getattr(importlib.import_module(module), name)
    control = socket.socket(fileno=int(descriptor))
    bounds = Limits(**json.loads(limits))
    stand = walls.enclose()
    gc.freeze()
    _say(control, {"walls": stand})
    while True:
        word, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not word:
            return
        _say(control, _reading(reader, bounds, control, descriptors[0]))


def _say(control: socket.socket, words: dict[str, object]) -> None:
    control.sendall(json.dumps(words).encode() + b"\n")


def _reading(reader: Reader, limits: Limits, control: socket.socket, task: int) -> dict[str, object]:
    """Fork one reading and wait for its end; how it ended and what it took."""
    child = os.fork()
    if child == 0:
        control.close()
        _read(reader, limits, task)
    os.close(task)
    _, status, used = os.wait4(child, 0)
    return {"status": os.waitstatus_to_exitcode(status), "cpu": used.ru_utime + used.ru_stime, "peak": _bytes(used)}


def _bytes(used: resource.struct_rusage) -> int:
    return used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _read(reader: Reader, limits: Limits, task: int) -> NoReturn:
    """The reading itself; leaves the process on every way out."""
    status = FAILED
    try:
        os.dup2(0, 2)  # what a library shouts into the standard error is the file's word, not the worker's
        stand = walls.close_in(limits)
        answer = reader(*_asked(task, stand))
        _write(task, answer)
        status = 0
    except MemoryError:
        status = HEAVY
    except Unreadable as refusal:
        _write(task, json.dumps([refusal.code, refusal.detail]).encode())
        status = REFUSED
    finally:
        os._exit(status)


def _asked(task: int, stand: list[str]) -> tuple[object, ...]:
    """The content and its facts, a line of JSON before it; the walls are told first."""
    _write(task, json.dumps(stand).encode() + b"\n")
    pieces = []
    while piece := os.read(task, _CHUNK):
        pieces.append(piece)
    head, _, content = b"".join(pieces).partition(b"\n")
    return content, *json.loads(head)


def _write(task: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(task, view) :]
