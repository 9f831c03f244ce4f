"""The arithmetic of the limits, against a second reckoning that remembers every unit it ever spent."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import ConnectionError as Away

from app.http.limits import rules
from app.http.limits.queries import LEASE, Alone
from app.http.limits.service import Kept
from app.http.limits.types import SECOND, Ask, Bucket, Cap, Told

BUCKETS = st.builds(
    lambda quota, burst: Bucket("b", quota, 60, burst),
    st.sampled_from([1, 5, 10, 60, 600, 3_000, 12_000]),
    st.integers(1, 60),
)
PAUSES = st.lists(st.tuples(st.integers(0, 90 * SECOND), st.integers(1, 5)), min_size=1, max_size=60)


class Water:
    """A bucket as one would build it: water that runs in evenly, exact, and is taken out by the cup."""

    def __init__(self, bucket: Bucket) -> None:
        self.bucket, self.level, self.at = bucket, Fraction(bucket.burst), 0

    def take(self, now: int, cost: int) -> bool:
        self.level = min(self.level + Fraction(now - self.at, self.bucket.step), Fraction(self.bucket.burst))
        self.at = now
        cost = min(cost, self.bucket.burst)
        if cost > self.level:
            return False
        self.level -= cost
        return True


class Clock:
    """An instant that the test moves, in microseconds."""

    now = 1_700_000_000 * SECOND

    def __call__(self) -> int:
        return self.now


@given(BUCKETS, PAUSES)
def test_a_bucket_lets_through_what_running_water_would(bucket: Bucket, asked: list[tuple[int, int]]) -> None:
    clock, water = Clock(), Water(bucket)
    water.at = clock.now
    alone = Alone(clock)
    for pause, cost in asked:
        clock.now += pause
        told = alone.take(Ask(((bucket, "x"),), (), cost))
        assert (told.refused is None) == water.take(clock.now, cost)
        assert (bucket.depth - told.lacking[0]) // bucket.step == int(water.level)


@given(BUCKETS, st.integers(1, 5))
def test_who_waits_as_long_as_told_is_let_through_and_who_waits_a_second_less_is_not(bucket: Bucket, cost: int) -> None:
    clock = Clock()
    alone = Alone(clock)
    ask = Ask(((bucket, "x"),), (), cost)
    while (told := alone.take(ask)).refused is None:
        pass
    seconds = rules.wait(bucket, cost, told.lacking[0])
    if seconds > 1:
        clock.now += (seconds - 1) * SECOND
        assert alone.take(ask).refused == 0
        clock.now -= (seconds - 1) * SECOND
    clock.now += seconds * SECOND
    assert alone.take(ask).refused is None


@given(BUCKETS, PAUSES)
def test_no_window_lets_more_through_than_its_quota_and_its_burst(bucket: Bucket, asked: list[tuple[int, int]]) -> None:
    clock = Clock()
    alone = Alone(clock)
    spent: list[tuple[int, int]] = []
    for pause, cost in asked:
        clock.now += pause // 100
        if alone.take(Ask(((bucket, "x"),), (), cost)).refused is None:
            spent.append((clock.now, min(cost, bucket.burst)))
    window = bucket.window * SECOND
    for start, _ in spent:
        assert sum(cost for at, cost in spent if start <= at < start + window) <= bucket.quota + bucket.burst


def test_a_refused_request_costs_no_bucket_anything() -> None:
    clock = Clock()
    alone = Alone(clock)
    wide, narrow = Bucket("wide", 100, 60, 100), Bucket("narrow", 1, 60, 1)
    both = Ask(((wide, "x"), (narrow, "x")))
    assert alone.take(both).refused is None
    for _ in range(5):
        told = alone.take(both)
        assert told.refused == 1 and told.lacking == (wide.step, narrow.step)


def test_strangers_without_number_take_no_memory() -> None:
    clock = Clock()
    alone = Alone(clock)
    for number in range(60_000):
        alone.take(Ask(((rules.STANDARD.stranger, str(number)),)))
    assert len(alone._full) <= 20_001


def test_a_cap_holds_until_leases_are_given_back_or_run_out() -> None:
    clock = Clock()
    alone = Alone(clock)
    cap = Cap("c", 2)
    asks = [Ask((), ((cap, "firm"),), 1, f"lease-{number}") for number in range(3)]
    assert [alone.take(ask).refused for ask in asks] == [None, None, 0]
    assert alone.take(Ask((), ((cap, "other firm"),), 1, "theirs")).refused is None
    alone.give_back(asks[:1])
    assert alone.take(asks[2]).refused is None
    assert alone.take(asks[0]).refused == 0
    clock.now += LEASE * SECOND
    assert alone.take(asks[0]).refused is None


# ---- what is told


def test_a_bulk_costs_a_unit_for_every_fifty_items() -> None:
    assert [rules.units_of({"items": [{}] * n}) for n in (0, 1, 49, 50, 99, 100, 500)] == [0, 0, 0, 1, 1, 2, 10]
    assert [rules.units_of(odd) for odd in ({}, [], None, {"items": "x" * 500}, {"items": None})] == [0] * 5


def test_a_plan_is_chosen_by_a_word_and_a_factor() -> None:
    assert rules.plan_of("standard") == rules.STANDARD
    ten = rules.plan_of("standard*10")
    assert (ten.key.quota, ten.key.burst, ten.key.window, ten.heavy.most) == (6_000, 600, 60, 60)
    for bad in ("", "Standard", "standard*0", "standard*", "standard*x", "standard*10000", "*2", "roomy *2"):
        with pytest.raises(ValueError, match="RATE_LIMITS"):
            rules.plan_of(bad)


def test_the_standard_plan_is_the_one_of_the_contract() -> None:
    plan = rules.STANDARD
    assert (plan.key.quota, plan.key.burst, plan.firm.quota) == (600, 60, 3_000)
    assert (plan.login_address.quota, plan.login_account.quota) == (10, 5)
    assert (plan.concurrent.most, plan.heavy.most) == (40, 6)
    assert {bucket.window for bucket in (plan.key, plan.firm, plan.login_address, plan.login_account)} == {60}


def test_a_program_that_asks_thirty_times_a_second_is_not_refused_by_surprise() -> None:
    clock = Clock()
    alone = Alone(clock)
    for _ in range(30 * 120):
        clock.now += SECOND // 30
        assert alone.take(Ask(((rules.ROOMY.key, "key"), (rules.ROOMY.firm, "firm")))).refused is None


def test_the_headers_say_what_is_left_and_what_the_rules_are() -> None:
    plan = rules.STANDARD
    limits = {plan.key: plan.key.step * 3, plan.firm: 0, plan.heavy: 0}
    assert rules.level(limits) == '"key_minute";r=57;t=1, "firm_minute";r=300;t=0'
    assert rules.policy(tuple(limits)) == (
        '"key_minute";q=600;w=60;burst=60, "firm_minute";q=3000;w=60;burst=300, '
        '"firm_heavy";q=6;qu="concurrent-requests"'
    )


# ---- while Valkey is away


class Flaky:
    """A shared store that can be taken away, and counts how often it was asked."""

    def __init__(self) -> None:
        self.away, self.asked = False, 0
        self.returned: list[Ask] = []

    def take(self, ask: Ask) -> Told:
        self.asked += 1
        if self.away:
            raise Away
        return Told((0,) * len(ask.buckets))

    def give_back(self, asks: list[Ask]) -> None:
        self.returned += asks


def test_a_store_that_failed_is_left_alone_for_a_while_and_then_asked_by_one() -> None:
    seconds = [0.0]
    shared, alone = Flaky(), Alone(Clock())
    kept = Kept(shared, alone, lambda: seconds[0])
    ask = Ask(((rules.STANDARD.key, "x"),))
    assert kept.take(ask)[1] is shared
    shared.away, shared.asked = True, 0
    assert [kept.take(ask)[1] for _ in range(50)] == [alone] * 50
    assert shared.asked == 1
    seconds[0] += 6
    assert {kept.take(ask)[1] for _ in range(50)} == {alone}
    assert shared.asked == 2
    shared.away = False
    seconds[0] += 6
    assert kept.take(ask)[1] is shared


def test_each_lease_is_given_back_where_it_was_taken() -> None:
    shared, alone = Flaky(), Alone(Clock())
    kept = Kept(shared, alone, lambda: 0.0)
    ask = Ask((), ((Cap("c", 1), "firm"),), 1, "lease")
    told, store = kept.take(ask)
    assert (told.refused, store) == (None, shared)
    shared.away = True
    inside = kept.take(ask)
    assert inside[1] is alone and alone.take(ask).refused == 0
    kept.give_back(ask, alone)
    assert shared.returned == [] and alone.take(ask).refused is None


def test_at_the_default_plan_the_numbers_are_whole() -> None:
    exact: dict[str, bool] = defaultdict(bool)
    for name, plan in rules.PLANS.items():
        buckets = (plan.key, plan.firm, plan.stranger, plan.login_address, plan.login_account)
        exact[name] = all(bucket.step * bucket.quota == bucket.window * SECOND for bucket in buckets)
    assert exact == {"standard": True, "roomy": True}
