"""The route of statements, as JSON, xlsx or PDF by `format` or `Accept`."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from app.books.types import BookScope
from app.http.blueprint import Blueprint
from app.http.replies import rows
from app.kernel.permissions import Permission
from app.ledger.rendering import service
from app.ledger.rendering.files.rules import PDF, XLSX
from app.ledger.rendering.rules import month
from app.ledger.rendering.service import BY_MEDIA, JSON
from app.ledger.rendering.statements import rules
from app.ledger.rendering.statements.schemas import StatementOut, StatementQuery
from app.ledger.statements import service as statements

blp = Blueprint("statements", __name__, url_prefix="/v1/books/<book_id>", tag_zh="财务报表")

PRODUCES = (JSON, XLSX, PDF)


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
@blp.arguments(StatementQuery, location="query")
@blp.response(200, StatementOut)
def read_statement(scope: BookScope, query: dict[str, Any], statement: str) -> Response:
    """The statement."""
    period, unposted = query["period"], query["include_unposted"]
    name = statement.replace("-", "_")
    found = statements.statements(scope, scope.book, period, unposted=unposted, only=(name,))
    made, kind = found.made[name], query.get("format") or BY_MEDIA[request.accept_mimetypes.best_match(PRODUCES, JSON)]
    if kind == "json":
        return rows({**rules.statement_body(str(period), found, made), "include_unposted": unposted})
    day = period.last_day
    span = f"{day.year}年{day.month}月{day.day}日" if name == "balance_sheet" else month(period)
    return service.answer_file(scope, kind, rules.statement(service.heading(scope, span, unposted), made))
