"""Every firm is asked for a checkpoint once an hour, however often the relay starts."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from app.kernel.jobs import ANCHOR
from jobs.registry import HANDLERS, HOURLY
from jobs.relay import Relay
from jobs.types import Pace
from tests.jobs.world import World


class _NoCell(Relay):
    """A relay whose firms have no store."""

    def _anchor_cell(self) -> None:
        """Nothing."""


def test_the_checkpoint_of_an_hour_is_asked_for_once(world: World) -> None:
    for hour in (8, 8, 9):
        relay = _NoCell(world.ports, Pace(), threading.Event(), (), HOURLY)
        relay.hourly([world.firm], datetime(2026, 1, 1, hour, tzinfo=UTC))
    with world.scope() as scope:
        asked = scope.run("SELECT dedupe_key FROM tenant.job WHERE type = :t ORDER BY 1", t=ANCHOR).scalars()
        assert list(asked) == [f"{ANCHOR} 2026-01-01T08Z", f"{ANCHOR} 2026-01-01T09Z"]


def test_there_is_somebody_to_run_it() -> None:
    assert set(HOURLY) <= HANDLERS.keys()
