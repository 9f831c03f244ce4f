"""Routes of the voucher desk, one voucher at a time: draft, copy, read, change, review, post, void, reverse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Response

from app.books.types import BookScope
from app.http import pages
from app.http.blueprint import Blueprint
from app.http.schemas import page_of
from app.kernel.permissions import Permission
from app.ledger.vouchers import rules, service
from app.ledger.vouchers.answers.api import answer, created, created_several, meant, several
from app.ledger.vouchers.asking import service as asking
from app.ledger.vouchers.bulk import service as bulk
from app.ledger.vouchers.bulk.types import Fate
from app.ledger.vouchers.copying import service as copying
from app.ledger.vouchers.schemas import (
    CopyIn,
    ReverseIn,
    VoidIn,
    VoucherIn,
    VoucherOut,
    VoucherPartsIn,
    VoucherPatch,
    VouchersOut,
)
from app.ledger.vouchers.search import queries as search
from app.ledger.vouchers.search.schemas import VoucherQuery, wish_of
from app.ledger.vouchers.signatures import service as signatures
from app.ledger.vouchers.types import Draft

blp = Blueprint("vouchers", __name__, url_prefix="/v1/books/<book_id>/vouchers", tag_zh="凭证")

_ONE = '/<id("vch"):voucher_id>'
_REFS = ("path:voucher_id",)


@blp.route(
    "",
    needs=Permission.VOUCHER_READ,
    scope="book",
    operation="vouchers_list",
    summary_zh="凭证列表",
    summary_en="Vouchers with their lines by any filters at once, in the order of period, word and number.",
)
@blp.arguments(VoucherQuery, location="query")
@blp.response(200, page_of(VoucherOut))
def list_vouchers(scope: BookScope, query: dict[str, Any]) -> Response:
    """One page of the vouchers of a book."""
    asked = pages.wanted(scope, query)
    found = search.page(scope, scope.book.id, wish_of(query), asked.after or (), asked.fetch)
    return pages.page(
        scope,
        asked,
        found,
        lambda row: (row["period"], row["word"], row["number"], row["part"]),
        lambda kept: several(scope, kept),
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
    (done,) = service.draft_vouchers(scope, [asking.read_draft(scope, payload)])
    return created(scope, done.id)


@blp.route(
    "/parts",
    methods=["POST"],
    needs=Permission.VOUCHER_DRAFT,
    scope="book",
    operation="vouchers_create_parts",
    summary_zh="分数编号制单",
    summary_en="Draft one business over several vouchers under one number (5-1/3); a number is voided whole.",
    idempotent=True,
    audit="voucher.draft",
)
@blp.arguments(VoucherPartsIn)
@blp.response(201, VouchersOut)
def create_parts(scope: BookScope, payload: dict[str, Any]) -> Response:
    """The vouchers as drafted, in the order of their parts; pointers of violations lead through `/parts`."""
    common = {"date": payload["date"], "word": payload["word"]}
    done = copying.draft_parts(scope, asking.read_drafts(scope, [{**part, **common} for part in payload["parts"]]))
    return created_several(scope, [each.id for each in done])


@blp.route(
    f"{_ONE}/copy",
    methods=["POST"],
    needs=Permission.VOUCHER_DRAFT,
    scope="book",
    operation="vouchers_copy",
    summary_zh="复制凭证",
    summary_en="Draft a voucher with the lines of another one; its source and documents stay where they are.",
    refs=_REFS,
    idempotent=True,
    audit="voucher.draft",
)
@blp.arguments(CopyIn)
@blp.response(201, VoucherOut)
def copy_voucher(scope: BookScope, payload: dict[str, Any], voucher_id: UUID) -> Response:
    """The copy, a draft."""
    return created(scope, copying.copy_voucher(scope, voucher_id, payload["date"]).id)


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
    return answer(scope, voucher_id)


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
    row = meant(scope, voucher_id)
    merged = row | payload
    draft = Draft(
        scope.book.id,
        merged["date"],
        asking.read_lines(scope, payload["lines"]) if "lines" in payload else tuple(map(rules.again, row["lines"])),
        attachments=merged["attachments"],
        note=merged["note"],
    )
    service.change_voucher(scope, voucher_id, draft)
    return answer(scope, voucher_id)


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
    return _done(scope, voucher_id, bulk.review(scope, [meant(scope, voucher_id)["id"]], atomic=False))


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
    meant(scope, voucher_id)
    service.unreview_voucher(scope, voucher_id)
    return answer(scope, voucher_id)


@blp.route(
    f"{_ONE}/sign",
    methods=["POST"],
    needs=Permission.VOUCHER_SIGN,
    scope="book",
    operation="vouchers_sign",
    summary_zh="出纳签字",
    summary_en="Sign a voucher of receipts or payments as the cashier, before it is posted.",
    refs=_REFS,
    idempotent=True,
    if_match=True,
    audit="voucher.sign",
)
@blp.response(200, VoucherOut)
def sign_voucher(scope: BookScope, voucher_id: UUID) -> Response:
    """The voucher, signed."""
    return _done(scope, voucher_id, bulk.sign(scope, [meant(scope, voucher_id)["id"]], atomic=False))


@blp.route(
    f"{_ONE}/unsign",
    methods=["POST"],
    needs=Permission.VOUCHER_SIGN,
    scope="book",
    operation="vouchers_unsign",
    summary_zh="取消出纳签字",
    summary_en="Take the cashier's signature back.",
    refs=_REFS,
    idempotent=True,
    if_match=True,
    audit="voucher.unsign",
)
@blp.response(200, VoucherOut)
def unsign_voucher(scope: BookScope, voucher_id: UUID) -> Response:
    """The voucher without the signature."""
    meant(scope, voucher_id)
    signatures.unsign_voucher(scope, voucher_id)
    return answer(scope, voucher_id)


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
    return _done(scope, voucher_id, bulk.post(scope, [meant(scope, voucher_id)["id"]], atomic=False))


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
    meant(scope, voucher_id)
    service.void_voucher(scope, voucher_id, payload["reason"])
    return answer(scope, voucher_id)


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
    meant(scope, voucher_id)
    return created(scope, service.reverse_voucher(scope, voucher_id, payload["date"]).id)


def _done(scope: BookScope, voucher_id: UUID, fates: Sequence[Fate]) -> Response:
    """The voucher after a bulk act over it alone; raises what the act was refused with."""
    if fates[0].refusal is not None:
        raise fates[0].refusal
    return answer(scope, voucher_id)
