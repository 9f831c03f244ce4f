"""The limits in Valkey and in memory are one rule, and Valkey keeps nothing for ever."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis

from app.http.limits import queries
from app.http.limits.queries import SCRIPT, Alone, Shared
from app.http.limits.types import SECOND, Ask, Bucket, Cap
from infra.local.stack import Stack


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    """A Valkey of these tests alone."""
    running = Stack(Path(tempfile.mkdtemp(prefix="zhangfang-test-")), {"valkey"}, environ={})
    yield Redis.from_url(running.start()["REDIS_URL"])
    running.destroy()


_BUCKETS = [Bucket("a", 600, 60, 60), Bucket("b", 5, 60, 5), Bucket("c", 3_000, 60, 7)]
_CAPS = [Cap("d", 2), Cap("e", 3)]
_NAMES = st.sampled_from(["x", "y"])
_ASKS = st.lists(
    st.tuples(
        st.integers(0, 20 * SECOND),
        st.lists(st.tuples(st.sampled_from(_BUCKETS), _NAMES), max_size=3, unique_by=lambda held: held[0].name),
        st.lists(st.tuples(st.sampled_from(_CAPS), _NAMES), max_size=2, unique_by=lambda held: held[0].name),
        st.integers(1, 9),
        st.booleans(),
    ),
    max_size=40,
)


@given(asked=_ASKS)
def test_valkey_and_memory_answer_every_ask_alike(redis: Redis, asked: list[Any]) -> None:
    redis.flushall()
    now = [time.time_ns() // 1000 + 10**12]
    alone = Alone(lambda: now[0])
    for number, (pause, buckets, caps, cost, stays) in enumerate(asked):
        now[0] += pause
        seconds, rest = divmod(now[0], SECOND)
        script = SCRIPT.replace("redis.call('TIME')", f"{{{seconds}, {rest}}}")
        # The times here are told, so nothing may end by Valkey's own clock in the middle of the story.
        shared = Shared(redis, script.replace("math.ceil(after[i] / 1000) + 1", "3600000"))
        ask = Ask(tuple(buckets), tuple(caps), cost, f"lease-{number}")
        assert shared.take(ask) == alone.take(ask)
        if not stays:
            shared.give_back([ask])
            alone.give_back([ask])


def test_nothing_stays_in_valkey_for_ever(redis: Redis) -> None:
    redis.flushall()
    Shared(redis).take(Ask(tuple((one, "x") for one in _BUCKETS), tuple((one, "x") for one in _CAPS), 5, "lease"))
    kept = {str(key): redis.pttl(key) for key in redis.keys("*")}
    assert len(kept) == 5 and all(0 < left <= queries.LEASE * 1000 for left in kept.values())


def test_a_valkey_that_forgot_its_scripts_is_given_them_again(redis: Redis) -> None:
    redis.flushall()
    shared, ask = Shared(redis), Ask(((_BUCKETS[0], "x"),))
    step = _BUCKETS[0].step
    for _ in range(2):
        redis.script_flush()
        told = shared.take(ask)
        assert told.refused is None and 0 < told.lacking[0] <= 2 * step
    assert redis.keys("limit:*") == [b"limit:a:x"]
