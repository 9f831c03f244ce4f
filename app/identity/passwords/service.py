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
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from redis import Redis, RedisError

from app.identity.passwords.errors import PASSWORD_GUESSED, LoginBusy, LoginDelayed, PasswordRejected
from app.identity.passwords.rules import LONGEST_DELAY, delays, guessed
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


# Each script is one step of Redis: what it decided is still true when it counts.
# KEYS: the count of an account, and what makes it wait, which holds the number of the try that set it.
# ARGV: the seconds a count is kept, then the seconds to wait after each number of failures.
# Answers the number of the try and 0, or 0 and the milliseconds still to wait.
_TAKE = """
local left = redis.call('PTTL', KEYS[2])
if left > 0 then return {0, left} end
local number = redis.call('INCR', KEYS[1])
redis.call('EXPIRE', KEYS[1], ARGV[1])
local wait = tonumber(ARGV[math.min(number + 1, #ARGV)])
if wait > 0 then redis.call('SET', KEYS[2], number, 'EX', wait) end
return {number, 0}
"""
# ARGV: the number of the try. The wait it set goes with it; one that a later try set stays.
_GIVE_BACK = """
if tonumber(redis.call('GET', KEYS[1]) or 0) > 0 then redis.call('DECR', KEYS[1]) end
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
return 1
"""
_FORGET = "return redis.call('DEL', KEYS[1], KEYS[2])"


class Failures:
    """Failures of one account (from one address, for a password), kept in Redis for 15 minutes.

    Without Redis they are kept by this process: a guesser then has as many tries as there are processes.
    """

    def __init__(self, redis: Redis, whom: str, longest: int = LONGEST_DELAY) -> None:
        self.redis: Redis | None = redis
        self.key = f"login:{hashlib.sha256(whom.encode()).hexdigest()}"
        self.waits = delays(longest)

    @contextmanager
    def one_try(self, failed: type[Refusal]) -> Iterator[None]:
        """A try that ends in this refusal is a failure; raises `LoginDelayed` while the account is slowed down.

        It is counted before anything is verified, so that many at once are no more than one after another, and is
        given back when it ends in any other way: a busy house is nobody's failure.
        """
        number = self._take()
        try:
            yield
        except failed:
            raise
        except BaseException:
            self._give_back(number)
            raise
        self._give_back(number)

    def forget(self) -> None:
        """Begin anew after a login that went well."""
        _LOCAL.forget(self.key)
        self._ask(_FORGET)

    def _take(self) -> int:
        number, wait = self._ask(_TAKE, _FAILURES_KEPT, *self.waits) or _LOCAL.take(self.key, self.waits)
        if wait:
            seconds = -(-wait // 1000)
            raise LoginDelayed(headers={"Retry-After": str(seconds)}, seconds=seconds)
        return int(number)

    def _give_back(self, number: int) -> None:
        if self._ask(_GIVE_BACK, number) is None:
            _LOCAL.give_back(self.key, number)

    def _ask(self, script: str, *given: int) -> Any:
        """The answer of Redis, or None; once it failed it is not asked again, so that a login waits for it once."""
        if self.redis is None:
            return None
        try:
            return self.redis.eval(script, 2, self.key, f"{self.key}:wait", *given)
        except RedisError:
            self.redis = None
            return None


class _Count(NamedTuple):
    """The failures of an account, until when it waits because of which of them, and when they are forgotten."""

    failures: int = 0
    until: float = 0.0
    because: int = 0
    forgotten: float = 0.0


class _Local:
    """Failures that this process remembers while Redis is gone: the newest thousands, for 15 minutes each."""

    def __init__(self, most: int = 10_000) -> None:
        self.most = most
        self.kept: OrderedDict[str, _Count] = OrderedDict()
        self.lock = threading.Lock()

    def take(self, key: str, waits: Sequence[int]) -> tuple[int, int]:
        """The number of the try and 0, or 0 and the milliseconds still to wait."""
        now = time.monotonic()
        with self.lock:
            held = self.kept.get(key, _Count())
            if held.until > now:
                return 0, math.ceil((held.until - now) * 1000)
            number = held.failures + 1 if held.forgotten > now else 1
            until = now + waits[min(number, len(waits)) - 1]
            self.kept[key] = _Count(number, until, number, now + _FAILURES_KEPT)
            self.kept.move_to_end(key)
            while len(self.kept) > self.most:
                self.kept.popitem(last=False)
        return number, 0

    def give_back(self, key: str, number: int) -> None:
        """A try was no failure: the wait it set goes with it, one that a later try set stays."""
        with self.lock:
            held = self.kept.get(key, _Count())
            if held.failures:
                until = 0.0 if held.because == number else held.until
                self.kept[key] = held._replace(failures=held.failures - 1, until=until)

    def forget(self, key: str) -> None:
        """Begin anew."""
        with self.lock:
            self.kept.pop(key, None)


_LOCAL = _Local()
