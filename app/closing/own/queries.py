"""Reads of the steps of a book's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from app.closing.types import ChartRow, OwnLine, OwnStep
from tenants.scope import TenantScope

_ACTIVE = """
SELECT book_id, code, number, title_zh, title_en, cycle, condition, lines, active FROM tenant.own_step
 WHERE book_id = ANY(cast(:books AS bigint[])) AND active ORDER BY book_id, number, code
"""
_OF_BOOK = """
SELECT code, number, title_zh, title_en, cycle, condition, lines, active, row_version FROM tenant.own_step
 WHERE book_id = :book ORDER BY number, code
"""

_CHART = """
SELECT book_id, code, parent_code, standard_code FROM tenant.account WHERE book_id = ANY(cast(:books AS bigint[]))
"""


class OwnRow(NamedTuple):
    """A step of the book's own, and the version of its row."""

    step: OwnStep
    version: int


def own_steps_of(scope: TenantScope, books: Sequence[int]) -> dict[int, list[OwnStep]]:
    """The active steps of these books' own, by book id, in order."""
    found: dict[int, list[OwnStep]] = {}
    for row in scope.run(_ACTIVE, books=list(books)):
        found.setdefault(row.book_id, []).append(_step(row))
    return found


def charts(scope: TenantScope, books: Sequence[int]) -> dict[int, dict[str, ChartRow]]:
    """Where each account of these books stands, by book id and code."""
    found: dict[int, dict[str, ChartRow]] = {book: {} for book in books}
    for row in scope.run(_CHART, books=list(books)):
        found[row.book_id][row.code] = ChartRow(row.parent_code, row.standard_code)
    return found


def of_book(scope: TenantScope, book: int) -> list[OwnRow]:
    """Every step of a book's own in order, the inactive ones too; a book has at most some tens."""
    return [OwnRow(_step(row), row.row_version) for row in scope.run(_OF_BOOK, book=book)]


def _step(row: Any) -> OwnStep:
    return OwnStep(
        row.code,
        row.number,
        row.title_zh,
        row.title_en,
        row.cycle,
        row.condition,
        tuple(_line(line) for line in row.lines),
        row.active,
    )


def _line(kept: Mapping[str, Any]) -> OwnLine:
    return OwnLine(
        account=kept["account"],
        side=kept["side"],
        formula=kept["formula"],
        share=Decimal(kept["share"]),
        constant=Decimal(kept["constant"]),
        items=tuple((dimension, name) for dimension, name in kept["items"]),
        summary=kept["summary"],
        rest=kept["rest"],
    )
