"""The four logins on a real server."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
import redis

from infra import roles
from infra.local.postgres import Postgres
from infra.local.process import Child
from infra.local.stack import Stack
from infra.local.state import State
from tests.local.asking import admin_url, scalar


def test_each_login_is_who_it_says(stack: Stack) -> None:
    for role, name in roles.URL_NAMES.items():
        assert scalar(stack.settings[name], "select current_user") == role


def test_the_app_owns_nothing_and_bypasses_nothing(stack: Stack) -> None:
    app = stack.settings["DATABASE_URL"]
    powers = "rolsuper or rolbypassrls or rolcreatedb or rolcreaterole or rolreplication"
    assert scalar(app, f"select {powers} from pg_roles where rolname = current_user") is False
    assert scalar(app, "show search_path") == '""'
    owner = "select pg_get_userbyid(datdba) from pg_database where datname = current_database()"
    assert scalar(app, owner) == roles.OWNER
    for statement in ("create schema mine", "create table public.mine ()", "create temporary table mine ()"):
        with psycopg.connect(app) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)


def test_the_backup_login_reads_everything_past_row_level_security(stack: Stack) -> None:
    with psycopg.connect(stack.settings["DATABASE_OWNER_URL"]) as owner:
        owner.execute("create schema hidden")
        owner.execute("create table hidden.rows as select 1 as n")
        owner.execute("alter table hidden.rows enable row level security")
    assert scalar(stack.settings["DATABASE_BACKUP_URL"], "select count(*) from hidden.rows") == 1
    for login in ("DATABASE_URL", "DATABASE_OPS_URL"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            scalar(stack.settings[login], "select count(*) from hidden.rows")


def test_preparing_again_changes_nothing_but_repairs(stack: Stack) -> None:
    passwords = {role: stack.state.secret(role) for role in roles.URL_NAMES}
    with psycopg.connect(admin_url(stack), autocommit=True) as admin:
        admin.execute("alter role zhangfang_app bypassrls password 'lost'")
    assert roles.prepare(admin_url(stack), "zhangfang", passwords).items() <= stack.settings.items()
    bypasses = scalar(stack.settings["DATABASE_URL"], "select rolbypassrls from pg_roles where rolname = current_user")
    assert bypasses is False


def test_an_administrator_who_is_no_superuser_can_prepare(state_dir: Path) -> None:
    """As on a rented Postgres."""
    state = State(state_dir)
    server = Postgres(state, state.ports(["postgres"])["postgres"])
    child = Child(server.process(), state)
    child.start()
    try:
        child.await_ready()
        with psycopg.connect(server.admin_url, autocommit=True) as superuser:
            superuser.execute("create role renter login createrole createdb bypassrls password 'rented'")
            superuser.execute("grant pg_read_all_data to renter with admin option")
        rented = f"postgresql://renter:rented@127.0.0.1:{server.port}/postgres"
        passwords = {role: f"p-{role}" for role in roles.URL_NAMES}
        for _ in range(2):
            urls = roles.prepare(rented, "zhangfang", passwords)
            assert {role: scalar(urls[name], "select current_user") for role, name in roles.URL_NAMES.items()} == {
                role: role for role in roles.URL_NAMES
            }
    finally:
        child.stop()


def test_a_wrong_password_is_refused(stack: Stack) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(stack.settings["DATABASE_URL"].replace(stack.state.secret(roles.APP), "guess"))
    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(stack.settings["REDIS_URL"].replace(stack.state.secret("valkey"), "guess")).ping()
