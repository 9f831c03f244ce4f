"""Routes of the dimensions (辅助核算) and their items (核算项目)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, cast

from flask import Response

from app.books.types import BookScope
from app.http import etags, pages
from app.http.blueprint import Blueprint
from app.http.pages import PageQuery
from app.http.replies import rows
from app.http.schemas import page_of
from app.kernel.permissions import Permission
from app.ledger.dimensions import errors, queries, service
from app.ledger.dimensions.particulars import service as particulars
from app.ledger.dimensions.particulars.types import Given, Shown
from app.ledger.dimensions.schemas import (
    MOST_REVEALED,
    MOST_SUGGESTED,
    DimensionIn,
    DimensionNames,
    DimensionOut,
    DimensionsOut,
    FindIn,
    ItemOut,
    ItemPatch,
    ItemsIn,
    ItemsOut,
    RevealedItemsOut,
    RevealIn,
    SuggestQuery,
)
from app.ledger.dimensions.types import ItemChange, ItemRow, NewItem, item_id
from app.sensitive.types import Kind

blp = Blueprint("dimensions", __name__, url_prefix="/v1/books/<book_id>/dimensions", tag_zh="辅助核算")

_VIEW = "item"
_ITEMS = "/<string:dimension>/items"
_ONE = f"{_ITEMS}/<string:item>"


def _row(item: ItemRow, values: Shown) -> dict[str, Any]:
    shown = item._asdict() | {"id": str(item.id), "etag": etags.tag(item.row_version, _VIEW)}
    del shown["row_version"]
    return shown | {"particulars": _every_kind(values)}


def _every_kind(values: Shown) -> dict[str, str | None]:
    return {kind.value: values.get(kind) for kind in Kind}


def _shown(scope: BookScope, items: Sequence[ItemRow]) -> list[dict[str, Any]]:
    """Items with their particulars masked."""
    masked = particulars.shown(scope, scope.book.id, [each.id for each in items])
    return [_row(each, masked.get(each.id, {})) for each in items]


def _given(values: dict[str, str | None]) -> Given:
    return {Kind(name): value for name, value in values.items()}


def _answer(scope: BookScope, item: ItemRow) -> Response:
    response = rows(_shown(scope, [item])[0])
    response.headers["ETag"] = etags.tag(item.row_version, _VIEW)
    return response


def _meant(scope: BookScope, dimension: str, item: str) -> int:
    """The id of an item at the version the caller means; raises `ItemNotFound`, `EtagMismatch`."""
    row = service.held(scope, dimension, item_id(item))
    etags.match(row.row_version, _VIEW)
    return row.id


@blp.route(
    "",
    needs=Permission.ACCOUNT_READ,
    scope="book",
    operation="dimensions_list",
    summary_zh="辅助核算类别",
    summary_en="The dimensions of the book, the six every book has before its own.",
)
@blp.response(200, DimensionsOut)
def list_dimensions(scope: BookScope) -> Response:
    """Every dimension."""
    return rows({"data": [each._asdict() for each in queries.every(scope, scope.book.id)]})


@blp.route(
    "",
    methods=["POST"],
    needs=Permission.ACCOUNT_EDIT,
    scope="book",
    operation="dimensions_create",
    summary_zh="新增辅助核算类别",
    summary_en="Add a dimension of the book's own.",
    idempotent=True,
    audit="dimension.create",
)
@blp.arguments(DimensionIn)
@blp.response(201, DimensionOut)
def create_dimension(scope: BookScope, payload: dict[str, Any]) -> Response:
    """The dimension as added."""
    return rows(service.add_dimension(scope, **payload)._asdict(), 201)


@blp.route(
    "/<string:dimension>",
    methods=["PUT"],
    needs=Permission.ACCOUNT_EDIT,
    scope="book",
    operation="dimensions_rename",
    summary_zh="修改辅助核算名称",
    summary_en="Give a dimension other names.",
    audit="dimension.change",
)
@blp.arguments(DimensionNames)
@blp.response(200, DimensionOut)
def rename_dimension(scope: BookScope, payload: dict[str, Any], dimension: str) -> Response:
    """The dimension as named."""
    return rows(service.rename_dimension(scope, dimension, **payload)._asdict())


@blp.route(
    _ITEMS,
    needs=Permission.ACCOUNT_READ,
    scope="book",
    operation="items_list",
    summary_zh="核算项目列表",
    summary_en="The items of a dimension, in the order they were made.",
)
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_of(ItemOut))
def list_items(scope: BookScope, query: dict[str, Any], dimension: str) -> Response:
    """One page of items."""
    service.known(scope, dimension)
    asked = pages.wanted(scope, query)
    found = queries.page(scope, scope.book.id, dimension, asked.after[0] if asked.after else 0, asked.fetch)
    return pages.page(scope, asked, found, lambda each: (each.id,), partial(_shown, scope))


@blp.route(
    f"{_ITEMS}/suggest",
    needs=Permission.ACCOUNT_READ,
    scope="book",
    operation="items_suggest",
    summary_zh="核算项目联想",
    summary_en="The active items nearest to what is typed: code, pinyin initials or name.",
)
@blp.arguments(SuggestQuery, location="query")
@blp.response(200, ItemsOut)
def suggest_items(scope: BookScope, query: dict[str, Any], dimension: str) -> Response:
    """The nearest items."""
    service.known(scope, dimension)
    found = queries.suggest(scope, scope.book.id, dimension, query["q"], query["limit"])
    return rows({"data": _shown(scope, found)})


@blp.route(
    _ITEMS,
    methods=["POST"],
    needs=Permission.ACCOUNT_EDIT,
    scope="book",
    operation="items_create",
    summary_zh="新增核算项目",
    summary_en="Add up to 500 items to a dimension, all or none.",
    idempotent=True,
    audit="item.create",
)
@blp.arguments(ItemsIn)
@blp.response(201, ItemsOut)
def create_items(scope: BookScope, payload: dict[str, Any], dimension: str) -> Response:
    """The items as added, in the order given."""
    new = [NewItem(**each | {"particulars": _given(each["particulars"])}) for each in payload["items"]]
    return rows({"data": _shown(scope, service.add_items(scope, dimension, new))}, 201)


@blp.route(
    f"{_ITEMS}/find",
    methods=["POST"],
    needs=Permission.SENSITIVE_READ,
    scope="book",
    operation="items_find",
    summary_zh="按敏感信息查找核算项目",
    summary_en="The items with exactly this identity number, phone or bank account, masked; each search is logged.",
    audit="item.find",
)
@blp.arguments(FindIn)
@blp.response(200, ItemsOut)
def find_items(scope: BookScope, payload: dict[str, Any], dimension: str) -> Response:
    """The items, at most 50."""
    service.known(scope, dimension)
    ids = particulars.find(scope, dimension, Kind(payload["kind"]), payload["value"], MOST_SUGGESTED)
    return rows({"data": _shown(scope, queries.some(scope, scope.book.id, dimension, ids))})


@blp.route(
    f"{_ITEMS}/reveal",
    methods=["POST"],
    needs=Permission.SENSITIVE_READ,
    scope="book",
    operation="items_reveal",
    summary_zh="查看敏感资料",
    summary_en="The particulars of up to 100 items in the clear; who read them and why is logged.",
    refs=("body:/items/*",),
    audit="item.reveal",
    limits={"items": MOST_REVEALED},
)
@blp.arguments(RevealIn)
@blp.response(200, RevealedItemsOut)
def reveal_items(scope: BookScope, payload: dict[str, Any], dimension: str) -> Response:
    """The particulars; raises `ItemNotFound` when any of the items is none of the dimension's."""
    ids = list(dict.fromkeys(item_id(each) for each in payload["items"]))
    if len(queries.some(scope, scope.book.id, dimension, ids)) != len(ids):
        raise errors.ItemNotFound
    clear = particulars.reveal(scope, ids, payload["reason"])
    return rows({"data": [{"id": str(one), "particulars": _every_kind(clear.get(one, {}))} for one in ids]})


