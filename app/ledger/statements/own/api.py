"""Routes of the statements a book defines itself (自定义报表); their figures are read under `statements/own`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.books.types import BookScope
from app.http import etags
from app.http.blueprint import Blueprint
from app.http.replies import created, tagged
from app.kernel.permissions import Permission
from app.ledger.statements.own import service
from app.ledger.statements.own.schemas import NewOwnStatementIn, OwnStatementIn, OwnStatementOut, OwnStatementsOut
from app.ledger.statements.own.types import OwnStatement
from infra.ids import encode

blp = Blueprint("own-statements", __name__, url_prefix="/v1/books/<book_id>/own-statements", tag_zh="自定义报表")

_VIEW = "own-statement"
_PARTS = ("title_zh", "title_en", "columns", "rows", "checks")


def _shown(own: OwnStatement) -> dict[str, Any]:
    shown = {name: getattr(own, name) for name in ("code", *_PARTS)}
    return {**shown, "etag": etags.tag(own.version, _VIEW)}


def _own(code: str, given: Mapping[str, Any]) -> OwnStatement:
    return OwnStatement(code, *(given[name] for name in _PARTS))


@blp.route(
    "",
    needs=Permission.STATEMENT_READ,
    scope="book",
    operation="own_statements_list",
    summary_zh="自定义报表列表",
    summary_en="The statements the book defines itself.",
)
@blp.response(200, OwnStatementsOut)
def list_statements(scope: BookScope) -> dict[str, Any]:
    """Every one of them."""
    return {"items": [_shown(own) for own in service.own_statements(scope)]}


@blp.route(
    "",
    methods=["POST"],
    needs=Permission.ACCOUNT_EDIT,
    scope="book",
    operation="own_statements_create",
    summary_zh="新增自定义报表",
    summary_en="Define a statement: its columns, its rows with formulas over the book's accounts, its checks.",
    idempotent=True,
    audit="own_statement.create",
)
@blp.arguments(NewOwnStatementIn)
@blp.response(201, OwnStatementOut)
def create_statement(scope: BookScope, payload: dict[str, Any]) -> tuple[Any, dict[str, str]]:
    """The statement as made; raises `OwnStatementTaken`, `OwnStatementRejected`."""
    own = service.create_statement(scope, _own(payload["code"], payload))
    place = f"/v1/books/{encode('bk', scope.book.uid)}/own-statements/{own.code}"
    return created(_shown(own), place, own.version, _VIEW)


@blp.route(
    "/<code>",
    needs=Permission.STATEMENT_READ,
    scope="book",
    operation="own_statements_read",
    summary_zh="查看自定义报表的定义",
    summary_en="What a statement of the book's own says, without figures.",
)
@blp.response(200, OwnStatementOut)
def read_statement(scope: BookScope, code: str) -> tuple[Any, dict[str, str]]:
    """The statement; raises `StatementUnknown`."""
    own = service.own_statement(scope, code)
    return tagged(_shown(own), own.version, _VIEW)


@blp.route(
    "/<code>",
    methods=["PUT"],
    needs=Permission.ACCOUNT_EDIT,
    scope="book",
    operation="own_statements_replace",
    summary_zh="修改自定义报表",
    summary_en="Replace what a statement of the book's own says.",
    if_match=True,
    audit="own_statement.change",
)
@blp.arguments(OwnStatementIn)
@blp.response(200, OwnStatementOut)
def replace_statement(scope: BookScope, payload: dict[str, Any], code: str) -> tuple[Any, dict[str, str]]:
    """The statement as replaced; raises `StatementUnknown`, `OwnStatementRejected`."""
    etags.match(service.own_statement(scope, code, lock=True).version, _VIEW)
    own = service.change_statement(scope, _own(code, payload))
    return tagged(_shown(own), own.version, _VIEW)


@blp.route(
    "/<code>",
    methods=["DELETE"],
    needs=Permission.ACCOUNT_EDIT,
    scope="book",
    operation="own_statements_delete",
    summary_zh="删除自定义报表",
    summary_en="Take a statement of the book's own away.",
    if_match=True,
    audit="own_statement.delete",
)
@blp.response(204)
def delete_statement(scope: BookScope, code: str) -> None:
    """Nothing; raises `StatementUnknown`."""
    etags.match(service.own_statement(scope, code, lock=True).version, _VIEW)
    service.delete_statement(scope, code)
