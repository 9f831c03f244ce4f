"""Fifty firms with equal books and a canary in each, and a way to read them that notices a wrong firm's row.

Invariant: a read is right only when it shows exactly the one row that its door may show; a read without a door is
right only when it shows nothing or fails.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import DBAPIError

from infra.clock import Clock
from infra.db import make_engine, sqlstate
from infra.ports import Ports
from tenants.door import enter_tenant
from tenants.provisioning import provision
from tenants.scope import SYSTEM, TenantRef, TenantScope
from tests.factories.doors import Doors

THREADS, CONNECTIONS = 4, 4  # an engine lends as many again when a scenario needs two at once
UNFILTERED = "SELECT book_id, name_en FROM tenant.account WHERE code = '1001' ORDER BY book_id"
TOUCH = "UPDATE tenant.account SET name_en = name_en WHERE code = '1001'"
_UNDEFINED = "42P01"


@dataclass(frozen=True)
class Home:
    """One firm: its two books have the same ids and codes as every other firm's, only the canaries differ."""

    tenant: TenantRef
    books: tuple[int, ...]
    uids: tuple[UUID, ...]
    canaries: tuple[str, ...]

    def rows(self, *books: int) -> list[tuple[int, str]]:
        """What an unfiltered read shows to a door of these books (by position)."""
        return [(self.books[book], self.canaries[book]) for book in sorted(books)]


def settle(ports: Ports, number: int) -> list[Home]:
    """Make firms by the migrations themselves, each with two books; ids of books are equal from firm to firm."""
    homes = []
    for turn in range(number):
        name = f"pool-{turn:02d}-{secrets.token_hex(3)}"
        tenant = provision(ports.engine, ports.owner_engine, name, name, ports.clock)
        doors = Doors(ports, tenant)
        books = [doors.new_book(code=code) for code in ("B1", "B2")]
        canaries = [f"{name}/{book.id}/{secrets.token_hex(8)}" for book in books]
        for book, canary in zip(books, canaries, strict=True):
            with doors.firm() as scope:
                scope.narrow([book.id])
                scope.run("UPDATE tenant.account SET name_en = :name WHERE code = '1001'", name=canary)
        homes.append(Home(tenant, tuple(book.id for book in books), tuple(book.uid for book in books), tuple(canaries)))
    assert len({home.books for home in homes}) == 1
    return homes


class Field:
    """One way to the database, the firms behind it, and what was read there."""

    def __init__(self, url: str, clock: Clock, homes: Sequence[Home]) -> None:
        self.url = url
        self.clock = clock
        self.homes = homes
        self.transactions = 0
        self.wrong: list[str] = []
        self.engine = self._engine(CONNECTIONS)
        self.app: Flask | None = None
        self._turn = threading.Lock()

    def _engine(self, size: int) -> Engine:
        engine = make_engine(self.url, size, "attack-pool")
        event.listen(engine, "begin", lambda connection: self._count())
        return engine

    def _count(self) -> None:
        with self._turn:
            self.transactions += 1

    @contextmanager
    def alone(self) -> Iterator[Engine]:
        """An engine that has one connection and no more."""
        engine = self._engine(1)
        engine.pool._max_overflow = 0  # type: ignore[attr-defined]
        try:
            yield engine
        finally:
            engine.dispose()

    @contextmanager
    def inside(self, home: Home, *books: int, engine: Engine | None = None, **more: Any) -> Iterator[TenantScope]:
        """A firm's door, narrowed to books by their position (the first one unless said)."""
        with enter_tenant(engine or self.engine, home.tenant, SYSTEM, self.clock, **more) as scope:
            scope.narrow([home.books[book] for book in books or (0,)])
            yield scope

    def read(self, scope: TenantScope, home: Home, *books: int) -> None:
        """Read without any filter: the wall shows the books the door opened, each with its own canary."""
        self.same(scope.run(UNFILTERED), home.rows(*books or (0,)), home)

    def nothing(self, scope: TenantScope) -> None:
        """Read without any filter where no row may be seen."""
        self.same(scope.run(UNFILTERED), [], None)

    def peek(self, connection: Connection, victim: Home) -> None:
        """Read a firm that was not entered, by its schema's name."""
        self.same(connection.execute(text(UNFILTERED.replace("tenant.", f"{victim.tenant.schema}."))), [], None)

    def same(self, found: Any, expected: list[tuple[int, str]], home: Home | None) -> None:
        """Note a read that shows anything else than it may."""
        rows = [tuple(row) for row in found]
        if rows != expected:
            self.wrong.append(f"{home.tenant.short_name if home else 'nobody'} expected {expected}, read {rows}")

    def check(self, home: Home, victim: Home, engine: Engine | None = None) -> None:
        """After whatever happened: the firm reads itself alone, and who enters no firm reads nothing."""
        for book in (0, 1):
            with self.inside(home, book, engine=engine, read_only=book == 0) as scope:
                self.read(scope, home, book)
                self.peek(scope.connection, victim)
        with (engine or self.engine).connect() as bare:
            self.peek(bare, home)
            self.peek(bare, victim)
            try:
                self.same(bare.execute(text(UNFILTERED.replace("tenant.", ""))), [], None)
            except DBAPIError as error:
                if sqlstate(error) != _UNDEFINED:
                    raise

    def attack(self, scenario: Callable[[Field, Home, Home], None], homes: Sequence[Home]) -> None:
        """A scenario in firms, several at once, each beside another one and followed by a check."""

        def once(home: Home) -> None:
            other = self.homes[self.homes.index(home) - 1]
            scenario(self, home, other)
            self.check(home, other)

        with ThreadPoolExecutor(THREADS) as threads:
            list(threads.map(once, homes))

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


def shut(scope: TenantScope) -> None:
    """Break the line to the database, as a network does."""
    raw: Any = scope.connection.connection.driver_connection
    with socket.socket(fileno=os.dup(raw.pgconn.socket)) as line:
        line.shutdown(socket.SHUT_RDWR)


Scenario = Callable[[Field, Home, Home], None]
SCENARIOS: dict[str, Scenario] = {}


class Thrown(Exception):
    """What a scenario throws."""


def scenario(function: Scenario) -> Scenario:
    """Enter a scenario under its name."""
    SCENARIOS[function.__name__] = function
    return function
