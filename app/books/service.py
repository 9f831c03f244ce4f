"""The only writer of the book row (账套); what opening or changing a book means is decided above."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from app.books.errors import BookCodeTaken
from app.books.models import book
from app.books.queries import ref
from app.books.types import BookRef, BookScope
from infra.db import constraint
from tenants.scope import TenantScope


def insert_book(scope: TenantScope, values: Mapping[str, Any]) -> BookRef:
    """Write the row of a new book; raises `BookCodeTaken`."""
    if scope.execute(select(book.c.id).where(book.c.code == values["code"])).first():
        raise BookCodeTaken(book_code=values["code"])
    try:
        written = insert(book).values(**values).returning(book)
        return ref(scope.execute(written).mappings().one())
    except IntegrityError as error:
        if constraint(error) == "book_code_uq":
            raise BookCodeTaken(book_code=values["code"]) from error
        raise


def lock_book(scope: BookScope) -> BookRef:
    """The book's row, locked for a change."""
    query = select(book).where(book.c.id == scope.book.id).with_for_update()
    return ref(scope.execute(query).mappings().one())


def update_book(scope: BookScope, values: Mapping[str, Any]) -> BookRef:
    """Write these columns of the book's row, one version further."""
    changed = update(book).where(book.c.id == scope.book.id).returning(book)
    changed = changed.values(**values, row_version=book.c.row_version + 1, updated_at=scope.now)
    return ref(scope.execute(changed).mappings().one())
