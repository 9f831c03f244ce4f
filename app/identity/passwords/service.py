"""Passwords: argon2id with a bounded number of hashings at once, and failures that slow a guesser down.

Invariant: a person who is not there costs the same work as a wrong password, and nobody is locked out for ever.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import math
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from redis import Redis, RedisError

from app.identity.passwords.errors import PASSWORD_GUESSED, LoginBusy, LoginDelayed, PasswordRejected
from app.identity.passwords.rules import LONGEST_DELAY, delay, guessed
from infra.errors import Refusal

log = logging.getLogger(__name__)

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


def check_choice(password: str, own_words: Iterable[str], path: str = "/password") -> None:
    """Refuse a password that would be guessed (ASVS 6.2.12); raises `PasswordRejected` at `path`, or `LoginBusy`."""
    with _Turn():  # weighing a password costs as much as hashing one
        weak = guessed(password, own_words)
    if weak:
        raise PasswordRejected(violations=[PASSWORD_GUESSED.at(path)])


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


@contextmanager
def noted(house_secret: str, way: str, whose: str, came_from: str, request_id: str) -> Iterator[None]:
    """Say to the log of the process that a login by this way is refused (ASVS 16.3.1), alike for known and unknown.

    A firm's own log tells of logins that went well: a line there for members only would tell by the clock who is one.
    Whom it was tried for is a keyed digest, the same for the same name.
    """
    try:
        yield
    except Refusal as refusal:
        account = hmac.new(house_secret.encode(), f"login\n{whose}".encode(), hashlib.sha256).hexdigest()[:16]
        told = (way, refusal.code, account, came_from, request_id)
        log.warning("login refused: way=%s code=%s account=%s from=%s request=%s", *told)
        raise


class Failures:
    """Failures of one account (from one address, for a password), kept in Redis for 15 minutes.

    Without Redis they are kept by this process: a guesser then has as many tries as there are processes.
    """

    def __init__(self, redis: Redis, whom: str, longest: int = LONGEST_DELAY) -> None:
        self.redis: Redis | None = redis
        self.key = f"login:{hashlib.sha256(whom.encode()).hexdigest()}"
        self.longest = longest

    def wait(self) -> None:
        """Raise `LoginDelayed` while the account is slowed down."""
        left = self._ask(lambda redis: redis.ttl(f"{self.key}:wait"))
        seconds = _LOCAL.left(self.key) if left is None else int(left)
        if seconds > 0:
            raise LoginDelayed(headers={"Retry-After": str(seconds)}, seconds=seconds)

    def add(self) -> None:
        """Count a failure, and set the wait it earns."""
        counted = self._ask(lambda redis: redis.incr(self.key))
        if counted is None:
            _LOCAL.add(self.key, self.longest)
            return
        seconds = delay(int(counted), self.longest)
        self._ask(lambda redis: redis.expire(self.key, _FAILURES_KEPT))
        if seconds:
            self._ask(lambda redis: redis.set(f"{self.key}:wait", 1, ex=seconds))

    def forget(self) -> None:
        """Begin anew after a login that went well."""
        _LOCAL.forget(self.key)
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


class _Local:
    """Failures that this process remembers while Redis is gone: the newest thousands, for 15 minutes each."""

    def __init__(self, most: int = 10_000) -> None:
        self.most = most
        self.kept: OrderedDict[str, tuple[int, float, float]] = OrderedDict()  # failures, wait until, forget at
        self.lock = threading.Lock()

    def left(self, key: str) -> int:
        """The seconds still to wait."""
        with self.lock:
            _, until, _ = self.kept.get(key, (0, 0.0, 0.0))
        return max(0, math.ceil(until - time.monotonic()))

    def add(self, key: str, longest: int) -> None:
        """Count a failure."""
        now = time.monotonic()
        with self.lock:
            failures, _, forgotten = self.kept.pop(key, (0, 0.0, 0.0))
            failures = failures + 1 if forgotten > now else 1
            self.kept[key] = (failures, now + delay(failures, longest), now + _FAILURES_KEPT)
            while len(self.kept) > self.most:
                self.kept.popitem(last=False)

    def forget(self, key: str) -> None:
        """Begin anew."""
        with self.lock:
            self.kept.pop(key, None)


_LOCAL = _Local()
