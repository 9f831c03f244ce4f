"""The tables of the control plane and of a firm keep the rules of tables; each rule is shown to catch a bad table."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    Table,
)

from app.bootstrap import PLATFORM_METADATA, TENANT_METADATA
from tests.house import tables

CHECKS = (tables.names, tables.amounts, tables.ownership, tables.across)
TREES = {"platform": PLATFORM_METADATA, "tenant": TENANT_METADATA}


@pytest.mark.parametrize("tree", TREES)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_every_table_keeps_the_rule(check: Callable[[MetaData], list[str]], tree: str) -> None:
    assert check(TREES[tree]) == []


def test_a_firm_has_tens_of_tables() -> None:
    assert 20 < len(TENANT_METADATA.tables) <= tables.MOST_TABLES


def test_nobody_is_excused_without_need() -> None:
    keys = {str(key.name) for table in TENANT_METADATA.tables.values() for key in table.foreign_key_constraints}
    assert set(tables.FIRM_WIDE) <= keys


def _table(*columns: object, name: str = "thing") -> MetaData:
    metadata = MetaData(schema="tenant")
    Table(name, metadata, Column("id", BigInteger), *columns)  # type: ignore[arg-type]
    return metadata


BAD = [
    (tables.names, [PrimaryKeyConstraint("id")]),
    (tables.names, [CheckConstraint("id > 0"), PrimaryKeyConstraint("id", name="thing_pk")]),
    (tables.names, [PrimaryKeyConstraint("id", name="thing_" + "x" * 45)]),
    (tables.names, [PrimaryKeyConstraint("id", name="thing_pk_102032")]),
    (tables.names, [PrimaryKeyConstraint("id", name="other_pk")]),
    (tables.names, [PrimaryKeyConstraint("id", name="thing_pk"), Index("a_very_long_name_" + "x" * 40, "id")]),
    (tables.amounts, [Column("weight", Float)]),
    (tables.amounts, [Column("amount", Numeric(19, 4))]),
    (tables.amounts, [Column("tax", BigInteger)]),
    (tables.amounts, [Column("rate", Numeric)]),
    (tables.ownership, [Column("x", BigInteger)]),
    (tables.ownership, [Column("book_id", BigInteger, nullable=False), PrimaryKeyConstraint("id", name="thing_pk")]),
    (
        tables.ownership,
        [
            Column("book_id", BigInteger, nullable=False),
            PrimaryKeyConstraint("book_id", "id", name="thing_pk"),
            ForeignKeyConstraint(["id"], ["tenant.other.id"], name="thing_other_fk"),
        ],
    ),
    (tables.across, [ForeignKeyConstraint(["id"], ["platform.tenant.id"], name="thing_tenant_fk")]),
]


@pytest.mark.parametrize(("check", "columns"), BAD)
def test_the_rule_catches_a_bad_table(check: Callable[[MetaData], list[str]], columns: list[object]) -> None:
    assert check(_table(*columns)) != []
