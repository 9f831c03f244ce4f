"""Reads of voucher templates."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, select

from app.books.types import BookScope
from app.ledger.vouchers.models import voucher_template as table
from app.ledger.vouchers.templates import rules
from app.ledger.vouchers.templates.errors import TemplateNotFound

Row = dict[str, Any]
_COLUMNS = [column for column in table.c if column.name != "book_id"]


def _template(row: RowMapping) -> Row:
    return {**{str(name): value for name, value in row.items()}, "lines": rules.read(row["lines"])}


def find(scope: BookScope, template_id: UUID, *, lock: bool = False) -> Row:
    """One template, locked for a change if asked; raises `TemplateNotFound`."""
    query = select(*_COLUMNS).where(table.c.book_id == scope.book.id, table.c.id == template_id)
    row = scope.execute(query.with_for_update() if lock else query).mappings().first()
    if row is None:
        raise TemplateNotFound
    return _template(row)


def page(scope: BookScope, after: str, limit: int) -> list[Row]:
    """The templates of the book in the order of their names, after that name."""
    query = select(*_COLUMNS).where(table.c.book_id == scope.book.id, table.c.name > after)
    return [_template(row) for row in scope.execute(query.order_by(table.c.name).limit(limit)).mappings()]
