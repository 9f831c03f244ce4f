"""Ways to break the product on purpose, one at a time: a value replaced, a statement rewritten, a wall taken down.

Invariant: what is broken is whole again at the end of the `with`, and every break counts how often it made a
difference, so that a mutant that changes nothing is seen to be none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from flask import Flask, Response, request
from sqlalchemy import event, text

from tests.bola.world import World


@dataclass
class Hits:
    """How often a break made a difference."""

    count: int = 0

    def __call__(self) -> None:
        self.count += 1


@contextmanager
def replaced(holder: Any, name: str, make: Callable[[Any, Hits], Any]) -> Iterator[Hits]:
    """An attribute, or an entry of a mapping, replaced by what `make` makes of it."""
    hits, inside = Hits(), isinstance(holder, Mapping)
    before = holder[name] if inside else getattr(holder, name)

    def put(value: Any) -> None:
        if inside:
            holder[name] = value
        else:
            object.__setattr__(holder, name, value) if hasattr(holder, "__dataclass_fields__") else setattr(
                holder, name, value
            )

    put(make(before, hits))
    try:
        yield hits
    finally:
        put(before)


@contextmanager
def rewritten(world: World, change: Callable[[str], str]) -> Iterator[Hits]:
    """Every statement of the application changed on its way; it counts only when it finds or changes other rows."""
    hits = Hits()

    def send(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> Any:
        other = change(statement)
        if other != statement and not many and _finds_otherwise(cursor, statement, other, parameters):
            hits()
        return other, parameters

    engine = world.ports.engine
    event.listen(engine, "before_cursor_execute", send, retval=True)
    try:
        yield hits
    finally:
        event.remove(engine, "before_cursor_execute", send)


def _finds_otherwise(cursor: Any, statement: str, other: str, parameters: Any) -> bool:
    """Whether a statement gives other rows, or touches another number of them, than the one it stands for."""
    found = []
    with cursor.connection.cursor() as beside:
        for each in (statement, other):
            beside.execute("SAVEPOINT probe")
            try:
                beside.execute(each, parameters)
                rows = sorted(map(repr, beside.fetchall())) if beside.description else []
                found.append((beside.rowcount, rows))
            except psycopg.Error as refused:
                found.append((refused.sqlstate, []))
            beside.execute("ROLLBACK TO SAVEPOINT probe")
    return found[0] != found[1]


_FILTERS = (
    re.compile(r"(\b\w+\.)*\bbook_id = %\(\w+\)s(::BIGINT)?", re.IGNORECASE),
    re.compile(r"(\b\w+\.)*\bbook_id = k\.b\b", re.IGNORECASE),
)


def forgotten(table: str) -> Callable[[str], str]:
    """Statements about a table without their `book_id = ...`."""
    about = re.compile(rf"\b(from|join|update|into)\s+\w+\.\"?{table}\b", re.IGNORECASE)

    def change(statement: str) -> str:
        if about.search(statement) and not re.match(r"\s*insert", statement, re.IGNORECASE):
            for condition in _FILTERS:
                statement = condition.sub("true", statement)
        return statement

    return change


def dropped(pattern: str) -> Callable[[str], str]:
    """Statements without one condition."""
    condition = re.compile(pattern, re.IGNORECASE)
    return lambda statement: condition.sub("true", statement)


@contextmanager
def walls_down(world: World, letter: str = "A") -> Iterator[None]:
    """A firm's book walls lowered: its tables without row-level security."""
    schema = world.firms[letter].tenant.schema
    with world.ports.owner_engine.begin() as connection:
        walled = connection.execute(
            text("select relname from pg_class where relnamespace = cast(:s as regnamespace) and relrowsecurity"),
            {"s": schema},
        )
        names = list(walled.scalars())
        for name in names:
            connection.exec_driver_sql(f"ALTER TABLE {schema}.{name} DISABLE ROW LEVEL SECURITY")
    try:
        yield
    finally:
        with world.ports.owner_engine.begin() as connection:
            for name in names:
                connection.exec_driver_sql(f"ALTER TABLE {schema}.{name} ENABLE ROW LEVEL SECURITY")


@contextmanager
def policy_gone(world: World, table: str) -> Iterator[Hits]:
    """One table's policy let everything through."""
    schema = world.firms["A"].tenant.schema
    with world.ports.owner_engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE POLICY {table}_hole ON {schema}.{table} USING (true)")
    try:
        yield Hits(1)
    finally:
        with world.ports.owner_engine.begin() as connection:
            connection.exec_driver_sql(f"DROP POLICY {table}_hole ON {schema}.{table}")


@contextmanager
def key_gone(world: World, table: str, key: str) -> Iterator[Hits]:
    """A foreign key dropped, and made again."""
    schema = world.firms["A"].tenant.schema
    with world.ports.owner_engine.begin() as connection:
        told = text("select pg_get_constraintdef(oid) from pg_constraint where conname = :k"
                    " and conrelid = cast(:t as regclass)")  # fmt: skip
        definition = connection.execute(told, {"k": key, "t": f"{schema}.{table}"}).scalar_one()
        connection.exec_driver_sql(f"ALTER TABLE {schema}.{table} DROP CONSTRAINT {key}")
    try:
        yield Hits(1)
    finally:
        with world.ports.owner_engine.begin() as connection:
            connection.exec_driver_sql(f"ALTER TABLE {schema}.{table} ADD CONSTRAINT {key} {definition}")


@contextmanager
def hurried(app: Flask, answer: Callable[[], Response | None]) -> Iterator[Hits]:
    """Something that answers before any door."""
    hits = Hits()

    def first() -> Response | None:
        found = answer()
        if found is not None:
            hits()
        return found

    hooks = app.before_request_funcs.setdefault(None, [])
    hooks.insert(0, first)
    try:
        yield hits
    finally:
        hooks.remove(first)


def unchanged_for(tags: frozenset[str]) -> Callable[[], Response | None]:
    """304 to whoever names a tag there is."""
    return lambda: Response(status=304) if request.headers.get("If-None-Match", "") in tags else None
