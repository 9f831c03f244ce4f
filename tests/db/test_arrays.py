"""Arrays reach Postgres as they were: the fast way of `infra.db.ArrayDumper` against psycopg's reading of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DataError

from infra.ports import Ports
from tests.factories.doors import Doors

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])) | st.sampled_from(
    ["", "NULL", "null", "{}", "a,b", '"', "\\", '\\"', " x ", "\n", "客户"]
)
ITEMS = [
    ("text", TEXTS),
    ("bigint", st.integers(-(2**63), 2**63 - 1)),
    ("numeric", st.decimals(allow_nan=False, allow_infinity=False, places=2)),
    ("uuid", st.uuids()),
    ("date", st.dates()),
    ("boolean", st.booleans()),
]


@pytest.mark.parametrize(("kind", "items"), ITEMS)
def test_an_array_comes_back_as_it_went(doors: Doors, kind: str, items: st.SearchStrategy[Any]) -> None:
    with doors.firm() as scope:

        @settings(max_examples=60, deadline=None)
        @given(st.lists(items | st.none()))
        def back_and_forth(given_items: list[str | int | Decimal | UUID | date | None]) -> None:
            found = scope.run(f"SELECT cast(:items AS {kind}[]) AS items", items=given_items).scalar_one()
            assert found == given_items

        back_and_forth()


def test_a_text_with_a_nul_is_refused_and_not_cut_short(ports: Ports) -> None:
    with ports.engine.connect() as connection, pytest.raises(DataError) as refused:
        connection.exec_driver_sql("SELECT cast(%s AS text[])", (["ab", "c\0d"],))
    assert isinstance(refused.value.orig, psycopg.DataError)
