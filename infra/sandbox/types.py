"""What a sandbox may cost, and what a reading in it has cost."""

from __future__ import annotations

from dataclasses import dataclass

GIBIBYTE = 1 << 30


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one reading may take (SEC-042): bytes of memory and of answer, seconds of CPU and of the clock."""

    memory: int = GIBIBYTE
    cpu: int = 30
    wall: float = 60.0
    answer: int = 10_000_000


@dataclass(frozen=True, slots=True)
class Spent:
    """What the last reading took: seconds of CPU, and the peak of resident memory in bytes."""

    cpu: float
    peak: int
