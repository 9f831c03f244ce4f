"""More of what can go wrong between two transactions: streams, threads, lines that break, what the database refuses."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError, InvalidRequestError

from infra.db import sqlstate
from tenants.door import retrying
from tests.attack.pool_field import TOUCH, UNFILTERED, Field, Home, Thrown, scenario, shut


@scenario
def the_line_broken_at_the_commit(field: Field, home: Home, other: Home) -> None:
    """The network goes when only the commit is left."""
    with pytest.raises(DBAPIError), field.inside(home) as scope:
        scope.run(TOUCH)
        scope.before_commit("attack", shut)


def _streamed(field: Field, home: Home, *books: int) -> Iterator[tuple[int, str]]:
    """A generator with a door inside, as a streaming answer is."""
    with field.inside(home, *books, read_only=True) as scope:
        yield from (tuple(row) for row in scope.stream(UNFILTERED))


@scenario
def a_stream_read_to_its_end(field: Field, home: Home, other: Home) -> None:
    """Two firms' streams, read in turn."""
    mine, others = _streamed(field, home, 0), _streamed(field, other, 1)
    field.same([next(mine)], home.rows(0), home)
    field.same([next(others)], other.rows(1), other)
    field.same(mine, [], home)
    field.same(others, [], other)


@scenario
def a_generator_closed_early(field: Field, home: Home, other: Home) -> None:
    """The reader of a stream goes away after its first row."""
    stream = _streamed(field, home, 0, 1)
    field.same([next(stream)], home.rows(0), home)
    stream.close()  # type: ignore[attr-defined]
    field.same(_streamed(field, other, 0, 1), other.rows(0, 1), other)


@scenario
def a_generator_left_lying(field: Field, home: Home, other: Home) -> None:
    """Nobody even closes the stream; the collector does."""
    stream = _streamed(field, home, 1)
    field.same([next(stream)], home.rows(1), home)
    del stream
    gc.collect(0)


@scenario
def a_scope_kept_after_its_door(field: Field, home: Home, other: Home) -> None:
    """A streaming answer that reads when the transaction is over gets an error and no row."""
    with field.inside(home) as scope:
        field.read(scope, home)
    with pytest.raises(InvalidRequestError):
        field.read(scope, home)


@scenario
def a_scope_in_another_thread(field: Field, home: Home, other: Home) -> None:
    """A scope is carried to a thread that was inside another firm."""
    with ThreadPoolExecutor(1) as thread, field.inside(home, 1) as scope:

        def elsewhere() -> None:
            with field.inside(other) as theirs:
                field.read(theirs, other)
                field.read(scope, home, 1)

        thread.submit(elsewhere).result()
        field.read(scope, home, 1)


@scenario
def a_generator_in_another_thread(field: Field, home: Home, other: Home) -> None:
    """A stream begun by one thread is ended by another, as a WSGI server may do."""
    stream = _streamed(field, home, 0, 1)
    field.same([next(stream)], home.rows(0), home)
    with ThreadPoolExecutor(1) as thread:
        rest = thread.submit(list, stream).result()
    field.same(rest, home.rows(1), home)


@scenario
def job_after_job_on_one_connection(field: Field, home: Home, other: Home) -> None:
    """A worker with a single connection, firm after firm, some of the jobs failing."""
    with field.alone() as engine:
        for turn, (firm, book) in enumerate([(home, 0), (other, 1), (home, 1), (other, 0), (home, 0)]):
            with suppress(Thrown), field.inside(firm, book, engine=engine) as scope:
                field.read(scope, firm, book)
                scope.run(TOUCH)
                if turn % 2:
                    raise Thrown
            with engine.connect() as bare:
                field.peek(bare, firm)


@scenario
def the_client_gone_in_the_middle_of_a_query(field: Field, home: Home, other: Home) -> None:
    """The line breaks while the database works."""
    with pytest.raises(DBAPIError), field.inside(home) as scope:
        field.read(scope, home)
        timer = threading.Timer(0.005, shut, [scope])
        timer.start()
        scope.run("SELECT pg_sleep(0.3)")


@scenario
def a_connection_thrown_away(field: Field, home: Home, other: Home) -> None:
    """The pool is told inside a transaction that its connection is broken."""
    with pytest.raises(InvalidRequestError), field.inside(home) as scope:
        field.read(scope, home)
        scope.connection.invalidate()
        field.read(scope, home)


