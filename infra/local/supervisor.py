"""The supervisor: starts the servers and the product, brings back what dies, and stops everything in the right order.

Invariant: it owns the state directory from its first act to its last, so there is never a second one; whatever ends
it (a signal, an error, a kill -9), the next start finds the directory free and the leftovers recorded.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from infra.local import product
from infra.local.process import Child, NotStarted, Process
from infra.local.stack import Stack

STATUS = "status.json"
SETTINGS = "secrets/settings.json"
_TICK = 0.2
_PARTLY = 3  # the exit status of a migration that passed over a firm; the door refuses that firm alone
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0  # seconds before a program that died is started again, doubled each time
_FILES = 16_384
_STEADY = 60.0  # a program that lived this long starts again with the first pause


@dataclass
class _Watched:
    """A child and its history."""

    child: Child
    restarts: int = 0
    pause: float = _FIRST_PAUSE
    retry_at: float | None = None

    def look(self, progress: Callable[[str], None]) -> bool:
        """Start the child again if it is gone and its pause is over; says whether anything changed."""
        self.child.turn_log()
        if self.child.pid is not None:
            return False
        now = time.monotonic()
        if self.retry_at is None:
            if now - self.child.started_at > _STEADY:
                self.pause = _FIRST_PAUSE
            self.retry_at = now + self.pause
            progress(f"{self.child.process.name}: it ended, starting again in {self.pause:g} s")
            self.pause = min(self.pause * 2, _LONGEST_PAUSE)
            return True
        if now < self.retry_at:
            return False
        self.retry_at = None
        self.restarts += 1
        self._start_again(progress)
        return True

    def _start_again(self, progress: Callable[[str], None]) -> None:
        self.child.stop()  # what the dead one left of its group
        try:
            self.child.start()
        except (OSError, RuntimeError) as error:
            progress(f"{self.child.process.name}: {error}")


class Supervisor:
    """One run of the whole stack."""

    def __init__(
        self,
        state_dir: Path,
        parts: Collection[str],
        environ: Mapping[str, str],
        progress: Callable[[str], None],
    ) -> None:
        self.parts = parts
        self.progress = progress
        self.stack = Stack(state_dir, parts, environ=environ, progress=progress)
        self.state = self.stack.state
        self._product: list[Child] = []
        self._watched: list[_Watched] = []

    def run(self) -> int:
        """Run until SIGTERM or SIGINT; the exit status."""
        signal.signal(signal.SIGTERM, _leave)
        signal.signal(signal.SIGINT, _leave)
        _open_wide()
        try:
            self.state.acquire()
            self._forget()
            settings = self.stack.start()
            self._watched = [_Watched(child) for child in self.stack.children]
            self._publish("starting")
            self.state.write(SETTINGS, settings)
            if processes := product.processes(settings, self.parts):
                self._migrate(product.migration(settings))
                self._start_product(processes)
            self._publish("healthy")
            self.progress("all healthy")
            while True:
                time.sleep(_TICK)
                changes = [watched.look(self.progress) for watched in self._watched]
                if any(changes):
                    self._publish("healthy")
        except (NotStarted, RuntimeError, ValueError, OSError) as error:
            self.progress(f"failed: {error}")
            return 1
        except SystemExit:
            return 0
        finally:
            self._stop()

    def _migrate(self, process: Process) -> None:
        step = Child(process, self.state)
        self._product.append(step)
        step.start()
        code = step.await_end()
        self._product.remove(step)
        if code not in (0, _PARTLY):
            raise NotStarted(f"{process.name} failed\n{step.tail()}")
        self.progress(f"{process.name}: {step.tail(1)}")

    def _start_product(self, processes: list[Process]) -> None:
        for process in processes:
            child = Child(process, self.state)
            self._product.append(child)
            self._watched.append(_Watched(child))
            child.start()
        for child in self._product:
            child.await_ready()
            self.progress(f"{child.process.name}: ready")

    def _stop(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        if self.state.held:
            self._publish("stopping")
        for child in reversed(self._product):
            child.ask_to_stop()
        for child in reversed(self._product):
            child.stop()
        if self.state.held:
            self._forget()
            self.stack.stop()
        self.progress("stopped")

    def _forget(self) -> None:
        self.state.forget(SETTINGS)
        self.state.forget(STATUS)

    def _publish(self, condition: str) -> None:
        self.state.write(
            STATUS,
            {
                "state": condition,
                "supervisor": os.getpid(),
                "parts": list(self.parts),
                "addresses": product.addresses(self.stack.settings, self.parts),
                "processes": [
                    {
                        "name": one.child.process.name,
                        "pid": one.child.pid,
                        "port": one.child.process.port,
                        "restarts": one.restarts,
                    }
                    for one in self._watched
                ],
            },
        )


def _open_wide() -> None:
    """Let every child hold as many connections as the system allows; the usual 1024 files are fewer than ours."""
    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if most == resource.RLIM_INFINITY else min(_FILES, most)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _leave(number: int, frame: object) -> NoReturn:
    sys.exit(0)
