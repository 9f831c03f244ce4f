"""The second wall, straight at the database with the application's own login: no door, no row; one firm, one schema."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal as D

import psycopg
import pytest
from psycopg import sql

from app.books.types import BookRef
from app.bootstrap import TENANT_METADATA
from app.ledger.vouchers import service
from app.ledger.vouchers.types import Draft, Line
from infra.ports import Ports
from tenants.provisioning import provision
from tenants.scope import TenantRef
from tests.factories.doors import Doors

TABLES = sorted(table.name for table in TENANT_METADATA.tables.values())
BOOK_TABLES = [name for name in TABLES if "book_id" in TENANT_METADATA.tables[f"tenant.{name}"].primary_key.columns]


@pytest.fixture(scope="module")
def neighbour(ports: Ports) -> TenantRef:
    """Another firm with a posted voucher in a book."""
    tenant = provision(ports.engine, ports.owner_engine, "neighbour", "乙代账公司", ports.clock)
    posted(Doors(ports, tenant))
    return tenant


def posted(doors: Doors) -> BookRef:
    """A book with one posted voucher."""
    book = doors.new_book()
    lines = (
        Line("1122", "销售", debit=D("1.00"), counterparty="客户甲"),
        Line("5001", "销售", credit=D("1.00")),
    )
    with doors.book(book.uid) as scope:
        (done,) = service.draft_vouchers(scope, [Draft(book.id, date(2026, 1, 5), lines)])
        service.post_vouchers(scope, [(book.id, done.id)], review=True)
    return book


@pytest.fixture
def login(environment: dict[str, str]) -> Iterator[psycopg.Connection]:
    """A bare connection of the application's login, as an injected statement would have it."""
    with psycopg.connect(environment["DATABASE_URL"]) as connection:
        yield connection


def count(login: psycopg.Connection, schema: str, table: str) -> int:
    """The rows this session can see."""
    row = login.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table))).fetchone()
    assert row is not None
    return int(row[0])


def enter(login: psycopg.Connection, schema: str, first: int, last: int) -> None:
    """Say what a door says."""
    for name, value in (("app.tenant", schema), ("app.book_from", str(first)), ("app.book_to", str(last))):
        login.execute(sql.SQL("SET LOCAL {} = {}").format(sql.Identifier(*name.split(".")), sql.Literal(value)))


@pytest.mark.parametrize("table", TABLES)
def test_without_a_door_no_row_is_visible(login: psycopg.Connection, doors: Doors, table: str) -> None:
    posted(doors)
    assert count(login, doors.tenant.schema, table) == 0


@pytest.mark.parametrize("table", TABLES)
def test_inside_one_firm_a_forgotten_filter_shows_nothing_of_another(
    login: psycopg.Connection, doors: Doors, neighbour: TenantRef, table: str
) -> None:
    enter(login, doors.tenant.schema, 1, 2**62)
    assert count(login, neighbour.schema, table) == 0


def test_inside_a_book_a_forgotten_filter_shows_only_that_book(login: psycopg.Connection, doors: Doors) -> None:
    first, second = posted(doors), posted(doors)
    enter(login, doors.tenant.schema, second.id, second.id)
    for table in BOOK_TABLES:
        if table == "book_grant":  # who may enter which book is looked up before a book is entered
            continue
        query = sql.SQL("SELECT DISTINCT book_id FROM {}").format(sql.Identifier(doors.tenant.schema, table))
        assert {row[0] for row in login.execute(query)} <= {second.id}, table
    assert first.id != second.id


def test_a_row_for_another_book_cannot_be_written(login: psycopg.Connection, doors: Doors) -> None:
    first, second = posted(doors), posted(doors)
    enter(login, doors.tenant.schema, second.id, second.id)
    statement = sql.SQL("INSERT INTO {} (book_id, period, state) VALUES (%s, '2026-02', 'open')")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        login.execute(statement.format(sql.Identifier(doors.tenant.schema, "period")), [first.id])


def test_nothing_a_transaction_said_outlives_it(login: psycopg.Connection, doors: Doors) -> None:
    posted(doors)
    enter(login, doors.tenant.schema, 1, 2**62)
    assert count(login, doors.tenant.schema, "voucher") > 0
    login.rollback()
    assert count(login, doors.tenant.schema, "voucher") == 0


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE {s}.voucher DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE {s}.voucher_line DISABLE TRIGGER voucher_line_guard_tg",
        "TRUNCATE {s}.voucher_line",
        "DROP SCHEMA {s} CASCADE",
        "CREATE TABLE {s}.mine (id int)",
        "CREATE TABLE public.mine (id int)",
        "SET session_replication_role = replica",
        "SET ROLE zhangfang_owner",
    ],
)
def test_the_login_cannot_take_the_walls_down(login: psycopg.Connection, doors: Doors, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        login.execute(statement.replace("{s}", doors.tenant.schema))  # type: ignore[arg-type]


def test_the_operators_login_reads_no_firm(environment: dict[str, str], doors: Doors) -> None:
    with (
        psycopg.connect(environment["DATABASE_OPS_URL"]) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        count(connection, doors.tenant.schema, "voucher")
