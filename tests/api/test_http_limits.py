"""What the limits promise a caller, over a Valkey of their own that the tests may stop, freeze and start again."""

from __future__ import annotations

import io
import logging
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import current_thread
from typing import Any

import pytest
from flask import Flask
from redis import Redis
from redis.connection import AbstractConnection

from app.factory import BLUEPRINTS, create_app
from app.http.fields import Money
from app.http.limits import queries, rules, service
from app.http.limits.queries import Alone, Shared
from app.http.limits.service import Kept, Limiter
from app.http.limits.types import Ask, Bucket, Cap
from infra.local.process import Child
from infra.local.stack import Stack
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.api import probe
from tests.api.conftest import PASSWORD, Caller, address
from tests.factories.doors import Doors

Member = Callable[..., Caller]

SLOW = Bucket("key_minute", 1, 60, 60)  # what is spent stays spent for the length of a test


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    running = Stack(Path(tempfile.mkdtemp(prefix="zhangfang-test-")), {"valkey"}, environ={})
    running.start()
    yield running
    running.destroy()


@pytest.fixture
def valkey(stack: Stack) -> Iterator[Child]:
    """The server, running and empty."""
    (child,) = stack.children
    Redis.from_url(stack.settings["REDIS_URL"]).flushall()
    yield child
    if child.pid is None:
        _start(child)


def _start(child: Child) -> None:
    child.start()
    child.await_ready()


@pytest.fixture(scope="module")
def narrow(ports: Ports, stack: Stack) -> Flask:
    """The application under the plan of the contract."""
    settings = replace(ports.settings, redis_url=stack.settings["REDIS_URL"], rate_limits="standard")
    return create_app(replace(ports, settings=settings), (*BLUEPRINTS, probe.blp, probe.open_blp))


@pytest.fixture
def limiter(narrow: Flask, valkey: Child) -> Iterator[Limiter]:
    """Its limiter, with nothing spent."""
    with narrow.app_context():
        found = Limiter.here()
    plan, kept = found.plan, found.kept
    found.kept = Kept(kept._shared, Alone())
    yield found
    found.plan, found.kept = plan, kept


@pytest.fixture
def person(narrow: Flask, limiter: Limiter, member: Member) -> Member:
    """Somebody new at the narrow application."""
    return lambda *whom: Caller(narrow.test_client(), member(*whom).secret)


# ---- what every answer tells


def test_every_answer_tells_the_limits(person: Member) -> None:
    call = person("owner")
    stranger = Caller(call.client, "zf_s_nobody")
    answers = [
        call("GET", "/v1/me"),
        call("GET", "/v1/books?limit=0"),
        call("GET", "/v1/books/bk_unknown/accounts"),
        call("POST", "/v1/me"),
        call("GET", "/v1/probes/broken"),
        stranger("GET", "/v1/me"),
        call.client.get("/nowhere"),
        call.client.get("/healthz"),
        call.client.get("/docs"),
        call.client.get("/v1/openapi.json"),
    ]
    assert [answer.status_code for answer in answers] == [200, 422, 404, 405, 500, 401, 404, 200, 200, 200]
    for answer in answers:
        names = [part.split(";")[0] for part in answer.headers["RateLimit"].split(", ")]
        assert [part.split(";")[0] for part in answer.headers["RateLimit-Policy"].split(", ")][: len(names)] == names
    assert answers[0].headers["RateLimit"].startswith('"key_minute";r=59;t=1, "firm_minute";r=299;t=1')
    assert answers[0].headers["RateLimit-Policy"] == (
        '"key_minute";q=600;w=60;burst=60, "firm_minute";q=3000;w=60;burst=300, '
        '"firm_concurrent";q=40;qu="concurrent-requests"'
    )
    assert answers[-1].headers["RateLimit"].startswith('"address_minute";r=')


def _spend(call: Caller, path: str = "/v1/me", most: int = 1000) -> Any:
    """Ask until it is refused."""
    for _ in range(most):
        answer = call("GET", path)
        if answer.status_code != 200:
            return answer
    raise AssertionError("nothing was refused")


