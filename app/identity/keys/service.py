"""The verbs of API keys: make one, look at one, end one.

Invariant: a key belongs to one firm and never goes beyond what its maker may do; one limited to books is `staff` of
the firm with grants of its own, so every door treats it like a person. No key stands for a client's people.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import RowMapping, update

from app.audit import service as audit
from app.audit.service import Act
from app.books import queries as books
from app.books.access.queries import on_firm, roles, standing
from app.books.types import BookRef
from app.identity.errors import RoleUnknown
from app.identity.keys import queries
from app.identity.keys.errors import BOOKS_FORBIDDEN, BOOKS_REQUIRED, KeyBeyond, KeyNotFound, KeyRejected
from app.identity.keys.types import NewKey
from app.identity.models import token
from app.identity.roles.service import give_first, withdraw_all
from app.identity.tokens.service import issue
from app.identity.tokens.types import Issued
from app.kernel.permissions import Role
from infra.errors import Violation
from infra.ids import encode
from tenants.scope import TenantScope

_PEOPLES = ("owner", "staff")


def create_api_key(scope: TenantScope, new: NewKey) -> Issued:
    """An API key for the whole firm, or with one role in the listed books.

    Raises `RoleUnknown`, `KeyRejected`, or `KeyBeyond` when the maker may not do what the key may.
    """
    role, found = reach(scope, new.role, new.books or ())
    issued = issue(
        scope.connection,
        "api_key",
        scope.now,
        timedelta(days=new.days),
        tenant_id=scope.tenant.id,
        name=new.name,
        role=role.code,
        books=list(new.books) if new.books else None,
        ceiling=None if new.permissions is None else sorted(set(new.permissions)),
    )
    if found:
        give_first(scope, "api_key", encode("key", issued.id), issued.id, role.code, [book.id for book in found])
    details = {
        "name": new.name,
        "role": new.role,
        "books": [encode("bk", book.uid) for book in found],
        "permissions": new.permissions,
    }
    audit.record(scope, [Act("api_key.create", "api_key", encode("key", issued.id), details)])
    return issued


def reach(scope: TenantScope, code: str, uids: Sequence[UUID]) -> tuple[Role, list[BookRef]]:
    """The role a program is to hold by itself, and the books it is limited to.

    Raises `RoleUnknown`, `KeyRejected`, or `KeyBeyond` when its maker may not do what it may.
    """
    role = roles(scope, (code,)).get(code)
    if role is None or role.side != "staff" or role.code in _PEOPLES:
        raise RoleUnknown(role=code)
    _check_reach(scope, role)
    return role, _books(scope, role, uids)


def _check_reach(scope: TenantScope, role: Role) -> None:
    """A person who sees some books only cannot make a key that sees more."""
    if not role.permissions <= on_firm(scope) or (role.reach == "book" and not standing(scope).all_books):
        raise KeyBeyond(role=role.code)


def _books(scope: TenantScope, role: Role, uids: Sequence[UUID]) -> list[BookRef]:
    limited = role.reach == "book"
    if limited != bool(uids):
        raise KeyRejected(violations=[(BOOKS_REQUIRED if limited else BOOKS_FORBIDDEN).at("/books")])
    found = [book for book, _ in books.find_all(scope, uids)]
    known = {book.uid for book in found}
    missing = [Violation("book.not_found", f"/books/{i}") for i, uid in enumerate(uids) if uid not in known]
    if missing:
        raise KeyRejected(violations=missing)
    return found


def api_key(scope: TenantScope, key_id: UUID) -> RowMapping:
    """One API key of the firm; raises `KeyNotFound`."""
    row = queries.api_key(scope, key_id)
    if row is None:
        raise KeyNotFound
    return row


def revoke_api_key(scope: TenantScope, key_id: UUID) -> RowMapping:
    """Make an API key of the firm worthless from now on; revoking twice is no error; raises `KeyNotFound`."""
    api_key(scope, key_id)
    scope.execute(update(token).where(token.c.id == key_id, token.c.revoked_at.is_(None)).values(revoked_at=scope.now))
    withdraw_all(scope, "api_key", encode("key", key_id), key_id)
    audit.record(scope, [Act("api_key.revoke", "api_key", encode("key", key_id), {})])
    return api_key(scope, key_id)
