"""The pulse of a run: a side thread keeps the lease alive and hears what the database says about the job.

Invariant: a run that cannot be stopped by its checkpoints (a hung library, a lost lease nobody looks at) ends with its
process, `grace` seconds after it lost the right to run.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, Self

from sqlalchemy.exc import SQLAlchemyError

from jobs.types import Cancelled, DeadlinePassed, Pace
from tenants.leases import LeaseLost

log = logging.getLogger(__name__)

Beat = Callable[[Mapping[str, Any]], str | None]
_EX_TEMPFAIL = 75


class Pulse:
    """Beats while its `with` block runs; `beat` lengthens the lease and gives the job's state, None when it is lost."""

    def __init__(self, beat: Beat, pace: Pace, seconds_left: float | None) -> None:
        self._beat = beat
        self._pace = pace
        self._state: str | None = "running"
        self._heard = time.monotonic()
        self._deadline = None if seconds_left is None else self._heard + seconds_left
        self._over = Event()
        self._one = Lock()
        self._thread = Thread(target=self._run, name="pulse", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join(self._pace.heartbeat)

    def beat(self, progress: Mapping[str, Any]) -> None:
        """Beat now and write progress; a database that is away for a moment is borne while the lease lasts."""
        with self._one:
            try:
                self._state = self._beat(progress)
            except SQLAlchemyError as error:
                log.warning("no heartbeat: %s", type(error).__name__)
                return
            self._heard = time.monotonic()

    def check(self, *, cancellable: bool = True) -> None:
        """Raise `LeaseLost`, `DeadlinePassed` or `Cancelled` when the run has to end."""
        if time.monotonic() - self._heard > self._pace.glance:
            self.beat({})
        if self._lost_for() > 0:
            raise LeaseLost
        if self._late_for() > 0:
            raise DeadlinePassed
        if cancellable and self._state == "cancel_requested":
            raise Cancelled

    def _run(self) -> None:
        while not self._over.wait(self._pace.heartbeat):
            if self._state is not None:
                self.beat({})
            if max(self._lost_for(), self._late_for()) > self._pace.grace:
                log.critical("a run without the right to run does not end; the process ends with it")
                os._exit(_EX_TEMPFAIL)

    def _lost_for(self) -> float:
        silence = time.monotonic() - self._heard
        return silence if self._state is None else silence - self._pace.lease

    def _late_for(self) -> float:
        return -1.0 if self._deadline is None else time.monotonic() - self._deadline
