"""Routes of the voucher desk in bulk: draft, review, sign, post, void, a fate for every item (API-080 to API-082)."""

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
from app.ledger.vouchers.answers.rules import tag
from app.ledger.vouchers.asking import service as asking
from app.ledger.vouchers.bulk import service
from app.ledger.vouchers.bulk.schemas import BulkOut, BulkPostIn, BulkReviewIn, BulkVoidIn, BulkVouchersIn
from app.ledger.vouchers.bulk.types import BulkItem, Fate, summary
from app.ledger.vouchers.schemas import VoucherIn
from app.ledger.vouchers.types import Draft
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
@blp.alt_response(422, schema=BulkOut)  # type: ignore[untyped-decorator]
def create_vouchers(scope: BookScope, payload: dict[str, Any]) -> Response:
    """The fate of every item; 422 when an atomic call did nothing."""
    atomic = payload["mode"] == "atomic"
    fates = service.draft(scope, _items(scope, payload["items"]), atomic=atomic)
    return _fates(fates, "created", atomic, [given["client_ref"] for given in payload["items"]])


def _items(scope: BookScope, given: Sequence[Mapping[str, Any]]) -> list[BulkItem]:
    """Each item as a draft, or the refusal its reading ended in."""
    loaded = [_loaded(one) for one in given]
    good = [one for one in loaded if not isinstance(one, RequestInvalid)]
    drafts = iter(asking.read_drafts(scope, good))
    items = []
    for one, asked in zip(given, loaded, strict=True):
        read = asked if isinstance(asked, RequestInvalid) else next(drafts)
        external_id = one["external_id"] if isinstance(asked, RequestInvalid) else asked["external_id"]
        draft, refusal = (read, None) if isinstance(read, Draft) else (None, read)
        items.append(BulkItem(external_id, draft, refusal, one["client_ref"]))
    return items


def _loaded(given: Mapping[str, Any]) -> dict[str, Any] | RequestInvalid:
    try:
        read: dict[str, Any] = VoucherIn().load(given["data"])
    except ValidationError as error:
        return RequestInvalid(violations=violations_of(error.messages))
    return {**read, "external_id": given["external_id"] or read["external_id"]}


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
@blp.alt_response(422, schema=BulkOut)  # type: ignore[untyped-decorator]
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
@blp.alt_response(422, schema=BulkOut)  # type: ignore[untyped-decorator]
def post_vouchers(scope: BookScope, payload: dict[str, Any]) -> Response:
    """The fate of every voucher."""
    if payload["review"] and Permission.VOUCHER_REVIEW not in scope.permissions:
        raise PermissionMissing(permission=Permission.VOUCHER_REVIEW.value)
    ids = payload["ids"] if "ids" in payload else service.of_period(scope, str(payload["period"]))
    atomic = payload["mode"] == "atomic"
    return _fates(service.post(scope, ids, atomic=atomic, review=payload["review"]), "posted", atomic)


@blp.route(
    "/bulk-void",
    methods=["POST"],
    needs=Permission.VOUCHER_DRAFT,
    scope="book",
    operation="vouchers_bulk_void",
    summary_zh="批量作废",
    summary_en="Void up to 500 unposted vouchers with a fate for each; the other parts of a number go with it.",
    refs=("body:/ids/*",),
    idempotent=True,
    rate_class="bulk",
    audit="voucher.void",
)
@blp.arguments(BulkVoidIn)
@blp.response(200, BulkOut)
@blp.alt_response(422, schema=BulkOut)  # type: ignore[untyped-decorator]
def void_vouchers(scope: BookScope, payload: dict[str, Any]) -> Response:
    """The fate of every voucher."""
    atomic = payload["mode"] == "atomic"
    return _fates(service.void(scope, payload["ids"], payload["reason"], atomic=atomic), "voided", atomic)


@blp.route(
    "/bulk-sign",
    methods=["POST"],
    needs=Permission.VOUCHER_SIGN,
    scope="book",
    operation="vouchers_bulk_sign",
    summary_zh="批量出纳签字",
    summary_en="Sign up to 500 vouchers of receipts and payments as the cashier with a fate for each.",
    refs=("body:/ids/*",),
    idempotent=True,
    rate_class="bulk",
    audit="voucher.sign",
)
@blp.arguments(BulkReviewIn)
@blp.response(200, BulkOut)
@blp.alt_response(422, schema=BulkOut)  # type: ignore[untyped-decorator]
def sign_vouchers(scope: BookScope, payload: dict[str, Any]) -> Response:
    """The fate of every voucher."""
    atomic = payload["mode"] == "atomic"
    return _fates(service.sign(scope, payload["ids"], atomic=atomic), "signed", atomic)


def _fates(fates: Sequence[Fate], word: str, atomic: bool, client_refs: Sequence[str | None] = ()) -> Response:
    body = body_of(fates, word, atomic)
    for result, client_ref in zip(body["results"], client_refs, strict=False):
        result["client_ref"] = client_ref
    return rows(body, 422 if atomic and body["summary"]["failed"] else 200)


def body_of(fates: Sequence[Fate], word: str, atomic: bool) -> dict[str, Any]:
    """The answer that tells these fates; `word` is what a fate is called when the act was done."""
    counts = summary(fates, (word, "unchanged", "failed", "not_applied"))
    nothing = counts["failed"] and (atomic or counts["failed"] == counts["total"])
    status = "failed" if nothing else "partial" if counts["failed"] else "done"
    return {"status": status, "summary": counts, "results": [_result(index, fate) for index, fate in enumerate(fates)]}


def _result(index: int, fate: Fate) -> dict[str, Any]:
    result: dict[str, Any] = {"index": index, "status": fate.status, "http_status": _STATUS.get(fate.status, 200)}
    if fate.id is not None:
        result["id"] = encode("vch", fate.id)
    if fate.version is not None:
        result["etag"] = tag(fate.version)
    if fate.refusal is not None:
        refusal = fate.refusal
        result["http_status"] = refusal.status
        result["problem"] = problem.body(
            refusal.status, refusal.code, params=refusal.params, violations=refusal.violations
        )
    return result
