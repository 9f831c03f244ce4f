"""Routes of the voucher desk, one voucher at a time: draft, read, change, review, post, void, reverse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import Response

from app.books.types import BookScope
from app.http import etags, pages
from app.http.blueprint import Blueprint
from app.http.replies import rows
from app.http.schemas import page_of
from app.kernel.permissions import Permission
from app.ledger.vouchers import errors, queries, rules, service
from app.ledger.vouchers.bulk import service as bulk
from app.ledger.vouchers.bulk.types import Fate
from app.ledger.vouchers.schemas import (
    ReverseIn,
    VoidIn,
    VoucherIn,
    VoucherOut,
    VoucherPatch,
    VoucherQuery,
    draft_of,
    lines_of,
)
from app.ledger.vouchers.types import Draft
from infra.ids import encode

blp = Blueprint("vouchers", __name__, url_prefix="/v1/books/<book_id>/vouchers", tag_zh="凭证")

_VIEW = "voucher"
_ONE = '/<id("vch"):voucher_id>'
_REFS = ("path:voucher_id",)


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """A voucher row as it is sent, without marshmallow."""
    source = {"type": row["source_type"], "id": row["source_id"], "rule": row["source_rule"]}
    kept = ("source_type", "source_id", "source_rule", "row_version", "post_seq", "lines")
    shown = {name: value for name, value in row.items() if name not in kept}
    shown["id"] = encode("vch", row["id"])
    shown["reverses"] = encode("vch", row["reverses"]) if row["reverses"] else None
    shown["source"] = source if row["source_id"] else None
    shown["etag"] = etags.tag(row["row_version"], _VIEW)
    shown["lines"] = [
        {"account_code" if name == "account" else name: value for name, value in line.items()} for line in row["lines"]
    ]
    return shown


def _read(scope: BookScope, voucher_id: UUID) -> queries.Row:
    row = queries.one(scope, scope.book.id, voucher_id)
    if row is None:
        raise errors.VoucherNotFound
    return row


def _answer(scope: BookScope, voucher_id: UUID) -> Response:
    row = _read(scope, voucher_id)
    response = rows(_shown(row))
    response.headers["ETag"] = etags.tag(row["row_version"], _VIEW)
    return response


def _created(scope: BookScope, voucher_id: UUID) -> Response:
    response = _answer(scope, voucher_id)
    response.status_code = 201
    response.headers["Location"] = f"/v1/books/{encode('bk', scope.book.uid)}/vouchers/{encode('vch', voucher_id)}"
    return response


def _meant(scope: BookScope, voucher_id: UUID) -> queries.Row:
    """The voucher, locked, at the version the caller means; raises `VoucherNotFound`, `EtagMismatch`."""
    row = service.locked_row(scope, voucher_id)
    etags.match(row["row_version"], _VIEW)
    return row


@blp.route(
    "",
    needs=Permission.VOUCHER_READ,
    scope="book",
    operation="vouchers_list",
    summary_zh="凭证列表",
    summary_en="Vouchers with their lines, in the order of period, word and number.",
)
@blp.arguments(VoucherQuery, location="query")
@blp.response(200, page_of(VoucherOut))
def list_vouchers(scope: BookScope, query: dict[str, Any]) -> Response:
    """One page of the vouchers of a book."""
    asked = pages.wanted(scope, query)
    first = query.get("period") or query.get("period_from") or "0000"
    last = query.get("period") or query.get("period_to") or "9999"
    statuses = query["status"].split(",") if "status" in query else ()
    found = queries.page(scope, scope.book.id, (str(first), str(last)), statuses, asked.after or (), asked.fetch)
    return pages.page(
        scope,
        asked,
        found,
        lambda row: (row["period"], row["word"], row["number"], row["part"]),
        lambda kept: list(map(_shown, kept)),
    )


@blp.route(
    "",
    methods=["POST"],
    needs=Permission.VOUCHER_DRAFT,
    scope="book",
    operation="vouchers_create",
    summary_zh="制单",
    summary_en="Draft a voucher; it takes its number at once.",
    idempotent=True,
    audit="voucher.draft",
)
@blp.arguments(VoucherIn)
@blp.response(201, VoucherOut)
def create_voucher(scope: BookScope, payload: dict[str, Any]) -> Response:
    """The voucher as drafted."""
    (done,) = service.draft_vouchers(scope, [draft_of(scope.book, payload)])
    return _created(scope, done.id)


@blp.route(
    _ONE,
    needs=Permission.VOUCHER_READ,
    scope="book",
    operation="vouchers_read",
    summary_zh="查看凭证",
    summary_en="One voucher with its lines.",
    refs=_REFS,
)
@blp.response(200, VoucherOut)
def read_voucher(scope: BookScope, voucher_id: UUID) -> Response:
    """The voucher."""
    return _answer(scope, voucher_id)


@blp.route(
    _ONE,
    methods=["PATCH"],
    needs=Permission.VOUCHER_DRAFT,
    scope="book",
    operation="vouchers_change",
    summary_zh="修改凭证",
    summary_en="Change an unposted voucher by a JSON merge patch; a review is taken back by it.",
    refs=_REFS,
    if_match=True,
    audit="voucher.change",
)
@blp.arguments(VoucherPatch)
@blp.response(200, VoucherOut)
def change_voucher(scope: BookScope, payload: dict[str, Any], voucher_id: UUID) -> Response:
    """The voucher as changed."""
    row = _meant(scope, voucher_id)
    merged = row | payload
    draft = Draft(
        scope.book.id,
        merged["date"],
        lines_of(scope.book, payload["lines"]) if "lines" in payload else tuple(map(rules.again, row["lines"])),
        attachments=merged["attachments"],
        note=merged["note"],
    )
    service.change_voucher(scope, voucher_id, draft)
    return _answer(scope, voucher_id)


@blp.route(
    f"{_ONE}/review",
    methods=["POST"],
    needs=Permission.VOUCHER_REVIEW,
    scope="book",
    operation="vouchers_review",
    summary_zh="审核",
    summary_en="Review a draft.",
    refs=_REFS,
    idempotent=True,
    if_match=True,
    audit="voucher.review",
)
@blp.response(200, VoucherOut)
def review_voucher(scope: BookScope, voucher_id: UUID) -> Response:
    """The voucher, reviewed."""
    return _done(scope, voucher_id, bulk.review(scope, [_meant(scope, voucher_id)["id"]], atomic=False))


@blp.route(
    f"{_ONE}/unreview",
    methods=["POST"],
    needs=Permission.VOUCHER_REVIEW,
    scope="book",
    operation="vouchers_unreview",
    summary_zh="反审核",
    summary_en="Take a review back.",
    refs=_REFS,
    idempotent=True,
    if_match=True,
    audit="voucher.unreview",
)
@blp.response(200, VoucherOut)
def unreview_voucher(scope: BookScope, voucher_id: UUID) -> Response:
    """The voucher, a draft again."""
    _meant(scope, voucher_id)
    service.unreview_voucher(scope, voucher_id)
    return _answer(scope, voucher_id)


@blp.route(
    f"{_ONE}/post",
    methods=["POST"],
    needs=Permission.VOUCHER_POST,
    scope="book",
    operation="vouchers_post",
    summary_zh="记账",
    summary_en="Post a reviewed voucher; this cannot be undone.",
    refs=_REFS,
    idempotent=True,
    if_match=True,
    audit="voucher.post",
)
@blp.response(200, VoucherOut)
def post_voucher(scope: BookScope, voucher_id: UUID) -> Response:
    """The voucher, posted."""
    return _done(scope, voucher_id, bulk.post(scope, [_meant(scope, voucher_id)["id"]], atomic=False))


@blp.route(
    f"{_ONE}/void",
    methods=["POST"],
    needs=Permission.VOUCHER_DRAFT,
    scope="book",
    operation="vouchers_void",
    summary_zh="作废",
    summary_en="Void an unposted voucher; it keeps its number.",
    refs=_REFS,
    idempotent=True,
    if_match=True,
    audit="voucher.void",
)
@blp.arguments(VoidIn)
@blp.response(200, VoucherOut)
def void_voucher(scope: BookScope, payload: dict[str, Any], voucher_id: UUID) -> Response:
    """The voucher, void."""
    _meant(scope, voucher_id)
    service.void_voucher(scope, voucher_id, payload["reason"])
    return _answer(scope, voucher_id)


@blp.route(
    f"{_ONE}/reverse",
    methods=["POST"],
    needs=Permission.VOUCHER_DRAFT,
    scope="book",
    operation="vouchers_reverse",
    summary_zh="红字冲销",
    summary_en="Draft the red voucher of a posted one.",
    refs=_REFS,
    idempotent=True,
    if_match=True,
    audit="voucher.reverse",
)
@blp.arguments(ReverseIn)
@blp.response(201, VoucherOut)
def reverse_voucher(scope: BookScope, payload: dict[str, Any], voucher_id: UUID) -> Response:
    """The red voucher, a draft."""
    _meant(scope, voucher_id)
    return _created(scope, service.reverse_voucher(scope, voucher_id, payload["date"]).id)


def _done(scope: BookScope, voucher_id: UUID, fates: Sequence[Fate]) -> Response:
    """The voucher after a bulk act over it alone; raises what the act was refused with."""
    if fates[0].refusal is not None:
        raise fates[0].refusal
    return _answer(scope, voucher_id)
