"""Routes of statements and the tables beside them, as JSON, xlsx or PDF, and of what each cell is made of."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from app.books.errors import PermissionMissing
from app.books.types import BookScope
from app.http.blueprint import Blueprint
from app.http.replies import rows
from app.kernel.permissions import Permission
from app.ledger.rendering import service
from app.ledger.rendering.files.rules import PDF, XLSX
from app.ledger.rendering.service import BY_MEDIA, JSON
from app.ledger.rendering.statements import rules
from app.ledger.rendering.statements.schemas import (
    CellOut,
    CellQuery,
    FormsOut,
    StatementOut,
    StatementQuery,
    TableQuery,
)
from app.ledger.statements import service as statements
from app.ledger.statements.own.types import PREFIX
from infra.ids import encode

blp = Blueprint("statements", __name__, url_prefix="/v1/books/<book_id>/statements", tag_zh="财务报表")

PRODUCES = (JSON, XLSX, PDF)
_STATEMENT = '/<any("balance-sheet","income-statement","cash-flow"):statement>'
_CELL = "/cells/<row>/<column>"


@blp.route(
    "",
    needs=Permission.STATEMENT_READ,
    scope="book",
    operation="statements_list",
    summary_zh="报表目录",
    summary_en="The statements of the book's standard and the tables beside them, each with its cycles and columns.",
)
@blp.response(200, FormsOut)
def list_statements(scope: BookScope) -> Response:
    """The forms."""
    return rows({"items": [rules.form_body(form) for form in statements.forms(scope)]})


@blp.route(
    _STATEMENT,
    needs=Permission.STATEMENT_READ,
    scope="book",
    operation="statements_read",
    summary_zh="财务报表",
    summary_en="A statement of a month, a quarter or a year, every articulation, and the accounts behind each figure.",
    rate_class="heavy",
    export="statement.export",
    produces=PRODUCES,
)
@blp.arguments(StatementQuery, location="query")
@blp.response(200, StatementOut)
def read_statement(scope: BookScope, query: dict[str, Any], statement: str) -> Response:
    """The statement."""
    return _answer(scope, query, _id(statement))


@blp.route(
    "/notes/<table>",
    needs=Permission.STATEMENT_READ,
    scope="book",
    operation="statements_notes_read",
    summary_zh="附表与附注表格",
    summary_en="A table beside the statements; rows the ledger has no figures for are `hand` rows without amounts.",
    rate_class="heavy",
    export="statement.export",
    produces=PRODUCES,
)
@blp.arguments(TableQuery, location="query")
@blp.response(200, StatementOut)
def read_table(scope: BookScope, query: dict[str, Any], table: str) -> Response:
    """The table."""
    return _answer(scope, query, _id(table))


@blp.route(
    _STATEMENT + _CELL,
    needs=Permission.LEDGER_READ,
    scope="book",
    operation="statements_cell_read",
    summary_zh="报表联查",
    summary_en="What one figure of a statement is made of: accounts with their ledgers, other rows, cash-flow items.",
    rate_class="heavy",
)
@blp.arguments(CellQuery, location="query")
@blp.response(200, CellOut)
def read_cell(scope: BookScope, query: dict[str, Any], statement: str, row: str, column: str) -> Response:
    """The cell."""
    return _cell(scope, query, (_id(statement), row, column))


@blp.route(
    "/notes/<table>" + _CELL,
    needs=Permission.LEDGER_READ,
    scope="book",
    operation="statements_notes_cell_read",
    summary_zh="附表联查",
    summary_en="What one figure of a table beside the statements is made of.",
    rate_class="heavy",
)
@blp.arguments(CellQuery, location="query")
@blp.response(200, CellOut)
def read_table_cell(scope: BookScope, query: dict[str, Any], table: str, row: str, column: str) -> Response:
    """The cell."""
    return _cell(scope, query, (_id(table), row, column))


@blp.route(
    "/own/<code>",
    needs=Permission.STATEMENT_READ,
    scope="book",
    operation="statements_own_read",
    summary_zh="自定义报表",
    summary_en="A statement the book defines itself, with its figures and its checks.",
    rate_class="heavy",
    export="statement.export",
    produces=PRODUCES,
)
@blp.arguments(TableQuery, location="query")
@blp.response(200, StatementOut)
def read_own(scope: BookScope, query: dict[str, Any], code: str) -> Response:
    """The statement."""
    return _answer(scope, query, _own(code))


@blp.route(
    "/own/<code>" + _CELL,
    needs=Permission.LEDGER_READ,
    scope="book",
    operation="statements_own_cell_read",
    summary_zh="自定义报表联查",
    summary_en="What one figure of a statement of the book's own is made of.",
    rate_class="heavy",
)
@blp.arguments(CellQuery, location="query")
@blp.response(200, CellOut)
def read_own_cell(scope: BookScope, query: dict[str, Any], code: str, row: str, column: str) -> Response:
    """The cell."""
    return _cell(scope, query, (_own(code), row, column))


def _id(name: str) -> str:
    return name.replace("-", "_")


def _own(code: str) -> str:
    return PREFIX + code.removeprefix(PREFIX)


def _check_drafts(scope: BookScope, query: dict[str, Any]) -> None:
    """What is not posted yet is for who may see it elsewhere: in the ledgers or on the vouchers."""
    seen = {Permission.LEDGER_READ, Permission.VOUCHER_READ} & scope.permissions
    if query["include_unposted"] and not seen:
        raise PermissionMissing(permission=Permission.LEDGER_READ.value)


def _answer(scope: BookScope, query: dict[str, Any], asked: str) -> Response:
    _check_drafts(scope, query)
    period, unposted = query["period"], query["include_unposted"]
    found = statements.statements(scope, scope.book, period, cycle=query.get("cycle"), unposted=unposted, only=(asked,))
    made, kind = found.made[asked], query.get("format") or BY_MEDIA[request.accept_mimetypes.best_match(PRODUCES, JSON)]
    if kind == "json":
        return rows({**rules.statement_body(str(period), found, made), "include_unposted": unposted})
    heading = service.heading(scope, rules.spoken(made, period), unposted)
    return service.answer_file(scope, kind, rules.statement(heading, made))


def _cell(scope: BookScope, query: dict[str, Any], place: tuple[str, str, str]) -> Response:
    period, unposted = query["period"], query["include_unposted"]
    found = statements.sources(scope, scope.book, period, place, cycle=query.get("cycle"), unposted=unposted)
    at = f"/v1/books/{encode('bk', scope.book.uid)}"
    return rows({**rules.cell_body(str(period), place, found, at, unposted=unposted), "include_unposted": unposted})
