"""The eighteen who knock: what each of them holds, and the only place here that knows how identity makes people.

Invariant: a principal is described by what its firm meant to give it (`role`, books), never by what the product makes
of that; `policy` says what follows from it.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from argon2 import PasswordHasher
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.audit.witness import service as witness
from app.identity.passwords import service as passwords
from app.identity.people.service import create_user
from app.identity.people.types import NewUser
from app.identity.sessions.service import issue_session
from app.identity.tokens.service import issue_operator_token
from infra.ids import encode, new_id
from infra.ports import Ports
from tenants.scope import TenantRef

PASSWORD = "correct horse battery"
_KEYS = itertools.count(1)


@dataclass(frozen=True)
class Principal:
    """Somebody with a token, or without.

    `stale` says that its proof of being itself is old, `ceiling` is what a key is limited to, whatever its role holds.
    `firm` is the letter of the firm the token is for, `role` what it is there (see `policy`), `books` the numbers of
    the books it may enter (None: every book of the firm). `bad` says why its token is worth nothing.
    """

    name: str
    firm: str = ""
    role: str = ""
    books: frozenset[int] | None = frozenset()
    secret: str = ""
    bad: bool = False
    suspended: bool = False
    stale: bool = False
    ceiling: frozenset[str] | None = None
    person: bool = True
    user_id: UUID | None = None
    objects: Mapping[str, str] = field(default_factory=dict)

    @property
    def home(self) -> str:
        """The book it works in, or would."""
        return f"{self.firm or 'A'}1"

    def enters(self, book: str) -> bool:
        """Whether it may enter a book such as `A1`."""
        return book[0] == self.firm and (self.books is None or int(book[1]) in self.books)


@dataclass
class Caller:
    """A token at work while the world is built; refuses to go on after a refusal."""

    client: FlaskClient
    secret: str

    def __getstate__(self) -> dict[str, Any]:
        return {"secret": self.secret}

    def __call__(self, method: str, path: str, json: Any = None, **more: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.secret}", **more.pop("headers", {})}
        if method == "POST":
            headers.setdefault("Idempotency-Key", f"world-key-{next(_KEYS):012d}")
        answer = self.client.open(path, method=method, json=json, headers=headers, **more)
        assert answer.status_code < 300, (method, path, answer.status_code, answer.text)
        return answer


def person(ports: Ports, tenant: TenantRef, email: str, name: str, role: str) -> UUID:
    """A person with a firm role."""
    with ports.engine.begin() as connection:
        return create_user(connection, tenant.id, NewUser(email, name, PASSWORD), role, ports.clock())


def email_of(ports: Ports, user_id: UUID) -> str:
    """The e-mail address of a person."""
    with ports.owner_engine.connect() as connection:
        found = connection.execute(text("select email from platform.app_user where id = :id"), {"id": user_id})
        return str(found.scalar_one())


def session(ports: Ports, tenant: TenantRef, user_id: UUID, life: timedelta = timedelta(hours=12)) -> str:
    """A session of a person in a firm; a negative life makes an expired one."""
    with ports.engine.begin() as connection:
        return issue_session(connection, tenant.id, user_id, ports.clock(), life).secret


def device(ports: Ports, tenant: TenantRef, user_id: UUID) -> str:
    """Another session of a person, by its id."""
    with ports.engine.begin() as connection:
        return encode("ses", issue_session(connection, tenant.id, user_id, ports.clock()).id)


def passkey(ports: Ports, user_id: UUID) -> str:
    """A passkey of a person, by its id."""
    made = new_id()
    with ports.owner_engine.begin() as connection:
        connection.execute(
            text(
                "insert into platform.factor"
                " (id, user_id, kind, name, credential_id, public_key, sign_count, created_at, confirmed_at)"
                " values (:id, :user, 'passkey', 'key', :credential, 'key', 0, now(), now())"
            ),
            {"id": made, "user": user_id, "credential": made.bytes},
        )
    return encode("fct", made)


def operator(ports: Ports, role: str) -> str:
    """A token of the ops plane."""
    return issue_operator_token(ports.engine, role, ports.clock(), role).secret


def unhurried() -> None:
    """Hash passwords cheaply in this process, and write every refusal down: neither what a hash costs nor how many
    refusals of a minute the log keeps is asked here."""
    passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    witness.MOST = 1_000_000_000


def digest_of(secret: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(secret.encode()).digest()


def prove_anew(ports: Ports) -> None:
    """Let everybody have proved just now who it is: what asks for a fresh proof asks for one of five minutes."""
    with ports.owner_engine.begin() as connection:
        connection.execute(text("update platform.token set strong_at = now() where strong_at is not null"))


def suspend(ports: Ports, tenant: TenantRef) -> None:
    """Shut a firm out, as an operator would."""
    with ports.owner_engine.begin() as connection:
        connection.execute(text("update platform.tenant set state = 'suspended' where id = :id"), {"id": tenant.id})
