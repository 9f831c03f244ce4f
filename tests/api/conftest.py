"""The API over the shared stack: a client, its people, and a second firm to keep apart."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from app.books.types import BookRef
from app.factory import BLUEPRINTS, create_app
from app.identity.passwords import service as passwords
from app.identity.people.service import create_user
from app.identity.people.types import NewUser
from app.identity.sessions.service import issue_session
from app.identity.tokens.service import issue_operator_token
from infra.ids import encode
from infra.ports import Ports
from tenants import registry
from tenants.provisioning import provision
from tenants.scope import TenantRef
from tests.api import probe
from tests.api.callers import PASSWORD, Caller, address
from tests.api.signing_in import Person, World
from tests.factories.doors import Doors
from tests.factories.http import in_days

_NUMBERS = itertools.count(1)


Hired = Callable[..., "Caller"]


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> Iterator[None]:
    """Hash with argon2's smallest cost: what it costs in earnest is not what these tests are about."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(scope="session")
def app(ports: Ports) -> Flask:
    """The application over the worker's ports."""
    return create_app(ports)


@pytest.fixture(scope="session")
def probes(ports: Ports) -> Flask:
    """The application with the probe room added."""
    return create_app(ports, (*BLUEPRINTS, probe.blp, probe.open_blp))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """An anonymous client."""
    return app.test_client()


@pytest.fixture(scope="session")
def other_firm(ports: Ports) -> TenantRef:
    """Another firm of the same installation."""
    with ports.engine.connect() as connection:  # other directories lend this fixture, each with a session of its own
        known = {tenant.short_name: tenant for tenant in registry.all_tenants(connection)}
    if "firm-b" in known:
        return known["firm-b"]
    tenant = provision(ports.engine, ports.owner_engine, "firm-b", "乙代账公司", ports.clock)
    ports.keyring.create_firm_key(str(tenant.id))
    return tenant


@pytest.fixture
def member(ports: Ports, client: FlaskClient, firm: TenantRef) -> Callable[..., Caller]:
    """Make a person of a role with a session: `member("owner")`, `member("staff", other_firm)`."""

    def make(role: str, tenant: TenantRef = firm) -> Caller:
        email = f"{role}{next(_NUMBERS)}@{tenant.short_name}.test"
        now = ports.clock()
        with ports.engine.begin() as connection:
            new = NewUser(email, f"{role} {next(_NUMBERS)}", PASSWORD)
            user_id = create_user(connection, tenant.id, new, role, now)
            issued = issue_session(connection, tenant.id, user_id, now, by="password")
        return Caller(client, issued.secret, user_id, email)

    return make


@pytest.fixture
def owner(member: Callable[..., Caller]) -> Caller:
    """An owner of the shared firm."""
    return member("owner")


@pytest.fixture
def books(doors: Doors) -> list[BookRef]:
    """Two books of a firm."""
    return [doors.new_book(), doors.new_book()]


@pytest.fixture
def hired(owner: Caller, member: Callable[..., Caller]) -> Hired:
    """Somebody with a role in some books: `hired("inspector", book)`, `hired("client_uploader", book)`."""

    def make(role: str, *books: BookRef) -> Caller:
        found = member("client" if role.startswith("client_") else "staff")
        until = {"until": in_days(30)} if role == "inspector" else {}
        assert found.id
        for book in books:
            grant = address(book.uid, f"/grants/{encode('usr', found.id)}")
            assert owner("PUT", grant, {"role": role, **until}).status_code == 200
        return found

    return make


@pytest.fixture
def world(ports: Ports, firm: TenantRef) -> World:
    """An application with a clock that can be moved, where a second factor is everybody's own choice."""
    return World(ports, firm)


@pytest.fixture
def boss(world: World) -> Person:
    """An owner in that world, with a fresh session."""
    return world.person("owner")


@pytest.fixture
def operator(ports: Ports, client: FlaskClient) -> Caller:
    """An operator of the ops plane."""
    return Caller(client, issue_operator_token(ports.engine, "tests", ports.clock()).secret)
