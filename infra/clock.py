"""The one place that reads the wall clock; everything above gets `now` from its scope."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The current instant in UTC."""
    return datetime.now(UTC)
