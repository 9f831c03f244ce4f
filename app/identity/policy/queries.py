"""Reads of a firm's policy."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, select

from app.identity.policy.models import sign_in_policy
from app.identity.policy.types import SignInPolicy
from infra.settings import Settings


def policy(connection: Connection, tenant_id: UUID, *, lock: bool = False) -> SignInPolicy:
    """What the firm demands; nothing while it never chose."""
    columns = (sign_in_policy.c.second_factor, sign_in_policy.c.password_days, sign_in_policy.c.row_version)
    query = select(*columns).where(sign_in_policy.c.tenant_id == tenant_id)
    row = connection.execute(query.with_for_update() if lock else query).mappings().first()
    return SignInPolicy(**row) if row else SignInPolicy()


def requires_factor(connection: Connection, settings: Settings, tenant_id: UUID) -> bool:
    """Whether people of the firm need a second factor, by the installation or by the firm itself."""
    return settings.second_factor == "required" or policy(connection, tenant_id).second_factor