@scenario
def a_statement_that_takes_too_long(field: Field, home: Home, other: Home) -> None:
    """The statement timeout strikes; the next transaction has its own again."""
    with pytest.raises(DBAPIError) as met, field.inside(home) as scope:
        field.read(scope, home)
        scope.connection.exec_driver_sql("SET LOCAL statement_timeout = '5ms'")
        scope.run("SELECT pg_sleep(0.3)")
    assert sqlstate(met.value) == "57014"
    with field.inside(home) as scope:
        assert scope.run("SELECT current_setting('statement_timeout')").scalar_one() == "30s"


@scenario
def a_lock_not_had_in_time(field: Field, home: Home, other: Home) -> None:
    """The lock timeout strikes."""
    with field.inside(home) as holder:
        holder.run(TOUCH)
        with pytest.raises(DBAPIError) as met, field.inside(home) as scope:
            field.read(scope, home)
            scope.connection.exec_driver_sql("SET LOCAL lock_timeout = '5ms'")
            scope.run(TOUCH)
        field.read(holder, home)
    assert sqlstate(met.value) == "55P03"


@scenario
def run_again_after_a_conflict(field: Field, home: Home, other: Home) -> None:
    """A unit meets a serialization failure and runs again, whole, with another firm's transaction in between."""
    met = []

    def unit() -> None:
        with field.inside(home, 1, one_snapshot=True) as scope:
            field.read(scope, home, 1)
            if not met:
                met.append(1)
                with field.inside(home, 1) as first:
                    first.run(TOUCH)
                with field.inside(other) as theirs:
                    field.read(theirs, other)
            scope.run(TOUCH)
            field.read(scope, home, 1)

    retrying(unit)
    assert met == [1]


@scenario
def a_query_cancelled(field: Field, home: Home, other: Home) -> None:
    """Somebody cancels a query; the transaction is lost and the connection is used on."""
    with pytest.raises(DBAPIError) as met, field.inside(home) as scope:
        raw: Any = scope.connection.connection.driver_connection
        timer = threading.Timer(0.005, raw.cancel_safe)
        timer.start()
        scope.run("SELECT pg_sleep(0.3)")
    timer.join()
    assert sqlstate(met.value) == "57014"


@scenario
def the_server_process_killed(field: Field, home: Home, other: Home) -> None:
    """The database ends the session in mid-transaction."""
    with pytest.raises(DBAPIError), field.inside(home) as scope:
        field.read(scope, home)
        scope.run("SELECT pg_terminate_backend(pg_backend_pid())")


@scenario
def the_same_statement_often(field: Field, home: Home, other: Home) -> None:
    """A driver that prepares after the fifth time would leave a statement on a connection that is not its own."""
    for turn in range(7):
        firm = (home, other)[turn % 2]
        with field.inside(firm) as scope:
            field.read(scope, firm)
            assert scope.run("SELECT count(*) FROM pg_prepared_statements").scalar_one() == 0


@scenario
def left_in_the_session(field: Field, home: Home, other: Home) -> None:
    """Code that breaks the house's rule and says SET for the session: whoever is lent it later sees no more by it."""
    with field.inside(home) as scope:
        field.read(scope, home)
        scope.connection.exec_driver_sql(f"SET search_path = {home.tenant.schema}")
        scope.connection.exec_driver_sql("SET app.book_from = '1'; SET app.book_to = '99'")
    with field.inside(other) as scope:
        field.read(scope, other)
        field.peek(scope.connection, home)


@scenario
def reading_then_writing(field: Field, home: Home, other: Home) -> None:
    """A read-only transaction refuses to write, the next one on the connection may, the one after that may not."""
    with field.alone() as engine:
        for read_only in (True, False, True):
            met = []
            with suppress(DBAPIError), field.inside(home, engine=engine, read_only=read_only) as scope:
                field.read(scope, home)
                try:
                    scope.run(TOUCH)
                except DBAPIError as error:
                    met.append(sqlstate(error))
                    raise
            assert met == ["25006"] * read_only


@scenario
def one_snapshot_then_none(field: Field, home: Home, other: Home) -> None:
    """The isolation of one transaction is not that of the next."""
    with field.alone() as engine:
        for firm, wanted in ((home, True), (other, False)):
            with field.inside(firm, engine=engine, one_snapshot=wanted) as scope:
                field.read(scope, firm)
                level = scope.run("SELECT current_setting('transaction_isolation')").scalar_one()
                assert level == ("repeatable read" if wanted else "read committed")
