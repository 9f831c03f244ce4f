"""Routes of the opening balances (期初余额)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from flask import Response

from app.books.types import BookScope
from app.http import etags
from app.http.blueprint import Blueprint
from app.http.headers import language
from app.http.replies import dumps, rows
from app.kernel.permissions import Permission
from app.ledger.opening import errors, queries, service
from app.ledger.opening.schemas import OpeningIn, OpeningOut
from app.ledger.opening.types import OpeningRow
from infra.errors import Violation, render

blp = Blueprint("opening-balances", __name__, url_prefix="/v1/books/<book_id>/opening-balances", tag_zh="期初余额")

_VIEW = "opening"


def _version(found: queries.Opening) -> str:
    """An opening has no version column of its own: its tag is the digest of what it says."""
    return hashlib.sha256(dumps(list(found))).hexdigest()[:24]


def _doubt(warning: Violation) -> dict[str, Any]:
    params = {name: str(value) for name, value in warning.params.items()}
    message = render(warning.code, params, language())
    return {"pointer": warning.path, "code": warning.code, "message": message, "params": params}


def _answer(scope: BookScope) -> Response:
    found = queries.read(scope)
    trial = service.trial(scope)
    review = service.review(scope, found)
    more = {
        "balanced": not any(trial),
        "balance_sheet_difference": review.balance_sheet_difference,
        "warnings": [_doubt(each) for each in review.warnings],
    }
    response = rows({**found._asdict(), **trial._asdict(), **more})
    response.headers["ETag"] = etags.tag(_version(found), _VIEW)
    return response


@blp.route(
    "",
    needs=Permission.ACCOUNT_READ,
    scope="book",
    operation="opening_balances_read",
    summary_zh="查看期初余额",
    summary_en="The opening balances with both differences of their trial balance.",
)
@blp.response(200, OpeningOut)
def read_opening(scope: BookScope) -> Response:
    """The opening as it stands."""
    return _answer(scope)


@blp.route(
    "",
    methods=["PUT"],
    needs=Permission.OPENING_EDIT,
    scope="book",
    operation="opening_balances_replace",
    summary_zh="录入期初余额",
    summary_en="Replace the whole opening, mid-year included; an unbalanced one is kept and blocks the first close.",
    if_match=True,
    audit="opening.set",
)
@blp.arguments(OpeningIn)
@blp.response(200, OpeningOut)
def replace_opening(scope: BookScope, payload: dict[str, Any]) -> Response:
    """The opening as replaced."""
    etags.match(_version(queries.read(scope, lock=True)), _VIEW)
    flows = payload["cash_flows"]
    named = {flow["item"]: flow["amount"] for flow in flows}
    if len(named) < len(flows):
        broken = [errors.OPENING_DUPLICATE.at("/cash_flows", account="", counterparty="")]
        raise errors.OpeningRejected(violations=broken, count=len(broken))
    service.set_opening(scope, [_row(given) for given in payload["rows"]], named)
    return _answer(scope)


def _row(given: Mapping[str, Any]) -> OpeningRow:
    named = {name: value for name, value in given.items() if name not in ("account_code", "items")}
    return OpeningRow(given["account_code"], items=tuple(sorted(given["items"].items())), **named)
