"""Reads of credentials; only `sealed` gives what is sealed."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from app.sensitive.credentials.types import Credential
from tenants.scope import TenantScope

_EVERY = """
SELECT id, book_id, system, name, row_version, changed_at, changed_by FROM tenant.credential
 WHERE book_id IS NOT DISTINCT FROM cast(:book AS bigint) ORDER BY id
"""
_LOCKED = """
SELECT id, book_id, system, name, row_version, changed_at, changed_by FROM tenant.credential
 WHERE book_id IS NOT DISTINCT FROM cast(:book AS bigint) AND id = :id FOR UPDATE
"""
_SEALED = """
SELECT id, book_id, sealed FROM tenant.credential
 WHERE book_id IS NOT DISTINCT FROM cast(:book AS bigint) AND system = :system ORDER BY changed_at DESC LIMIT 1
"""
_STALE = """
SELECT id, book_id, sealed FROM tenant.credential
 WHERE NOT starts_with(sealed, :head) AND id > :after ORDER BY id LIMIT :limit FOR UPDATE
"""


class Row(NamedTuple):
    """A credential as it lies in the table."""

    id: UUID
    book_id: int | None
    sealed: str


def every(scope: TenantScope, book: int | None) -> list[Credential]:
    """The credentials of a book, or of the firm itself."""
    return [Credential._make(row) for row in scope.run(_EVERY, book=book)]


def locked(scope: TenantScope, book: int | None, credential: UUID) -> Credential | None:
    """A credential of a book or of the firm, locked for a change, or None."""
    row = scope.run(_LOCKED, book=book, id=credential).first()
    return Credential._make(row) if row else None


def sealed(scope: TenantScope, book: int | None, system: str) -> Row | None:
    """The latest credential for a system, sealed, or None."""
    row = scope.run(_SEALED, book=book, system=system).first()
    return Row._make(row) if row else None


def stale(scope: TenantScope, head: str, after: UUID, limit: int) -> list[Row]:
    """Credentials an older key sealed, of the firm and of the entered books, locked, after one in the order of ids."""
    return [Row._make(row) for row in scope.run(_STALE, head=head, after=after, limit=limit)]