@blp.route(
    _ONE,
    needs=Permission.ACCOUNT_READ,
    scope="book",
    operation="items_read",
    summary_zh="查看核算项目",
    summary_en="One item.",
)
@blp.response(200, ItemOut)
def read_item(scope: BookScope, dimension: str, item: str) -> Response:
    """The item."""
    found = queries.one(scope, scope.book.id, dimension, item_id(item))
    if found is None:
        raise errors.ItemNotFound
    return _answer(scope, found)


@blp.route(
    _ONE,
    methods=["PATCH"],
    needs=Permission.ACCOUNT_EDIT,
    scope="book",
    operation="items_change",
    summary_zh="修改核算项目",
    summary_en="Change an item by a JSON merge patch; its lines keep naming it.",
    if_match=True,
    audit="item.change",
)
@blp.arguments(ItemPatch)
@blp.response(200, ItemOut)
def change_item(scope: BookScope, payload: dict[str, Any], dimension: str, item: str) -> Response:
    """The item as changed."""
    given = _given(payload.pop("particulars", {}))
    meant = _meant(scope, dimension, item)
    return _answer(scope, service.change_item(scope, dimension, meant, cast(ItemChange, payload), given))


@blp.route(
    f"{_ONE}/disable",
    methods=["POST"],
    needs=Permission.ACCOUNT_EDIT,
    scope="book",
    operation="items_disable",
    summary_zh="停用核算项目",
    summary_en="Disable an item; refused while a balance or an unposted voucher names it.",
    idempotent=True,
    if_match=True,
    audit="item.disable",
)
@blp.response(200, ItemOut)
def disable_item(scope: BookScope, dimension: str, item: str) -> Response:
    """The item, disabled."""
    return _answer(scope, service.disable_item(scope, dimension, _meant(scope, dimension, item)))


@blp.route(
    f"{_ONE}/enable",
    methods=["POST"],
    needs=Permission.ACCOUNT_EDIT,
    scope="book",
    operation="items_enable",
    summary_zh="启用核算项目",
    summary_en="Enable an item.",
    idempotent=True,
    if_match=True,
    audit="item.enable",
)
@blp.response(200, ItemOut)
def enable_item(scope: BookScope, dimension: str, item: str) -> Response:
    """The item, enabled."""
    return _answer(scope, service.enable_item(scope, dimension, _meant(scope, dimension, item)))
