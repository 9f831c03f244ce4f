"""Nobody learns who exists (A-ENUM): what is answered to strangers is the same, and so is the work behind it.

Each kind compares a probe for what never was with probes for what is, was, or is somebody else's: status, headers,
body, the number of argon2 hashings and of SQL statements. Clocks are compared only where `./run test --all` has time.
"""

from __future__ import annotations

import itertools
import json
import secrets
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import event, text
from werkzeug.test import TestResponse

from app.identity.passwords import service as passwords
from infra.ids import encode
from infra.ports import Ports
from tenants.provisioning import provision
from tenants.scope import TenantRef
from tests.api.conftest import PASSWORD
from tests.api.signing_in import Person, World
from tests.unit.identity.authenticator import Authenticator

ORDINARY, ALL = 5, 500
WRONG = "a wrong but decent sentence 31"
_ADDRESSES = itertools.count(1)
# What says when and to which request, and how often this address asked.
_OWN_HEADERS = {"X-Request-Id", "Date", "RateLimit", "RateLimit-Policy", "Content-Length"}
_OWN_MEMBERS = {"instance", "request_id"}

Probe = Callable[["Street"], TestResponse]


@dataclass
class Work:
    """What a request cost: how many passwords were hashed, how many statements were run."""

    hashings: int = 0
    statements: int = 0


@pytest.fixture(scope="module")
def suspended(ports: Ports) -> TenantRef:
    """A firm that nobody may enter."""
    tenant = provision(ports.engine, ports.owner_engine, "firm-suspended", "停用代账公司", ports.clock)
    ports.keyring.create_firm_key(str(tenant.id))
    with ports.owner_engine.begin() as connection:
        connection.execute(text("update platform.tenant set state = 'suspended' where id = :id"), {"id": tenant.id})
    return tenant


class Street:
    """Strangers before the door of a firm, each from an address of its own, and the people they ask about."""

    def __init__(self, ports: Ports, firm: TenantRef, other: TenantRef, suspended: TenantRef) -> None:
        self.world, self.elsewhere = World(ports, firm), World(ports, other)
        self.ports = self.world.ports
        passwords.nobody()  # made by the first login of a process, whoever it is
        self.boss = self.world.person("owner")
        self.known = self.world.person()
        self.enrolled = self.world.person()
        self.enrolled.enrol_totp()
        self.enrolled.enrol_passkey()
        self.stranger = self.elsewhere.person("manager")
        self.disabled = self.world.person()
        self.world.disable(self.disabled.id)
        self.held = self.world.person(firm=suspended)

    def post(self, path: str, body: dict[str, Any]) -> TestResponse:
        """One request of a stranger from an address nobody used before."""
        number = next(_ADDRESSES)
        came = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        return self.world.client.post(path, json=body, environ_base={"REMOTE_ADDR": came})

    def log_in(self, email: str, password: str = WRONG, firm: str = "firm-a") -> TestResponse:
        """The first step of a login."""
        return self.post("/v1/login", {"firm": firm, "email": email, "password": password})

    def second(self, challenge: str, **proof: Any) -> TestResponse:
        """The second step of a login."""
        return self.post("/v1/login/second-factor", {"challenge": challenge, **proof})

    def follow(self, secret: str) -> TestResponse:
        """A reset by a link."""
        return self.post("/v1/password-reset", {"secret": secret, "password": WRONG})

    def accept(self, secret: str) -> TestResponse:
        """An invitation by a link."""
        return self.post("/v1/invitations/accept", {"secret": secret, "name": "某人", "password": WRONG})

    def link(self, table: str, state: str) -> str:
        """A link in a state, made at once."""
        if table == "invitation":
            made = self.boss("POST", "/v1/invitations", {"email": _mail(), "role": "staff"})
        else:
            made = self.boss("POST", f"/v1/staff/{encode('usr', self.known.id or self.boss.id)}/password-reset")
        assert made.status_code == 201, made.json
        change = {
            "expired": "expires_at = now() - interval '1 hour'",
            "revoked": "revoked_at = now()",
            "used": f"{'accepted_at' if table == 'invitation' else 'used_at'} = now()",
            "tried": "tries = 5",
        }[state]
        column = "created_at"
        with self.ports.owner_engine.begin() as connection:
            newest = f"select max({column}) from platform.{table}"
            connection.execute(text(f"update platform.{table} set {change} where {column} = ({newest})"))
        return str(made.json["secret"])

    @contextmanager
    def measured(self) -> Iterator[Work]:
        """Count the work of what is asked inside."""
        work = Work()
        hasher = passwords._HASHER

        class Counting:
            def hash(self, password: str) -> str:
                work.hashings += 1
                return hasher.hash(password)

            def verify(self, held: str, password: str) -> bool:
                work.hashings += 1
                return hasher.verify(held, password)

        def count(*_: object) -> None:
            work.statements += 1

        event.listen(self.ports.engine, "before_cursor_execute", count)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(passwords, "_HASHER", Counting())
            try:
                yield work
            finally:
                event.remove(self.ports.engine, "before_cursor_execute", count)


