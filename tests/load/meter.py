"""CPU seconds of this process and of every Postgres backend together, from /proc: a noisy machine matters less."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Mapping
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

    def compare(self, work: Mapping[str, Callable[[], object]], times: int = 60, rounds: int = 5) -> dict[str, float]:
        """The median CPU seconds of one run of each, by name, for work of a few milliseconds."""
        return {name: cost.cpu for name, cost in self.turns(work, times, rounds).items()}

    def turns(self, work: Mapping[str, Callable[[], object]], times: int = 60, rounds: int = 5) -> dict[str, Cost]:
        """The median cost of one run of each, by name, for work of a few milliseconds.

        They take turns, so that a machine that changes its pace does so for all; the first run of each is warm-up.
        """
        for one in work.values():
            one()
        costs: dict[str, list[Cost]] = {name: [] for name in work}
        for _ in range(rounds):
            for name, one in work.items():
                costs[name].append(self.once(lambda one=one: [one() for _ in range(times)]))  # type: ignore[misc]
        return {
            name: Cost(*(statistics.median(values) / times for values in zip(*of_one, strict=True)))
            for name, of_one in costs.items()
        }


def _stat(entry: Path) -> list[str]:
    try:
        return (entry / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
