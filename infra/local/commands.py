"""What `./run up | stop | status | demo` do: each talks to the one detached supervisor of a state directory."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from infra.local import health, product, stack
from infra.local.identity import wait_until
from infra.local.process import stop_orphans
from infra.local.state import State
from infra.local.supervisor import SETTINGS, STATUS

PARTS = (*stack.PARTS, *product.PARTS)
_LOG = "supervisor.log"
_KEPT = "kept.json"  # the supervisor that `up` was asked for, which no demo may stop
_PATIENCE = 180.0  # seconds; a slow disk takes long to make a database
_CHECKS: dict[str, Callable[[dict[str, str]], None]] = {
    "postgres": lambda settings: health.database(settings["DATABASE_URL"]),
    "valkey": lambda settings: health.valkey(settings["REDIS_URL"]),
    "s3": health.s3,
    "api": health.api,
}


class Failed(RuntimeError):
    """The stack is not up; the message says why."""


def say(line: str) -> None:
    """A line of progress, on standard error: standard output belongs to results."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def up(state_dir: Path, parts: Collection[str] = PARTS) -> dict[str, str]:
    """The settings of the running stack, started when it is not; raises `Failed`."""
    state = State(state_dir)
    wait_until(lambda: not _stopping(state), _PATIENCE)
    log = state.log / _LOG
    shown = log.stat().st_size if log.exists() else 0
    starting = _spawn(state, parts) if state.owner() is None else None
    deadline = time.monotonic() + _PATIENCE
    while not _healthy(state):
        shown = _show(log, shown)
        ended = starting is not None and starting.poll() is not None
        if (ended or starting is None) and state.owner() is None:
            raise Failed(f"the stack did not start; see {state.log}")
        if time.monotonic() > deadline:
            raise Failed(f"the stack is not healthy after {_PATIENCE:g} s; see {state.log}")
        time.sleep(0.1)
    _show(log, shown)
    settings: dict[str, str] = state.read(SETTINGS)
    return settings


def stop(state_dir: Path) -> bool:
    """Stop the stack and whatever a killed supervisor left; says whether anything was running."""
    state = State(state_dir)
    owner = state.owner()
    if owner is not None:
        owner.signal(signal.SIGTERM)
        if not wait_until(lambda: not owner.alive(), 120, 0.1):
            owner.signal(signal.SIGKILL)
            wait_until(lambda: not owner.alive(), 10)
    state.acquire()
    try:
        return bool(stop_orphans(state)) or owner is not None
    finally:
        state.release()


def status(state_dir: Path) -> dict[str, Any]:
    """Each process and each server used from outside, with its health as seen by connecting to it."""
    state = State(state_dir)
    owner = state.owner()
    known: dict[str, Any] | None = state.read(STATUS)
    if owner is None or known is None or known["supervisor"] != owner.pid:
        return {"state": "stopped" if owner is None else "starting", "processes": [], "addresses": {}}
    processes = {one["name"]: one | {"problem": None if one["pid"] else "it ended"} for one in known["processes"]}
    for part in filter(_CHECKS.__contains__, known["parts"]):
        outside = {"name": part, "pid": None, "port": None, "restarts": 0}  # no process of ours: somebody else's server
        processes.setdefault(part, outside)["problem"] = _problem(_CHECKS[part], state.read(SETTINGS) or {})
    known["processes"] = list(processes.values())
    if known["state"] == "healthy" and any(one["problem"] for one in processes.values()):
        known["state"] = "unhealthy"
    return known


def keep(state_dir: Path) -> None:
    """Let the running stack outlive the demos on it, until it is stopped by name."""
    state = State(state_dir)
    if owner := state.owner():
        state.write(_KEPT, owner.pid)


def demo(state_dir: Path, arguments: Sequence[str], *, leave: bool) -> int:
    """Bring the stack up, run the demo on it, and serve until Ctrl-C (not with `leave`); the demo's exit status.

    The last demo to leave stops the stack; one that somebody asked for by `up` goes on.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    state = State(state_dir)
    code = 130
    presence = (state.root / "demos.lock").open("w")
    try:
        fcntl.flock(presence, fcntl.LOCK_SH)  # waits for a demo that is just stopping the stack
        settings = up(state_dir)
        say("demo: running the main job")
        with _turn(state) as turn:
            code = subprocess.call(
                [sys.executable, "-m", "jobs.console", "demo", *arguments],
                env=product.environment(settings),
                pass_fds=[turn],
            )
        if code == 0 and not leave:
            for name, address in product.addresses(settings, PARTS).items():
                say(f"{name}: {address}")
            say("serving until Ctrl-C")
            signal.pause()
    except KeyboardInterrupt:
        say("stopping")
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        if _last(presence.fileno()) and not _kept(state):
            stop(state_dir)
        else:
            say("the stack goes on, somebody else uses it; ./run stop ends it")
        presence.close()
    return code


@contextmanager
def _turn(state: State) -> Iterator[int]:
    """One main job at a time; the job inherits the lock, so that one whose starter was killed counts as well."""
    with (state.root / "demo.lock").open("w") as turn:
        try:
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("demo: another one is at work on this state; waiting for it to end")
            fcntl.flock(turn, fcntl.LOCK_EX)
        yield turn.fileno()


def _last(presence: int) -> bool:
    """Whether no other demo is here; one that comes now waits until this one is gone."""
    try:
        fcntl.flock(presence, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _kept(state: State) -> bool:
    owner = state.owner()
    return owner is not None and state.read(_KEPT) == owner.pid


def _spawn(state: State, parts: Collection[str]) -> subprocess.Popen[bytes]:
    with (state.log / _LOG).open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "infra.local", "--state", str(state.root), "supervise", "--parts", ",".join(parts)],
            cwd=product.ROOT,
            env={**os.environ, "PYTHONPATH": str(product.ROOT), "PYTHONSAFEPATH": "1"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _healthy(state: State) -> bool:
    return _condition(state) == "healthy"


def _stopping(state: State) -> bool:
    return _condition(state) == "stopping"


def _condition(state: State) -> str | None:
    """What the running supervisor says of itself; None when none runs or it has not spoken yet."""
    owner, known = state.owner(), state.read(STATUS)
    return known["state"] if owner is not None and known is not None and known["supervisor"] == owner.pid else None


def _show(log: Path, shown: int) -> int:
    if log.exists():
        with log.open("rb") as file:
            file.seek(shown)
            for line in file.read().decode(errors="replace").splitlines():
                say(line)
            return file.tell()
    return shown


def _problem(check: Callable[[dict[str, str]], None], settings: dict[str, str]) -> str | None:
    try:
        check(settings)
    except Exception as error:  # whatever a client library raises is the answer
        return f"{type(error).__name__}: {error}".strip()
    return None


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
