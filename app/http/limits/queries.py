"""The two places where limits are kept: Valkey, which all processes share, and the memory of one.

Invariant: both answer every ask alike (a property proves it on random asks); Valkey is asked once a request, and its
own clock counts, so that no process's wrong clock shuts a firm out.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

from redis import Redis

from app.http.limits.rules import price, spend
from app.http.limits.types import SECOND, Ask, Bucket, Cap, Told

LEASE = 120  # seconds after which what a dead process held is free again; a statement may take 30
_MOST_KNOWN = 20_000

# KEYS: the buckets, then the caps. ARGV: how many buckets, the lease, its seconds; per bucket its price and its depth;
# per cap how many. Answers the place that refused (0 for none) and what each bucket lacks to be full.
SCRIPT = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local count, lease, life = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local before, after, refused = {}, {}, 0
for i = 1, count do
  local full = math.max(tonumber(redis.call('GET', KEYS[i]) or now), now)
  before[i], after[i] = full - now, full - now + ARGV[2 + 2 * i]
  if refused == 0 and after[i] > tonumber(ARGV[3 + 2 * i]) then refused = i end
end
if refused > 0 then return {refused, unpack(before)} end
for i = 1, count do
  redis.call('SET', KEYS[i], string.format('%.0f', now + after[i]), 'PX', math.ceil(after[i] / 1000) + 1)
end
local argument = 3 + 2 * count
for i = count + 1, #KEYS do
  if redis.call('ZCARD', KEYS[i]) >= tonumber(ARGV[argument + i - count]) then
    redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now)
    if redis.call('ZCARD', KEYS[i]) >= tonumber(ARGV[argument + i - count]) then return {i, unpack(after)} end
  end
end
for i = count + 1, #KEYS do
  redis.call('ZADD', KEYS[i], now + life * 1000000, lease)
  redis.call('EXPIRE', KEYS[i], life)
end
return {0, unpack(after)}
"""


class Shared:
    """The limits of all processes, in Valkey; every method raises `redis.RedisError` when it is away."""

    def __init__(self, redis: Redis, script: str = SCRIPT) -> None:
        self.redis = redis
        self._script = redis.register_script(script)  # sent when it is first asked, and whenever it was forgotten

    def take(self, ask: Ask) -> Told:
        """Spend and hold in one round trip, or refuse."""
        keys = [_key(bucket, whose) for bucket, whose in ask.buckets] + [_key(cap, whose) for cap, whose in ask.caps]
        given: list[str | int] = [len(ask.buckets), ask.lease, LEASE]
        for bucket, _ in ask.buckets:
            given += (price(bucket, ask.cost), bucket.depth)
        given += (cap.most for cap, _ in ask.caps)
        refused, *lacking = self._script(keys, given)
        return Told(tuple(lacking), refused - 1 if refused else None)

    def give_back(self, asks: list[Ask]) -> None:
        """End the leases of these asks, all in one round trip."""
        with self.redis.pipeline(transaction=False) as pipeline:
            for ask in asks:
                for cap, whose in ask.caps:
                    pipeline.zrem(_key(cap, whose), ask.lease)
            pipeline.execute()


def _key(limit: Bucket | Cap, whose: str) -> str:
    return f"limit:{limit.name}:{whose}"


class Alone:
    """The limits of this process, in its memory."""

    def __init__(self, clock: Callable[[], int] = lambda: time.monotonic_ns() // 1000) -> None:
        self._clock = clock
        self._lock = Lock()
        self._full: dict[tuple[str, str], int] = {}
        self._held: dict[tuple[str, str], dict[str, int]] = {}

    def take(self, ask: Ask) -> Told:
        """Spend and hold, or refuse."""
        now = self._clock()
        with self._lock:
            self._forget(now)
            tried = [spend(self._full.get((one.name, whose), now), now, one, ask.cost) for one, whose in ask.buckets]
            refused = next((place for place, (_, passes) in enumerate(tried) if not passes), None)
            if refused is not None:
                known = (self._full.get((bucket.name, whose), now) for bucket, whose in ask.buckets)
                return Told(tuple(max(full - now, 0) for full in known), refused)
            for (bucket, whose), (later, _) in zip(ask.buckets, tried, strict=True):
                self._full[bucket.name, whose] = later
            return Told(tuple(later - now for later, _ in tried), self._hold(ask, now))

    def _hold(self, ask: Ask, now: int) -> int | None:
        held = [self._held.setdefault((cap.name, whose), {}) for cap, whose in ask.caps]
        for place, ((cap, _), leases) in enumerate(zip(ask.caps, held, strict=True)):
            for lease in [lease for lease, end in leases.items() if end <= now]:
                del leases[lease]
            if len(leases) >= cap.most:
                return len(ask.buckets) + place
        for leases in held:
            leases[ask.lease] = now + LEASE * SECOND
        return None

    def _forget(self, now: int) -> None:
        """Keep the memory small: full buckets need no remembering, and a crowd of strangers is forgotten whole."""
        if len(self._full) > _MOST_KNOWN:
            self._full = {name: full for name, full in self._full.items() if full > now}
            if len(self._full) > _MOST_KNOWN:
                self._full.clear()

    def give_back(self, asks: list[Ask]) -> None:
        """End the leases of these asks."""
        with self._lock:
            for ask in asks:
                for cap, whose in ask.caps:
                    leases = self._held.get((cap.name, whose), {})
                    leases.pop(ask.lease, None)
                    if not leases:
                        self._held.pop((cap.name, whose), None)
