"""Engines and the translation of database errors; knows nothing of firms or accounting.

Invariant: no session-level SET is ever sent (a pooler would leak it), statements are never prepared on the server
behind a pooler, and a SQLSTATE decides what an error means before any text does.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from types import NoneType
from typing import Any
from uuid import UUID

import orjson
from psycopg.types.array import ListDumper
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

NAMING = {
    "pk": "%(table_name)s_pk",
    "fk": "%(table_name)s_%(column_0_N_name)s_fk",
    "uq": "%(table_name)s_%(column_0_N_name)s_uq",
    "ix": "%(table_name)s_%(column_0_N_name)s_ix",
    "ck": "%(table_name)s_%(constraint_name)s_ck",
}

TRIPWIRE = "zhangfang_tripwire"
RETRYABLE = frozenset({"40001", "40P01", "55P03"})
_SHARD_SUFFIX = re.compile(r"_\d{6,}$")
_NAMED = re.compile(r'constraint "([^"]+)"')
_PLAIN = frozenset({bool, int, Decimal, UUID, date})  # never need quotes inside an array


class ArrayDumper(ListDumper):
    """Arrays of one plain kind of item in one join: bulk statements carry a dozen of them with thousands of items,
    and psycopg looks at every item with a regular expression."""

    def dump(self, obj: list[Any]) -> Any:
        """The text of an array; whatever is not flat and of one kind goes the ordinary way."""
        kinds = set(map(type, obj)) - {NoneType}
        if len(kinds) < 2 and kinds <= _PLAIN:
            items = ["NULL" if item is None else str(item) for item in obj]
        elif kinds == {str} and "\0" not in (whole := "".join(filter(None, obj))):
            if "\\" in whole or '"' in whole:
                obj = [item and item.replace("\\", "\\\\").replace('"', '\\"') for item in obj]
            items = ["NULL" if item is None else f'"{item}"' for item in obj]
        else:
            return super().dump(obj)
        return f"{{{','.join(items)}}}".encode()


def make_engine(url: str, pool_size: int = 4, application: str = "zhangfang", tripwire: float = 1.0) -> Engine:
    """An engine over psycopg 3; JSON goes through orjson, connections are recycled every 30 minutes.

    `tripwire` is the share of transactions in which a door asks the session where it stands (SEC-013).
    """
    engine = create_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=pool_size,
        max_overflow=4,
        pool_timeout=2,
        pool_recycle=1800,
        pool_pre_ping=True,
        execution_options={TRIPWIRE: tripwire},
        hide_parameters=True,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        connect_args={"prepare_threshold": None, "application_name": application, "connect_timeout": 5},
    )
    event.listen(engine, "connect", lambda raw, _: raw.adapters.register_dumper(list, ArrayDumper))
    return engine


def sqlstate(error: DBAPIError) -> str:
    """The five-letter SQLSTATE of a database error, or an empty string when the server sent none."""
    return str(getattr(error.orig, "sqlstate", None) or "")


def constraint(error: DBAPIError) -> str:
    """The name of the constraint that refused, without the suffix a distributed engine appends to it."""
    diag: Any = getattr(error.orig, "diag", None)
    name = getattr(diag, "constraint_name", None)
    if not name and (match := _NAMED.search(str(error.orig))):
        name = match[1]
    return _SHARD_SUFFIX.sub("", name or "")
