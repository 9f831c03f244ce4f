"""Guesses at once are no more than guesses one after another, with Redis and without it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import log2
from typing import Any
from uuid import uuid4

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.identity.passwords.errors import LoginBusy, LoginDelayed
from app.identity.passwords.service import Failures
from app.identity.sessions.errors import LoginFailed
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.api.conftest import PASSWORD, Caller
from tests.api.signing_in import World

MANY = 25


@pytest.fixture(params=["with redis", "without it"])
def failures(request: pytest.FixtureRequest, ports: Ports) -> Callable[[], Failures]:
    """The failures of somebody nobody tried before; each call is another request."""
    whom = uuid4().hex
    dead = Redis(port=1, socket_connect_timeout=0.1, retry=Retry(NoBackoff(), 0))
    return lambda: Failures(ports.redis if request.param == "with redis" else dead, whom)


def fail(counter: Failures) -> str:
    """What a wrong try ends in."""
    return ended(counter, LoginFailed)


def ended(counter: Failures, refusal: type[Exception] | None) -> str:
    """What a try ends in that, once let in, ends in this."""
    try:
        with counter.one_try(LoginFailed):
            if refusal is not None:
                raise refusal
    except (LoginFailed, LoginDelayed, LoginBusy) as refused:
        return refused.code
    return "went well"


def at_once(ask: Callable[[int], Any], count: int = MANY) -> tuple[Counter[Any], int]:
    """What so many that ask at the same time are told, and how many of them could have been verified in a row."""
    began = time.monotonic()
    with ThreadPoolExecutor(count) as pool:
        told = Counter(pool.map(ask, range(count)))
    return told, 5 + int(log2(1 + time.monotonic() - began))  # after five free ones 1, 2, 4 ... seconds


def test_of_many_tries_at_once_no_more_are_verified_than_one_after_another(failures: Callable[[], Failures]) -> None:
    told, fair = at_once(lambda _: fail(failures()))
    assert 5 <= told["login.failed"] <= fair and told["login.failed"] + told["login.delayed"] == MANY


def test_a_try_that_was_no_failure_is_given_back(failures: Callable[[], Failures]) -> None:
    for refusal in (LoginBusy, None) * 10:
        ended(failures(), refusal)
    assert [fail(failures()) for _ in range(4)] == ["login.failed"] * 4
    for refusal in (LoginBusy, None) * 10:  # each is the fifth, and the wait it would earn goes with it
        assert ended(failures(), refusal) != "login.delayed"
    assert [fail(failures()) for _ in range(2)] == ["login.failed", "login.delayed"]


def test_a_wait_that_a_later_try_earned_outlives_an_earlier_one(failures: Callable[[], Failures]) -> None:
    assert [fail(failures()) for _ in range(3)] == ["login.failed"] * 3
    with failures().one_try(LoginFailed):
        assert fail(failures()) == "login.failed"
    assert fail(failures()) == "login.delayed"


def test_a_login_that_went_well_begins_anew(failures: Callable[[], Failures]) -> None:
    assert [fail(failures()) for _ in range(4)] == ["login.failed"] * 4
    counter = failures()
    with counter.one_try(LoginFailed):
        counter.forget()
    assert [fail(failures()) for _ in range(6)] == ["login.failed"] * 5 + ["login.delayed"]


def test_wrong_passwords_at_once_are_five(client: Any, owner: Caller) -> None:
    def guess(number: int) -> Any:
        body = {"firm": "firm-a", "email": owner.email, "password": f"wrong password {number}"}
        return client.application.test_client().post("/v1/login", json=body).json["code"]

    told, fair = at_once(guess)
    assert 5 <= told["login.failed"] <= fair and told["login.failed"] + told["login.delayed"] == MANY


def test_wrong_codes_over_many_challenges_at_once_are_five(ports: Ports, firm: TenantRef) -> None:
    person = World(ports, firm).person()
    person.enrol_totp()
    asked = [person.ask()["challenge"] for _ in range(8)]
    wrong = "000000" if person.code() != "000000" else "000001"

    def guess(number: int) -> Any:
        body = {"challenge": asked[number % 8], "code": wrong}
        return person.client.application.test_client().post("/v1/login/second-factor", json=body).json["code"]

    told, fair = at_once(guess, 16)
    assert 5 <= told["login.second_factor_failed"] <= fair
    assert told["login.second_factor_failed"] + told["login.delayed"] == 16


def test_wrong_passwords_of_a_step_up_at_once_are_five(owner: Caller) -> None:
    def guess(number: int) -> Any:
        call = Caller(owner.client.application.test_client(), owner.secret)
        return call("POST", "/v1/me/step-up", {"password": f"wrong password {number}"}).json["code"]

    told, fair = at_once(guess, 16)
    assert 5 <= told["auth.step_up_failed"] <= fair
    assert told["auth.step_up_failed"] + told["login.delayed"] == 16


def test_the_right_password_does_not_forget_wrong_codes(owner: Caller) -> None:
    """A thief of a session with the password would guess codes for ever by asking for a bad new one in between."""
    wrong = {"password": "wrong wrong wrong"}
    assert [owner("POST", "/v1/me/step-up", wrong).status_code for _ in range(4)] == [401] * 4
    bad = owner("POST", "/v1/me/password", {"present": PASSWORD, "password": "aaaaaaaaaaaa"})
    assert bad.json["code"] == "password.rejected"
    assert [owner("POST", "/v1/me/step-up", wrong).status_code for _ in range(2)] == [401, 429]