def _mail() -> str:
    return f"{secrets.token_hex(6)}@nowhere.test"


def _any_challenge() -> str:
    return secrets.token_urlsafe(32)


def _asked(street: Street, *, used: bool = False) -> str:
    """A challenge of somebody enrolled; a used one was answered by the first recovery code still left."""
    challenge = str(street.enrolled.ask()["challenge"])
    if used:
        with street.ports.owner_engine.begin() as connection:
            connection.execute(text("delete from platform.challenge where user_id = :id"), {"id": street.enrolled.id})
    return challenge


def _expired(street: Street) -> str:
    challenge = _asked(street)
    with street.ports.owner_engine.begin() as connection:
        query = "update platform.challenge set expires_at = now() - interval '1 hour' where user_id = :id"
        connection.execute(text(query), {"id": street.enrolled.id})
    return challenge


def _wrong_code(street: Street) -> str:
    return "000000" if street.enrolled.code() not in ("000000", street.enrolled.code(-1)) else "000001"


def _step_up(street: Street, challenge: str) -> TestResponse:
    passkey = Authenticator().sign(challenge)
    return street.known("POST", "/v1/me/step-up", {"passkey": passkey, "challenge": challenge})


def _others_step_up(street: Street) -> str:
    return str(street.enrolled("POST", "/v1/me/step-up/challenge").json["challenge"])


def _own_step_up(street: Street, credential: bytes) -> TestResponse:
    challenge = str(street.known("POST", "/v1/me/step-up/challenge").json["challenge"])
    passkey = Authenticator(id=credential).sign(challenge)
    return street.known("POST", "/v1/me/step-up", {"passkey": passkey, "challenge": challenge})


def _invite(street: Street, email: str) -> TestResponse:
    return street.boss("POST", "/v1/invitations", {"email": email, "role": "staff"})


def _staff(street: Street, email: str) -> TestResponse:
    body = {"email": email, "name": "张三", "password": WRONG, "role": "staff"}
    return street.boss("POST", "/v1/staff", body)


def _elsewhere(street: Street) -> str:
    """The e-mail of somebody who serves another firm only."""
    return street.elsewhere.person("staff").email


_NEVER_INVITATION, _NEVER_RESET = (lambda: "zf_i_" + _any_challenge()), (lambda: "zf_r_" + _any_challenge())

# A kind: first the probe for what never was, then those that must not be told from it.
KINDS: dict[str, list[Probe]] = {
    "login: known": [lambda s: s.log_in(_mail()), lambda s: s.log_in(s.known.email)],
    "login: disabled, with the right password": [
        lambda s: s.log_in(_mail()),
        lambda s: s.log_in(s.disabled.email, PASSWORD),
    ],
    "login: of another firm, with the right password": [
        lambda s: s.log_in(_mail()),
        lambda s: s.log_in(s.stranger.email, PASSWORD),
    ],
    "login: firm suspended or unknown": [
        lambda s: s.log_in(_mail()),
        lambda s: s.log_in(s.held.email, firm="firm-suspended"),
        lambda s: s.log_in(_mail(), firm="firm-suspended"),
        lambda s: s.log_in(_mail(), firm="no-such-firm"),
    ],
    "login: with a second factor": [lambda s: s.log_in(_mail()), lambda s: s.log_in(s.enrolled.email)],
    "second factor: code": [
        lambda s: s.second(_any_challenge(), code="000000"),
        lambda s: s.second(_asked(s), code=_wrong_code(s)),
        lambda s: s.second(_asked(s, used=True), code=_wrong_code(s)),
        lambda s: s.second(_expired(s), code=s.enrolled.code()),
    ],
    "second factor: recovery code": [
        lambda s: s.second(_any_challenge(), recovery_code="aaaa-aaaa-aaaa-aaaa"),
        lambda s: s.second(_asked(s), recovery_code="aaaa-aaaa-aaaa-aaaa"),
        lambda s: s.second(_expired(s), recovery_code=s.enrolled.recovery_codes[0]),
    ],
    "reset": [
        lambda s: s.follow(_NEVER_RESET()),
        lambda s: s.follow(s.link("password_reset", "used")),
        lambda s: s.follow(s.link("password_reset", "expired")),
        lambda s: s.follow(s.link("password_reset", "tried")),
        lambda s: s.follow(_NEVER_INVITATION()),
    ],
    "invitation: accepted": [
        lambda s: s.accept(_NEVER_INVITATION()),
        lambda s: s.accept(s.link("invitation", "used")),
        lambda s: s.accept(s.link("invitation", "revoked")),
        lambda s: s.accept(s.link("invitation", "expired")),
    ],
    "invitation: made": [lambda s: _invite(s, _mail()), lambda s: _invite(s, _elsewhere(s))],
    "staff: added": [lambda s: _staff(s, _mail()), lambda s: _staff(s, _elsewhere(s))],
    "step-up": [
        lambda s: _step_up(s, _any_challenge()),
        lambda s: _step_up(s, _others_step_up(s)),
    ],
    "step-up: whose passkey": [
        lambda s: _own_step_up(s, secrets.token_bytes(32)),
        lambda s: _own_step_up(s, _credential(s.enrolled)),
    ],
}
# What a kind's answer tells of its own request and nobody else.
_OWN_ANSWER = {"id", "email", "created_at", "expires_at", "secret"}


