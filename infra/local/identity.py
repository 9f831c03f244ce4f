"""Which process is meant: a pid alone is never believed, because pids are reused and zombies keep theirs.

Invariant: `alive` is true only for the very process that was recorded, and never for a zombie.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
_SETTLING = 3.0  # seconds
_STATE, _GROUP, _START = 0, 2, 19  # fields of /proc/<pid>/stat, counted from the one after the program's name


@dataclass(frozen=True, slots=True)
class Identity:
    """A process as it was when it was seen: its pid and the moment it started, as the system words it."""

    pid: int
    started: str

    def alive(self) -> bool:
        """Whether this very process still runs."""
        return started(self.pid) == self.started

    def signal(self, number: signal.Signals) -> None:
        """Signal the process if it still is the one that was recorded."""
        if self.alive():
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return


def identify(pid: int) -> Identity | None:
    """The identity of a running process, or None when there is none (or only its zombie)."""
    moment = started(pid)
    return Identity(pid, moment) if moment else None


def started(pid: int) -> str | None:
    """The start time of a running process as an opaque word; None for no process or a zombie."""
    if PROC.joinpath("self", "stat").exists():
        fields = _stat(pid)
        return None if fields is None or fields[_STATE] in "ZX" else f"{_boot()}/{fields[_START]}"
    answer = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    state, _, moment = answer.partition(" ")
    return moment.strip() if moment and not state.startswith("Z") else None


def group(leader: int) -> Iterator[Identity]:
    """The running processes of a process group, the leader itself may be gone (Linux only, else none)."""
    for pid in _pids():
        fields = _stat(pid)
        if fields is not None and int(fields[_GROUP]) == leader and (found := identify(pid)):
            yield found


def working_in(directory: Path) -> Iterator[Identity]:
    """The running processes whose working directory is `directory` (Linux only, else none)."""
    wanted = directory.resolve()
    for pid in _pids():
        try:
            here = (PROC / str(pid) / "cwd").readlink()
        except OSError:
            continue
        if here == wanted and (found := identify(pid)):
            yield found


def connected(pid: int, age: float) -> bool:
    """Whether a process has opened a socket; where the system does not tell, whether it is a few seconds old."""
    if not PROC.is_dir():
        return age > _SETTLING
    try:
        return any(link.readlink().name.startswith("socket:") for link in (PROC / str(pid) / "fd").iterdir())
    except OSError:
        return False


def environment(pid: int) -> dict[str, str]:
    """The environment a process was started with; empty when it may not be read."""
    try:
        raw = (PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return {}
    pairs = (entry.partition("=") for entry in raw.decode(errors="replace").split("\0") if "=" in entry)
    return {name: value for name, _, value in pairs}


def wait_until(condition: Callable[[], bool], seconds: float, step: float = 0.05) -> bool:
    """Look at a condition until it holds or the seconds are over; says whether it held."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(step)
    return True


def _pids() -> Iterator[int]:
    if PROC.is_dir():
        yield from (int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())


def _stat(pid: int) -> list[str] | None:
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def _boot() -> str:
    return (PROC / "sys/kernel/random/boot_id").read_text().strip()
