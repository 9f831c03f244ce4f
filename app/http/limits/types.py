"""The words of the limits: buckets that refill, caps on what runs at once, plans of them, and one request's ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

SECOND = 1_000_000  # all reckoning is in whole microseconds


@dataclass(frozen=True, slots=True)
class Bucket:
    """`quota` units come back in `window` seconds, one at a time; at most `burst` may be spent at once."""

    name: str
    quota: int
    window: int
    burst: int

    @property
    def step(self) -> int:
        """The microseconds in which one unit comes back."""
        return self.window * SECOND // self.quota

    @property
    def depth(self) -> int:
        """The microseconds in which an empty bucket is full again."""
        return self.step * self.burst


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `most` requests at the same time."""

    name: str
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a firm, a key or session, and a network address may ask for."""

    key: Bucket
    firm: Bucket
    stranger: Bucket
    login_address: Bucket
    login_account: Bucket
    concurrent: Cap
    heavy: Cap


@dataclass(frozen=True, slots=True)
class Ask:
    """What one request spends and holds: each bucket and cap with the name of whoever it belongs to."""

    buckets: tuple[tuple[Bucket, str], ...]
    caps: tuple[tuple[Cap, str], ...] = ()
    cost: int = 1
    lease: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A store's answer: the microseconds each bucket lacks to be full, and the place of the limit that refused.

    Places count the buckets, then the caps. A refused bucket leaves everything as it was; a refused cap was paid for.
    """

    lacking: tuple[int, ...]
    refused: int | None = None


class Store(Protocol):
    """Where buckets and leases are kept."""

    def take(self, ask: Ask) -> Told:
        """Spend and hold, or refuse."""

    def give_back(self, asks: list[Ask]) -> None:
        """End the leases of these asks."""
