"""Engines and the translation of database errors; knows nothing of firms or accounting.

Invariant: no session-level SET is ever sent (a pooler would leak it), statements are never prepared on the server
behind a pooler, and a SQLSTATE decides what an error means before any text does.
"""

from __future__ import annotations

import re
from typing import Any

import orjson
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import DBAPIError

NAMING = {
    "pk": "%(table_name)s_pk",
    "fk": "%(table_name)s_%(column_0_N_name)s_fk",
    "uq": "%(table_name)s_%(column_0_N_name)s_uq",
    "ix": "%(table_name)s_%(column_0_N_name)s_ix",
    "ck": "%(table_name)s_%(constraint_name)s_ck",
}

RETRYABLE = frozenset({"40001", "40P01", "55P03"})
_SHARD_SUFFIX = re.compile(r"_\d{6,}$")
_NAMED = re.compile(r'constraint "([^"]+)"')


def make_engine(url: str, pool_size: int = 4, application: str = "zhangfang") -> Engine:
    """An engine over psycopg 3; JSON goes through orjson, connections are recycled every 30 minutes."""
    return create_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=pool_size,
        max_overflow=4,
        pool_timeout=2,
        pool_recycle=1800,
        pool_pre_ping=True,
        hide_parameters=True,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        connect_args={"prepare_threshold": None, "application_name": application, "connect_timeout": 5},
    )


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
