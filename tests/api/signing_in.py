"""A world in which people sign in: an application with a clock that can be moved, and people with second factors."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pyotp
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.factory import create_app
from app.identity.people.service import create_user
from app.identity.people.types import NewUser
from app.identity.sessions.service import issue_session
from app.identity.sessions.types import Place
from infra.clock import system_clock
from infra.ids import encode
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.api.callers import PASSWORD, Caller
from tests.unit.identity.authenticator import Authenticator

NEW_PASSWORD = "a wholly new sentence 58"
_NUMBERS = itertools.count(1)


@dataclass
class Moving:
    """A clock that a test moves."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        """The system's instant, so much later."""
        return system_clock() + self.ahead

    def move(self, **by: float) -> None:
        """Let time pass."""
        self.ahead += timedelta(**by)


@dataclass
class Person(Caller):
    """A caller who may have an app that makes codes, passkeys and recovery codes."""

    clock: Moving = field(default_factory=Moving)
    firm: str = "firm-a"
    seed: str = ""
    authenticator: Authenticator | None = None
    recovery_codes: list[str] = field(default_factory=list)

    def code(self, steps: int = 0) -> str:
        """The app's code now, or some steps of half a minute later."""
        return pyotp.TOTP(self.seed).generate_otp(int(self.clock().timestamp()) // 30 + steps)

    def next_code(self) -> str:
        """A code that was never used: half a minute passes first."""
        self.clock.move(seconds=30)
        return self.code()

    def log_in(self, password: str = PASSWORD, **changes: str) -> TestResponse:
        """The first step of a login."""
        who = {"firm": self.firm, "email": self.email, "password": password} | changes
        return self.client.post("/v1/login", json=who)

    def ask(self) -> dict[str, Any]:
        """The question that the first step of a login answers."""
        asked = self.log_in()
        assert asked.status_code == 200 and asked.json["token"] is None, asked.json
        question: dict[str, Any] = asked.json["second_factor"]
        return question

    def complete(self, **proof: Any) -> TestResponse:
        """The second step of a login."""
        return self.client.post("/v1/login/second-factor", json=proof)

    def answer(self, challenge: str, code: str) -> int:
        """The status of a second step, asked by a client of its own."""
        client = self.client.application.test_client()
        return client.post("/v1/login/second-factor", json={"challenge": challenge, "code": code}).status_code

    @property
    def staff_address(self) -> str:
        """Where the firm's own people find this person."""
        assert self.id is not None
        return f"/v1/staff/{encode('usr', self.id)}"

    def change_staff(self, person: Person, **changes: Any) -> None:
        """Change another person's place in the firm."""
        tag = self("GET", person.staff_address).headers["ETag"]
        changed = self("PATCH", person.staff_address, changes, If_Match=tag)
        assert changed.status_code == 200, changed.json

    def invite(self, email: str, role: str = "staff", books: list[dict[str, str]] | None = None) -> TestResponse:
        """Invite somebody."""
        return self("POST", "/v1/invitations", {"email": email, "role": role, "books": books or []})

    def accept(self, secret: str, **changes: Any) -> TestResponse:
        """Follow an invitation, as a stranger."""
        body = {"secret": secret, "name": "新同事", "password": NEW_PASSWORD} | changes
        return self.client.application.test_client().post("/v1/invitations/accept", json=body)

    def give_reset(self, person: Person) -> TestResponse:
        """Give another person a link to set a new password."""
        return self("POST", f"{person.staff_address}/password-reset")

    def follow(self, secret: str, **changes: Any) -> TestResponse:
        """Follow such a link, as a stranger."""
        body = {"secret": secret, "password": NEW_PASSWORD} | changes
        return self.client.application.test_client().post("/v1/password-reset", json=body)

    def enrol_totp(self) -> TestResponse:
        """Enrol an app; what comes back is the confirmed factor."""
        begun = self("POST", "/v1/me/factors/totp", {"name": "手机"})
        assert begun.status_code == 201, begun.json
        self.seed = begun.json["seed"]
        added = self("POST", "/v1/me/factors/totp/confirm", {"code": self.code()})
        assert added.status_code == 201, added.json
        self.recovery_codes = added.json["recovery_codes"] or self.recovery_codes
        return added

    def enrol_passkey(self) -> TestResponse:
        """Enrol a passkey."""
        self.authenticator = Authenticator()
        asked = self("POST", "/v1/me/factors/passkeys/challenge")
        assert asked.status_code == 200, asked.json
        challenge = asked.json["challenge"]
        added = self(
            "POST",
            "/v1/me/factors/passkeys",
            {"name": "电脑", "challenge": challenge, "passkey": self.authenticator.make(challenge)},
        )
        assert added.status_code == 201, added.json
        self.recovery_codes = added.json["recovery_codes"] or self.recovery_codes
        return added

    def step_up(self, **proof: Any) -> TestResponse:
        """Prove oneself anew in this session."""
        return self("POST", "/v1/me/step-up", proof)


@dataclass
class World:
    """An application over the worker's ports, its clock to be moved."""

    ports: Ports
    firm: TenantRef
    second_factor: str = "optional"
    clock: Moving = field(default_factory=Moving)

    def __post_init__(self) -> None:
        settings = replace(
            self.ports.settings,
            second_factor=self.second_factor,
            passkey_domain="localhost",
            passkey_origins=("http://localhost:8080",),
        )
        self.ports = replace(self.ports, clock=self.clock, settings=settings)
        self.client: FlaskClient = create_app(self.ports).test_client()

    def person(self, role: str = "staff", firm: TenantRef | None = None, like: Person | None = None) -> Person:
        """A member with a session; `like` gives a person of one firm a session in another."""
        tenant, now = firm or self.firm, self.clock()
        email = like.email if like else f"{role}.{next(_NUMBERS)}@sign-in.test"
        with self.ports.engine.begin() as connection:
            user_id = create_user(connection, tenant.id, NewUser(email, f"{role} 某", PASSWORD), role, now)
            issued = issue_session(connection, tenant.id, user_id, now, place=Place("203.0.113.77", "tests"))
        return Person(self.client, issued.secret, user_id, email, clock=self.clock, firm=tenant.short_name)

    def session_of(self, person: Person, tenant: TenantRef | None = None) -> Person:
        """Another session of the same person, opened without asking."""
        with self.ports.engine.begin() as connection:
            assert person.id is not None
            issued = issue_session(connection, (tenant or self.firm).id, person.id, self.clock())
        return replace(person, secret=issued.secret)

    def disable(self, user_id: UUID | None, tenant: TenantRef | None = None) -> None:
        """Let a person go, behind everybody's back."""
        with self.ports.owner_engine.begin() as connection:
            connection.execute(
                text("update platform.app_user set active = false where id = :id and tenant_id = :firm"),
                {"id": user_id, "firm": (tenant or self.firm).id},
            )

    def kept(self, table: str) -> str:
        """Everything a table of the control plane holds, as one text."""
        with self.ports.owner_engine.connect() as connection:
            query = text(f"select coalesce(string_agg(t::text, ''), '') from platform.{table} t")
            return str(connection.execute(query).scalar_one())
