"""A random accountant over the services, batches of 8 books of 40 acts; behind `--all` 500 of 50."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.factories.doors import Doors
from tests.model.chart import ChartedAccountant

ACTS = ("month closed", "month reopened", "voucher reversed", "child added", "dimension on", "revalued")
"""What is rare, and must have been tried."""
_EVERY = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
_FEWEST, _MOST = 2, 8  # batches: each leaves some acts out altogether, so that chance alone may miss one for long


class Batch(ChartedAccountant):
    """The accountant whose chances are given, so that every run is the same."""


def _work(machine: type[ChartedAccountant], doors: Doors, books: int, acts: int) -> None:
    machine.doors = doors
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=books,
            stateful_step_count=acts,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=_EVERY,
        ),
    )


def _rarest() -> int:
    return min(ChartedAccountant.happened[act] for act in ACTS)


def test_any_forty_acts_leave_a_book_that_a_paper_book_agrees_with(doors: Doors) -> None:
    ChartedAccountant.happened.clear()
    for batch in range(_MOST):
        _work(seed(batch)(Batch), doors, 8, 40)
        if batch + 1 >= _FEWEST and _rarest():
            break
    assert _rarest(), ChartedAccountant.happened


@pytest.mark.long
def test_any_fifty_acts_leave_a_book_that_a_paper_book_agrees_with(doors: Doors) -> None:
    ChartedAccountant.happened.clear()
    _work(ChartedAccountant, doors, 500, 50)
    assert _rarest() >= 50, ChartedAccountant.happened
