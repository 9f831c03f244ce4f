"""The second walls, straight at the database: what the application's login sees when every filter is forgotten.

Each table is read without any filter behind each door; each composite key is tried with a row of another book. A wall
that was taken down shows here even where every query still filters by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection, ForeignKeyConstraint, Table, text
from sqlalchemy.exc import DBAPIError

from app.bootstrap import TENANT_METADATA
from infra.db import sqlstate
from tests.bola.world import World

HOME, AWAY = "A1", "A2"
# Grants and jobs are looked up before a book is entered: seen by the whole firm, never by another.
_OF_THE_FIRM = frozenset({"book_grant", "job"})
_FOREIGN_KEY = "23503"


@dataclass
class Walls:
    """How many walls were tried, and which did not hold."""

    cells: int = 0
    failed: list[str] = field(default_factory=list)


def probe(world: World, only: str = "") -> Walls:
    """Try every wall of firm A, or those of one table or key."""
    walls = Walls()
    for name, held in (*_policies(world, only), *_keys(world, only)):
        walls.cells += 1
        if not held:
            walls.failed.append(name)
    return walls


def book_tables() -> list[Table]:
    """The tables whose rows belong to a book."""
    return [table for table in TENANT_METADATA.sorted_tables if "book_id" in table.columns]


def composite_keys() -> Iterator[tuple[Table, ForeignKeyConstraint]]:
    """The foreign keys that carry the book with them."""
    for table in book_tables():
        for key in table.foreign_key_constraints:
            if len(key.columns) > 1 and "book_id" in key.column_keys:
                yield table, key


# ---- row-level security


def _policies(world: World, only: str) -> Iterator[tuple[str, bool]]:
    mine, other = (world.firms[letter].tenant.schema for letter in "AB")
    ids = world.books[HOME].ids
    with world.ports.engine.connect() as connection:
        for table in TENANT_METADATA.sorted_tables:
            if only not in ("", table.name):
                continue
            yield f"no door: {table.name}", _seen(connection, mine, None, ids, f"{mine}.{table.name}") == 0
            yield f"another firm's door: {table.name}", _seen(connection, mine, None, ids, f"{other}.{table.name}") == 0
        for table in book_tables():
            if table.name not in _OF_THE_FIRM and only in ("", table.name):
                elsewhere = f"{mine}.{table.name} where book_id not in ({', '.join(map(str, ids))})"
                yield f"another book's door: {table.name}", _seen(connection, mine, mine, ids, elsewhere) == 0


def _seen(connection: Connection, firm: str, door: str | None, ids: frozenset[int], rows: str) -> int:
    """How many rows are seen from behind a door; `None` is no door for the firm's own rows, its own for another's."""
    with connection.begin() as transaction:
        if door or not rows.startswith(f"{firm}."):
            said = {"app.tenant": firm, "app.book_from": str(min(ids)), "app.book_to": str(max(ids))}
            for name, value in said.items():
                connection.exec_driver_sql(f"SET LOCAL {name} = '{value}'")
        try:
            return int(connection.exec_driver_sql(f"select count(*) from {rows}").scalar_one())
        except DBAPIError as refused:
            if sqlstate(refused) == "42501":  # not even readable
                return 0
            raise
        finally:
            transaction.rollback()


# ---- composite foreign keys


def _keys(world: World, only: str) -> Iterator[tuple[str, bool]]:
    schema = world.firms["A"].tenant.schema
    home, away = (min(world.books[label].ids) for label in (HOME, AWAY))
    with world.ports.owner_engine.connect() as connection:
        there = set(
            connection.execute(
                text(
                    "select conname from pg_constraint where contype = 'f' and connamespace = cast(:s as regnamespace)"
                ),
                {"s": schema},
            ).scalars()
        )
        for table, key in composite_keys():
            if only not in ("", str(key.name)):
                continue
            yield f"key {key.name} exists", str(key.name) in there
            yield f"key {key.name} holds", _holds(connection, schema, table, key, home, away)


def _holds(connection: Connection, schema: str, table: Table, key: ForeignKeyConstraint, home: int, away: int) -> bool:
    """Whether a row of one book is refused the parent of another; true as well where the world has no such rows."""
    parent = key.referred_table.name
    pairs = [(part.parent.name, part.column.name) for part in key.elements if part.parent.name != "book_id"]
    same = " and ".join(f"c.{mine} = p.{theirs}" for mine, theirs in pairs)
    there = f"exists (select from {schema}.{table.name} c where c.book_id = :home and {same})"
    found = connection.execute(
        text(
            f"select {', '.join(f'p.{theirs}' for _, theirs in pairs)} from {schema}.{parent} p"
            f" where p.book_id = :away and not exists (select from {schema}.{parent} m where m.book_id = :home"
            f" and {' and '.join(f'm.{theirs} = p.{theirs}' for _, theirs in pairs)}) and not {there} limit 1"
        ),
        {"home": home, "away": away},
    ).first()
    connection.rollback()
    if found is None:
        return True
    changes = ", ".join(f"{mine} = :v{number}" for number, (mine, _) in enumerate(pairs))
    values = {f"v{number}": value for number, value in enumerate(found)}
    with connection.begin() as transaction:
        try:
            connection.exec_driver_sql(f"ALTER TABLE {schema}.{table.name} DISABLE TRIGGER USER")
            statement = (
                f"update {schema}.{table.name} set {changes} where ctid = (select ctid from {schema}.{table.name}"
                f" where book_id = :home and {pairs[0][0]} is not null limit 1)"
            )
            moved = connection.execute(text(statement), {"home": home, **values}).rowcount
            connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
            return not moved
        except DBAPIError as refused:
            return sqlstate(refused).startswith("23")
        finally:
            transaction.rollback()
