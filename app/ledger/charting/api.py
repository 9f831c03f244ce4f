"""Routes of chart work that moves balances: merge, dimension on and off, children that become items."""

from __future__ import annotations

from typing import Any

from flask import Response

from app.books.errors import PermissionMissing
from app.books.types import BookScope
from app.http import etags
from app.http.blueprint import Blueprint
from app.http.replies import rows
from app.kernel.permissions import Permission
from app.ledger.accounts import service as accounts
from app.ledger.charting import service
from app.ledger.charting.schemas import (
    ConvertIn,
    DimensionOffIn,
    DimensionOnIn,
    ItemOutcomeOut,
    MergeIn,
    MergeItemIn,
    OutcomeOut,
    SuggestionsOut,
)
from app.ledger.charting.types import Conversion, Measures, On, Outcome, Share
from app.ledger.dimensions import service as dimensions
from app.ledger.dimensions.types import item_id
from infra.ids import encode

blp = Blueprint("charting", __name__, url_prefix="/v1/books/<book_id>", tag_zh="科目调整")

_VIEW = "account"
_ITEM_VIEW = "item"
_ONE = "/accounts/<string:code>"


def _on(scope: BookScope, payload: dict[str, Any]) -> On:
    """When and how; raises `PermissionMissing` for who may not draft, or may not review and post at once."""
    needed = [Permission.VOUCHER_DRAFT]
    if payload["post"]:
        needed += [Permission.VOUCHER_REVIEW, Permission.VOUCHER_POST]
    for permission in needed:
        if permission not in scope.permissions:
            raise PermissionMissing(permission=permission.value)
    return On(payload["date"], payload["post"])


def _meant(scope: BookScope, code: str) -> None:
    accounts.hold(scope)
    etags.match(accounts.one(scope, code).row_version, _VIEW)


def _vouchers(outcome: Outcome) -> list[dict[str, Any]]:
    return [
        {"id": encode("vch", each.id), "period": each.period, "word": each.word, "number": each.number}
        for each in outcome.vouchers
    ]


def _answer(outcome: Outcome) -> Response:
    return rows({"account_code": outcome.account, "vouchers": _vouchers(outcome), "drafts": outcome.drafts})


@blp.route(
    "/accounts/suggestions",
    needs=Permission.ACCOUNT_READ,
    scope="book",
    operation="accounts_suggestions",
    summary_zh="科目优化建议",
    summary_en="Accounts whose children look like customers, suppliers or employees and would better be items.",
)
@blp.response(200, SuggestionsOut)
def list_suggestions(scope: BookScope) -> Response:
    """Every such account."""
    found = [
        {"account_code": s.account, "account_name": s.name_zh, "dimension": s.dimension, "children": list(s.children)}
        for s in service.suggestions(scope)
    ]
    return rows({"data": found})


@blp.route(
    f"{_ONE}/merge",
    methods=["POST"],
    needs=Permission.ACCOUNT_EDIT,
    scope="book",
    operation="accounts_merge",
    summary_zh="科目合并",
    summary_en="Merge an account into another: a voucher moves its balance, its drafts move, and it is disabled.",
    idempotent=True,
    if_match=True,
    audit="account.merge",
)
@blp.arguments(MergeIn)
@blp.response(200, OutcomeOut)
def merge_accounts(scope: BookScope, payload: dict[str, Any], code: str) -> Response:
    """The account that took over and the vouchers that moved the balance."""
    _meant(scope, code)
    return _answer(service.merge_accounts(scope, code, payload["into"], _on(scope, payload)))


@blp.route(
    f"{_ONE}/dimension-on",
    methods=["POST"],
    needs=Permission.ACCOUNT_EDIT,
    scope="book",
    operation="accounts_dimension_on",
    summary_zh="启用辅助核算",
    summary_en="Turn a dimension on for an account with history: its balance is shared out among items by a voucher.",
    idempotent=True,
    if_match=True,
    audit="account.dimension_on",
)
@blp.arguments(DimensionOnIn)
@blp.response(200, OutcomeOut)
def turn_dimension_on(scope: BookScope, payload: dict[str, Any], code: str) -> Response:
    """The account and the vouchers that shared its balance out."""
    _meant(scope, code)
    shares = [
        Share(
            each["item"],
            Measures(each["amount"], each["foreign_amount"], each["quantity"]),
            tuple(sorted(each["items"].items())),
            each["currency"],
        )
        for each in payload["shares"]
    ]
    return _answer(service.turn_on(scope, code, payload["dimension"], shares, _on(scope, payload)))


@blp.route(
    f"{_ONE}/dimension-off",
    methods=["POST"],
    needs=Permission.ACCOUNT_EDIT,
    scope="book",
    operation="accounts_dimension_off",
    summary_zh="停用辅助核算",
    summary_en="Turn a dimension off for an account: a voucher gives what its items hold back to the account.",
    idempotent=True,
    if_match=True,
    audit="account.dimension_off",
)
@blp.arguments(DimensionOffIn)
@blp.response(200, OutcomeOut)
def turn_dimension_off(scope: BookScope, payload: dict[str, Any], code: str) -> Response:
    """The account and the vouchers that gave its balance back."""
    _meant(scope, code)
    return _answer(service.turn_off(scope, code, payload["dimension"], _on(scope, payload)))


@blp.route(
    f"{_ONE}/convert",
    methods=["POST"],
    needs=Permission.ACCOUNT_EDIT,
    scope="book",
    operation="accounts_convert",
    summary_zh="明细科目转辅助核算",
    summary_en="Make items of an account's children: a new leaf keeps the dimension, vouchers move every balance.",
    idempotent=True,
    if_match=True,
    audit="account.convert",
)
@blp.arguments(ConvertIn)
@blp.response(200, OutcomeOut)
def convert_children(scope: BookScope, payload: dict[str, Any], code: str) -> Response:
    """The new leaf and the vouchers that moved the balances."""
    _meant(scope, code)
    asked = Conversion(code, payload["dimension"], payload["name_zh"], payload["code"], tuple(payload["children"]))
    return _answer(service.convert_children(scope, asked, _on(scope, payload)))


@blp.route(
    "/dimensions/<string:dimension>/items/<string:item>/merge",
    methods=["POST"],
    needs=Permission.ACCOUNT_EDIT,
    scope="book",
    operation="items_merge",
    summary_zh="核算项目合并",
    summary_en="Merge an item into another: vouchers move what accounts hold of it, its drafts move, it is disabled.",
    idempotent=True,
    if_match=True,
    audit="item.merge",
)
@blp.arguments(MergeItemIn)
@blp.response(200, ItemOutcomeOut)
def merge_items(scope: BookScope, payload: dict[str, Any], dimension: str, item: str) -> Response:
    """The item that took over and the vouchers that moved what was held."""
    accounts.hold(scope)
    row = dimensions.held(scope, dimension, item_id(item))
    etags.match(row.row_version, _ITEM_VIEW)
    outcome = service.merge_items(scope, dimension, row.id, item_id(payload["into"]), _on(scope, payload))
    return rows({"item": outcome.account, "vouchers": _vouchers(outcome), "drafts": outcome.drafts})
