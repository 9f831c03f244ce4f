"""What the database holds, compared: whether anything changed, and whether a request wrote outside its own book."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, text

from tests.bola.principals import Principal
from tests.bola.world import World

# What a refusal itself may leave behind: a line that says it was refused, and when a token was last seen.
LEFT_OUT = {"audit_event": "action <> 'access.denied'"}
_UNWATCHED = frozenset({"token", "audit_head"})


_WITH_BOOKS = text(
    "select c.relname from pg_attribute a join pg_class c on c.oid = a.attrelid"
    " where c.relnamespace = cast(:s as regnamespace) and c.relkind = 'r' and a.attname = 'book_id'"
    " and not a.attisdropped"
)
_READABLE = text(f"{_WITH_BOOKS.text} and has_table_privilege(c.oid, 'select')")


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
                f" from {schema}.{name} t where {LEFT_OUT.get(name, 'true')}"
                for name in tables(connection, schema)
                if name not in _UNWATCHED
            ]
            found.update(connection.execute(text(" union all ".join(parts))).all())
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


Counts = dict[str, dict[str, dict[int, int]]]


def rows_of_books(world: World) -> Counts:
    """How many rows each book has in each table of each firm."""
    found: Counts = {}
    with world.ports.owner_engine.connect() as connection:
        for firm in world.firms.values():
            schema = firm.tenant.schema
            named = connection.execute(_WITH_BOOKS, {"s": schema}).scalars().all()
            parts = [f"select '{name}', book_id, count(*) from {schema}.{name} group by book_id" for name in named]
            tables: dict[str, dict[int, int]] = {name: {} for name in named}
            for name, book, count in connection.execute(text(" union all ".join(parts))):
                tables[name][book] = count
            found[schema] = tables
    return found


def written_elsewhere(
    connection: Connection, world: World, who: Principal, own: Collection[int], before: Counts
) -> list[str]:
    """The tables in which this transaction wrote or took away rows of other books; asked at its end."""
    if not who.firm:
        return []
    schema = world.firms[who.firm].tenant.schema
    asked = "select pg_current_xact_id_if_assigned(), current_setting('app.tenant', true)"
    wrote, inside = connection.exec_driver_sql(asked).one()
    if not wrote or inside != schema:  # a read, or what is noted about a token before any door
        return []
    connection.exec_driver_sql("SET LOCAL app.book_from = '1'; SET LOCAL app.book_to = '9223372036854775807'")
    readable = connection.execute(_READABLE, {"s": schema}).scalars().all()
    books = ", ".join(map(str, own)) or "0"
    parts = [
        f"select '{name}', count(*), count(*) filter (where t.xmin::text::bigint ="
        f" (pg_current_xact_id()::text::bigint & 4294967295) and {LEFT_OUT.get(name, 'true')})"
        f" from {schema}.{name} t where book_id not in ({books})"
        for name in readable
    ]
    rows = connection.exec_driver_sql(" union all ".join(parts)).all()
    usual = {
        name: sum(count for book, count in before[schema][name].items() if book and book not in own)
        for name in readable
    }
    return [name for name, count, fresh in rows if fresh or count < usual[name]]


def acts_written(connection: Connection, schema: str) -> set[str]:
    """The actions this transaction wrote into the log of acts; asked at its end."""
    inside = connection.exec_driver_sql("select current_setting('app.tenant', true)").scalar()
    if inside != schema:
        return set()
    connection.exec_driver_sql("SET LOCAL app.book_from = '0'; SET LOCAL app.book_to = '9223372036854775807'")
    fresh = text(
        f"select action from {schema}.audit_event"
        " where xmin::text::bigint = (pg_current_xact_id()::text::bigint & 4294967295)"
    )
    return set(connection.execute(fresh).scalars())
