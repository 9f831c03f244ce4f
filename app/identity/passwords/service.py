"""Passwords: argon2id with a bounded number of hashings at once, and failures that slow a guesser down.

Invariant: a person who is not there costs the same work as a wrong password, and nobody is locked out for ever.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from redis import Redis, RedisError

from app.identity.errors import LoginBusy, LoginDelayed
from app.identity.passwords.rules import delay

_HASHER = PasswordHasher()
_HASHING = threading.BoundedSemaphore(2)  # 64 MiB and a quarter second of processor each
_HASHING_WAIT = 5.0
_FAILURES_KEPT = 900


@cache
def nobody() -> str:
    """A hash no password opens, to spend on people who are not there."""
    return _HASHER.hash(secrets.token_urlsafe(32))


def hash_password(password: str) -> str:
    """The argon2id hash of a password; raises `LoginBusy`."""
    with _Turn():
        return _HASHER.hash(password)


def verify(held: str, password: str) -> bool:
    """Whether a password opens a hash; the same work whether it does or not; raises `LoginBusy`."""
    with _Turn():
        try:
            return _HASHER.verify(held, password)
        except VerifyMismatchError:
            return False


class _Turn:
    """One of the few places where a password may be hashed; raises `LoginBusy` when none gets free in time."""

    def __enter__(self) -> None:
        if not _HASHING.acquire(timeout=_HASHING_WAIT):
            raise LoginBusy(headers={"Retry-After": "5"})

    def __exit__(self, *failure: object) -> None:
        _HASHING.release()


class Failures:
    """Failed logins of one account from one address, kept in Redis for 15 minutes; without Redis nobody waits."""

    def __init__(self, redis: Redis, whom: str) -> None:
        self.redis: Redis | None = redis
        self.key = f"login:{hashlib.sha256(whom.encode()).hexdigest()}"

    def wait(self) -> None:
        """Raise `LoginDelayed` while the account is slowed down."""
        left = int(self._ask(lambda redis: redis.ttl(f"{self.key}:wait")) or 0)
        if left > 0:
            raise LoginDelayed(headers={"Retry-After": str(left)}, seconds=left)

    def add(self) -> None:
        """Count a failure, and set the wait it earns."""
        seconds = delay(int(self._ask(lambda redis: redis.incr(self.key)) or 0))
        self._ask(lambda redis: redis.expire(self.key, _FAILURES_KEPT))
        if seconds:
            self._ask(lambda redis: redis.set(f"{self.key}:wait", 1, ex=seconds))

    def forget(self) -> None:
        """Begin anew after a login that went well."""
        self._ask(lambda redis: redis.delete(self.key))

    def _ask(self, ask: Callable[[Redis], Any]) -> Any:
        """The answer of Redis, or None; once it failed it is not asked again, so that a login waits for it once."""
        if self.redis is None:
            return None
        try:
            return ask(self.redis)
        except RedisError:
            self.redis = None
            return None
