"""Who may ask how much: the limits of every request, kept in Valkey and, while that is away, in each process.

Invariant: nothing here makes a request fail or wait: a Valkey that does not answer within a quarter of a second is not
asked again for five, by this process, and each process counts for itself meanwhile. A lease is given back behind the
request, by a thread of its own, several at a time; one whose process died runs out by itself.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any

from flask import Flask, Response, current_app, g, request
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.http import problem
from app.http.limits import rules
from app.http.limits.errors import RateLimited, TooManyAtOnce
from app.http.limits.queries import Alone, Shared
from app.http.limits.types import Ask, Bucket, Cap, Store, Told
from app.http.types import Authenticated, Operation
from infra.errors import Refusal
from infra.ids import new_id
from infra.settings import Settings

_EXTENSION = "zhangfang.limits"
_PATIENCE = 0.25  # seconds for a connection, and for an answer
_PAUSE = 5.0  # seconds in which a Valkey that failed is left alone
_GATHERED = 0.01  # seconds in which leases gather before they are given back together


class Kept:
    """The shared store while it answers, the process's own while it does not."""

    def __init__(self, shared: Store, alone: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._shared = shared
        self._alone = alone
        self._clock = clock
        self._silent, self._ask_again = False, 0.0
        self._returned: SimpleQueue[Ask] = SimpleQueue()
        self._starting = Lock()
        self._returner: Thread | None = None

    def take(self, ask: Ask) -> tuple[Told, Store]:
        """The answer, and the store that gave it."""
        if self._may_ask():
            try:
                told = self._shared.take(ask)
            except RedisError:
                self._pause()
            else:
                self._silent = False
                return told, self._shared
        return self._alone.take(ask), self._alone

    def _may_ask(self) -> bool:
        """Whether Valkey answers as far as is known; after a pause one request tries, the others go on without it."""
        if self._silent:
            now = self._clock()
            if now < self._ask_again:
                return False
            self._ask_again = now + _PAUSE
        return True

    def _pause(self) -> None:
        self._silent, self._ask_again = True, self._clock() + _PAUSE

    def give_back(self, ask: Ask, store: Store) -> None:
        """End a lease where it was taken; nobody waits for Valkey to hear of it."""
        if store is self._alone:
            self._alone.give_back([ask])
            return
        self._returned.put(ask)
        if self._returner is None:
            self._start_returner()

    def _start_returner(self) -> None:
        with self._starting:
            if self._returner is None:
                self._returner = Thread(target=self._give_back_forever, name="limits", daemon=True)
                self._returner.start()

    def _give_back_forever(self) -> None:
        while True:
            asks = [self._returned.get()]
            time.sleep(_GATHERED)
            with suppress(Empty):
                while len(asks) < 1000:
                    asks.append(self._returned.get_nowait())
            if not self._silent:  # what is not given back runs out
                try:
                    self._shared.give_back(asks)
                except RedisError:
                    self._pause()


class Limiter:
    """The limits of one application."""

    def __init__(self, settings: Settings) -> None:
        self.plan = rules.plan_of(settings.rate_limits)
        redis = Redis.from_url(
            settings.redis_url,
            socket_timeout=_PATIENCE,
            socket_connect_timeout=_PATIENCE,
            retry=Retry(NoBackoff(), 0),
        )
        self.kept = Kept(Shared(redis), Alone())

    def register(self, app: Flask) -> None:
        """Stand at the gate of an application, and tell every answer how much is left."""
        app.extensions[_EXTENSION] = self
        app.after_request(self._tell)
        app.teardown_request(self._leave)

    @classmethod
    def here(cls) -> Limiter:
        """The limiter of the application that serves this request."""
        found: Limiter = current_app.extensions[_EXTENSION]
        return found

    def enter(self, op: Operation, caller: Authenticated | None) -> None:
        """Count a request before anything of it is read; raises `RateLimited` or `TooManyAtOnce`."""
        if caller is None:
            bucket = self.plan.login_address if op.rate_class == "login" else self.plan.stranger
            self._ask((bucket, _address()))
            return
        caps: list[tuple[Cap, str]] = []
        if caller.tenant is not None:
            firm = str(caller.tenant.id)
            caps = [(self.plan.concurrent, firm)]
            caps += [(self.plan.heavy, firm)] if op.rate_class == "heavy" else []
        self._ask(*self._buckets(caller), caps=caps)

    def weigh(self, op: Operation, caller: Authenticated | None) -> None:
        """Count what only the body tells: the items of a bulk request, the account of a login; raises `RateLimited`."""
        if op.rate_class == "bulk" and caller is not None and (more := rules.units_of(g.body)):
            self._ask(*self._buckets(caller), cost=more)
        elif op.rate_class == "login" and (account := _account(caller, g.body)):
            self._ask((self.plan.login_account, f"{account}@{_address()}"))

    def _buckets(self, caller: Authenticated) -> list[tuple[Bucket, str]]:
        firm = [] if caller.tenant is None else [(self.plan.firm, str(caller.tenant.id))]
        return [(self.plan.key, caller.actor.key), *firm]

    def _ask(self, *buckets: tuple[Bucket, str], caps: Sequence[tuple[Cap, str]] = (), cost: int = 1) -> None:
        ask = Ask(buckets, tuple(caps), cost, new_id().hex if caps else "")
        told, store = self.kept.take(ask)
        known: dict[Bucket | Cap, int] = g.setdefault("limits", {})
        known |= {bucket: lacking for (bucket, _), lacking in zip(buckets, told.lacking, strict=True)}
        known |= {cap: 0 for cap, _ in caps}
        if told.refused is not None:
            raise _refusal(ask, told, told.refused)
        if caps:
            g.lease = (ask, store)

    def _tell(self, response: Response) -> Response:
        """Put the limits on an answer; who was not counted yet is counted as a stranger of this address."""
        if "limits" not in g:
            try:
                self._ask((self.plan.stranger, _address()))
            except RateLimited as refused:
                response = problem.of_refusal(refused)
        response.headers["RateLimit-Policy"] = rules.policy(tuple(g.limits))
        response.headers["RateLimit"] = rules.level(g.limits)
        return response

    def _leave(self, failure: BaseException | None) -> None:
        held = g.pop("lease", None)
        if held is not None:
            self.kept.give_back(*held)


def _refusal(ask: Ask, told: Told, place: int) -> Refusal:
    if place >= len(ask.buckets):
        cap, _ = ask.caps[place - len(ask.buckets)]
        return TooManyAtOnce(limit=cap.name, quota=cap.most, headers={"Retry-After": "1"})
    bucket, _ = ask.buckets[place]
    seconds = rules.wait(bucket, ask.cost, told.lacking[place])
    return RateLimited(
        limit=bucket.name,
        quota=bucket.quota,
        window_s=bucket.window,
        reset_s=seconds,
        headers={"Retry-After": str(seconds)},
    )


def _address() -> str:
    return request.remote_addr or ""


def _account(caller: Authenticated | None, body: Any) -> str:
    """Whom a login is tried for, known or not, as one short word; empty when it names nobody.

    That is the caller, else the e-mail at its firm (on the page of the authorization server a client stands for its
    firm), else the challenge or link that was given to one person.
    """
    if caller is not None:
        return caller.actor.key
    if not isinstance(body, dict):
        return ""
    groups = (("email", "firm", "client_id"), ("challenge",), ("secret",))
    named = next((group for group in groups if body.get(group[0])), ())
    words = "\n".join(str(body.get(name, "")).strip().lower() for name in named)
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:32] if named else ""
