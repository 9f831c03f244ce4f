"""Whom the attacks on tokens are made with: two firms, a client of every kind, and good tokens of each."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient

from app.factory import create_app
from app.identity.people.service import create_user
from app.identity.people.types import NewUser
from app.identity.sessions.service import issue_session
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.api.conftest import PASSWORD, Caller
from tests.factories.doors import Doors
from tests.factories.oauth import NATIVE, SERVICE, Program, register

_NUMBERS = itertools.count(1)


@dataclass
class World:
    """The shared firm with its clients, another firm with one, and a browser at the house."""

    ports: Ports
    app: Flask
    firm: TenantRef
    other_firm: TenantRef

    def __post_init__(self) -> None:
        self.browser: FlaskClient = self.app.test_client()
        self.owner = self.person("owner")
        self.stranger = self.person("owner", self.other_firm)
        self.issuer = self.ports.settings.public_url
        self.web = self.client(self.owner)
        self.second = self.client(self.owner)
        self.native = self.client(self.owner, **NATIVE)
        self.service = self.client(self.owner, **SERVICE)
        self.signer = self.client(self.owner, **SERVICE, auth="private_key_jwt")
        self.foreign = self.client(self.stranger)
        self.foreign_service = self.client(self.stranger, **SERVICE)

    def person(self, role: str, tenant: TenantRef | None = None) -> Caller:
        """A person of a role with a session."""
        within = tenant or self.firm
        email = f"tok{next(_NUMBERS)}@{within.short_name}.test"
        now = self.ports.clock()
        with self.ports.engine.begin() as connection:
            user_id: UUID = create_user(connection, within.id, NewUser(email, "某人", PASSWORD), role, now)
            issued = issue_session(connection, within.id, user_id, now)
        return Caller(self.browser, issued.secret, user_id, email)

    def client(self, by: Caller, **changes: object) -> Program:
        """A client that a person registered."""
        return register(self.browser, by.secret, self.ports.settings.public_url, **changes)

    def opens(self, token: str) -> bool:
        """Whether a token opens anything at all, or is said to mean something."""
        try:
            answers = [Caller(self.browser, token)("GET", path).status_code for path in ("/v1/me", "/oauth/userinfo")]
        except ValueError:  # no header can carry it
            answers = [401]
        told = self.web.post("/oauth/introspect", token=token)
        means = told.status_code == 200 and told.json.get("token_type") == "Bearer"
        return answers != [401] * len(answers) or means

    def audited(self, action: str) -> int:
        """How many lines of an act the firm's audit trail holds."""
        with Doors(self.ports, self.firm).firm() as scope:
            counted = scope.run("select count(*) from tenant.audit_event where action = :action", action=action)
            return int(counted.scalar_one())

    def later(self, by: timedelta) -> FlaskClient:
        """A browser at the same house when so much time has passed."""
        clock = self.ports.clock
        return create_app(replace(self.ports, clock=lambda: clock() + by)).test_client()
