"""Routes of what a client confirms (报表确认)."""

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
from app.portal.confirmations import queries, service
from app.portal.confirmations.schemas import ConfirmationOut, ConfirmIn, DisputeIn, SubmitIn

blp = Blueprint("confirmations", __name__, url_prefix="/v1/books/<book_id>/confirmations", tag_zh="报表确认")

_ONE = '/<id("cnf"):confirmation_id>'


@blp.route(
    "",
    needs=Permission.STATEMENT_READ,
    scope="book",
    operation="confirmations_list",
    summary_zh="报表确认列表",
    summary_en="What was put before the client and what it said, newest first.",
)
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_of(ConfirmationOut))
def list_confirmations(scope: BookScope, query: dict[str, Any]) -> Response:
    """One page of the confirmations."""
    asked = pages.wanted(scope, query)
    found = queries.page(scope, asked.after_id, asked.fetch)
    return pages.page(scope, asked, found, lambda row: [str(row["id"])], ConfirmationOut(many=True).dump)


@blp.route(
    "",
    methods=["POST"],
    needs=Permission.REQUEST_ASK,
    scope="book",
    operation="confirmations_create",
    summary_zh="提交报表确认",
    summary_en="Put the statements of a closed period before the client.",
    idempotent=True,
    audit="confirmation.submit",
)
@blp.arguments(SubmitIn)
@blp.response(201, ConfirmationOut)
def submit(scope: BookScope, payload: dict[str, Any]) -> dict[str, Any]:
    """The confirmation that waits for the client; raises `PeriodNotClosed`."""
    return service.submit(scope, payload["period"], payload["note"])


@blp.route(
    _ONE,
    needs=Permission.STATEMENT_READ,
    scope="book",
    operation="confirmations_read",
    summary_zh="报表确认",
    summary_en="One confirmation.",
    refs=("path:confirmation_id",),
)
@blp.response(200, ConfirmationOut)
def read(scope: BookScope, confirmation_id: UUID) -> dict[str, Any]:
    """One confirmation; raises `ConfirmationNotFound`."""
    return queries.find(scope, confirmation_id)


@blp.route(
    f"{_ONE}/confirm",
    methods=["POST"],
    needs=Permission.STATEMENT_CONFIRM,
    scope="book",
    operation="confirmations_confirm",
    summary_zh="客户确认报表",
    summary_en="The client confirms this version of the statements.",
    refs=("path:confirmation_id",),
    idempotent=True,
    person=True,
    audit="confirmation.confirmed",
)
@blp.arguments(ConfirmIn)
@blp.response(200, ConfirmationOut)
def confirm(scope: BookScope, payload: dict[str, Any], confirmation_id: UUID) -> dict[str, Any]:
    """The confirmation, given; raises `ConfirmationNotFound`, `ConfirmationDecided` or `PeriodNotClosed`."""
    return service.decide(scope, confirmation_id, "confirmed", payload["remark"])


@blp.route(
    f"{_ONE}/dispute",
    methods=["POST"],
    needs=Permission.STATEMENT_CONFIRM,
    scope="book",
    operation="confirmations_dispute",
    summary_zh="客户提出异议",
    summary_en="The client says what is wrong with this version of the statements.",
    refs=("path:confirmation_id",),
    idempotent=True,
    person=True,
    audit="confirmation.disputed",
)
@blp.arguments(DisputeIn)
@blp.response(200, ConfirmationOut)
def dispute(scope: BookScope, payload: dict[str, Any], confirmation_id: UUID) -> dict[str, Any]:
    """The confirmation, disputed; raises `ConfirmationNotFound`, `ConfirmationDecided` or `PeriodNotClosed`."""
    return service.decide(scope, confirmation_id, "disputed", payload["remark"])
