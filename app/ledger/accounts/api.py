"""Routes of the chart of accounts (会计科目)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from flask import Response

from app.books.types import BookScope
from app.http import pages
from app.http.blueprint import Blueprint
from app.http.schemas import page_of
from app.kernel.permissions import Permission
from app.ledger.accounts import queries
from app.ledger.accounts.schemas import AccountOut, AccountQuery
from app.ledger.accounts.types import Account

blp = Blueprint("accounts", __name__, url_prefix="/v1/books/<book_id>/accounts", tag_zh="会计科目")

_INSIDE = ("book_id", "id", "row_version")


def _shown(accounts: Sequence[Account]) -> list[dict[str, Any]]:
    return [{name: value for name, value in asdict(each).items() if name not in _INSIDE} for each in accounts]


@blp.route(
    "",
    needs=Permission.ACCOUNT_READ,
    scope="book",
    operation="accounts_list",
    summary_zh="科目表",
    summary_en="The chart of accounts in the order of codes.",
)
@blp.arguments(AccountQuery, location="query")
@blp.response(200, page_of(AccountOut))
def list_accounts(scope: BookScope, query: dict[str, Any]) -> Response:
    """One page of the chart."""
    asked = pages.wanted(scope, query)
    after = asked.after[0] if asked.after else ""
    found = [
        each
        for each in queries.chart(scope, scope.book.id)
        if each.code > after
        and each.code.startswith(query.get("account_prefix", ""))
        and each.leaf is query.get("leaf", each.leaf)
    ]
    return pages.page(scope, asked, found[: asked.fetch], lambda each: (each.code,), _shown)
