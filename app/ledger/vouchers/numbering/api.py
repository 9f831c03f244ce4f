"""Routes of renumbering."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.books.types import BookScope
from app.http.blueprint import Blueprint
from app.kernel.permissions import Permission
from app.ledger.vouchers.answers.api import meant
from app.ledger.vouchers.numbering import service
from app.ledger.vouchers.numbering.schemas import InsertIn, MovesOut, TidyIn
from app.ledger.vouchers.numbering.types import Move

blp = Blueprint("vouchers-numbering", __name__, url_prefix="/v1/books/<book_id>/vouchers", tag_zh="凭证号整理")


def _shown(moves: Sequence[Move]) -> dict[str, Any]:
    return {"moves": [{"id": move.id, "number_before": move.before, "number": move.number} for move in moves]}


@blp.route(
    '/<id("vch"):voucher_id>/insert-before',
    methods=["POST"],
    needs=Permission.VOUCHER_DRAFT,
    scope="book",
    operation="vouchers_insert_before",
    summary_zh="插入凭证",
    summary_en="Move a draft to the place of another draft; the drafts between move on by one place.",
    refs=("path:voucher_id", "body:/before"),
    idempotent=True,
    if_match=True,
    audit="voucher.renumber",
)
@blp.arguments(InsertIn)
@blp.response(200, MovesOut)
def insert_before(scope: BookScope, payload: dict[str, Any], voucher_id: UUID) -> dict[str, Any]:
    """Old and new numbers."""
    meant(scope, voucher_id)
    return _shown(service.insert_before(scope, voucher_id, payload["before"]))


@blp.route(
    "/renumber",
    methods=["POST"],
    needs=Permission.VOUCHER_DRAFT,
    scope="book",
    operation="vouchers_renumber",
    summary_zh="整理断号",
    summary_en="Put the drafts of a period and word in the order of their dates over the numbers they hold.",
    idempotent=True,
    audit="voucher.renumber",
)
@blp.arguments(TidyIn)
@blp.response(200, MovesOut)
def renumber(scope: BookScope, payload: dict[str, Any]) -> dict[str, Any]:
    """Old and new numbers."""
    return _shown(service.tidy(scope, str(payload["period"]), payload["word"]))
