"""One request, one effect: the first answer to an idempotency key, kept in the transaction of the effect itself.

A key is claimed by a transaction-level advisory lock, so two parallel requests cannot both act and a process killed
anywhere leaves nothing stuck: before the commit neither effect nor row exists, after it both do. The primary key
holds where a lock does not reach (another coordinator). Only answers that had an effect are kept (API-050 to 053).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, delete, insert, select

from infra.errors import Conflict, RuleViolation
from tenants.models import idempotency_key as table
from tenants.scope import TenantScope

KEPT = timedelta(days=30)


class InProgress(Conflict):
    """The same key is being worked on right now."""

    code = "idempotency.in_progress"
    zh = "相同的请求正在处理中，请稍后重试。"
    en = "A request with this key is still being worked on; try again shortly."
    retryable = True


class KeyReused(RuleViolation):
    """The key was used before for another request."""

    code = "idempotency.key_reused"
    zh = "Idempotency-Key 已用于另一个不同的请求。"
    en = "The Idempotency-Key was used before for a different request."


@dataclass(frozen=True, slots=True)
class Claim:
    """A key as its caller uses it: `route` is method and path, `fingerprint` stands for query and body."""

    principal: str
    route: str
    key: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """The first answer to a key."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def claim(scope: TenantScope, wanted: Claim) -> Kept | None:
    """Take the key for this transaction, or give back the answer it already has.

    Raises `InProgress` when another transaction holds it, `KeyReused` when it stands for a different request.
    """
    held = scope.run(
        "select pg_try_advisory_xact_lock(hashtextextended(:name, 0))",
        name="\n".join((scope.tenant.schema, wanted.principal, wanted.route, wanted.key)),
    )
    if not held.scalar_one():
        raise InProgress(headers={"Retry-After": "1"})
    row = scope.execute(select(table).where(_of(wanted))).mappings().first()
    if row is None:
        return None
    if row["created_at"] < scope.now - KEPT:
        scope.execute(delete(table).where(_of(wanted)))
        return None
    if bytes(row["fingerprint"]) != wanted.fingerprint:
        raise KeyReused
    return Kept(row["status"], row["headers"], bytes(row["body"]))


def keep(scope: TenantScope, taken: Claim, answer: Kept) -> None:
    """Write the answer of a claimed key, to be committed with its effect."""
    scope.execute(
        insert(table).values(
            principal=taken.principal,
            route=taken.route,
            key=taken.key,
            fingerprint=taken.fingerprint,
            status=answer.status,
            headers=dict(answer.headers),
            body=answer.body,
            created_at=scope.now,
        )
    )


def purge(scope: TenantScope) -> int:
    """Forget the keys older than 30 days; returns how many there were."""
    return scope.execute(delete(table).where(table.c.created_at < scope.now - KEPT)).rowcount


def _of(wanted: Claim) -> ColumnElement[bool]:
    return and_(table.c.principal == wanted.principal, table.c.route == wanted.route, table.c.key == wanted.key)
