"""The arithmetic of the limits: plans, what a request costs, when a bucket lets it through, and how that is told.

A bucket is kept as one instant, the one at which it will be full again (the generic cell rate algorithm): a request
moves it later by its cost, and is let through while it does not lie further ahead than the bucket is deep.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from functools import lru_cache
from typing import Any

from app.http.limits.types import SECOND, Bucket, Cap, Plan

ITEMS_PER_UNIT = 50

# API-130 by the letter, for an installation that faces the internet ...
STANDARD = Plan(
    key=Bucket("key_minute", 600, 60, 60),
    firm=Bucket("firm_minute", 3_000, 60, 300),
    stranger=Bucket("address_minute", 600, 60, 60),
    login_address=Bucket("login_address_minute", 10, 60, 10),
    login_account=Bucket("login_account_minute", 5, 60, 5),
    concurrent=Cap("firm_concurrent", 40),
    heavy=Cap("firm_heavy", 6),
)
# ... and one for a house of its own, where one program may serve all the clients of a firm from one address.
ROOMY = Plan(
    key=Bucket("key_minute", 3_000, 60, 600),
    firm=Bucket("firm_minute", 12_000, 60, 2_400),
    stranger=Bucket("address_minute", 3_000, 60, 600),
    login_address=Bucket("login_address_minute", 300, 60, 100),
    login_account=Bucket("login_account_minute", 60, 60, 30),
    concurrent=Cap("firm_concurrent", 40),
    heavy=Cap("firm_heavy", 6),
)
PLANS = {"standard": STANDARD, "roomy": ROOMY}
_WORD = re.compile(r"([a-z]+)(?:\*([1-9][0-9]{0,3}))?")


def plan_of(word: str) -> Plan:
    """The plan of a setting, `standard` or `roomy*10` (every number ten times); raises `ValueError`."""
    found = _WORD.fullmatch(word)
    if found is None or found[1] not in PLANS:
        raise ValueError(f"RATE_LIMITS is {word!r}; it may be {' or '.join(PLANS)}, with a factor: roomy*10")
    plan, factor = PLANS[found[1]], int(found[2] or 1)
    times: dict[str, Any] = {one.name: _times(getattr(plan, one.name), factor) for one in fields(plan)}
    return Plan(**times)


def _times(limit: Bucket | Cap, factor: int) -> Bucket | Cap:
    if isinstance(limit, Cap):
        return replace(limit, most=limit.most * factor)
    return replace(limit, quota=limit.quota * factor, burst=limit.burst * factor)


def units_of(body: Any) -> int:
    """What a bulk request costs beyond the one unit of every request: a unit for every 50 items."""
    items = body.get("items") if isinstance(body, dict) else None
    return len(items) // ITEMS_PER_UNIT if isinstance(items, list) else 0


def spend(full_at: int, now: int, bucket: Bucket, cost: int) -> tuple[int, bool]:
    """When the bucket will be full after a request of this cost, and whether the request is let through."""
    later = max(full_at, now) + price(bucket, cost)
    return later, later - now <= bucket.depth


def price(bucket: Bucket, cost: int) -> int:
    """The microseconds a request takes out of a bucket; never more than a full one holds."""
    return min(cost, bucket.burst) * bucket.step


def wait(bucket: Bucket, cost: int, lacking: int) -> int:
    """The whole seconds, at least one, after which a bucket lets a refused request through."""
    return max(1, _seconds(lacking + price(bucket, cost) - bucket.depth))


def _seconds(microseconds: int) -> int:
    return -(-microseconds // SECOND)


def level(left: Mapping[Bucket | Cap, int]) -> str:
    """The `RateLimit` field of what buckets lack: the units they still hold, the seconds until all are back."""
    return ", ".join(
        f'"{one.name}";r={(one.depth - lacking) // one.step};t={_seconds(lacking)}'
        for one, lacking in left.items()
        if isinstance(one, Bucket)
    )


@lru_cache(maxsize=64)
def policy(limits: tuple[Bucket | Cap, ...]) -> str:
    """The `RateLimit-Policy` field: quota, window and burst of each bucket, and what may run at the same time."""
    return ", ".join(
        f'"{one.name}";q={one.quota};w={one.window};burst={one.burst}'
        if isinstance(one, Bucket)
        else f'"{one.name}";q={one.most};qu="concurrent-requests"'
        for one in limits
    )
