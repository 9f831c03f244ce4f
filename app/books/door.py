"""The upper door: from inside a firm into one of its books.

Unknown, another firm's and not granted all answer `book.not_found`; a known book without the permission answers
`permission.missing`. From here on row-level security shows the rows of this book only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from uuid import UUID

from app.books import queries
from app.books.access.queries import in_book
from app.books.errors import BookDisabled, BookNotFound, PermissionMissing
from app.books.types import BookRef, BookScope
from app.kernel.permissions import Permission
from tenants.scope import TenantScope

_INHERITED = tuple(field.name for field in fields(TenantScope) if field.name != "books")


def enter_book(scope: TenantScope, uid: UUID, needs: Permission) -> BookScope:
    """Narrow a firm's transaction to one book.

    Raises `BookNotFound`, `PermissionMissing`, or `BookDisabled` when a writing transaction meets a disabled book.
    """
    found = queries.find(scope, uid)
    if found is None:
        raise BookNotFound
    book, granted = found
    permissions = in_book(scope, granted)
    if needs not in permissions:
        raise PermissionMissing(permission=needs.value)
    if book.state == "disabled" and not scope.read_only:
        raise BookDisabled
    scope.narrow((book.id,))
    inherited = {name: getattr(scope, name) for name in _INHERITED}
    return BookScope(**inherited, books=(book.id,), book=book, permissions=permissions)


def enter_books(scope: TenantScope, uids: Sequence[UUID], needs: Permission) -> tuple[TenantScope, list[BookRef]]:
    """Narrow a firm's transaction to several books, in the order of their ids; for bulk work over books.

    Raises `BookNotFound` when any of them is unknown or not granted, `PermissionMissing`, `BookDisabled`.
    """
    found = queries.find_all(scope, uids)
    if len(found) != len(set(uids)):
        raise BookNotFound
    for book, granted in found:
        if needs not in in_book(scope, granted):
            raise PermissionMissing(permission=needs.value)
        if book.state == "disabled" and not scope.read_only:
            raise BookDisabled
    books = [book for book, _ in found]
    ids = tuple(book.id for book in books)
    scope.narrow(ids)
    return replace(scope, books=ids), books


def enter_granted(scope: TenantScope) -> None:
    """Narrow a firm's transaction to the range of the books the actor may enter; queries still name their books."""
    found = queries.visible_range(scope)
    scope.narrow(found or ())
