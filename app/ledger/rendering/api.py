"""Routes of the books of account that are read from balances: JSON, NDJSON, xlsx or PDF by `format` or `Accept`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from flask import Response, request

from app.books.types import BookScope
from app.http.blueprint import Blueprint
from app.http.replies import rows
from app.kernel.permissions import Permission
from app.ledger.dimensions import queries as dimensions
from app.ledger.rendering import rules
from app.ledger.rendering.answers.schemas import (
    GeneralLedgerOut,
    ItemBalancesOut,
    ItemMatrixOut,
    TrialBalanceOut,
    VoucherSummaryOut,
)
from app.ledger.rendering.files.rules import PDF, XLSX
from app.ledger.rendering.schemas import (
    GeneralLedgerQuery,
    ItemBalancesQuery,
    ItemMatrixQuery,
    TrialBalanceQuery,
    VoucherSummaryQuery,
)
from app.ledger.rendering.service import BY_MEDIA, JSON, NDJSON, answer_file, answer_stream, heading
from app.ledger.rendering.types import Table
from app.ledger.reports import service as reports
from app.ledger.reports.items import service as items
from app.ledger.reports.items.types import ItemShape
from app.ledger.reports.service import Span
from app.ledger.reports.summary.service import voucher_summary
from app.ledger.reports.summary.types import SummaryAsked
from app.ledger.reports.trial.types import Codes, TrialShape
from app.ledger.reports.types import LAYOUTS, Only, Row

blp = Blueprint("reports", __name__, url_prefix="/v1/books/<book_id>", tag_zh="账簿")

PRODUCES = (JSON, NDJSON, XLSX, PDF)
_NO_STREAM = (JSON, XLSX, PDF)


def _format(query: Mapping[str, Any], produces: Sequence[str] = PRODUCES) -> str:
    return query.get("format") or BY_MEDIA[request.accept_mimetypes.best_match(produces, JSON)]


def _span(query: Mapping[str, Any]) -> Span:
    return Span(query["period_from"], query["period_to"], query["include_unposted"])


def _codes(query: Mapping[str, Any]) -> Codes:
    return Codes(query["account_from"], query["account_to"])


def _answer(
    scope: BookScope, kind: str, head: Mapping[str, Any], found: Iterable[Row], table: Callable[[], Table]
) -> Response:
    """An object of all rows, a stream of them, or the table, which is only made when it is asked for."""
    if kind == "json":
        return rows(head)
    return answer_stream(scope, found) if kind == "ndjson" else answer_file(scope, kind, table())


def _spoken(span: Span) -> dict[str, Any]:
    first, last = span.ends
    return {"period_from": first, "period_to": last, "include_unposted": span.unposted}


@blp.route(
    "/trial-balance",
    needs=Permission.LEDGER_READ,
    scope="book",
    operation="trial_balance_read",
    summary_zh="科目余额表",
    summary_en="The trial balance of a period or a range, in four layouts, parents rolled up once.",
    rate_class="heavy",
    export="ledger.export",
    produces=PRODUCES,
)
@blp.arguments(TrialBalanceQuery, location="query")
@blp.response(200, TrialBalanceOut)
def read_trial_balance(scope: BookScope, query: dict[str, Any]) -> Response:
    """The trial balance."""
    last, unposted = query.get("period") or query["period_to"], query["include_unposted"]
    shape = TrialShape(
        layout=LAYOUTS[query["layout"]],
        highest=query["level_from"],
        deepest=query["level"],
        codes=_codes(query),
        currency=query["currency"],
        items=query["items"],
        zeros=query["zeros"],
    )
    since = query.get("period_from")
    trial = reports.trial_balance(scope, scope.book, last, since=since, unposted=unposted, shape=shape)
    head = {
        "period_from": str(since or last),
        "period": str(last),
        "include_unposted": unposted,
        "layout": query["layout"],
        "rows": trial.rows,
        "totals": trial.totals,
    }
    return _answer(
        scope,
        _format(query),
        head,
        trial.rows,
        lambda: rules.trial_balance(heading(scope, rules.months(since or last, last), unposted), trial),
    )


@blp.route(
    "/general-ledger",
    needs=Permission.LEDGER_READ,
    scope="book",
    operation="general_ledger_read",
    summary_zh="总账",
    summary_en="Opening, month totals and year-to-date of every account of a level, or of one account.",
    rate_class="heavy",
    export="ledger.export",
    produces=PRODUCES,
)
@blp.arguments(GeneralLedgerQuery, location="query")
@blp.response(200, GeneralLedgerOut)
def read_general_ledger(scope: BookScope, query: dict[str, Any]) -> Response:
    """The general ledger."""
    span, layout = _span(query), LAYOUTS[query["layout"]]
    found = reports.general_ledger(
        scope,
        scope.book,
        span,
        account_code=query.get("account_code"),
        deepest=query["level"],
        layout=layout,
        only=Only(query["currency"], query["dimension"], query["item"]),
    )
    above = heading(scope, rules.months(span.first, span.last), span.unposted)
    return _answer(
        scope,
        _format(query),
        {**_spoken(span), "rows": found},
        found,
        lambda: rules.general_ledger(above, found, layout),
    )


@blp.route(
    "/item-balances",
    needs=Permission.LEDGER_READ,
    scope="book",
    operation="item_balances_read",
    summary_zh="辅助余额表、核算项目组合",
    summary_en="Balances by the items of one to three dimensions and accounts, with subtotals in the order asked for.",
    rate_class="heavy",
    limits={"rows": items.MOST_ROWS},
    export="ledger.export",
    produces=PRODUCES,
)
@blp.arguments(ItemBalancesQuery, location="query")
@blp.response(200, ItemBalancesOut)
def read_item_balances(scope: BookScope, query: dict[str, Any]) -> Response:
    """Balances by items."""
    span, keys = _span(query), tuple(query["by"].split(","))
    shape = ItemShape(keys, _codes(query), query["currency"], LAYOUTS[query["layout"]])
    found = items.item_balances(scope, scope.book, span, shape)
    above = heading(scope, rules.months(span.first, span.last), span.unposted)
    head = {**_spoken(span), "by": keys, "rows": found.rows, "totals": found.totals}
    return _answer(
        scope,
        _format(query),
        head,
        found.rows,
        lambda: rules.item_balances(above, shape, _dimension_names(scope), found),
    )


@blp.route(
    "/item-matrix",
    needs=Permission.LEDGER_READ,
    scope="book",
    operation="item_matrix_read",
    summary_zh="辅助余额表（项目×科目）",
    summary_en="One figure of each item of a dimension on each account.",
    rate_class="heavy",
    limits={"rows": items.MOST_ROWS, "columns": items.MOST_COLUMNS},
    export="ledger.export",
    produces=PRODUCES,
)
@blp.arguments(ItemMatrixQuery, location="query")
@blp.response(200, ItemMatrixOut)
def read_item_matrix(scope: BookScope, query: dict[str, Any]) -> Response:
    """Items by accounts."""
    span, dimension, figure = _span(query), query["dimension"], query["figure"]
    found = items.item_matrix(scope, scope.book, span, dimension, figure=figure, codes=_codes(query))
    above = heading(scope, rules.months(span.first, span.last), span.unposted)
    accounts = [{"account_code": code, "account_name": name} for code, name in found.accounts]
    head = {**_spoken(span), "figure": figure, "accounts": accounts, "rows": found.rows, "amounts": found.totals}
    return _answer(
        scope,
        _format(query),
        head,
        found.rows,
        lambda: rules.item_matrix(above, _dimension_names(scope)[dimension], figure, found),
    )


def _dimension_names(scope: BookScope) -> dict[str, str]:
    return {each.code: each.name_zh for each in dimensions.every(scope, scope.book.id)}


@blp.route(
    "/voucher-summary",
    needs=Permission.LEDGER_READ,
    scope="book",
    operation="voucher_summary_read",
    summary_zh="凭证汇总表",
    summary_en="What a range of vouchers moved by account, and how many vouchers and attachments they are.",
    rate_class="heavy",
    export="ledger.export",
    produces=_NO_STREAM,
)
@blp.arguments(VoucherSummaryQuery, location="query")
@blp.response(200, VoucherSummaryOut)
def read_voucher_summary(scope: BookScope, query: dict[str, Any]) -> Response:
    """The voucher summary."""
    by_day = "date_from" in query
    first = query["date_from"] if by_day else query["period_from"].first_day
    last = query["date_to"] if by_day else query["period_to"].last_day
    asked = SummaryAsked(
        first=first,
        last=last,
        word=query["word"],
        numbers=(query["number_from"], query["number_to"]) if "number_from" in query else None,
        unposted=query["include_unposted"],
        deepest=query["level"],
    )
    found = voucher_summary(scope, scope.book, asked)
    span = f"{first} 至 {last}" if by_day else rules.months(query["period_from"], query["period_to"])
    head = {"date_from": first, "date_to": last, "include_unposted": asked.unposted, **found._asdict()}
    return _answer(
        scope,
        _format(query, _NO_STREAM),
        head,
        found.rows,
        lambda: rules.voucher_summary(heading(scope, span, asked.unposted), found),
    )
