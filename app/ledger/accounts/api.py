"""Routes of the chart of accounts (会计科目)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, cast

from flask import Response

from app.books.types import BookScope
from app.http import etags, pages
from app.http.blueprint import Blueprint
from app.http.replies import rows
from app.http.schemas import page_of
from app.kernel.permissions import Permission
from app.ledger.accounts import queries, rules, service
from app.ledger.accounts.schemas import (
    AccountIn,
    AccountOut,
    AccountPatch,
    AccountQuery,
    SuggestedOut,
    SuggestQuery,
    WidthsIn,
    WidthsOut,
)
from app.ledger.accounts.types import Account, FirstChild, Given, NewAccount
from infra.ids import encode

blp = Blueprint("accounts", __name__, url_prefix="/v1/books/<book_id>/accounts", tag_zh="会计科目")

_VIEW = "account"
_WIDTHS = "code-widths"
_ONE = "/<string:code>"
_INSIDE = ("book_id", "id", "row_version", "cash_follows")
_TUPLES = ("dimensions", "currencies")


def _row(account: Account) -> dict[str, Any]:
    shown = {name: value for name, value in asdict(account).items() if name not in _INSIDE}
    return shown | {"etag": etags.tag(account.row_version, _VIEW)}


def _shown(accounts: Sequence[Account]) -> list[dict[str, Any]]:
    return [_row(each) for each in accounts]


def _answer(scope: BookScope, code: str, status: int = 200) -> Response:
    chart = queries.chart_of(scope, scope.book)
    account = rules.held(chart, code)
    more = {"preset": chart.preset(account), "next_child_code": rules.next_code(chart, code)}
    response = rows(_row(account) | more, status)
    response.headers["ETag"] = etags.tag(account.row_version, _VIEW)
    if status == 201:
        response.headers["Location"] = f"/v1/books/{encode('bk', scope.book.uid)}/accounts/{code}"
    return response


def _meant(scope: BookScope, code: str) -> None:
    """Raise `AccountNotFound`, or `EtagMismatch` when the caller means another version of it; the chart is held."""
    etags.match(rules.held(service.hold(scope), code).row_version, _VIEW)


def _given(payload: dict[str, Any]) -> Given:
    kept = {name: payload[name] for name in Given.__annotations__ if name in payload}
    return cast(Given, {name: tuple(value) if name in _TUPLES else value for name, value in kept.items()})


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


@blp.route(
    "/suggest",
    needs=Permission.ACCOUNT_READ,
    scope="book",
    operation="accounts_suggest",
    summary_zh="科目联想",
    summary_en="The active leaf accounts nearest to what is typed: code, pinyin initials or name.",
)
@blp.arguments(SuggestQuery, location="query")
@blp.response(200, SuggestedOut)
def suggest_accounts(scope: BookScope, query: dict[str, Any]) -> Response:
    """The nearest accounts."""
    return rows({"data": _shown(queries.suggest(scope, scope.book.id, query["q"], query["limit"]))})


@blp.route(
    "",
    methods=["POST"],
    needs=Permission.ACCOUNT_EDIT,
    scope="book",
    operation="accounts_create",
    summary_zh="新增科目",
    summary_en="Add an account; under a used one its first child takes over lines and balances, and nothing is posted.",
    idempotent=True,
    audit="account.create",
)
@blp.arguments(AccountIn)
@blp.response(201, AccountOut)
def create_account(scope: BookScope, payload: dict[str, Any]) -> Response:
    """The account as added."""
    first = payload["first_child"]
    new = NewAccount(
        payload["name_zh"],
        payload["parent_code"],
        payload["code"],
        payload["standard_code"],
        FirstChild(**first) if first else None,
        _given(payload),
    )
    return _answer(scope, service.add_account(scope, new).code, 201)


@blp.route(
    _ONE,
    needs=Permission.ACCOUNT_READ,
    scope="book",
    operation="accounts_read",
    summary_zh="查看科目",
    summary_en="One account, and the code its next child would get.",
)
@blp.response(200, AccountOut)
def read_account(scope: BookScope, code: str) -> Response:
    """The account."""
    return _answer(scope, code)


@blp.route(
    _ONE,
    methods=["PATCH"],
    needs=Permission.ACCOUNT_EDIT,
    scope="book",
    operation="accounts_change",
    summary_zh="修改科目",
    summary_en="Change an account by a JSON merge patch; what posted lines depend on stays.",
    if_match=True,
    audit="account.change",
)
@blp.arguments(AccountPatch)
@blp.response(200, AccountOut)
def change_account(scope: BookScope, payload: dict[str, Any], code: str) -> Response:
    """The account as changed."""
    _meant(scope, code)
    service.change_account(scope, code, _given(payload))
    return _answer(scope, code)


@blp.route(
    _ONE,
    methods=["DELETE"],
    needs=Permission.ACCOUNT_EDIT,
    scope="book",
    operation="accounts_delete",
    summary_zh="删除科目",
    summary_en="Delete an own leaf account that was never used.",
    if_match=True,
    audit="account.delete",
)
@blp.response(204)
def delete_account(scope: BookScope, code: str) -> Response:
    """Nothing: the account is gone."""
    _meant(scope, code)
    service.delete_account(scope, code)
    return Response(status=204)


@blp.route(
    f"{_ONE}/disable",
    methods=["POST"],
    needs=Permission.ACCOUNT_EDIT,
    scope="book",
    operation="accounts_disable",
    summary_zh="停用科目",
    summary_en="Disable an account and those below it; refused while a balance or an unposted voucher stands.",
    idempotent=True,
    if_match=True,
    audit="account.disable",
)
@blp.response(200, AccountOut)
def disable_account(scope: BookScope, code: str) -> Response:
    """The account, disabled."""
    _meant(scope, code)
    service.disable_account(scope, code)
    return _answer(scope, code)


@blp.route(
    f"{_ONE}/enable",
    methods=["POST"],
    needs=Permission.ACCOUNT_EDIT,
    scope="book",
    operation="accounts_enable",
    summary_zh="启用科目",
    summary_en="Enable an account and those above it.",
    idempotent=True,
    if_match=True,
    audit="account.enable",
)
@blp.response(200, AccountOut)
def enable_account(scope: BookScope, code: str) -> Response:
    """The account, enabled."""
    _meant(scope, code)
    service.enable_account(scope, code)
    return _answer(scope, code)


@blp.route(
    "/code-widths",
    needs=Permission.ACCOUNT_READ,
    scope="book",
    operation="code_widths_read",
    summary_zh="科目编码规则",
    summary_en="The digits of each level of the codes.",
)
@blp.response(200, WidthsOut)
def read_widths(scope: BookScope) -> Response:
    """The widths in force."""
    widths = list(rules.widths_of(scope.book))
    response = rows({"code_widths": widths})
    response.headers["ETag"] = etags.tag("-".join(map(str, widths)), _WIDTHS)
    return response


@blp.route(
    "/code-widths",
    methods=["PUT"],
    needs=Permission.ACCOUNT_EDIT,
    scope="book",
    operation="code_widths_change",
    summary_zh="调整科目编码长度",
    summary_en="Bring every code of the book to other widths; refused with every code that does not fit.",
    if_match=True,
    audit="account.recode",
)
@blp.arguments(WidthsIn)
@blp.response(200, WidthsOut)
def change_widths(scope: BookScope, payload: dict[str, Any]) -> Response:
    """The new widths and what became of each code."""
    etags.match("-".join(map(str, service.hold(scope).widths)), _WIDTHS)
    codes = service.change_widths(scope, payload["code_widths"])
    response = rows({"code_widths": payload["code_widths"], "codes": codes})
    response.headers["ETag"] = etags.tag("-".join(map(str, payload["code_widths"])), _WIDTHS)
    return response
