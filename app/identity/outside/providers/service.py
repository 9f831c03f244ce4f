"""The verbs of outside identity providers: register one, retire it, open its secret.

Invariant: a secret is sealed for its provider and leaves only towards that provider.
"""

from __future__ import annotations

from dataclasses import asdict, fields
from uuid import UUID

from sqlalchemy import RowMapping, update
from sqlalchemy.dialects.postgresql import insert

from app.audit import service as audit
from app.audit.service import Act
from app.identity.outside.models import provider as table
from app.identity.outside.providers import queries
from app.identity.outside.providers.errors import ProviderNotFound, ProviderTaken
from app.identity.outside.providers.types import NewProvider, Provider
from infra.crypto import Keyring
from infra.ids import encode, new_id
from tenants.scope import TenantScope

_OPENED = tuple(each.name for each in fields(Provider) if each.name != "secret")


def register(scope: TenantScope, keyring: Keyring, new: NewProvider) -> RowMapping:
    """Register a provider (登记外部身份源); raises `ProviderTaken`."""
    provider_id = new_id()
    row = {**asdict(new), "secret": keyring.platform().seal_field(new.secret, _context(provider_id))}
    who = {"id": provider_id, "tenant_id": scope.tenant.id, "active": True, "created_at": scope.now}
    made = insert(table).values(**row, **who).on_conflict_do_nothing().returning(table.c.id)
    if scope.execute(made).first() is None:
        raise ProviderTaken(name=new.name)
    details = {name: value for name, value in asdict(new).items() if name != "secret"}
    audit.record(scope, [Act("outside_provider.register", "outside_provider", encode("idp", provider_id), details)])
    return one(scope, provider_id)


def one(scope: TenantScope, provider_id: UUID) -> RowMapping:
    """A provider of the firm without its secret; raises `ProviderNotFound`."""
    row = queries.one(scope.connection, scope.tenant.id, provider_id)
    if row is None:
        raise ProviderNotFound
    return row


def retire(scope: TenantScope, provider_id: UUID) -> RowMapping:
    """Let nobody in by this provider any more; retired twice is retired; raises `ProviderNotFound`."""
    if one(scope, provider_id)["active"]:
        scope.execute(update(table).where(table.c.id == provider_id).values(active=False))
        audit.record(scope, [Act("outside_provider.retire", "outside_provider", encode("idp", provider_id), {})])
    return one(scope, provider_id)


def opened(keyring: Keyring, row: RowMapping) -> Provider:
    """A provider with its secret, as its protocol needs it."""
    secret = keyring.platform().open_field(row["secret"], _context(row["id"]))
    return Provider(**{name: row[name] for name in _OPENED}, secret=secret)


def _context(provider_id: UUID) -> str:
    return f"outside_provider|secret|{provider_id}"
