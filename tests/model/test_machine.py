"""A random accountant over the services, 16 books of 40 acts; behind `--all` 500 of 50."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.factories.doors import Doors
from tests.model.chart import ChartedAccountant

ACTS = ("month closed", "month reopened", "voucher reversed", "child added", "dimension on", "revalued")
"""What is rare, and must have been tried."""
_EVERY = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def _work(doors: Doors, books: int, acts: int, *, by_chance: bool) -> None:
    ChartedAccountant.doors = doors
    ChartedAccountant.happened.clear()
    run_state_machine_as_test(
        ChartedAccountant,
        settings=settings(
            max_examples=books,
            stateful_step_count=acts,
            deadline=None,
            derandomize=not by_chance,
            print_blob=True,
            suppress_health_check=_EVERY,
        ),
    )
    assert min(ChartedAccountant.happened[act] for act in ACTS) >= books // 10, ChartedAccountant.happened


def test_any_forty_acts_leave_a_book_that_a_paper_book_agrees_with(doors: Doors) -> None:
    _work(doors, 16, 40, by_chance=False)


@pytest.mark.long
def test_any_fifty_acts_leave_a_book_that_a_paper_book_agrees_with(doors: Doors) -> None:
    _work(doors, 500, 50, by_chance=True)
