"""Two migration trees: from nothing to head, equal to the models, alike for every firm, resumable when killed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, create_engine, text

from app.bootstrap import PLATFORM_METADATA, TENANT_METADATA
from infra.clock import system_clock
from infra.ports import Ports
from tenants import provisioning, registry
from tenants.door import enter_tenant
from tenants.errors import TenantNameTaken, TenantUpgrading
from tenants.naming import APP, BACKUP, OPS, OWNER, PLATFORM, TENANT
from tenants.provisioning import head, provision, upgrade_platform, upgrade_schema
from tenants.scope import SYSTEM, TenantRef
from tests.migrations.fingerprint import fingerprint


class Killed(BaseException):
    """Stands for kill -9: nothing may catch it."""


@pytest.fixture
def admin(admin_url: str) -> Iterator[Connection]:
    """The superuser, to read the whole catalogue."""
    engine = create_engine(admin_url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture(scope="module")
def new_firm(ports: Ports) -> TenantRef:
    """A firm of its own; what a test changes in its schema by hand is rolled back with the test's connection."""
    return provision(ports.engine, ports.owner_engine, f"f-{uuid4().hex[:12]}", "新代账公司", ports.clock)


def _revision(connection: Connection, schema: str) -> str:
    return str(MigrationContext.configure(connection, opts={"version_table_schema": schema}).get_current_revision())


def _differences(connection: Connection, metadata: MetaData, schema: str, name: str) -> list[Any]:
    """What autogenerate would write; the models say `name` where the database says `schema`."""
    translated = MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.tables.values():
        table.to_metadata(translated, schema=schema, referred_schema_fn=lambda *_: schema)
    options = {
        "include_schemas": True,
        "include_name": lambda found, kind, _: kind != "schema" or found == schema,
        "include_object": lambda item, found, *_: found != "alembic_version",
        "compare_type": True,
        "compare_server_default": True,
    }
    assert all(table.schema == name for table in metadata.tables.values())
    return compare_metadata(MigrationContext.configure(connection, opts=options), translated)


def test_the_control_plane_is_at_its_head_and_upgrading_it_again_changes_nothing(
    ports: Ports, admin: Connection
) -> None:
    before = fingerprint(admin, PLATFORM)
    assert upgrade_platform(ports.owner_engine) == head("platform") == _revision(admin, PLATFORM)
    assert fingerprint(admin, PLATFORM) == before


def test_a_new_firm_is_at_the_head_and_upgrading_it_again_changes_nothing(
    ports: Ports, new_firm: TenantRef, admin: Connection
) -> None:
    before = fingerprint(admin, new_firm.schema)
    assert new_firm.revision == upgrade_schema(ports.owner_engine, new_firm) == _revision(admin, new_firm.schema)
    assert fingerprint(admin, new_firm.schema) == before


def test_the_models_are_what_the_control_planes_revisions_make(ports: Ports, admin: Connection) -> None:
    assert _differences(admin, PLATFORM_METADATA, PLATFORM, PLATFORM) == []


def test_the_models_are_what_a_firms_revisions_make(new_firm: TenantRef, admin: Connection) -> None:
    assert _differences(admin, TENANT_METADATA, new_firm.schema, TENANT) == []


def test_a_model_that_differs_is_found(new_firm: TenantRef, admin: Connection) -> None:
    admin.execute(text(f"ALTER TABLE {new_firm.schema}.book ADD COLUMN stray text"))
    admin.execute(text(f"ALTER TABLE {new_firm.schema}.voucher DROP CONSTRAINT voucher_number_uq"))
    admin.execute(text(f"DROP INDEX {new_firm.schema}.book_tax_id_ix"))
    kinds = {difference[0] for difference in _differences(admin, TENANT_METADATA, new_firm.schema, TENANT)}
    assert kinds == {"remove_column", "add_constraint", "add_index"}


def test_the_checks_of_the_models_are_in_the_database(new_firm: TenantRef, admin: Connection) -> None:
    """Autogenerate does not compare CHECK constraints; their names are compared here."""
    query = "SELECT conname FROM pg_constraint WHERE connamespace = cast(:s AS regnamespace) AND contype = 'c'"
    made = set(admin.execute(text(query), {"s": new_firm.schema}).scalars())
    said = {
        str(constraint.name)
        for table in TENANT_METADATA.tables.values()
        for constraint in table.constraints
        if type(constraint).__name__ == "CheckConstraint"
    }
    assert made == said


def test_every_table_of_a_firm_is_walled_in_and_the_wall_is_not_forced(new_firm: TenantRef, admin: Connection) -> None:
    walls = dict(line.split(" ", 1) for line in fingerprint(admin, new_firm.schema)["walls"])
    assert walls.pop("alembic_version") == "f f"
    assert walls == dict.fromkeys((table.name for table in TENANT_METADATA.tables.values()), "t f")


