"""Reads of what a client of one book confirmed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.books.types import BookScope
from app.portal.confirmations.errors import ConfirmationNotFound
from app.portal.models import confirmation as table

# The newest close of a period that is closed now; a reopened period has nothing to confirm.
_CURRENT = """
SELECT e.version FROM tenant.period p JOIN tenant.period_event e
    ON e.book_id = p.book_id AND e.period = p.period AND e.event = 'close'
 WHERE p.book_id = :book AND p.period = :period AND p.state = 'closed'
 ORDER BY e.version DESC LIMIT 1
"""


def current_version(scope: BookScope, period: str) -> int | None:
    """The version of the statements of a closed period, or None while it is open or was never reached."""
    return scope.run(_CURRENT, book=scope.book.id, period=period).scalar_one_or_none()


def find(scope: BookScope, confirmation_id: UUID, *, lock: bool = False) -> dict[str, Any]:
    """One confirmation, locked when it is to be decided; raises `ConfirmationNotFound`."""
    query = select(table).where(table.c.book_id == scope.book.id, table.c.id == confirmation_id)
    row = scope.execute(query.with_for_update() if lock else query).mappings().first()
    if row is None:
        raise ConfirmationNotFound
    return dict(row)


def of_version(scope: BookScope, period: str, version: int) -> dict[str, Any] | None:
    """What the client was asked about a version, or None."""
    mine = (table.c.book_id == scope.book.id) & (table.c.period == period) & (table.c.version == version)
    row = scope.execute(select(table).where(mine)).mappings().first()
    return dict(row) if row else None


def page(scope: BookScope, before: UUID | None, limit: int) -> list[dict[str, Any]]:
    """The newest first, from the one before `before` on."""
    query = select(table).where(table.c.book_id == scope.book.id)
    if before is not None:
        query = query.where(table.c.id < before)
    return [dict(row) for row in scope.execute(query.order_by(table.c.id.desc()).limit(limit)).mappings()]
