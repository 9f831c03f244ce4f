"""Files from outside are read in a process that is thrown away, by a pure `module:name(content, *facts) -> bytes`.

Invariant: whatever a file does to its reader, the caller gets an answer, a refusal with a code or `SandboxUnavailable`,
in bounded time and memory, and its next file is read by a new process; nothing but the answers comes out of a sandbox.
It lives as long as its `with`, or as the process that keeps it.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from infra.errors import CATALOGUE
from infra.hostile.errors import Unreadable
from infra.hostile.texts import clean
from infra.sandbox import errors, nursery, walls
from infra.sandbox.errors import SandboxUnavailable
from infra.sandbox.types import Limits, Spent

_ROOT = Path(__file__).resolve().parents[2]
_PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from infra.sandbox.nursery import main; main(sys.argv[2:])"
_START, _GRACE = 30.0, 5.0  # seconds to load the reader; seconds beyond its own that a reading is waited for
_CHUNK = 1 << 16
_MOST_VERDICT = 1_000
_TIME = {-signal.SIGALRM, -signal.SIGXCPU}
_MEMORY = {nursery.HEAVY, -signal.SIGKILL}  # the kernel kills who took the machine's last memory
log = logging.getLogger(__name__)


class Sandbox:
    """A place where one firm's files are read; entered with `with`, started at the first file."""

    def __init__(self, function: str, limits: Limits | None = None) -> None:
        self.walls: tuple[str, ...] = ()
        self.spent = Spent(0.0, 0)
        self._function, self._limits = function, limits or Limits()
        self._started: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    @property
    def pid(self) -> int | None:
        """The process from which readings are forked, None while there is none."""
        return self._started.pid if self._started else None

    def read(self, content: bytes, *facts: str) -> bytes:
        """What the function says of a content.

        Raises `Unreadable` with what the function refused, or with `file.too_slow`, `file.too_heavy` or
        `file.reader_crashed`, and `SandboxUnavailable`.
        """
        control = self._control or self._start()
        mine, task = socket.socketpair()
        deadline = time.monotonic() + self._limits.wall + _GRACE
        try:
            with mine, task:
                socket.send_fds(control, [b"r"], [task.fileno()])
                task.close()
                answer = self._exchange(mine, json.dumps(facts).encode() + b"\n" + content, deadline)
            verdict = _line(control, deadline)
        except TimeoutError:
            self._end()
            raise Unreadable(errors.FILE_TOO_SLOW, f"> {self._limits.wall:g} s") from None
        except (OSError, ValueError):
            self._end()
            raise SandboxUnavailable from None
        self.spent = Spent(verdict["cpu"], verdict["peak"])
        return self._judged(verdict["status"], answer)

    def _start(self) -> socket.socket:
        began = time.monotonic()
        control, theirs = socket.socketpair()
        words = (str(_ROOT), self._function, json.dumps(asdict(self._limits)), str(theirs.fileno()))
        try:
            with theirs:
                self._started = subprocess.Popen(
                    [sys.executable, "-I", "-B", "-X", "utf8", "-c", _PROGRAM, *words],
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env={"LC_ALL": "C.UTF-8"}, cwd="/",
                    pass_fds=[theirs.fileno()], start_new_session=True,
                )  # fmt: skip
            self._control = control
            self.walls = tuple(_line(control, began + _START)["walls"])
        except (OSError, ValueError):
            self._end()
            raise SandboxUnavailable from None
        return control

    def _exchange(self, mine: socket.socket, question: bytes, deadline: float) -> bytes | None:
        """The answer to a question, None when it is over the limit."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it ended before it listened: so it will say
            _wait(mine, deadline)
            mine.sendall(question)
            mine.shutdown(socket.SHUT_WR)
        pieces: list[bytes] = []
        length = 0
        with contextlib.suppress(ConnectionResetError):
            while piece := _received(mine, deadline):
                pieces.append(piece)
                length += len(piece)
                if length > self._limits.answer:
                    return None
        told, _, answer = b"".join(pieces).partition(b"\n")
        if answer:
            self._tell(json.loads(told))
        return answer

    def _tell(self, inner: list[str]) -> None:
        if not set(inner) <= set(self.walls):
            self.walls = (*self.walls, *inner)
            level = logging.INFO if walls.NETWORK_WALLS & set(self.walls) else logging.WARNING
            log.log(level, "the sandbox of %s stands behind: %s", self._function, ", ".join(self.walls))

    def _judged(self, status: int, answer: bytes | None) -> bytes:
        if answer is None:
            raise Unreadable(errors.FILE_TOO_HEAVY, f"> {self._limits.answer} bytes of answer")
        if status == 0 and answer:
            return answer
        if status == nursery.REFUSED and answer:
            raise _refused(answer)
        if status in _TIME:
            raise Unreadable(errors.FILE_TOO_SLOW, f"{self.spent.cpu:.0f} s of CPU")
        if status in _MEMORY:
            raise Unreadable(errors.FILE_TOO_HEAVY, f"{self.spent.peak >> 20} MiB")
        log.error("a reading by %s crashed: status %s", self._function, status)
        raise Unreadable(errors.FILE_CRASHED, f"status {status}")

    def _end(self) -> None:
        """Kill the whole session of the sandbox, whatever state it is in."""
        if self._control:
            self._control.close()
        if self._started:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._started.pid, signal.SIGKILL)
            self._started.wait()
        self._control = self._started = None


def _refused(answer: bytes) -> Unreadable:
    """What a reading says it refused, if that is a refusal of ours at all."""
    try:
        code, detail = json.loads(answer)
        return Unreadable(CATALOGUE[code], clean(str(detail)))
    except (ValueError, TypeError, KeyError, RecursionError):
        return Unreadable(errors.PARSER_FAILED, "answer")


def _line(control: socket.socket, deadline: float) -> dict[str, Any]:
    """A line of JSON; raises `ValueError` when the other end has gone and `TimeoutError` when it is late."""
    line = b""
    while not line.endswith(b"\n") and len(line) < _MOST_VERDICT:
        piece = _received(control, deadline, 1)
        if not piece:
            raise ValueError("the sandbox has gone")
        line += piece
    words: dict[str, Any] = json.loads(line)
    return words


def _received(end: socket.socket, deadline: float, most: int = _CHUNK) -> bytes:
    _wait(end, deadline)
    return end.recv(most)


def _wait(end: socket.socket, deadline: float) -> None:
    end.settimeout(max(deadline - time.monotonic(), 0.001))
