"""Canaries where none may be: in the names of objects, in Valkey, and in rows that belong to another book or firm."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import text

from tests.bola.canaries import owners_in
from tests.bola.store import LEFT_OUT, tables
from tests.bola.world import World


def stray(world: World) -> list[str]:
    """Every place that holds a canary it should not."""
    return [*_objects(world), *_valkey(world), *_rows(world)]


def _objects(world: World) -> Iterator[str]:
    """Keys of objects say nothing of what they hold (API-112)."""
    for entry in world.ports.files.list(""):
        if owners_in(entry.key.encode()):
            yield f"S3 key {entry.key}"


def _valkey(world: World) -> Iterator[str]:
    """Queues and counters carry ids only."""
    redis = world.ports.redis
    for key in redis.scan_iter():
        held = redis.dump(key) or b""
        if owners_in(bytes(key)) or owners_in(bytes(held)):
            yield f"Valkey key {key!r}"


def _rows(world: World) -> Iterator[str]:
    """A firm's tables hold the firm's canaries only, a book's rows those of the firm and of the book."""
    with world.ports.owner_engine.connect() as connection:
        for letter, firm in world.firms.items():
            schema = firm.tenant.schema
            books = {number: label for label, book in world.books.items() for number in book.ids if label[0] == letter}
            for table in tables(connection, schema):
                asked = f"select to_jsonb(t) as row from {schema}.{table} t where {LEFT_OUT.get(table, 'true')}"
                rows = connection.execute(text(asked)).scalars()
                for row in rows:
                    mine = books.get(row.get("book_id"))
                    found = owners_in(str(row).encode())
                    foreign = {
                        each for each in found if each[0] != letter or (mine and each[1] not in (mine[1], *"09"))
                    }
                    if foreign:
                        yield f"{schema}.{table} holds canaries of {sorted(foreign)}"
