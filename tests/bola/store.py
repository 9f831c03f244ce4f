"""What the database holds, compared: whether anything changed, and whether a request wrote outside its own book."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, text

from tests.bola.principals import Principal
from tests.bola.world import World

# What a refusal itself may leave behind: a line that says it was refused, and when a token was last seen.
_LEFT_OUT = {"audit_event": "action <> 'access.denied'"}
_UNWATCHED = frozenset({"token"})


def schemas(world: World) -> list[str]:
    """The schemas whose every row is watched."""
    return [*(firm.tenant.schema for firm in world.firms.values()), "platform"]


def tables(connection: Connection, schema: str) -> list[str]:
    """The tables of a schema."""
    found = connection.execute(text("select tablename from pg_tables where schemaname = :s order by 1"), {"s": schema})
    return list(found.scalars())


def checksums(world: World) -> dict[str, str]:
    """A digest of every table of every firm and of the platform."""
    found: dict[str, str] = {}
    with world.ports.owner_engine.connect() as connection:
        for schema in schemas(world):
            parts = [
                f"select '{schema}.{name}', md5(coalesce(string_agg(t::text, '|' order by t::text), ''))"
                f" from {schema}.{name} t where {_LEFT_OUT.get(name, 'true')}"
                for name in tables(connection, schema)
                if name not in _UNWATCHED
            ]
            found.update(connection.execute(text(" union all ".join(parts))).tuples().all())
    return found


def unwitnessed(world: World, letter: str, refused: Collection[str]) -> list[str]:
    """The refused requests of a firm's people of which no `access.denied` tells; empty while nothing tells of any."""
    schema = world.firms[letter].tenant.schema
    with world.ports.owner_engine.connect() as connection:
        told = set(
            connection.execute(
                text(f"select request_id from {schema}.audit_event where action = 'access.denied'")
            ).scalars()
        )
    return sorted(set(refused) - told) if told else []


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """The tables whose rows are others than before."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def written_elsewhere(connection: Connection, world: World, who: Principal, own: Collection[int]) -> list[str]:
    """The tables in which this transaction wrote rows of books it has no business with; asked at its end."""
    if not who.firm or not connection.exec_driver_sql("select pg_current_xact_id_if_assigned()").scalar_one():
        return []
    schema = world.firms[who.firm].tenant.schema
    connection.exec_driver_sql("SET LOCAL app.book_from = '1'; SET LOCAL app.book_to = '9223372036854775807'")
    named = connection.execute(
        text(
            "select c.relname from pg_attribute a join pg_class c on c.oid = a.attrelid"
            " where c.relnamespace = cast(:s as regnamespace) and c.relkind = 'r' and a.attname = 'book_id'"
            " and has_table_privilege(c.oid, 'select')"
        ),
        {"s": schema},
    )
    books = ", ".join(map(str, own)) or "0"
    parts = [
        f"(select '{name}' from {schema}.{name} t where book_id not in ({books})"
        f" and t.xmin::text::bigint = (pg_current_xact_id()::text::bigint & 4294967295) limit 1)"
        for name in named.scalars()
    ]
    return list(connection.exec_driver_sql(" union all ".join(parts)).scalars())
