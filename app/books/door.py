"""The upper door: from inside a firm into one of its books.

Unknown, another firm's and not granted all answer `book.not_found`; a known book without the permission answers
`permission.missing`. From here on row-level security shows the rows of this book only.
"""

from __future__ import annotations

from dataclasses import fields
from uuid import UUID

from app.books import queries
from app.books.errors import BookDisabled, BookNotFound, PermissionMissing
from app.books.types import BookScope
from app.kernel.permissions import Permission, book_permissions
from tenants.scope import TenantScope

_INHERITED = tuple(field.name for field in fields(TenantScope) if field.name != "books")


def enter_book(scope: TenantScope, uid: UUID, needs: Permission) -> BookScope:
    """Narrow a firm's transaction to one book.

    Raises `BookNotFound`, `PermissionMissing`, or `BookDisabled` when a writing transaction meets a disabled book.
    """
    found = queries.find(scope, uid)
    if found is None:
        raise BookNotFound
    book, grant = found
    permissions = book_permissions(scope.actor.role, grant)
    if needs not in permissions:
        raise PermissionMissing(permission=needs.value)
    if book.state == "disabled" and not scope.read_only:
        raise BookDisabled
    scope.narrow((book.id,))
    inherited = {name: getattr(scope, name) for name in _INHERITED}
    return BookScope(**inherited, books=(book.id,), book=book, permissions=permissions)
