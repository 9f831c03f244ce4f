"""Routes of the currency rates (汇率), by period."""

from __future__ import annotations

import hashlib
from typing import Any

from app.books.types import BookScope
from app.http import etags
from app.http.blueprint import Blueprint
from app.http.replies import dumps, tagged
from app.kernel.periods import Period
from app.kernel.permissions import Permission
from app.ledger.currencies import queries, rules, service
from app.ledger.currencies.schemas import RatesIn, RatesOut, RatesQuery
from app.ledger.currencies.types import CurrencyRate
from app.ledger.periods import service as periods

blp = Blueprint("currency-rates", __name__, url_prefix="/v1/books/<book_id>/currency-rates", tag_zh="汇率")

_VIEW = "rates"


def _read(scope: BookScope, period: Period) -> tuple[dict[str, Any], str]:
    """The rates as they are shown, and their version: rates have none of their own, so it is the digest of them."""
    found = queries.of_period(scope, scope.book, period)
    shown = {"period": str(period), "fixed": rules.fixed(scope.book), "rates": [rate._asdict() for rate in found]}
    return shown, hashlib.sha256(dumps(shown)).hexdigest()[:24]


@blp.route(
    "",
    needs=Permission.LEDGER_READ,
    scope="book",
    operation="currency_rates_read",
    summary_zh="查看汇率",
    summary_en="The rates of a period: what its vouchers are booked at, and the rate of its last day.",
)
@blp.arguments(RatesQuery, location="query")
@blp.response(200, RatesOut)
def read_rates(scope: BookScope, query: dict[str, Any]) -> tuple[Any, dict[str, str]]:
    """The rates of the period."""
    shown, version = _read(scope, query["period"])
    return tagged(shown, version, _VIEW)


@blp.route(
    "",
    methods=["PUT"],
    needs=Permission.ACCOUNT_EDIT,
    scope="book",
    operation="currency_rates_replace",
    summary_zh="录入汇率",
    summary_en="Replace the rates of an open period; they are frozen once it is closed.",
    if_match=True,
    audit="currency.set_rates",
)
@blp.arguments(RatesQuery, location="query")
@blp.arguments(RatesIn)
@blp.response(200, RatesOut)
def replace_rates(scope: BookScope, query: dict[str, Any], payload: dict[str, Any]) -> tuple[Any, dict[str, str]]:
    """The rates as replaced."""
    period = query["period"]
    periods.lock_heads(scope, [scope.book.id])
    etags.match(_read(scope, period)[1], _VIEW)
    given = [CurrencyRate(one["currency"], one["booking"], one["closing"], str(period)) for one in payload["rates"]]
    service.set_rates(scope, period, given)
    shown, version = _read(scope, period)
    return tagged(shown, version, _VIEW)
