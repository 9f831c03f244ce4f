"""Credentials of outside systems (税务局、银行等系统的登录凭据): kept, replaced, taken out by a connector, dropped.

Invariant: nothing in the API gives a secret back; it is opened only by `take_out`, in the transaction that writes who
did so into the log of acts.
"""

from __future__ import annotations

import json
from uuid import UUID

from app.audit import service as audit
from app.audit.service import Act
from app.sensitive.credentials import queries
from app.sensitive.credentials.errors import CredentialNotFound, TooManyCredentials
from app.sensitive.credentials.types import Credential, Secret
from app.sensitive.types import Resealed
from infra.crypto import Unreadable
from infra.ids import encode, new_id
from tenants.scope import TenantScope

MOST = 50

_INSERT = """
INSERT INTO tenant.credential (id, book_id, system, name, sealed, changed_at, changed_by)
VALUES (:id, :book, :system, :name, :sealed, :now, :actor)
"""
_REPLACE = """
UPDATE tenant.credential
   SET name = :name, sealed = :sealed, row_version = row_version + 1, changed_at = :now, changed_by = :actor
 WHERE id = :id
"""
_DROP = "DELETE FROM tenant.credential WHERE id = :id"
_RESEAL = """
UPDATE tenant.credential c SET sealed = k.s
  FROM unnest(cast(:ids AS uuid[]), cast(:sealed AS text[])) AS k (i, s)
 WHERE c.id = k.i
"""


def keep(scope: TenantScope, book: int | None, system: str, name: str, secret: Secret) -> Credential:
    """Keep a credential of a book, or of the firm when `book` is None; raises `TooManyCredentials`."""
    if len(queries.every(scope, book)) >= MOST:
        raise TooManyCredentials(limit=MOST)
    made = new_id()
    values = {"id": made, "book": book, "system": system, "name": name, "sealed": _sealed(scope, book, made, secret)}
    scope.run(_INSERT, **values, now=scope.now, actor=scope.actor.name)
    _log(scope, "credential.create", made, book, system)
    return locked(scope, book, made)


def replace(scope: TenantScope, before: Credential, name: str, secret: Secret) -> Credential:
    """Put another secret in the place of a locked credential's."""
    sealed = _sealed(scope, before.book_id, before.id, secret)
    scope.run(_REPLACE, id=before.id, name=name, sealed=sealed, now=scope.now, actor=scope.actor.name)
    _log(scope, "credential.replace", before.id, before.book_id, before.system)
    return locked(scope, before.book_id, before.id)


def drop(scope: TenantScope, before: Credential) -> None:
    """Forget a locked credential."""
    scope.run(_DROP, id=before.id)
    _log(scope, "credential.drop", before.id, before.book_id, before.system)


def locked(scope: TenantScope, book: int | None, credential: UUID) -> Credential:
    """A credential locked for a change; raises `CredentialNotFound`."""
    found = queries.locked(scope, book, credential)
    if found is None:
        raise CredentialNotFound
    return found


def take_out(scope: TenantScope, book: int | None, system: str) -> Secret:
    """The secret by which a connector logs in; logged. Raises `CredentialNotFound`, `crypto.unreadable`."""
    row = queries.sealed(scope, book, system)
    if row is None:
        raise CredentialNotFound
    opened = _opened(scope, row)
    _log(scope, "credential.use", row.id, book, system)
    return opened


def reseal(scope: TenantScope, after: UUID, limit: int) -> tuple[Resealed, UUID | None]:
    """Seal up to `limit` credentials again that an older key sealed; says where to go on, or None.

    One that does not open stays as it is and is counted.
    """
    rows = queries.stale(scope, scope.cipher.head, after, limit)
    fresh: dict[UUID, str] = {}
    for row in rows:
        try:
            fresh[row.id] = _sealed(scope, row.book_id, row.id, _opened(scope, row))
        except Unreadable:
            continue
    if fresh:
        scope.run(_RESEAL, ids=list(fresh), sealed=list(fresh.values()))
    return Resealed(len(fresh), len(rows) - len(fresh)), rows[-1].id if len(rows) == limit else None


def _sealed(scope: TenantScope, book: int | None, credential: UUID, secret: Secret) -> str:
    return scope.cipher.seal_field(json.dumps(secret, ensure_ascii=False), _place(book, credential))


def _opened(scope: TenantScope, row: queries.Row) -> Secret:
    return Secret._make(json.loads(scope.cipher.open_field(row.sealed, _place(row.book_id, row.id))))


def _place(book: int | None, credential: UUID) -> str:
    return f"{book or 'firm'}|credential|sealed|{credential}"


def _log(scope: TenantScope, action: str, credential: UUID, book: int | None, system: str) -> None:
    audit.record(scope, [Act(action, "credential", encode("crd", credential), {"system": system}, book)])