def test_every_wall_asks_who_is_inside(new_firm: TenantRef, admin: Connection) -> None:
    policies = fingerprint(admin, new_firm.schema)["policies"]
    assert len(policies) == len(TENANT_METADATA.tables)
    for policy in policies:
        assert policy.count("current_setting('app.tenant'::text, true)") == 2, policy  # reading and writing
        owned = TENANT_METADATA.tables[f"{TENANT}.{policy.split()[0]}"].columns.get("book_id")
        if owned is not None and not owned.nullable and policy.split()[0] != "book_grant":
            assert policy.count("current_setting('app.book_from'::text, true)") == 2, policy


def test_the_apps_login_owns_nothing_and_bypasses_nothing(new_firm: TenantRef, admin: Connection) -> None:
    roles = {
        row.rolname: row for row in admin.execute(text("SELECT * FROM pg_roles WHERE rolname LIKE 'zhangfang%'")).all()
    }
    assert roles.keys() == {OWNER, APP, BACKUP, OPS}
    assert [name for name, row in roles.items() if row.rolbypassrls] == [BACKUP]
    assert not any(row.rolsuper or row.rolcreaterole or row.rolcreatedb for row in roles.values())
    owners = "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = cast(:s AS regnamespace)"
    for schema in (PLATFORM, new_firm.schema):
        assert set(admin.execute(text(owners), {"s": schema}).scalars()) == {OWNER}
    members = "SELECT count(*) FROM pg_auth_members WHERE member = cast(:app AS regrole)"
    assert admin.execute(text(members), {"app": APP}).scalar_one() == 0


def test_the_apps_login_cannot_change_what_is_sealed(new_firm: TenantRef, admin: Connection) -> None:
    query = text("SELECT has_table_privilege(:app, :name, :right)")
    sealed = {"voucher": "DELETE", "voucher_line": "UPDATE", "audit_event": "UPDATE", "statement_snapshot": "UPDATE"}
    for table, right in sealed.items():
        wanted = {"app": APP, "name": f"{new_firm.schema}.{table}", "right": right}
        assert admin.execute(query, wanted).scalar_one() is False, (table, right)


def test_one_firms_schema_is_like_anothers(firm: TenantRef, new_firm: TenantRef, admin: Connection) -> None:
    assert firm.schema != new_firm.schema
    one, other = fingerprint(admin, firm.schema), fingerprint(admin, new_firm.schema)
    assert one == other
    assert all(one.values())


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ("ALTER TABLE {s}.book ADD COLUMN stray text", "columns"),
        ("ALTER TABLE {s}.book DROP CONSTRAINT book_state_ck", "constraints"),
        ("DROP INDEX {s}.book_tax_id_ix", "indexes"),
        ("DROP TRIGGER voucher_guard_tg ON {s}.voucher", "triggers"),
        (
            "CREATE OR REPLACE FUNCTION {s}.voucher_kept() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN END$$",
            "functions",
        ),
        ("DROP POLICY book_door ON {s}.book", "policies"),
        ("ALTER TABLE {s}.book DISABLE ROW LEVEL SECURITY", "walls"),
        ("GRANT DELETE ON {s}.voucher TO zhangfang_app", "grants"),
        ("ALTER TABLE {s}.voucher SET (fillfactor = 90)", "storage"),
    ],
)
def test_a_schema_changed_by_hand_shows(new_firm: TenantRef, admin: Connection, change: str, kind: str) -> None:
    before = fingerprint(admin, new_firm.schema)
    admin.execute(text(change.format(s=new_firm.schema)))
    after = fingerprint(admin, new_firm.schema)
    assert kind in {name for name in after if after[name] != before[name]}


@pytest.mark.parametrize("cut", ["before the schema", "inside the revisions", "after the schema"])
def test_a_provisioning_killed_anywhere_completes_when_run_again(
    ports: Ports, admin: Connection, monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    name = f"k-{uuid4().hex[:12]}"
    with monkeypatch.context() as patched, pytest.raises(Killed):
        _cut(patched, cut)
        provision(ports.engine, ports.owner_engine, name, "中断的公司", ports.clock)
    with ports.engine.begin() as connection:
        half = registry.by_short_name(connection, name)
    assert half.state == "provisioning"
    with pytest.raises(TenantUpgrading), enter_tenant(ports.engine, half, SYSTEM, system_clock):
        raise AssertionError("a half firm was entered")
    whole = provision(ports.engine, ports.owner_engine, name, "中断的公司", ports.clock)
    assert (whole.id, whole.state, whole.revision) == (half.id, "active", head("tenant"))
    assert _differences(admin, TENANT_METADATA, whole.schema, TENANT) == []
    with pytest.raises(TenantNameTaken):
        provision(ports.engine, ports.owner_engine, name, "又一家", ports.clock)


def _cut(patched: pytest.MonkeyPatch, where: str) -> None:
    def killed(*_: object, **__: object) -> None:
        raise Killed

    if where == "before the schema":
        patched.setattr(provisioning, "upgrade_schema", killed)
    elif where == "inside the revisions":
        patched.setattr("alembic.op.create_index", killed)
    else:
        patched.setattr(registry, "record", killed)
