"""Routes of the voucher desk in bulk: draft, review and post with a fate for every item (API-080 to API-082)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response
from marshmallow import ValidationError

from app.books.errors import PermissionMissing
from app.books.types import BookScope
from app.http import problem
from app.http.blueprint import Blueprint
from app.http.errors import RequestInvalid
from app.http.replies import rows
from app.http.violations import violations_of
from app.kernel.permissions import Permission
from app.ledger.vouchers.bulk import service
from app.ledger.vouchers.bulk.schemas import BulkOut, BulkPostIn, BulkReviewIn, BulkVouchersIn
from app.ledger.vouchers.bulk.types import BulkItem, Fate, summary
from app.ledger.vouchers.errors import VoucherRejected
from app.ledger.vouchers.schemas import VoucherIn, draft_of
from infra.ids import encode

blp = Blueprint("vouchers-bulk", __name__, url_prefix="/v1/books/<book_id>/vouchers", tag_zh="凭证批量")

_STATUS = {"created": 201, "not_applied": 424}


@blp.route(
    "/bulk",
    methods=["POST"],
    needs=Permission.VOUCHER_DRAFT,
    scope="book",
    operation="vouchers_bulk_create",
    summary_zh="批量制单",
    summary_en="Draft up to 500 vouchers, all or nothing or one by one, with a fate for each.",
    idempotent=True,
    rate_class="bulk",
    audit="voucher.draft",
)
@blp.arguments(BulkVouchersIn)
@blp.response(200, BulkOut)
def create_vouchers(scope: BookScope, payload: dict[str, Any]) -> Response:
    """The fate of every item; 422 when an atomic call did nothing."""
    items = [_item(scope, given) for given in payload["items"]]
    atomic = payload["mode"] == "atomic"
    fates = service.draft(scope, items, atomic=atomic)
    return _fates(fates, "created", atomic, [given["client_ref"] for given in payload["items"]])


def _item(scope: BookScope, given: Mapping[str, Any]) -> BulkItem:
    try:
        read = VoucherIn().load(given["data"])
    except ValidationError as error:
        broken = [*violations_of(error.messages)]
        return BulkItem(given["external_id"], None, RequestInvalid(violations=broken))
    read["external_id"] = given["external_id"] or read["external_id"]
    try:
        return BulkItem(read["external_id"], draft_of(scope.book, read))
    except VoucherRejected as refusal:
        return BulkItem(read["external_id"], None, refusal)


@blp.route(
    "/bulk-review",
    methods=["POST"],
    needs=Permission.VOUCHER_REVIEW,
    scope="book",
    operation="vouchers_bulk_review",
    summary_zh="批量审核",
    summary_en="Review up to 500 drafts with a fate for each.",
    refs=("body:/ids/*",),
    idempotent=True,
    rate_class="bulk",
    audit="voucher.review",
)
@blp.arguments(BulkReviewIn)
@blp.response(200, BulkOut)
def review_vouchers(scope: BookScope, payload: dict[str, Any]) -> Response:
    """The fate of every voucher."""
    atomic = payload["mode"] == "atomic"
    return _fates(service.review(scope, payload["ids"], atomic=atomic), "reviewed", atomic)


@blp.route(
    "/bulk-post",
    methods=["POST"],
    needs=Permission.VOUCHER_POST,
    scope="book",
    operation="vouchers_bulk_post",
    summary_zh="批量记账",
    summary_en="Post these vouchers, or all of a period, with a fate for each; this cannot be undone.",
    refs=("body:/ids/*",),
    idempotent=True,
    rate_class="bulk",
    audit="voucher.post",
)
@blp.arguments(BulkPostIn)
@blp.response(200, BulkOut)
def post_vouchers(scope: BookScope, payload: dict[str, Any]) -> Response:
    """The fate of every voucher."""
    if payload["review"] and Permission.VOUCHER_REVIEW not in scope.permissions:
        raise PermissionMissing(permission=Permission.VOUCHER_REVIEW.value)
    ids = payload["ids"] if "ids" in payload else service.of_period(scope, str(payload["period"]))
    atomic = payload["mode"] == "atomic"
    return _fates(service.post(scope, ids, atomic=atomic, review=payload["review"]), "posted", atomic)


def _fates(fates: Sequence[Fate], word: str, atomic: bool, client_refs: Sequence[str | None] = ()) -> Response:
    counts = summary(fates, (word, "unchanged", "failed", "not_applied"))
    nothing = counts["failed"] and (atomic or counts["failed"] == counts["total"])
    status = "failed" if nothing else "partial" if counts["failed"] else "done"
    results = [_result(index, fate) for index, fate in enumerate(fates)]
    for result, client_ref in zip(results, client_refs, strict=False):
        result["client_ref"] = client_ref
    body = {"status": status, "summary": counts, "results": results}
    return rows(body, 422 if atomic and counts["failed"] else 200)


def _result(index: int, fate: Fate) -> dict[str, Any]:
    result: dict[str, Any] = {"index": index, "status": fate.status, "http_status": _STATUS.get(fate.status, 200)}
    if fate.id is not None:
        result["id"] = encode("vch", fate.id)
    if fate.refusal is not None:
        refusal = fate.refusal
        result["http_status"] = refusal.status
        result["problem"] = problem.body(
            refusal.status, refusal.code, params=refusal.params, violations=refusal.violations
        )
    return result
