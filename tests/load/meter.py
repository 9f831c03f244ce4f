"""CPU seconds of this process and of every Postgres backend together, from /proc: a noisy machine matters less."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

_TICK = os.sysconf("SC_CLK_TCK")


class Cost(NamedTuple):
    """What one run cost: CPU seconds of client and Postgres, and seconds of wall clock."""

    cpu: float
    wall: float


class Meter:
    """Reads the Postgres processes under one postmaster."""

    def __init__(self, postmaster: int) -> None:
        self.postmaster = postmaster

    def server(self) -> float:
        """CPU seconds of the postmaster, its living backends and those that ended."""
        total = 0.0
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and (fields := _stat(entry)):
                pid, parent = int(entry.name), int(fields[1])
                if pid == self.postmaster:
                    total += sum(map(int, fields[11:15])) / _TICK
                elif parent == self.postmaster:
                    total += sum(map(int, fields[11:13])) / _TICK
        return total

    def once(self, work: Callable[[], object]) -> Cost:
        """The cost of one run."""
        server, client, wall = self.server(), time.process_time(), time.perf_counter()
        work()
        return Cost(time.process_time() - client + self.server() - server, time.perf_counter() - wall)

    def median(self, work: Callable[[], object], runs: int = 3) -> Cost:
        """The median cost of some runs."""
        costs = [self.once(work) for _ in range(runs)]
        return Cost(statistics.median(c.cpu for c in costs), statistics.median(c.wall for c in costs))

    def each(self, work: Callable[[], object], times: int = 100) -> Cost:
        """The median cost of one of many runs in a row, the first being warm-up; for work of a few milliseconds."""
        work()
        cost = self.median(lambda: [work() for _ in range(times)])
        return Cost(cost.cpu / times, cost.wall / times)


def _stat(entry: Path) -> list[str]:
    try:
        return (entry / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
