"""Reads of second factors. Each names its person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, RowMapping, func, select

from app.identity.factors.models import challenge, factor, recovery_code
from app.identity.factors.rules import challenge_hash

_SHOWN = (factor.c.id, factor.c.kind, factor.c.name, factor.c.created_at, factor.c.used_at)
_PROVING = (
    *(factor.c.id, factor.c.kind, factor.c.name, factor.c.seed, factor.c.last_step),
    *(factor.c.credential_id, factor.c.public_key, factor.c.sign_count, factor.c.created_at, factor.c.used_at),
)


def confirmed(connection: Connection, user_id: UUID) -> Sequence[RowMapping]:
    """The factors that prove a person, with what proves them, in the order they came."""
    query = select(*_PROVING).where(factor.c.user_id == user_id, factor.c.confirmed_at.is_not(None))
    return connection.execute(query.order_by(factor.c.id)).mappings().all()


def shown(connection: Connection, user_id: UUID, factor_id: UUID) -> RowMapping | None:
    """One confirmed factor of a person, without what proves it."""
    query = select(*_SHOWN).where(
        factor.c.id == factor_id, factor.c.user_id == user_id, factor.c.confirmed_at.is_not(None)
    )
    return connection.execute(query).mappings().first()


def begun_totp(connection: Connection, user_id: UUID) -> RowMapping | None:
    """The app that a person is enrolling now, locked, or None."""
    query = select(factor.c.id, factor.c.seed).where(
        factor.c.user_id == user_id, factor.c.kind == "totp", factor.c.confirmed_at.is_(None)
    )
    return connection.execute(query.with_for_update()).mappings().first()


def codes_left(connection: Connection, user_id: UUID) -> int:
    """How many recovery codes a person has not used yet."""
    query = select(func.count()).where(recovery_code.c.user_id == user_id, recovery_code.c.used_at.is_(None))
    return int(connection.execute(query).scalar_one())


def asked(
    connection: Connection, kind: str, hashed: bytes, session_id: UUID | None, now: datetime
) -> RowMapping | None:
    """A challenge that still waits, asked of this session or of nobody's, locked until it is answered; or None."""
    query = select(challenge.c.user_id, challenge.c.tenant_id, challenge.c.tries, challenge.c.generation).where(
        challenge.c.hash == hashed,
        challenge.c.kind == kind,
        challenge.c.session_id.is_not_distinct_from(session_id),
        challenge.c.expires_at > now,
    )
    return connection.execute(query.with_for_update()).mappings().first()


def waiting(connection: Connection, chance: bytes, now: datetime) -> RowMapping | None:
    """Whose login a challenge waits to complete, without taking it; or None."""
    query = select(challenge.c.user_id).where(
        challenge.c.hash == challenge_hash(chance), challenge.c.kind == "login", challenge.c.expires_at > now
    )
    return connection.execute(query).mappings().first()
