"""What a sandbox may cost, and what a reading in it has cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one reading may take (SEC-042): bytes of memory and of answer, seconds of CPU and of the clock.

    The fullest workbook that the limits of `hostile` let through takes 285 MB, 8 s and 11 MB.
    """

    memory: int = 512 << 20
    cpu: int = 30
    wall: float = 60.0
    answer: int = 20_000_000


@dataclass(frozen=True, slots=True)
class Spent:
    """What the last reading took: seconds of CPU, and the peak of resident memory in bytes."""

    cpu: float
    peak: int
