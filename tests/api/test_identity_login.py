"""Logging in and out: one answer to every failure, a token bound to one firm, and an end that ends it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.factory import create_app
from app.identity.passwords import service as passwords
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.api.conftest import PASSWORD, Caller


def _login(client: FlaskClient, **changes: str) -> tuple[int, dict[str, object]]:
    answer = client.post("/v1/login", json={"firm": "firm-a", "password": PASSWORD, **changes})
    return answer.status_code, answer.json


def test_a_member_logs_in_with_a_password_and_the_session_ends_with_logout(client: FlaskClient, owner: Caller) -> None:
    status, session = _login(client, email=owner.email.upper())
    assert status == 200
    mine = Caller(client, str(session["token"]))
    assert mine("GET", "/v1/me").status_code == 200
    assert mine("POST", "/v1/logout").status_code == 204
    assert mine("GET", "/v1/me").json["code"] == "token.invalid"
    assert owner("GET", "/v1/me").status_code == 200


def test_every_wrong_login_gets_the_same_answer(
    client: FlaskClient, owner: Caller, member: Callable[..., Caller], other_firm: TenantRef
) -> None:
    stranger = member("owner", other_firm)
    answers = [
        _login(client, email=owner.email, password="wrong wrong wrong"),
        _login(client, email="nobody@firm-a.test"),
        _login(client, email=stranger.email),
        _login(client, email=owner.email, firm="no-such-firm"),
    ]
    shown = {(status, problem["code"], problem["detail"]) for status, problem in answers}
    assert shown == {(401, "login.failed", "公司、邮箱或密码不正确。")}


def test_failures_slow_a_guesser_down_whether_the_account_exists_or_not(client: FlaskClient, owner: Caller) -> None:
    for email in (owner.email, "ghost@firm-a.test"):
        seen = [_login(client, email=email, password="wrong wrong wrong") for _ in range(6)]
        assert [status for status, _ in seen] == [401] * 5 + [429], email
        assert seen[-1][1]["code"] == "login.delayed"
    elsewhere = client.post(
        "/v1/login",
        json={"firm": "firm-a", "email": owner.email, "password": PASSWORD},
        environ_base={"REMOTE_ADDR": "203.0.113.9"},
    )
    assert elsewhere.status_code == 200


def test_an_unknown_person_costs_the_same_work_as_a_wrong_password(
    client: FlaskClient, owner: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    work: list[str] = []
    verify = passwords.verify
    monkeypatch.setattr(passwords, "verify", lambda held, password: work.append(held[:25]) or verify(held, password))
    for email in (owner.email, "nobody-at-all@firm-a.test"):
        assert _login(client, email=email, password="wrong wrong wrong")[0] == 401
    assert len(work) == 2 and work[0] == work[1]


def test_no_more_than_two_passwords_are_hashed_at_once(
    client: FlaskClient, owner: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_HASHING_WAIT", 0.05)
    with passwords._Turn(), passwords._Turn():
        answer = client.post("/v1/login", json={"firm": "firm-a", "email": owner.email, "password": PASSWORD})
        assert (answer.status_code, answer.json["code"]) == (503, "login.busy")
        assert answer.headers["Retry-After"] == "5"
    assert _login(client, email=owner.email)[0] == 200


def test_without_redis_people_still_log_in_and_the_process_says_it_is_not_ready(
    ports: Ports, client: FlaskClient, owner: Caller
) -> None:
    assert client.get("/readyz").json == {"status": "ok"}
    dead = Redis(port=1, socket_connect_timeout=0.2, retry=Retry(NoBackoff(), 0))
    lame = create_app(replace(ports, redis=dead)).test_client()
    assert _login(lame, email=owner.email)[0] == 200
    answer = lame.get("/readyz")
    assert (answer.status_code, answer.json["code"]) == (503, "service.not_ready")
    assert lame.get("/healthz").status_code == 200
