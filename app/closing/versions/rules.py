"""What differs between two versions of the same statements, purely."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from app.closing.versions.types import Change
from app.kernel.money import ZERO
from app.standards.types import Standard

Kept = Mapping[str, Mapping[str, Any]]


def changes(standard: Standard, before: Kept, after: Kept) -> Iterator[Change]:
    """Every figure of every statement that is not the same in both, in the order of the forms."""
    for statement in standard.statements.values():
        old, new = _cells(before.get(statement.id)), _cells(after.get(statement.id))
        for row in statement.rows:
            for column in dict.fromkeys((*old.get(row.key, {}), *new.get(row.key, {}))):
                was = old.get(row.key, {}).get(column, ZERO)
                now = new.get(row.key, {}).get(column, ZERO)
                if was != now:
                    yield Change(statement.id, row.key, row.line, row.name_zh, row.name_en, column, was, now)


def _cells(content: Mapping[str, Any] | None) -> dict[str, dict[str, Decimal]]:
    """The amounts of kept statements by row and column."""
    if content is None:
        return {}
    columns = content["columns"]
    return {
        key: {column: Decimal(amount) for column, amount in zip(columns, amounts, strict=True)}
        for key, amounts in content["amounts"].items()
    }
