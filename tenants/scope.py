"""The scope: who is inside which firm, at what instant, in which transaction. First argument of every service.

Invariant: a scope is made only by `tenants.door`; without one no row of any firm is visible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, CursorResult, Executable, TextClause, text

from infra.crypto import FirmCipher, KeyMissing, Keyring
from tenants.naming import TENANT, checked


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a `user`, an `api_key`, an `operator` or the `system`; `role` is the firm role its token carries.

    `ceiling` names the permissions beyond which a key, an OAuth client or a visit never goes; None limits nothing.
    """

    kind: str
    id: UUID | None
    name: str
    role: str = ""
    ceiling: frozenset[str] | None = None

    @property
    def key(self) -> str:
        """The actor as one word, for idempotency rows and audit lines."""
        return f"{self.kind}:{self.id or self.name}"

    def as_json(self) -> dict[str, Any]:
        """The actor as it is kept in a job or audit row."""
        kept = {"kind": self.kind, "id": str(self.id or ""), "name": self.name, "role": self.role}
        return kept if self.ceiling is None else {**kept, "ceiling": sorted(self.ceiling)}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Actor:
        """The actor a job row names: background work runs with its originator's rights."""
        ceiling = frozenset(row["ceiling"]) if "ceiling" in row else None
        return cls(row["kind"], UUID(row["id"]) if row["id"] else None, row["name"], row["role"], ceiling)


SYSTEM = Actor("system", None, "system", "system")


@dataclass(frozen=True, slots=True)
class Origin:
    """From where somebody acts: network address and program, session, on whose behalf, when the person last proved
    who it is (`strong_at`); empty for background work."""

    address: str = ""
    agent: str = ""
    session: UUID | None = None
    on_behalf: str = ""
    strong_at: datetime | None = None


NOWHERE = Origin()


@dataclass(frozen=True, slots=True)
class TenantRef:
    """A firm as the registry knows it."""

    id: UUID
    short_name: str
    name: str
    schema: str
    state: str
    revision: str

    @property
    def names(self) -> tuple[str, str]:
        """What the firm is called; no password is made of it."""
        return self.short_name, self.name


_FETCHED = 2000
"""Rows a streamed read holds at a time."""


@lru_cache(maxsize=4096)
def _statement(sql: str, schema: str) -> TextClause:
    return text(sql.replace(f"{TENANT}.", f"{checked(schema)}."))


@dataclass(frozen=True, slots=True)
class TenantScope:
    """One transaction inside one firm; `books` are the ids of the books the session may see, in ascending order.

    `memo` remembers what was read once and holds for the whole transaction; it is shared with the scopes of its books.
    """

    connection: Connection
    tenant: TenantRef
    actor: Actor
    now: datetime
    request_id: str
    read_only: bool
    books: Sequence[int] = ()
    origin: Origin = NOWHERE
    keyring: Keyring | None = None
    memo: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    last_verbs: dict[str, Callable[[TenantScope], None]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def cipher(self) -> FirmCipher:
        """The firm's cipher; raises `crypto.key_missing`, also where the door was opened without a keyring."""
        if self.keyring is None:
            raise KeyMissing(internal={"tenant": self.tenant.short_name})
        return self.keyring.firm(str(self.tenant.id))

    def before_commit(self, key: str, verb: Callable[[TenantScope], None]) -> None:
        """Let the door run a verb once, as the last thing in the transaction; a key taken keeps its first verb."""
        self.last_verbs.setdefault(key, verb)

    def run(self, sql: str, /, **params: Any) -> CursorResult[Any]:
        """Execute a constant SQL text in which `tenant.` stands for the firm's schema."""
        return self.execute(_statement(sql, self.tenant.schema), params)

    def stream(self, sql: str, /, **params: Any) -> Iterator[Any]:
        """The rows of a constant SELECT by a cursor of the server, some at a time, so that memory stays flat."""
        fetched = _statement(sql, self.tenant.schema).execution_options(yield_per=_FETCHED)
        return iter(self.execute(fetched, params))

    def execute(self, statement: Executable, params: Any = None) -> CursorResult[Any]:
        """Execute a SQLAlchemy statement; tables of the tenant metadata reach the firm's schema by themselves."""
        return self.connection.execute(statement, params)

    def narrow(self, books: Sequence[int]) -> None:
        """Let the transaction see the rows of these books from its next statement on (the second wall, a range)."""
        first, last = (min(books), max(books)) if books else (1, 0)
        self.connection.exec_driver_sql(f"SET LOCAL app.book_from = '{first:d}'; SET LOCAL app.book_to = '{last:d}'")

    def plan_anew(self) -> None:
        """Forget cached plans before bulk work: those of foreign keys and triggers made when a table was tiny cost
        a scan of the whole book for every row once it is not (docs/adr/0012)."""
        self.connection.exec_driver_sql("DISCARD PLANS")