def _credential(person: Person) -> bytes:
    assert person.authenticator is not None
    return person.authenticator.id


def _shown(answer: TestResponse) -> tuple[int, str, str]:
    """Everything an answer says but to whom and when."""
    said = dict(answer.json or {})
    hidden = _OWN_MEMBERS | (_OWN_ANSWER if answer.status_code < 300 else set())
    body = {name: value for name, value in said.items() if name not in hidden}
    headers = {name: value for name, value in answer.headers.items() if name not in _OWN_HEADERS}
    if answer.status_code < 300:
        headers = {name: "" if name in ("Location", "ETag") else value for name, value in headers.items()}
    return answer.status_code, json.dumps(headers, sort_keys=True), json.dumps(body, sort_keys=True)


@pytest.fixture(scope="module")
def street(ports: Ports, firm: TenantRef, other_firm: TenantRef, suspended: TenantRef) -> Street:
    """One street for all kinds: what a kind uses up it makes itself."""
    return Street(ports, firm, other_firm, suspended)


def _compare(street: Street, kind: str, samples: int) -> int:
    """How many answers were compared; every one like the first."""
    probes, compared = KINDS[kind], 0
    street.boss.secret = street.world.session_of(street.boss).secret
    street.known.secret = street.world.session_of(street.known).secret
    for _ in range(samples):
        found = []
        for probe in probes:
            street.ports.redis.flushdb()
            prepared = _Prepared(street)
            answer = probe(prepared)  # type: ignore[arg-type]
            found.append((_shown(answer), prepared.work))
        for other in found[1:]:
            assert other == found[0], kind
        compared += len(found) - 1
    return compared


class _Prepared:
    """The street as a probe sees it: preparing costs nothing, only the last request of a probe is measured."""

    def __init__(self, street: Street) -> None:
        self._street, self.work = street, Work()
        self.boss, self.known = _Measured(street.boss, self), _Measured(street.known, self)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._street, name)

    def post(self, path: str, body: dict[str, Any]) -> TestResponse:
        """One measured request of a stranger."""
        return self._measure(lambda: self._street.post(path, body))

    log_in, second, follow, accept = Street.log_in, Street.second, Street.follow, Street.accept

    def link(self, table: str, state: str) -> str:
        """A link in a state."""
        return self._street.link(table, state)

    def _measure(self, ask: Callable[[], TestResponse]) -> TestResponse:
        with self._street.measured() as work:
            answer = ask()
        self.work = work
        return answer


@dataclass
class _Measured:
    """A person inside whose last request is measured."""

    person: Person
    street: _Prepared

    def __call__(self, *request: Any) -> TestResponse:
        """One measured request."""
        return self.street._measure(lambda: self.person(*request))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.person, name)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_there_is_answered_like_what_never_was(
    street: Street, kind: str, record_property: Callable[[str, object], None]
) -> None:
    compared = _compare(street, kind, ORDINARY)
    record_property("count", ("A-ENUM answers compared, body, headers, status and work alike", compared))
    assert compared >= ORDINARY


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_five_hundred_times_over(street: Street, kind: str, record_property: Callable[[str, object], None]) -> None:
    compared = _compare(street, kind, ALL)
    record_property("count", ("A-ENUM answers compared, body, headers, status and work alike", compared))
    assert compared >= ALL


@pytest.mark.long
@pytest.mark.parametrize("kind", ["login: known", "login: of another firm, with the right password", "reset"])
def test_the_clock_does_not_tell_either(street: Street, kind: str) -> None:
    """The medians of 500 pairs differ by at most 10 ms (SEC-034); hashing is cheap here, so nothing hides behind it."""
    probes = KINDS[kind][:2]
    taken: list[list[float]] = [[], []]
    for _ in range(ALL):
        for probe, times in zip(probes, taken, strict=True):
            street.ports.redis.flushdb()
            timed = _Timed(street)
            probe(timed)  # type: ignore[arg-type]
            times.append(timed.seconds)
    assert abs(statistics.median(taken[0]) - statistics.median(taken[1])) <= 0.010


class _Timed(_Prepared):
    """Times the last request instead of counting its work."""

    seconds = 0.0

    def _measure(self, ask: Callable[[], TestResponse]) -> TestResponse:
        began = time.perf_counter()
        answer = ask()
        self.seconds = time.perf_counter() - began
        return answer


def test_a_difference_would_be_seen(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison itself: a login that hashes nothing for strangers is caught."""
    verify = passwords.verify
    nobody = passwords.nobody()
    monkeypatch.setattr(passwords, "verify", lambda held, given: held != nobody and verify(held, given))
    with pytest.raises(AssertionError, match="login: known"):
        _compare(street, "login: known", 1)
