"""How failed logins slow a guesser down, and never lock anybody out."""

from __future__ import annotations

FREE_FAILURES = 4
LONGEST_DELAY = 60


def delay(failures: int) -> int:
    """The seconds to wait after so many failed logins: four are free, then 1, 2, 4 ... at most 60; never for ever."""
    return min(2 ** min(failures - FREE_FAILURES - 1, 10), LONGEST_DELAY) if failures > FREE_FAILURES else 0
