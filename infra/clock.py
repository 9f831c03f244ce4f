"""The one place that reads the wall clock; everything above gets `now` from its scope."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone

Clock = Callable[[], datetime]

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")


def system_clock() -> datetime:
    """The current instant in UTC."""
    return datetime.now(UTC)


def business_date(instant: datetime) -> date:
    """The accounting day (Asia/Shanghai calendar) an instant falls on."""
    return instant.astimezone(SHANGHAI).date()
