"""The rules of tables, over a MetaData: names, amounts, book ownership. Pure: a MetaData in, offences out."""

from __future__ import annotations

import re

from sqlalchemy import Float, ForeignKeyConstraint, MetaData, Numeric, PrimaryKeyConstraint, Table

MOST_TABLES = 60  # tables x firms is the ceiling of a schema-per-firm house
LONGEST_NAME = 50  # bytes; the distributed engine appends a shard number
_SHARDED = re.compile(r"_[0-9]{6,}$")
_AMOUNT_WORDS = re.compile(r"(^|_)(amount|debit|credit|opening|net|tax|gross|total)$")
FIRM_WIDE = {
    "job_item_job_fk": "a job belongs to the firm and may span books; its items still begin with their book",
}


def names(metadata: MetaData) -> list[str]:
    """Constraints and indexes without a name, with one that is too long, or one that looks like a shard's."""
    found = []
    for table in metadata.tables.values():
        for thing in [*table.constraints, *table.indexes]:
            name = str(thing.name or "")
            if not name or len(name.encode()) > LONGEST_NAME or _SHARDED.search(name):
                found.append(f"{table.name}: {type(thing).__name__} named {name!r}")
            elif not name.startswith(table.name):
                found.append(f"{table.name}: {name} does not begin with its table")
    return found


def amounts(metadata: MetaData) -> list[str]:
    """Binary floats, and amounts that are not NUMERIC(19,2)."""
    found = []
    for column in (column for table in metadata.tables.values() for column in table.columns):
        kind = column.type
        if isinstance(kind, Float):
            found.append(f"{column.table.name}.{column.name} is a binary float")
        elif isinstance(kind, Numeric) and (kind.precision is None or kind.scale is None):
            found.append(f"{column.table.name}.{column.name} has no scale")
        elif _AMOUNT_WORDS.search(column.name) and not _fen(column):
            found.append(f"{column.table.name}.{column.name} is an amount but {kind!r}")
    return found


def _fen(column: object) -> bool:
    kind = column.type  # type: ignore[attr-defined]
    return isinstance(kind, Numeric) and (kind.precision, kind.scale) == (19, 2)


def ownership(metadata: MetaData) -> list[str]:
    """Book-owned tables whose primary key or foreign keys do not begin with book_id, and tables without a key."""
    found = []
    for table in metadata.tables.values():
        if not table.primary_key.columns:
            found.append(f"{table.name} has no primary key")
        if _book_owned(table):
            found.extend(_not_by_book(table))
    return found


def _book_owned(table: Table) -> bool:
    """A table whose every row belongs to one book; a firm-wide row may mention a book, and then it may be null."""
    return "book_id" in table.columns and not table.columns["book_id"].nullable


def _not_by_book(table: Table) -> list[str]:
    found = []
    for constraint in table.constraints:
        keys = isinstance(constraint, PrimaryKeyConstraint | ForeignKeyConstraint)
        columns = [column.name for column in constraint.columns] if keys else ["book_id"]  # type: ignore[attr-defined]
        if columns[0] != "book_id" and str(constraint.name) not in FIRM_WIDE:
            found.append(f"{table.name}: {constraint.name} does not begin with book_id")
    return found


def across(metadata: MetaData) -> list[str]:
    """Foreign keys that leave their schema (scale.md 1)."""
    found = []
    for table in metadata.tables.values():
        for key in table.foreign_keys:
            if key.target_fullname.rpartition(".")[0].rpartition(".")[0] != table.schema:
                found.append(f"{table.name} refers to {key.target_fullname}")
    return found
