"""The jobs of the night are asked for once a day and firm, however often the relay starts."""

from __future__ import annotations

import threading
from datetime import date

from jobs.relay import Relay
from jobs.types import Pace
from tests.jobs.world import World


def test_the_jobs_of_a_night_are_asked_for_once(world: World) -> None:
    for night in (date(2026, 1, 1), date(2026, 1, 1), date(2026, 1, 2)):
        Relay(world.ports, Pace(), threading.Event(), ("staged", "other")).nightly([world.firm], night)
    with world.scope() as scope:
        asked = scope.run("SELECT dedupe_key FROM tenant.job WHERE dedupe_key LIKE '% 2026-01-0_' ORDER BY 1").scalars()
        assert list(asked) == ["other 2026-01-01", "other 2026-01-02", "staged 2026-01-01", "staged 2026-01-02"]
