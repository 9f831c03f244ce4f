"""The lower door: the only way into a firm's schema, and the only file that says commit.

Invariant: one scope is one transaction. Who is inside is said by `SET LOCAL`, so nothing outlives the transaction,
and row-level security shows no row to a session that did not come through here.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from infra.clock import Clock
from infra.crypto import Keyring
from infra.db import RETRYABLE, TRIPWIRE, sqlstate
from infra.ids import encode, new_id
from tenants.errors import Busy, TenantSuspended, TenantUpgrading, Tripped
from tenants.naming import TENANT, checked
from tenants.scope import NOWHERE, Actor, Origin, TenantRef, TenantScope

log = logging.getLogger(__name__)

Result = TypeVar("Result")

ATTEMPTS = 3
_READING = "SAVEPOINT reading; SET TRANSACTION READ ONLY"
_READ = "RELEASE SAVEPOINT reading"  # with it ends what was set for the savepoint: the transaction may write again
_INSIDE = "SELECT coalesce(current_setting('app.tenant', true), '')"
_PREAMBLE = (
    "SET LOCAL app.tenant = '{schema}'; SET LOCAL app.book_from = ''; SET LOCAL app.book_to = '';"
    "SET LOCAL app.actor = '{actor}'; SET LOCAL lock_timeout = '3s'; SET LOCAL statement_timeout = '{seconds:d}s';"
    "SET LOCAL idle_in_transaction_session_timeout = '60s'"
)


def _literal(text: str) -> str:
    return text.replace("\\", "").replace("'", "''").replace("\0", "")


@contextmanager
def enter_tenant(
    engine: Engine,
    tenant: TenantRef,
    actor: Actor,
    clock: Clock,
    *,
    read_only: bool = False,
    request_id: str = "",
    statement_seconds: int = 30,
    one_snapshot: bool = False,
    origin: Origin = NOWHERE,
    keyring: Keyring | None = None,
    even_suspended: bool = False,
    logged: bool = False,
) -> Iterator[TenantScope]:
    """Open a firm: one transaction, committed when the block ends well and rolled back when it does not.

    In a share of the transactions (the engine's `tripwire`) the session is asked where it stands, at both ends.
    What a verb left for the end (`before_commit`) runs in the same transaction, so its locks are the last ones taken.

    With `one_snapshot` every statement sees the same moment (REPEATABLE READ), as an export must.
    With `logged` a reading transaction may leave its line in the log: it reads only until the block has ended, and what
    was left for the end may write.
    `even_suspended` is for the log of acts, which goes on in a suspended firm: written, signed and verified.
    Raises `TenantSuspended` or `TenantUpgrading` when the firm may not be entered now.
    """
    if tenant.state == "suspended" and not even_suspended:
        raise TenantSuspended
    if tenant.state not in ("active", "suspended"):
        raise TenantUpgrading(headers={"Retry-After": "5"})
    with engine.connect() as plain:
        options = {"isolation_level": "REPEATABLE READ"} if one_snapshot else {}
        connection = plain.execution_options(
            schema_translate_map={TENANT: checked(tenant.schema)},
            postgresql_readonly=read_only and not logged,
            **options,
        )
        transaction = connection.begin()
        try:
            watched = random.random() < connection.get_execution_options().get(TRIPWIRE, 1.0)  # noqa: S311  (a sample)
            if watched:
                _agree(connection, tenant, "")
            _announce(connection, tenant, actor, statement_seconds)
            asked = request_id or encode("req", new_id())
            scope = TenantScope(connection, tenant, actor, clock(), asked, read_only, origin=origin, keyring=keyring)
            reading = read_only and logged
            if reading:
                connection.exec_driver_sql(_READING)
            yield scope
            if reading:
                connection.exec_driver_sql(_READ)
            _leave(scope, watched)
            transaction.commit()
        finally:
            if transaction.is_active:
                transaction.rollback()


def _announce(connection: Connection, tenant: TenantRef, actor: Actor, seconds: int) -> None:
    connection.exec_driver_sql(
        _PREAMBLE.format(schema=checked(tenant.schema), actor=_literal(actor.key), seconds=seconds)
    )


def _leave(scope: TenantScope, watched: bool) -> None:
    """Run what was left for the end, then look whether what will be committed is what the door began."""
    for verb in list(scope.last_verbs.values()):
        verb(scope)
    _still_open(scope.connection, scope.tenant)
    if watched:
        _agree(scope.connection, scope.tenant, scope.tenant.schema)


def _still_open(connection: Connection, tenant: TenantRef) -> None:
    """Raise `Tripped` when the door's transaction failed or was ended by somebody: to its commit the database would
    answer as if all were well."""
    raw: Any = connection.connection.driver_connection
    if (status := raw.info.transaction_status) is not TransactionStatus.INTRANS:
        _trip(connection, tenant, f"its transaction is {status.name}")


def _agree(connection: Connection, tenant: TenantRef, expected: str) -> None:
    """The tripwire (SEC-013): raise `Tripped` unless the session says what is expected of it (nothing, before the door
    has spoken) and the tables are mapped to the schema of the token's firm."""
    said = connection.exec_driver_sql(_INSIDE).scalar_one()
    mapped = connection.get_execution_options()["schema_translate_map"][TENANT]
    if (said, mapped) != (expected, tenant.schema):
        _trip(connection, tenant, f"the session says {said!r} and the tables are mapped to {mapped!r}")


def _trip(connection: Connection, tenant: TenantRef, found: str) -> NoReturn:
    log.critical("tripwire: a door of %s (%s) where %s; the connection is thrown away", tenant.id, tenant.schema, found)
    connection.invalidate()
    raise Tripped(found)


def retrying(unit: Callable[[], Result]) -> Result:
    """Run a whole unit again when the database asks for it (40001, 40P01, 55P03), at most three times, then `Busy`."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return unit()
        except DBAPIError as error:
            if sqlstate(error) not in RETRYABLE:
                raise
            if attempt == ATTEMPTS:
                raise Busy(headers={"Retry-After": "2"}) from error
            time.sleep(random.uniform(0.01, 0.05) * attempt)  # noqa: S311  (jitter, not a secret)
    raise AssertionError("unreachable")
