"""A program of the stack: how it is started, when it counts as ready, and how it is stopped.

Invariant: a child never outlives its supervisor unnoticed: it gets a signal when the supervisor dies (Linux), and it
is recorded with its start time, so that the next start can find and stop it.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

from infra.local.identity import Identity, connected, environment, group, identify, wait_until
from infra.local.state import State

RECORDS = "processes.json"
MARK = "ZHANGFANG_STATE"  # every child carries its state directory in its environment
LOG_LIMIT = 10_000_000  # bytes of a log, and as many of what was set aside: strangers decide how much is logged
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None

Ready = Callable[[], None]


class NotStarted(RuntimeError):
    """A program of the stack ended or stayed silent; the message carries the end of its log."""


@dataclass(frozen=True, slots=True)
class Account:
    """The system user a program runs as."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Process:
    """What to run. `ready` raises while the program is not ready; `env` is its whole environment."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: Ready | None = None
    port: int | None = None
    stop: signal.Signals = signal.SIGTERM
    grace: float = 15.0
    patience: float = 60.0
    cwd: Path | None = None
    account: Account | None = None
    before: Callable[[], None] | None = None


class Child:
    """A `Process` that was started."""

    def __init__(self, process: Process, state: State) -> None:
        self.process = process
        self.state = state
        self.log = state.log / f"{process.name}.log"
        self._popen: subprocess.Popen[bytes] | None = None
        self._asked = False
        self.started_at = 0.0

    @property
    def pid(self) -> int | None:
        """The pid while it runs."""
        return self._popen.pid if self._popen is not None and self._popen.poll() is None else None

    def start(self) -> None:
        """Start it and record it."""
        process = self.process
        if process.before:
            process.before()
        self.turn_log()
        with self.log.open("ab") as log:
            self._popen = subprocess.Popen(
                list(process.argv),
                env={**process.env, MARK: str(self.state.root)},
                cwd=process.cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent(process.stop),
                **as_account(process.account),
            )
        self.started_at = time.monotonic()
        self._asked = False
        _record(self.state, process, identify(self._popen.pid))

    def turn_log(self) -> None:
        """Set a log that grew too long aside; its program appends to the file, which is emptied in its place."""
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
            os.truncate(self.log, 0)

    def await_ready(self) -> None:
        """Wait until it is ready, or raise `NotStarted`."""
        deadline = time.monotonic() + self.process.patience
        while (problem := self.problem()) is not None:
            if self.pid is None or time.monotonic() > deadline:
                raise NotStarted(f"{self.process.name} did not start ({problem})\n{self.tail()}")
            time.sleep(0.05)

    def await_end(self) -> int:
        """Wait until a program that ends by itself has ended; its exit status."""
        if self._popen is None:
            raise NotStarted(f"{self.process.name} was not started")
        code = self._popen.wait()
        self.stop()
        return code

    def problem(self) -> str | None:
        """Why it is not healthy now; None when it is."""
        if self.pid is None:
            return "it is not running"
        if self.process.ready is None:
            # Its imports are behind it when it speaks to its servers.
            age = time.monotonic() - self.started_at
            return None if connected(self.pid, age) else "it has not connected to anything yet"
        try:
            self.process.ready()
        except Exception as error:  # a health check may fail in any way a client library likes
            return f"{type(error).__name__}: {error}".strip()
        return None

    def ask_to_stop(self) -> None:
        """Send its stop signal, once: to a worker a second one means to drop the job at hand."""
        if self.pid is not None and not self._asked and self._popen is not None:
            self._popen.send_signal(self.process.stop)
            self._asked = True

    def stop(self) -> None:
        """Ask it to stop, wait for its grace, then kill what is left of its group."""
        if self._popen is None:
            return
        self.ask_to_stop()
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(self.process.grace)
        for left in _members(self._popen.pid, self.state):
            left.signal(signal.SIGKILL)
        if self._popen.poll() is None:
            self._popen.kill()
            self._popen.wait()
        _record(self.state, self.process, None)
        self._popen = None

    def tail(self, lines: int = 15) -> str:
        """The last lines of its log."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return ""


class AsUser(TypedDict, total=False):
    """The arguments of `subprocess` that change the system user."""

    user: int
    group: int
    extra_groups: list[int]


def as_account(account: Account | None) -> AsUser:
    """The arguments of `subprocess` that run a program as a system user; none when it is None."""
    return {} if account is None else {"user": account.uid, "group": account.gid, "extra_groups": []}


def stop_orphans(state: State, grace: float = 15.0) -> list[str]:
    """Stop what an earlier owner of the state directory left running; the names of those that were found."""
    found = []
    for name, (pid, moment, stop) in (state.read(RECORDS) or {}).items():
        recorded = Identity(pid, moment)
        orphans = [recorded] if recorded.alive() else []
        orphans += [one for one in _members(pid, state) if one != recorded]
        if orphans:
            found.append(name)
            _end(orphans, signal.Signals(stop), grace)
    state.forget(RECORDS)
    return found


def _end(processes: Sequence[Identity], stop: signal.Signals, grace: float) -> None:
    for number, patience in ((stop, grace), (signal.SIGKILL, 5.0)):
        for process in processes:
            process.signal(number)
        if wait_until(lambda: not any(process.alive() for process in processes), patience):
            return


def _members(leader: int, state: State) -> list[Identity]:
    """What runs in the group of a child, dead or alive; the mark tells it from a group that reused the number."""
    return [one for one in group(leader) if environment(one.pid).get(MARK) == str(state.root)]


def _record(state: State, process: Process, identity: Identity | None) -> None:
    records = state.read(RECORDS) or {}
    records.pop(process.name, None)
    if identity is not None:
        records[process.name] = [identity.pid, identity.started, int(process.stop)]
    state.write(RECORDS, records)


def _die_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    if _LIBC is None:
        return None
    parent = os.getpid()
    prctl = _LIBC.prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return ask
