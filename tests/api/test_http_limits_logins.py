"""Whose login a request is: the limit of an account is nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from app.factory import create_app
from app.http.limits.queries import Alone
from app.http.limits.service import Kept, Limiter
from app.http.limits.types import Bucket
from infra.ports import Ports
from tests.api.conftest import PASSWORD, Caller

Member = Callable[..., Caller]


@pytest.fixture
def limiter(ports: Ports) -> Limiter:
    """The plan of the contract with nothing spent, counted by this process."""
    app = create_app(replace(ports, settings=replace(ports.settings, rate_limits="standard")))
    with app.app_context():
        found = Limiter.here()
    found.kept, found.app = Kept(Alone(), Alone()), app  # type: ignore[attr-defined]
    return found


@pytest.fixture
def person(limiter: Limiter, member: Member) -> Member:
    """Somebody new at this application."""
    return lambda *whom: Caller(limiter.app.test_client(), member(*whom).secret)  # type: ignore[attr-defined]


def test_whoever_is_told_apart_by_a_token_a_challenge_or_a_link_is_counted_alone(
    person: Member, limiter: Limiter
) -> None:
    plenty = Bucket("login_address_minute", 1_000, 60, 1_000)
    limiter.plan = replace(limiter.plan, login_address=plenty)
    call, colleague = person("owner"), person("owner")

    def seen(ask: Callable[[str], Any], *words: str) -> list[int]:
        return [ask(word).status_code for word in words]

    def answer(challenge: str) -> Any:
        return call.client.post("/v1/login/second-factor", json={"challenge": challenge, "code": "123456"})

    def follow(link: str) -> Any:
        return call.client.post("/v1/password-reset", json={"secret": link, "password": "six blue kettles hum"})

    def prove(anew: Caller) -> Any:
        return anew("POST", "/v1/me/step-up", {"password": PASSWORD})

    assert seen(answer, *(letter * 43 for letter in "ABCDEFGHIJKL")) == [401] * 12
    assert seen(follow, *(f"zf_r_{letter * 43}" for letter in "ABCDEFGHIJKL")) == [401] * 12
    assert [prove(call).status_code for _ in range(6)] == [200] * 5 + [429]
    assert prove(call).json["params"]["limit"] == "login_account_minute"
    assert prove(colleague).status_code == 200
    assert [answer("M" * 43).json["code"] for _ in range(6)][-1] == "rate.limited"


def test_a_login_that_names_nobody_is_counted_by_its_address_alone(person: Member, limiter: Limiter) -> None:
    client = person("owner").client
    asked = {"provider": "idp_unknown", "ticket": "A" * 43}
    seen = [client.post("/v1/outside-logins", json=asked) for _ in range(11)]
    assert {answer.status_code for answer in seen[:10]}.isdisjoint({429})
    assert seen[10].json["params"]["limit"] == "login_address_minute"
