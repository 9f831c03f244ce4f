"""Routes of what a ledger shows: books of account and statements, as JSON, xlsx or PDF by `format` or `Accept`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote

from flask import Response, request

from app.books.types import BookScope
from app.http import pages
from app.http.blueprint import Blueprint
from app.http.replies import rows
from app.http.schemas import page_of
from app.kernel.permissions import Permission
from app.ledger.rendering import rules
from app.ledger.rendering.files.rules import PDF, XLSX, pdf, xlsx
from app.ledger.rendering.rules import Heading
from app.ledger.rendering.schemas import (
    GeneralLedgerOut,
    GeneralLedgerQuery,
    JournalQuery,
    JournalRowOut,
    LedgerRowOut,
    ReportQuery,
    StatementOut,
    SubsidiaryLedgerQuery,
    TrialBalanceOut,
    TrialBalanceQuery,
)
from app.ledger.rendering.types import Table
from app.ledger.reports import service as reports
from app.ledger.reports.errors import ReportTooLarge
from app.ledger.reports.service import Span
from app.ledger.reports.types import LedgerPlace, LineKey, Row
from app.ledger.statements import service as statements
from infra.clock import business_date
from infra.ids import encode

blp = Blueprint("reports", __name__, url_prefix="/v1/books/<book_id>", tag_zh="账簿与报表")

JSON = "application/json"
PRODUCES = (JSON, XLSX, PDF)
_MAKERS: Mapping[str, tuple[str, Callable[[Table], bytes]]] = {"xlsx": (XLSX, xlsx), "pdf": (PDF, pdf)}
_BY_MEDIA = {JSON: "json", XLSX: "xlsx", PDF: "pdf"}
_MOST_ROWS = {"xlsx": 50_000, "pdf": 5_000}


def _format(query: Mapping[str, Any]) -> str:
    return query.get("format") or _BY_MEDIA[request.accept_mimetypes.best_match(PRODUCES, JSON)]


def _heading(scope: BookScope, span: str, unposted: bool) -> Heading:
    return Heading(scope.book.name, span, business_date(scope.now), unposted)


def _file(scope: BookScope, kind: str, table: Table) -> Response:
    if len(table.rows) > _MOST_ROWS[kind]:
        raise ReportTooLarge(limit=_MOST_ROWS[kind])
    media, make = _MAKERS[kind]
    name = quote(f"{scope.book.code}_{table.title}_{table.span}.{kind}")
    return Response(
        make(table), mimetype=media, headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    )


def _span(query: Mapping[str, Any]) -> Span:
    return Span(query["period_from"], query["period_to"], query["include_unposted"])


def _spoken(span: Span) -> str:
    return " 至 ".join(sorted({_month(span.first.year, span.first.month), _month(span.last.year, span.last.month)}))


def _month(year: int, month: int) -> str:
    return f"{year}年{month:02d}月"


def _named(found: Sequence[Row]) -> list[Row]:
    return [row | {"voucher_id": encode("vch", row["voucher_id"])} if "voucher_id" in row else row for row in found]


@blp.route(
    "/trial-balance",
    needs=Permission.LEDGER_READ,
    scope="book",
    operation="trial_balance_read",
    summary_zh="科目余额表",
    summary_en="The trial balance of a period, parents rolled up once.",
    rate_class="heavy",
    produces=PRODUCES,
)
@blp.arguments(TrialBalanceQuery, location="query")
@blp.response(200, TrialBalanceOut)
def read_trial_balance(scope: BookScope, query: dict[str, Any]) -> Response:
    """The trial balance."""
    period, unposted = query["period"], query["include_unposted"]
    trial = reports.trial_balance(
        scope, scope.book, period, unposted=unposted, deepest=query["level"], zeros=query["zeros"]
    )
    kind = _format(query)
    if kind == "json":
        return rows({"period": str(period), "include_unposted": unposted, "rows": trial.rows, "totals": trial.totals})
    heading = _heading(scope, _month(period.year, period.month), unposted)
    return _file(scope, kind, rules.trial_balance(heading, trial))


@blp.route(
    "/general-ledger",
    needs=Permission.LEDGER_READ,
    scope="book",
    operation="general_ledger_read",
    summary_zh="总账",
    summary_en="Opening, month totals and year-to-date of every account of a level, or of one account.",
    rate_class="heavy",
    produces=PRODUCES,
)
@blp.arguments(GeneralLedgerQuery, location="query")
@blp.response(200, GeneralLedgerOut)
def read_general_ledger(scope: BookScope, query: dict[str, Any]) -> Response:
    """The general ledger."""
    span = _span(query)
    found = reports.general_ledger(
        scope, scope.book, span, account_code=query.get("account_code"), deepest=query["level"]
    )
    kind = _format(query)
    if kind == "json":
        first, last = span.ends
        return rows({"period_from": first, "period_to": last, "include_unposted": span.unposted, "rows": found})
    return _file(scope, kind, rules.general_ledger(_heading(scope, _spoken(span), span.unposted), found))


@blp.route(
    "/subsidiary-ledger",
    needs=Permission.LEDGER_READ,
    scope="book",
    operation="subsidiary_ledger_read",
    summary_zh="明细账",
    summary_en="Every line of an account and those under it with its running balance, and the totals of each month.",
    rate_class="heavy",
    produces=PRODUCES,
)
@blp.arguments(SubsidiaryLedgerQuery, location="query")
@blp.response(200, page_of(LedgerRowOut))
def read_subsidiary_ledger(scope: BookScope, query: dict[str, Any]) -> Response:
    """A page of the subsidiary ledger, or all of it in a file."""
    span, account = _span(query), query["account_code"]
    kind = _format(query)
    if kind != "json":
        found = reports.subsidiary_ledger(scope, scope.book, span, account, None, _MOST_ROWS[kind] + 1)
        heading = _heading(scope, _spoken(span), span.unposted)
        return _file(scope, kind, rules.subsidiary_ledger(heading, account, found))
    asked = pages.wanted(scope, query)
    after = LedgerPlace(asked.after[0], asked.after[1], _line_key(asked.after[2:])) if asked.after else None
    found = reports.subsidiary_ledger(scope, scope.book, span, account, after, asked.fetch)
    return pages.page(scope, asked, found, _place, _named)


def _place(row: Row) -> list[Any]:
    place = LedgerPlace.of(row)
    return [place.period, place.stage, *_key(place.line)]


def _key(key: LineKey) -> list[Any]:
    return [key.date.isoformat(), *key[1:]]


def _line_key(sent: Sequence[Any]) -> LineKey:
    return LineKey(date.fromisoformat(sent[0]), *sent[1:])


@blp.route(
    "/journal",
    needs=Permission.LEDGER_READ,
    scope="book",
    operation="journal_read",
    summary_zh="序时账",
    summary_en="Every line in the order of date and voucher number.",
    rate_class="heavy",
    produces=PRODUCES,
)
@blp.arguments(JournalQuery, location="query")
@blp.response(200, page_of(JournalRowOut))
def read_journal(scope: BookScope, query: dict[str, Any]) -> Response:
    """A page of the journal, or all of it in a file."""
    span, kind = _span(query), _format(query)
    if kind != "json":
        found = reports.journal(scope, scope.book, span, None, _MOST_ROWS[kind] + 1)
        return _file(scope, kind, rules.journal(_heading(scope, _spoken(span), span.unposted), found))
    asked = pages.wanted(scope, query)
    after = _line_key(asked.after) if asked.after else None
    found = reports.journal(scope, scope.book, span, after, asked.fetch)
    return pages.page(scope, asked, found, lambda row: _key(LineKey.of(row)), _named)


@blp.route(
    '/statements/<any("balance-sheet","income-statement","cash-flow"):statement>',
    needs=Permission.STATEMENT_READ,
    scope="book",
    operation="statements_read",
    summary_zh="财务报表",
    summary_en="A statement with both columns, every articulation, and the accounts behind each figure.",
    rate_class="heavy",
    produces=PRODUCES,
)
@blp.arguments(ReportQuery, location="query")
@blp.response(200, StatementOut)
def read_statement(scope: BookScope, query: dict[str, Any], statement: str) -> Response:
    """The statement."""
    period, unposted = query["period"], query["include_unposted"]
    name = statement.replace("-", "_")
    found = statements.statements(scope, scope.book, period, unposted=unposted, only=(name,))
    made, kind = found.made[name], _format(query)
    if kind == "json":
        return rows({**rules.statement_body(str(period), found, made), "include_unposted": unposted})
    day = period.last_day
    span = f"{day.year}年{day.month}月{day.day}日" if name == "balance_sheet" else _month(period.year, period.month)
    return _file(scope, kind, rules.statement(_heading(scope, span, unposted), made))
