"""The verbs of the ops plane about firms: make one with its first owner, list them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from marshmallow import ValidationError
from sqlalchemy import Engine, text

from app.audit import service as audit
from app.audit.service import Act
from app.http.errors import RequestInvalid
from app.http.violations import violations_of
from app.identity.firms.schemas import FirmIn
from app.identity.passwords import service as passwords
from app.identity.people import queries
from app.identity.people.service import create_user
from app.identity.people.types import NewUser
from infra.ids import encode
from infra.ports import Ports
from tenants import registry
from tenants.door import enter_tenant
from tenants.errors import Busy, TenantNameTaken
from tenants.provisioning import provision
from tenants.scope import NOWHERE, SYSTEM, Actor, Origin, TenantRef


def open_requested(ports: Ports, said: Mapping[str, Any]) -> TenantRef:
    """A firm that is asked for elsewhere than over HTTP, read by the same rules; raises `RequestInvalid` as well."""
    try:
        read = FirmIn().load(said)
    except ValidationError as error:
        raise RequestInvalid(violations=violations_of(error.messages)) from error
    return open_firm(ports, read["short_name"], read["name"], NewUser(**read["owner"]))


def open_firm(
    ports: Ports,
    short_name: str,
    name: str,
    first: NewUser,
    *,
    actor: Actor = SYSTEM,
    origin: Origin = NOWHERE,
    request_id: str = "",
) -> TenantRef:
    """Make a firm and its first owner (开通代账公司), or complete one whose making was cut off, or do nothing.

    Its log begins with who made it, in the transaction of the first owner: so once, whenever that is completed.
    A password that will not do leaves nothing behind. Raises `PasswordRejected`, `LoginBusy`, `TenantNameTaken` when
    the short name belongs to a firm of another name, `Busy` when it is being made now.
    """
    passwords.check_choice(first.password, [first.email, first.name, short_name, name])
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
            door = enter_tenant(ports.engine, tenant, actor, ports.clock, request_id=request_id, origin=origin)
            with door as scope:
                create_user(scope.connection, tenant.id, first, "owner", scope.now)
                told = {"short_name": short_name, "name": name, "owner": first.email}
                audit.record(scope, [Act("firm.create", "firm", encode("firm", tenant.id), told)])
    return tenant


def firms(engine: Engine, after: UUID | None, limit: int) -> list[TenantRef]:
    """The firms in any state, in the order of their ids, from the one after `after` on."""
    with engine.connect() as connection:
        known = registry.all_tenants(connection, states=registry.STATES)
    return sorted((firm for firm in known if after is None or firm.id > after), key=lambda firm: firm.id)[:limit]