def test_what_is_refused_leaves_a_line(person: Member, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    call = person("owner")
    Caller(call.client, "zf_s_CANARY")("GET", "/v1/me?CANARY=1")
    call("GET", "/v1/books?limit=CANARY")
    last = _spend(call)
    told = [vars(record) for record in caplog.records if record.getMessage() == "refused"]
    assert [(one["status"], one["operation"][-4:]) for one in told] == [(401, "read"), (422, "list"), (429, "read")]
    assert told[-1]["request_id"] == last.headers["X-Request-Id"] and "CANARY" not in repr(told)


def test_a_key_that_spent_its_burst_is_told_when_to_come_back(
    person: Member, limiter: Limiter, other_firm: TenantRef
) -> None:
    limiter.plan = replace(limiter.plan, key=SLOW)
    call, colleague, elsewhere = person("owner"), person("owner"), person("owner", other_firm)
    refused = _spend(call)
    assert (refused.status_code, refused.json["code"], refused.json["retryable"]) == (429, "rate.limited", True)
    seconds = refused.headers["Retry-After"]
    assert refused.json["params"] == {"limit": "key_minute", "quota": "1", "window_s": "60", "reset_s": seconds}
    assert 0 < int(seconds) <= 60 and refused.headers["RateLimit"].startswith('"key_minute";r=0;t=')
    assert (colleague("GET", "/v1/me").status_code, elsewhere("GET", "/v1/me").status_code) == (200, 200)


def test_all_keys_of_a_firm_share_what_the_firm_may_ask(
    person: Member, limiter: Limiter, other_firm: TenantRef
) -> None:
    limiter.plan = replace(limiter.plan, firm=Bucket("firm_minute", 60, 60, 10))
    colleagues = [person("owner") for _ in range(3)]
    seen = [colleagues[number % 3]("GET", "/v1/me").status_code for number in range(12)]
    assert seen[:10] == [200] * 10 and 429 in seen[10:]
    assert _spend(colleagues[0]).json["params"]["limit"] == "firm_minute"
    assert person("owner", other_firm)("GET", "/v1/me").status_code == 200


def test_a_refused_request_reads_no_body_and_does_nothing(person: Member, limiter: Limiter) -> None:
    limiter.plan = replace(limiter.plan, key=SLOW)
    call = person("owner")
    _spend(call)
    answers = [
        call.client.post(
            "/v1/books",
            data=b"[" * 100_000,
            headers={"Authorization": f"Bearer {call.secret}", "Content-Type": "application/json"},
        )
        for _ in range(3)
    ]
    assert {answer.json["code"] for answer in answers} == {"rate.limited"}


def test_a_bulk_costs_by_its_items(person: Member, limiter: Limiter, doors: Doors) -> None:
    limiter.plan = replace(limiter.plan, key=SLOW)
    call, bulk = person("owner"), address(doors.new_book().uid, "/vouchers/bulk")
    for items, left in ((500, 49), (49, 48), (50, 46), (0, 45)):
        answer = call("POST", bulk, {"mode": "partial", "items": [{}] * items})
        assert answer.headers["RateLimit"].startswith(f'"key_minute";r={left};')
    assert call("POST", bulk, {"mode": "partial", "items": [{}] * 5_000}).json["code"] == "rate.limited"


def test_strangers_are_counted_by_their_address(narrow: Flask, limiter: Limiter) -> None:
    limiter.plan = replace(limiter.plan, stranger=replace(SLOW, name="address_minute"))

    def ask(where: str, path: str = "/v1/me") -> Any:
        token = {"Authorization": "Bearer zf_s_guess"}
        return narrow.test_client().get(path, headers=token, environ_base={"REMOTE_ADDR": where})

    seen = {path: [ask(f"203.0.113.{place}", path).status_code for _ in range(70)] for place, path in _PLACES}
    for path, statuses in seen.items():
        assert statuses.index(429) in (60, 61), path
    assert ask("203.0.113.99").status_code == 401


_PLACES = list(enumerate(["/v1/me", "/nowhere", "/healthz", "/docs"]))


def test_logins_are_counted_by_address_and_by_account_from_an_address(
    narrow: Flask, limiter: Limiter, member: Member
) -> None:
    known = member("owner").email

    def log_in(email: str, where: str) -> Any:
        who = {"firm": "firm-a", "email": email, "password": PASSWORD}
        return narrow.test_client().post("/v1/login", json=who, environ_base={"REMOTE_ADDR": where})

    for email in (known, "ghost@firm-a.test"):
        seen = [log_in(email, "203.0.113.7" if email == known else "203.0.113.8") for _ in range(6)]
        assert [answer.status_code == 429 for answer in seen] == [False] * 5 + [True]
        assert seen[-1].json["params"] == {"limit": "login_account_minute", "quota": "5", "window_s": "60"} | {
            "reset_s": seen[-1].headers["Retry-After"]
        }
    assert log_in(known, "203.0.113.9").status_code == 200
    many = [log_in(f"ghost{number}@firm-a.test", "203.0.113.10") for number in range(11)]
    assert [answer.status_code for answer in many] == [401] * 10 + [429]
    assert many[-1].json["params"]["limit"] == "login_address_minute"


# ---- before anything is understood


@pytest.fixture
def at(doors: Doors) -> str:
    return address(doors.new_book().uid, "/probes")


def test_a_query_and_a_form_have_limits(person: Member, at: str) -> None:
    call = person("owner")

    def refused(path: str) -> tuple[int, Any]:
        answer = call("GET", path)
        return answer.status_code, answer.json["params"]

    assert refused(f"{at}?period={'a' * 8_000}") == (400, {"limit": "query", "maximum": "8000"})
    assert refused(f"{at}?{'&'.join(f'a{n}=1' for n in range(101))}") == (
        400,
        {"limit": "parameters", "maximum": "100"},
    )
    form = {"Authorization": f"Bearer {call.secret}", "Idempotency-Key": "0123456789abcdef"}
    book = at.removesuffix("/probes")
    parts = {"files": [(io.BytesIO(b""), f"{n}.xml") for n in range(1_100)]}
    answer = call.client.post(f"{book}/documents", data=parts, headers=form)
    assert (answer.status_code, answer.json["params"]) == (400, {"limit": "parts", "maximum": "1000"})


def test_too_many_items_are_refused_before_any_is_looked_at(
    person: Member, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    monkeypatch.setattr(Money, "_deserialize", lambda field, value, *rest, **more: looked.append(value))
    answer = person("owner")("POST", at, {"memo": "a", "lines": [{"amount": "1.00"}] * 1_001})
    assert [(one["pointer"], one["code"]) for one in answer.json["errors"]] == [("/lines", "field.length")]
    assert looked == []


# ---- at the same time


@contextmanager
def holding(limiter: Limiter, firm: TenantRef, cap: Cap, count: int) -> Iterator[None]:
    """Leases of a firm, taken by another process."""
    asks = [Ask((), ((cap, str(firm.id)),), 1, f"theirs-{number}") for number in range(count)]
    other = limiter.kept._shared
    assert [other.take(ask).refused for ask in asks] == [None] * count
    yield
    other.give_back(asks)


def test_a_firm_at_its_cap_is_refused_and_another_is_not(
    person: Member, limiter: Limiter, firm: TenantRef, other_firm: TenantRef
) -> None:
    call, elsewhere = person("owner"), person("owner", other_firm)
    with holding(limiter, firm, limiter.plan.concurrent, 40):
        refused = call("GET", "/v1/me")
        assert (refused.status_code, refused.json["code"]) == (429, "rate.concurrent")
        assert refused.json["params"] == {"limit": "firm_concurrent", "quota": "40"}
        assert refused.headers["Retry-After"] == "1"
        assert elsewhere("GET", "/v1/me").status_code == 200
    assert call("GET", "/v1/me").status_code == 200


def test_reports_have_a_smaller_cap_of_their_own(
    person: Member, limiter: Limiter, firm: TenantRef, doors: Doors
) -> None:
    call, book = person("owner"), doors.new_book()
    report = address(book.uid, "/trial-balance?period=2026-09")
    with holding(limiter, firm, limiter.plan.heavy, 6):
        refused = call("GET", report)
        assert (refused.status_code, refused.json["params"]) == (429, {"limit": "firm_heavy", "quota": "6"})
        assert call("GET", "/v1/me").status_code == 200
    assert call("GET", report).status_code != 429


def _until(fine: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 30
    while not (seen := fine()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return seen


def test_requests_at_the_same_time_are_let_in_up_to_the_cap_and_their_leases_come_back(
    narrow: Flask, person: Member, limiter: Limiter, doors: Doors, stack: Stack
) -> None:
    limiter.plan = replace(limiter.plan, concurrent=Cap("firm_concurrent", 2))
    call, sleeps = person("owner"), address(doors.new_book().uid, "/probes/sql/select pg_sleep(1)")
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: Caller(narrow.test_client(), call.secret)("GET", sleeps), range(5)))
    assert sorted(answer.status_code for answer in answers) == [204, 204, 429, 429, 429]
    redis = Redis.from_url(stack.settings["REDIS_URL"])
    assert _until(lambda: redis.keys("limit:firm_concurrent:*") == [])
    assert call("GET", "/v1/me").status_code == 200


def test_what_a_dead_process_held_is_free_again_by_itself(
    person: Member, limiter: Limiter, firm: TenantRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = person("owner")
    monkeypatch.setattr(queries, "LEASE", 1)
    limiter.plan = replace(limiter.plan, concurrent=Cap("firm_concurrent", 1))
    died = Ask((), ((limiter.plan.concurrent, str(firm.id)),), 1, "died")
    assert limiter.kept._shared.take(died).refused is None
    assert call("GET", "/v1/me").json["code"] == "rate.concurrent"
    assert _until(lambda: call("GET", "/v1/me").status_code == 200)


# ---- what it costs, and what happens without


def test_a_request_asks_valkey_once_and_waits_for_nothing_else(
    person: Member, limiter: Limiter, doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    call, report = person("owner"), address(doors.new_book().uid, "/trial-balance?period=2026-09")
    call("GET", "/v1/me")
    sent: list[str] = []
    send = AbstractConnection.send_packed_command

    def counted(connection: Any, command: Any, **options: Any) -> Any:
        sent.append(current_thread().name)
        return send(connection, command, **options)

    monkeypatch.setattr(AbstractConnection, "send_packed_command", counted)
    for path in ["/v1/me", report] * 10:
        call("GET", path)
    assert sent.count(current_thread().name) == 20


def test_without_valkey_each_process_counts_for_itself_until_it_is_back(
    person: Member, limiter: Limiter, valkey: Child, firm: TenantRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_PAUSE", 0.1)
    limiter.plan = replace(limiter.plan, key=SLOW)
    call, colleague = person("owner"), person("owner")
    with holding(limiter, firm, limiter.plan.concurrent, 40):
        assert call("GET", "/v1/me").status_code == 429
        valkey.stop()
        answers = [call("GET", "/v1/me") for _ in range(80)]
        assert {answer.status_code for answer in answers} == {200, 429}
        assert {answer.status_code for answer in answers[:50]} == {200}
        assert {answer.json["code"] for answer in answers if answer.status_code == 429} == {"rate.limited"}
        assert all("RateLimit" in answer.headers for answer in answers)
        assert colleague("GET", "/v1/me").status_code == 200
        _start(valkey)
        assert _until(lambda: colleague("GET", "/v1/me").status_code == 429)  # the leases are known again
    assert _until(lambda: colleague("GET", "/v1/me").status_code == 200)


def test_a_frozen_valkey_is_waited_for_once(
    person: Member, limiter: Limiter, valkey: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = person("owner")
    assert call("GET", "/v1/me").status_code == 200
    asked = []
    take = Shared.take
    monkeypatch.setattr(Shared, "take", lambda shared, ask: asked.append(ask) or take(shared, ask))
    with _frozen(valkey):
        assert {call("GET", "/v1/me").status_code for _ in range(40)} == {200}
    assert len(asked) == 1


@contextmanager
def _frozen(child: Child) -> Iterator[None]:

    assert child.pid
    os.kill(child.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(child.pid, signal.SIGCONT)


def test_the_plans_are_chosen_by_the_setting_and_a_wrong_word_does_not_start(ports: Ports) -> None:
    assert Limiter(replace(ports.settings, rate_limits="standard")).plan == rules.STANDARD
    with pytest.raises(ValueError, match="RATE_LIMITS"):
        Limiter(replace(ports.settings, rate_limits="none"))
