"""What an upgrade does with the identity numbers of natural persons that invoices brought before they were masked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, text

from app.documents.types import Vault
from app.invoices.parsing.types import Party
from infra.ports import Ports
from migrations.tenant.versions import t0015_masked_parties as revision
from tests.db.invoice_desk import Desk
from tests.factories.doors import Doors
from tests.unit.invoices.faces import OTHER, line, parsed

IDENTITY, MASKED = "11010519491231002X", "110105********002X"


@pytest.fixture
def owning(ports: Ports, doors: Doors) -> Iterator[Connection]:
    """The owner of the firm's schema, until the end of the test."""
    with ports.owner_engine.connect() as plain:
        connection = plain.execution_options(schema_translate_map={"tenant": doors.tenant.schema})
        connection.execute(text(f"set local search_path to {doors.tenant.schema}"))
        yield connection
        connection.rollback()


def _upgrade(connection: Connection) -> None:
    with Operations.context(MigrationContext.configure(connection)):
        revision.upgrade()


def _row(connection: Connection, fate: Any) -> dict[str, Any]:
    found = connection.execute(text("select * from invoice where id = :id"), {"id": fate.invoice_id})
    return dict(found.mappings().one())


def test_what_the_register_held_in_the_clear_is_masked_and_nothing_else_is_touched(
    ports: Ports, doors: Doors, owning: Connection
) -> None:
    desk = Desk(doors, Vault.of(ports, doors.tenant))
    person, company = desk.register(
        parsed(seller=Party("张三", IDENTITY), lines=[line(f"*劳务*{IDENTITY}", "100.00")]),
        parsed("26322000000000000002", seller=replace(OTHER, tax_id="91320594MA1XXXXX12")),
    )
    detail = [{"code": "invoice.not_ours", "detail": f"{IDENTITY} / {OTHER.name}"}]
    owning.execute(
        text("update invoice set seller_tax_id = :n, problems = cast(:p as jsonb) where id = :id"),
        {"n": f"{IDENTITY}01", "p": str(detail).replace("'", '"'), "id": person.invoice_id},
    )
    owning.execute(text("update invoice_line set name = :n where invoice_id = :id"),
                   {"n": f"*劳务*{IDENTITY}", "id": person.invoice_id})  # fmt: skip
    owning.execute(
        text(
            "insert into idempotency_key (principal, route, key, fingerprint, status, headers, body, created_at)"
            " values ('p', 'r', :key, '', 200, '{}', :body, now())"
        ),
        {"key": str(person.invoice_id), "body": f'{{"tax_id":"{IDENTITY}"}}'.encode()},
    )
    before, untouched = _row(owning, person), _row(owning, company)
    _upgrade(owning)
    after = _row(owning, person)
    assert (after["seller_tax_id"], after["problems"][0]["detail"]) == (f"{MASKED}01", f"{MASKED} / {OTHER.name}")
    assert after["row_version"] == before["row_version"] + 1
    assert {name for name in before if before[name] != after[name]} == {"seller_tax_id", "problems", "row_version"}
    assert _row(owning, company) == untouched
    query = text("select name from invoice_line where invoice_id = :id")
    assert owning.execute(query, {"id": person.invoice_id}).scalar_one() == f"*劳务*{MASKED}"
    query = text("select body from idempotency_key where key = :key")
    assert (
        bytes(owning.execute(query, {"key": str(person.invoice_id)}).scalar_one()).decode()
        == f'{{"tax_id":"{MASKED}"}}'
    )
    _upgrade(owning)
    assert _row(owning, person) == after
