"""The verbs of the ops plane about firms: make one with its first owner, list them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Engine, text

from app.identity.people import queries
from app.identity.people.service import create_user
from app.identity.people.types import NewUser
from infra.ports import Ports
from tenants import registry
from tenants.errors import Busy, TenantNameTaken
from tenants.provisioning import provision
from tenants.scope import TenantRef

STATES = ("provisioning", "active", "suspended", "upgrading")


def open_firm(ports: Ports, short_name: str, name: str, first: NewUser) -> TenantRef:
    """Make a firm and its first owner (开通代账公司), or complete one whose making was cut off, or do nothing.

    Raises `TenantNameTaken` when the short name belongs to a firm of another name, `Busy` when it is being made now.
    """
    with ports.engine.begin() as connection:
        lock = text("select pg_try_advisory_xact_lock(hashtextextended('open_firm ' || :short_name, 0))")
        if not connection.execute(lock, {"short_name": short_name}).scalar_one():
            raise Busy(headers={"Retry-After": "2"})
        try:
            tenant = provision(ports.engine, ports.owner_engine, short_name, name, ports.clock)
        except TenantNameTaken:
            tenant = registry.by_short_name(connection, short_name)
            if tenant.name != name:
                raise
        ports.keyring.create_firm_key(str(tenant.id))
        if not queries.has_members(connection, tenant.id):
            create_user(connection, tenant.id, first, "owner", ports.clock())
    return tenant


def firms(engine: Engine, after: UUID | None, limit: int) -> list[TenantRef]:
    """The firms in any state, in the order of their ids, from the one after `after` on."""
    with engine.connect() as connection:
        known = registry.all_tenants(connection, states=STATES)
    return sorted((firm for firm in known if after is None or firm.id > after), key=lambda firm: firm.id)[:limit]
