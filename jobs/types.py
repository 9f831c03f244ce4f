"""Words of the runtime of background work: its pace, and the ways in which a run is interrupted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How background work breathes; times in seconds.

    Between a lost worker and the next run lie at most `lease` + `reconcile`; a cancellation is seen after `glance`.
    """

    lease: float = 60.0
    heartbeat: float = 10.0
    glance: float = 2.0  # a checkpoint believes for this long what the database last said
    grace: float = 60.0  # a run that reaches no checkpoint this long after its lease or deadline ends its process
    backoff: float = 5.0  # before the second attempt; doubled for each one after
    sweep: float = 2.0
    reconcile: float = 15.0
    tidy: float = 86_400.0
    outage: float = 5.0  # the longest pause before a lost server is tried again
    firm_jobs: int = 4  # jobs of one firm that run or wait in the queue at a time


PACE = Pace()


class Interruption(BaseException):
    """Ends a run at a checkpoint; no `Exception`, so that a handler that catches too much does not swallow it."""


class Cancelled(Interruption):
    """Somebody asked the job to stop."""


class DeadlinePassed(Interruption):
    """The job has run out of time."""


class Stopping(Interruption):
    """The worker's process is asked to end; the job goes on elsewhere."""
