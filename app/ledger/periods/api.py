"""Routes of the periods (会计期间); closing and reopening are the closing room's."""

from __future__ import annotations

from typing import Any

from flask import Response

from app.books.types import BookScope
from app.http import pages
from app.http.blueprint import Blueprint
from app.http.pages import PageQuery
from app.kernel.permissions import Permission
from app.ledger.periods import queries
from app.ledger.periods.schemas import PeriodPage

blp = Blueprint("periods", __name__, url_prefix="/v1/books/<book_id>/periods", tag_zh="会计期间")


@blp.route(
    "",
    needs=Permission.BOOK_READ,
    scope="book",
    operation="periods_list",
    summary_zh="会计期间列表",
    summary_en="The periods the book has reached, in order.",
)
@blp.arguments(PageQuery, location="query")
@blp.response(200, PeriodPage)
def list_periods(scope: BookScope, query: dict[str, Any]) -> Response:
    """One page of the periods."""
    asked = pages.wanted(scope, query)
    after = asked.after[0] if asked.after else ""
    found = queries.page(scope, scope.book.id, after, asked.fetch)
    return pages.page(scope, asked, found, lambda row: (row["period"],))
