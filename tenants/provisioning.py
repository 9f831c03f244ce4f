"""A firm comes into being: registry row, schema made by the migrations themselves, seed, active.

Invariant: every step is idempotent and its name is written down, so a provisioning killed anywhere completes when it
is run again, and no half firm can be entered (the door asks for the state `active`).
"""

from __future__ import annotations

import logging
from functools import lru_cache
from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from infra.clock import Clock
from tenants import registry
from tenants.naming import PLATFORM
from tenants.scope import TenantRef

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent / "migrations"


def _config(tree: str, **attributes: object) -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / tree))
    config.set_main_option("path_separator", "os")
    config.attributes.update(attributes)
    return config


@lru_cache(maxsize=2)
def _scripts(tree: str) -> ScriptDirectory:
    """The revisions of a tree, read once a process: reading them anew cost a fifth of making a firm."""
    return ScriptDirectory.from_config(_config(tree))


def _upgrade(tree: str, connection: Connection, **attributes: object) -> None:
    scripts = _scripts(tree)
    config = _config(tree, connection=connection, **attributes)
    with EnvironmentContext(
        config, scripts, fn=lambda current, _: scripts._upgrade_revs("head", current), destination_rev="head"
    ):
        scripts.run_env()


def head(tree: str) -> str:
    """The newest revision of a migration tree (`platform` or `tenant`)."""
    return _scripts(tree).get_current_head() or ""


def upgrade_platform(owner: Engine) -> str:
    """Bring the control plane to its head, one transaction; returns the head."""
    with owner.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {PLATFORM}")
        _upgrade("platform", connection)
    return head("platform")


def upgrade_schema(owner: Engine, tenant: TenantRef) -> str:
    """Bring one firm's schema to its head, one transaction; returns the head."""
    with owner.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {tenant.schema}")
        _upgrade("tenant", connection, schema=tenant.schema)
    return head("tenant")


def provision(app: Engine, owner: Engine, short_name: str, name: str, clock: Clock) -> TenantRef:
    """Make a firm, or complete one whose making was cut off; raises `TenantNameTaken` or `CellFull`."""
    with app.begin() as connection:
        tenant = registry.reserve(connection, short_name, name, clock())
    revision = upgrade_schema(owner, tenant)
    with app.begin() as connection:
        registry.record(connection, tenant.id, clock(), revision=revision, state="active", step="done")
        return registry.by_id(connection, tenant.id)


def upgrade_all(app: Engine, owner: Engine, clock: Clock) -> dict[str, int]:
    """Bring every firm that is not at head to it, one transaction a firm; a failing firm does not stop the others."""
    wanted = head("tenant")
    with app.connect() as connection:
        behind = [t for t in registry.all_tenants(connection, states=("active", "upgrading")) if t.revision != wanted]
    failed = 0
    for tenant in behind:
        with app.begin() as connection:
            registry.record(connection, tenant.id, clock(), state="upgrading")
        try:
            revision = upgrade_schema(owner, tenant)
        except SQLAlchemyError:
            log.exception("firm %s stays at %s", tenant.short_name, tenant.revision)
            failed += 1
            continue
        with app.begin() as connection:
            registry.record(connection, tenant.id, clock(), revision=revision, state="active")
    return {"upgraded": len(behind) - failed, "failed": failed}
