"""SEC-013: before a commit the session, the tables' schema and the token's firm must agree; here they do not."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError

from infra.db import TRIPWIRE, make_engine
from infra.ports import Ports
from infra.settings import Settings
from tenants.door import enter_tenant
from tenants.errors import Tripped
from tenants.naming import TENANT
from tenants.scope import SYSTEM, TenantRef, TenantScope
from tests.factories.doors import Doors

ELSEWHERE = "t_99999999"
_BREAKS: dict[str, Callable[[TenantScope], object]] = {
    "the session stands in another firm": lambda scope: scope.connection.exec_driver_sql(
        f"SET LOCAL app.tenant = '{ELSEWHERE}'"
    ),
    "the session stands nowhere": lambda scope: scope.connection.exec_driver_sql("SET LOCAL app.tenant = ''"),
    "the tables are another firm's": lambda scope: scope.connection.execution_options(
        schema_translate_map={TENANT: ELSEWHERE}
    ),
    "the transaction was ended by hand": lambda scope: scope.connection.exec_driver_sql("COMMIT"),
    "the transaction was ended and another begun": lambda scope: [
        scope.connection.exec_driver_sql(statement) for statement in ("COMMIT", "SELECT 1")
    ],
}


@pytest.fixture
def engine(environment: dict[str, str]) -> Iterator[Engine]:
    """One connection, so that a door finds what the one before it left there."""
    opened = make_engine(environment["DATABASE_URL"], 1)
    yield opened
    opened.dispose()


def process(engine: Engine) -> int:
    """The server process behind the connection of the pool."""
    with engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())


@pytest.mark.parametrize("broken", _BREAKS)
def test_a_disagreement_ends_the_transaction_and_the_connection_and_is_cried_out(
    broken: str, engine: Engine, ports: Ports, firm: TenantRef, caplog: pytest.LogCaptureFixture
) -> None:
    before = process(engine)
    with pytest.raises(Tripped), enter_tenant(engine, firm, SYSTEM, ports.clock) as scope:
        scope.run("SELECT 1")
        _BREAKS[broken](scope)
    assert [one.levelno for one in caplog.records if one.name == "tenants.door"] == [logging.CRITICAL]
    assert str(firm.id) in caplog.text
    assert process(engine) != before


def test_what_was_written_before_a_disagreement_is_not_kept(engine: Engine, ports: Ports, doors: Doors) -> None:
    book = doors.new_book()
    with pytest.raises(Tripped), enter_tenant(engine, doors.tenant, SYSTEM, ports.clock) as scope:
        scope.run("UPDATE tenant.book SET name = 'written' WHERE id = :id", id=book.id)
        _BREAKS["the session stands nowhere"](scope)
    with doors.firm() as scope:
        assert scope.run("SELECT name FROM tenant.book WHERE id = :id", id=book.id).scalar_one() == book.name


def test_a_failed_transaction_is_not_taken_for_a_committed_one(engine: Engine, ports: Ports, firm: TenantRef) -> None:
    with (
        pytest.raises(Tripped, match="INERROR"),
        enter_tenant(engine, firm, SYSTEM, ports.clock) as scope,
        suppress(DBAPIError),
    ):
        scope.run("SELECT 1 / 0")


def test_what_was_left_in_a_session_is_found_by_the_next_door(
    engine: Engine, ports: Ports, firm: TenantRef, caplog: pytest.LogCaptureFixture
) -> None:
    with engine.begin() as bare:
        bare.exec_driver_sql(f"SET app.tenant = '{firm.schema}'")
    with pytest.raises(Tripped), enter_tenant(engine, firm, SYSTEM, ports.clock):
        pytest.fail("the door opened")
    assert "CRITICAL" in caplog.text
    with enter_tenant(engine, firm, SYSTEM, ports.clock) as scope:
        assert scope.run("SELECT 1").scalar_one() == 1


def test_every_transaction_of_the_tests_is_watched_and_one_in_a_hundred_otherwise(
    environment: dict[str, str], ports: Ports
) -> None:
    assert ports.engine.get_execution_options()[TRIPWIRE] == 1.0
    silent = {name: value for name, value in environment.items() if name != "TRIPWIRE_SHARE"}
    assert Settings.from_env(silent).tripwire == 0.01


def test_an_unwatched_door_asks_nothing(environment: dict[str, str], ports: Ports, firm: TenantRef) -> None:
    for share, times in ((0.0, 0), (1.0, 2)):
        asked: list[str] = []
        engine = make_engine(environment["DATABASE_URL"], 1, tripwire=share)
        event.listen(engine, "before_cursor_execute", lambda *told, said=asked: said.append(told[2]))
        with enter_tenant(engine, firm, SYSTEM, ports.clock) as scope:
            scope.run("SELECT 1")
        engine.dispose()
        assert sum("current_setting" in statement for statement in asked) == times
