"""Routes of the rules of review."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response

from app.books.types import BookScope
from app.http import pages
from app.http.blueprint import Blueprint
from app.http.pages import PageQuery
from app.http.schemas import page_of
from app.kernel.permissions import Permission
from app.ledger.vouchers.review_rules import queries, service
from app.ledger.vouchers.review_rules.schemas import (
    ApproveIn,
    ReviewByRuleIn,
    ReviewedByRuleOut,
    ReviewRuleIn,
    ReviewRuleOut,
    ReviewRuleVersionsOut,
)
from app.ledger.vouchers.review_rules.types import ReviewRule, Wanted
from infra.ids import decode, encode

blp = Blueprint("review-rules", __name__, url_prefix="/v1/books/<book_id>", tag_zh="自动审核规则")

_ALL = "/review-rules"
_ONE = '/review-rules/<id("rrl"):rule_id>'
_REFS = ("path:rule_id",)
Answer = tuple[Any, dict[str, str]]


def _wanted(payload: dict[str, Any]) -> Wanted:
    return Wanted(**{**payload, "accounts": tuple(payload["accounts"])})


def _created(scope: BookScope, rule_id: UUID, version: int) -> Answer:
    place = f"/v1/books/{encode('bk', scope.book.uid)}/review-rules/{encode('rrl', rule_id)}"
    return _version(scope, rule_id, version), {"Location": place}


def _version(scope: BookScope, rule_id: UUID, version: int) -> ReviewRule:
    return next(one for one in queries.versions(scope, rule_id) if one.version == version)


@blp.route(
    _ALL,
    needs=Permission.VOUCHER_READ,
    scope="book",
    operation="review_rules_list",
    summary_zh="自动审核规则列表",
    summary_en="Every version of every rule, who proposed and who approved it.",
)
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_of(ReviewRuleOut))
def list_rules(scope: BookScope, query: dict[str, Any]) -> Response:
    """A page of versions."""
    asked = pages.wanted(scope, query)
    after = (UUID(asked.after[0]), int(asked.after[1])) if asked.after else None
    shown = ReviewRuleOut(many=True).dump(queries.page(scope, after, asked.fetch))
    return pages.page(scope, asked, shown, lambda row: [str(decode("rrl", row["id"])), row["version"]])


@blp.route(
    _ALL,
    methods=["POST"],
    needs=Permission.VOUCHER_REVIEW,
    scope="book",
    operation="review_rules_propose",
    summary_zh="提出自动审核规则",
    summary_en="Propose a rule; it reviews nothing before it is approved.",
    idempotent=True,
    audit="review_rule.propose",
)
@blp.arguments(ReviewRuleIn)
@blp.response(201, ReviewRuleOut)
def propose_rule(scope: BookScope, payload: dict[str, Any]) -> Answer:
    """Its first version."""
    return _created(scope, *service.propose_rule(scope, _wanted(payload)))


@blp.route(
    _ONE,
    needs=Permission.VOUCHER_READ,
    scope="book",
    operation="review_rules_read",
    summary_zh="查看自动审核规则",
    summary_en="Every version of a rule, the newest first.",
    refs=_REFS,
)
@blp.response(200, ReviewRuleVersionsOut)
def read_rule(scope: BookScope, rule_id: UUID) -> dict[str, Any]:
    """The versions."""
    return {"data": queries.versions(scope, rule_id)}


@blp.route(
    f"{_ONE}/versions",
    methods=["POST"],
    needs=Permission.VOUCHER_REVIEW,
    scope="book",
    operation="review_rules_propose_version",
    summary_zh="修改自动审核规则",
    summary_en="Propose another version of a rule; the active one goes on until this one is approved.",
    refs=_REFS,
    idempotent=True,
    audit="review_rule.propose",
)
@blp.arguments(ReviewRuleIn)
@blp.response(201, ReviewRuleOut)
def propose_version(scope: BookScope, payload: dict[str, Any], rule_id: UUID) -> Answer:
    """The version as proposed."""
    return _created(scope, *service.propose_version(scope, rule_id, _wanted(payload)))


@blp.route(
    f"{_ONE}/approve",
    methods=["POST"],
    needs=Permission.REVIEW_RULE_APPROVE,
    scope="book",
    operation="review_rules_approve",
    summary_zh="批准自动审核规则",
    summary_en="Let a proposed version review from now on, in place of the one before.",
    refs=_REFS,
    idempotent=True,
    audit="review_rule.approve",
)
@blp.arguments(ApproveIn)
@blp.response(200, ReviewRuleOut)
def approve_version(scope: BookScope, payload: dict[str, Any], rule_id: UUID) -> ReviewRule:
    """The version, active."""
    service.approve_version(scope, rule_id, payload["version"])
    return _version(scope, rule_id, payload["version"])


@blp.route(
    f"{_ONE}/retire",
    methods=["POST"],
    needs=Permission.REVIEW_RULE_APPROVE,
    scope="book",
    operation="review_rules_retire",
    summary_zh="停用自动审核规则",
    summary_en="Let no version of the rule review any longer.",
    refs=_REFS,
    idempotent=True,
    audit="review_rule.retire",
)
@blp.response(200, ReviewRuleVersionsOut)
def retire_rule(scope: BookScope, rule_id: UUID) -> dict[str, Any]:
    """Its versions, retired."""
    service.retire_rule(scope, rule_id)
    return {"data": queries.versions(scope, rule_id)}


@blp.route(
    "/vouchers/review-by-rule",
    methods=["POST"],
    needs=Permission.VOUCHER_REVIEW,
    scope="book",
    operation="vouchers_review_by_rule",
    summary_zh="按规则自动审核",
    summary_en="Review a period's drafts that the system made from sources and an active rule passes.",
    idempotent=True,
    rate_class="bulk",
    audit="voucher.review",
    limits={"vouchers": service.MOST},
)
@blp.arguments(ReviewByRuleIn)
@blp.response(200, ReviewedByRuleOut)
def review_by_rule(scope: BookScope, payload: dict[str, Any]) -> dict[str, Any]:
    """Which vouchers, and by which rules."""
    done = service.review_by_rule(scope, str(payload["period"]))
    return {"reviewed": [each._asdict() for each in done]}
