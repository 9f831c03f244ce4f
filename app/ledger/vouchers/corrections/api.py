"""The route of corrections."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response

from app.books.types import BookScope
from app.http.blueprint import Blueprint
from app.kernel.permissions import Permission
from app.ledger.vouchers.answers.api import created_several, meant
from app.ledger.vouchers.asking import service as asking
from app.ledger.vouchers.corrections import service
from app.ledger.vouchers.corrections.schemas import CorrectIn
from app.ledger.vouchers.schemas import VouchersOut

blp = Blueprint("vouchers-corrections", __name__, url_prefix="/v1/books/<book_id>/vouchers", tag_zh="凭证更正")


@blp.route(
    '/<id("vch"):voucher_id>/correct',
    methods=["POST"],
    needs=Permission.VOUCHER_DRAFT,
    scope="book",
    operation="vouchers_correct",
    summary_zh="更正凭证",
    summary_en="Draft what corrects a posted voucher: one voucher of the differences, or a red and a blue one.",
    refs=("path:voucher_id",),
    idempotent=True,
    if_match=True,
    audit="voucher.correct",
)
@blp.arguments(CorrectIn)
@blp.response(201, VouchersOut)
def correct_voucher(scope: BookScope, payload: dict[str, Any], voucher_id: UUID) -> Response:
    """The correcting vouchers, drafts."""
    meant(scope, voucher_id)
    right = asking.read_lines(scope, payload["lines"])
    if payload["how"] == "difference":
        done = [service.correct_by_difference(scope, voucher_id, payload["date"], right)]
    else:
        done = service.correct_by_replacement(scope, voucher_id, payload["date"], right)
    return created_several(scope, [each.id for each in done])
