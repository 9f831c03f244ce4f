"""What can go wrong between two transactions on one connection, done on purpose in one firm, beside another.

A scenario returns when the disturbance is over; what the field reads then says whether a firm's context leaked.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest
from sqlalchemy.exc import DBAPIError, InvalidRequestError

from infra.db import sqlstate
from tenants.door import enter_tenant
from tenants.errors import TenantSuspended, Tripped
from tenants.scope import Actor, TenantScope
from tests.attack.pool_field import TOUCH, Field, Home, Thrown, scenario


def _fails(scope: TenantScope, state: str, statement: str) -> None:
    with pytest.raises(DBAPIError) as met:
        scope.connection.exec_driver_sql(statement)
    assert sqlstate(met.value) == state, met.value


@scenario
def thrown_before_the_door(field: Field, home: Home, other: Home) -> None:
    """A connection is used by nobody's code and given back by an exception."""
    with pytest.raises(Thrown), field.engine.connect() as bare:
        field.peek(bare, home)
        raise Thrown


@scenario
def turned_away_at_the_door(field: Field, home: Home, other: Home) -> None:
    """A suspended firm is not entered."""
    closed = replace(home, tenant=replace(home.tenant, state="suspended"))
    with pytest.raises(TenantSuspended), field.inside(closed) as scope:
        field.nothing(scope)


@scenario
def an_actor_named_to_break_the_preamble(field: Field, home: Home, other: Home) -> None:
    """The one text of a stranger that the door says to the database."""
    for name in (f"'; SET LOCAL app.tenant = '{other.tenant.schema}'; --", "\\'; x", "'\0'", "{schema}", "%s"):
        with enter_tenant(field.engine, home.tenant, Actor("api_key", None, name), field.clock) as scope:
            scope.narrow([home.books[0]])
            field.read(scope, home)
            field.peek(scope.connection, other)


@scenario
def thrown_inside(field: Field, home: Home, other: Home) -> None:
    """A view fails after it read and wrote."""
    with pytest.raises(Thrown), field.inside(home) as scope:
        scope.run(TOUCH)
        field.read(scope, home)
        raise Thrown


@scenario
def interrupted_inside(field: Field, home: Home, other: Home) -> None:
    """A process is told to end while a view works."""
    for signal in (KeyboardInterrupt, SystemExit):
        with pytest.raises(signal), field.inside(home, 1) as scope:
            field.read(scope, home, 1)
            raise signal


@scenario
def an_error_swallowed(field: Field, home: Home, other: Home) -> None:
    """A view hides an error of the database: the transaction is lost, and nothing may be read in what is left of it."""
    with suppress(DBAPIError, Tripped), field.inside(home) as scope:
        _fails(scope, "22012", "SELECT 1 / 0")
        _fails(scope, "25P02", "SELECT 1")


@scenario
def thrown_before_the_commit(field: Field, home: Home, other: Home) -> None:
    """A verb of the end of the transaction fails."""

    def verb(scope: TenantScope) -> None:
        field.read(scope, home)
        raise Thrown

    with pytest.raises(Thrown), field.inside(home) as scope:
        scope.before_commit("attack", verb)


@scenario
def refused_at_the_commit(field: Field, home: Home, other: Home) -> None:
    """The database refuses a commit, because two serializable transactions read what the other wrote."""
    engine = field.engine.execution_options(isolation_level="SERIALIZABLE")
    with pytest.raises(DBAPIError) as met, field.inside(home, 0, 1, engine=engine) as first:
        field.read(first, home, 0, 1)
        first.run(f"{TOUCH} AND book_id = :book", book=home.books[0])
        with field.inside(home, 0, 1, engine=engine) as second:
            field.read(second, home, 0, 1)
            second.run(f"{TOUCH} AND book_id = :book", book=home.books[1])
        # nothing is said any more: the commit itself is what fails
    assert sqlstate(met.value) == "40001", met.value


def _ended_by_hand(field: Field, home: Home, other: Home, end: Callable[[TenantScope], object]) -> None:
    """Who ends the transaction in the middle reads nothing from then on, and is noticed at the latest at the end."""
    with pytest.raises((Tripped, InvalidRequestError)), field.inside(home) as scope:
        scope.run(TOUCH)
        field.read(scope, home)
        end(scope)
        field.nothing(scope)
        field.peek(scope.connection, other)


@scenario
def a_commit_in_the_middle(field: Field, home: Home, other: Home) -> None:
    """SQL says COMMIT inside a view."""
    _ended_by_hand(field, home, other, lambda scope: scope.connection.exec_driver_sql("COMMIT"))


@scenario
def a_rollback_in_the_middle(field: Field, home: Home, other: Home) -> None:
    """SQL says ROLLBACK inside a view."""
    _ended_by_hand(field, home, other, lambda scope: scope.connection.exec_driver_sql("ROLLBACK"))


@scenario
def a_connection_committed_in_the_middle(field: Field, home: Home, other: Home) -> None:
    """Python says commit inside a view."""
    _ended_by_hand(field, home, other, lambda scope: scope.connection.commit())


@scenario
def a_connection_rolled_back_in_the_middle(field: Field, home: Home, other: Home) -> None:
    """Python says rollback inside a view."""
    _ended_by_hand(field, home, other, lambda scope: scope.connection.rollback())


@scenario
def one_firm_inside_another(field: Field, home: Home, other: Home) -> None:
    """Two doors open at once, read in turn, the outer one closed last."""
    with field.inside(home, 1) as outer:
        field.read(outer, home, 1)
        with field.inside(other) as inner:
            field.read(inner, other)
            field.read(outer, home, 1)
            field.peek(inner.connection, home)
            field.peek(outer.connection, other)
        field.read(outer, home, 1)


@scenario
def one_firm_inside_another_that_fails(field: Field, home: Home, other: Home) -> None:
    """The inner door fails, the outer one goes on."""
    with field.inside(home) as outer:
        with pytest.raises(Thrown), field.inside(other, 1) as inner:
            field.read(inner, other, 1)
            raise Thrown
        field.read(outer, home)


@scenario
def several_books_then_one(field: Field, home: Home, other: Home) -> None:
    """A door widened and narrowed again, at last to no book at all."""
    with field.inside(home, 0, 1) as scope:
        field.read(scope, home, 0, 1)
        scope.narrow([home.books[1]])
        field.read(scope, home, 1)
        scope.narrow(home.books)
        field.read(scope, home, 0, 1)
        scope.narrow([])
        field.nothing(scope)


@scenario
def a_savepoint_taken_back(field: Field, home: Home, other: Home) -> None:
    """What was said after a savepoint is unsaid with it; what a released one said stays until the end."""
    with field.inside(home) as scope:
        with pytest.raises(Thrown), scope.connection.begin_nested():
            scope.narrow(home.books)
            field.read(scope, home, 0, 1)
            raise Thrown
        field.read(scope, home)
        with scope.connection.begin_nested():
            scope.narrow([home.books[1]])
        field.read(scope, home, 1)
