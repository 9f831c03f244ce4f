"""The registry: which firms there are, in which cell and schema, in which state and at which revision.

It lives in the `platform` schema of each cell's control database and is read through the app's login.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from infra.ids import new_id
from tenants.errors import CellFull, TenantNameTaken, TenantUnknown
from tenants.models import cell, tenant_row
from tenants.naming import schema_name
from tenants.scope import TenantRef

CELL = "default"
CELL_LIMIT = 500
STATES = ("provisioning", "active", "suspended", "upgrading")


def _ref(row: RowMapping) -> TenantRef:
    return TenantRef(
        id=row["id"],
        short_name=row["short_name"],
        name=row["name"],
        schema=schema_name(row["number"]),
        state=row["state"],
        revision=row["revision"],
    )


def by_id(connection: Connection, tenant_id: UUID) -> TenantRef:
    """The firm of an id; raises `TenantUnknown`."""
    row = connection.execute(select(tenant_row).where(tenant_row.c.id == tenant_id)).mappings().first()
    if row is None:
        raise TenantUnknown
    return _ref(row)


def by_short_name(connection: Connection, short_name: str) -> TenantRef:
    """The firm of a short name; raises `TenantUnknown`."""
    row = connection.execute(select(tenant_row).where(tenant_row.c.short_name == short_name)).mappings().first()
    if row is None:
        raise TenantUnknown
    return _ref(row)


def all_tenants(connection: Connection, *, states: tuple[str, ...] = ("active",)) -> list[TenantRef]:
    """Every firm in one of the states, in the order of their numbers."""
    rows = connection.execute(
        select(tenant_row).where(tenant_row.c.state.in_(states)).order_by(tenant_row.c.number)
    ).mappings()
    return [_ref(row) for row in rows]


def reserve(connection: Connection, short_name: str, name: str, now: datetime) -> TenantRef:
    """Write the row of a new firm, or give back the one that a killed provisioning left behind.

    Raises `TenantNameTaken` when the name belongs to a firm that is beyond provisioning, `CellFull` at the limit.
    """
    row = connection.execute(select(tenant_row).where(tenant_row.c.short_name == short_name)).mappings().first()
    if row is not None:
        if row["state"] != "provisioning":
            raise TenantNameTaken(short_name=short_name)
        return _ref(row)
    if connection.execute(select(func.count()).select_from(tenant_row)).scalar_one() >= CELL_LIMIT:
        raise CellFull(cell=CELL, limit=CELL_LIMIT)
    if connection.execute(select(cell.c.name).where(cell.c.name == CELL)).first() is None:
        connection.execute(insert(cell).values(name=CELL, created_at=now))
    created = connection.execute(
        insert(tenant_row)
        .values(
            id=new_id(),
            short_name=short_name,
            name=name,
            cell=CELL,
            state="provisioning",
            created_at=now,
            updated_at=now,
        )
        .returning(tenant_row)
    ).mappings()
    return _ref(created.one())


def record(connection: Connection, tenant_id: UUID, now: datetime, **values: str) -> None:
    """Write the firm's `state`, `step` or `revision`."""
    connection.execute(update(tenant_row).where(tenant_row.c.id == tenant_id).values(updated_at=now, **values))
