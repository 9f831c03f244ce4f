"""The scope: who is inside which firm, at what instant, in which transaction. First argument of every service.

Invariant: a scope is made only by `tenants.door`; without one no row of any firm is visible.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, CursorResult, Executable, TextClause, text

from tenants.naming import TENANT, checked


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a `user`, an `api_key`, an `operator` or the `system`; `role` is the firm role its token carries."""

    kind: str
    id: UUID | None
    name: str
    role: str = ""

    @property
    def key(self) -> str:
        """The actor as one word, for idempotency rows and audit lines."""
        return f"{self.kind}:{self.id or self.name}"

    def as_json(self) -> dict[str, str]:
        """The actor as it is kept in a job or audit row."""
        return {"kind": self.kind, "id": str(self.id or ""), "name": self.name, "role": self.role}

    @classmethod
    def from_json(cls, row: Mapping[str, str]) -> Actor:
        """The actor a job row names: background work runs with its originator's rights."""
        return cls(row["kind"], UUID(row["id"]) if row["id"] else None, row["name"], row["role"])


SYSTEM = Actor("system", None, "system", "system")


@dataclass(frozen=True, slots=True)
class TenantRef:
    """A firm as the registry knows it."""

    id: UUID
    short_name: str
    name: str
    schema: str
    state: str
    revision: str


_FETCHED = 2000
"""Rows a streamed read holds at a time."""


@lru_cache(maxsize=4096)
def _statement(sql: str, schema: str) -> TextClause:
    return text(sql.replace(f"{TENANT}.", f"{checked(schema)}."))


@dataclass(frozen=True, slots=True)
class TenantScope:
    """One transaction inside one firm; `books` are the ids of the books the session may see, in ascending order."""

    connection: Connection
    tenant: TenantRef
    actor: Actor
    now: datetime
    request_id: str
    read_only: bool
    books: Sequence[int] = ()

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
