"""Routes of attached documents: from the voucher to its documents and back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response

from app.books.types import BookScope
from app.documents import queries as documents
from app.http.blueprint import Blueprint
from app.kernel.permissions import Permission
from app.ledger.vouchers.answers.api import answer, meant
from app.ledger.vouchers.linking import queries, service
from app.ledger.vouchers.linking.schemas import AttachIn, LinkedVouchersOut
from app.ledger.vouchers.rules import number_text
from app.ledger.vouchers.schemas import VoucherOut

blp = Blueprint("vouchers-documents", __name__, url_prefix="/v1/books/<book_id>", tag_zh="凭证附件")

_OF_VOUCHER = '/vouchers/<id("vch"):voucher_id>/documents'


@blp.route(
    _OF_VOUCHER,
    methods=["POST"],
    needs=Permission.VOUCHER_DRAFT,
    scope="book",
    operation="vouchers_attach",
    summary_zh="关联原始凭证",
    summary_en="Attach documents to a voucher, a posted one too; a review is taken back by it.",
    refs=("path:voucher_id", "body:/documents/*"),
    idempotent=True,
    audit="voucher.attach",
    limits={"documents": service.MOST},
)
@blp.arguments(AttachIn)
@blp.response(200, VoucherOut)
def attach(scope: BookScope, payload: dict[str, Any], voucher_id: UUID) -> Response:
    """The voucher with its documents."""
    service.attach(scope, voucher_id, payload["documents"])
    return answer(scope, voucher_id)


@blp.route(
    f'{_OF_VOUCHER}/<id("doc"):document_id>',
    methods=["DELETE"],
    needs=Permission.VOUCHER_DRAFT,
    scope="book",
    operation="vouchers_detach",
    summary_zh="取消关联原始凭证",
    summary_en="Take a document from an unposted voucher; it stays in the archive, a review is taken back by it.",
    refs=("path:voucher_id", "path:document_id"),
    if_match=True,
    audit="voucher.detach",
)
@blp.response(200, VoucherOut)
def detach(scope: BookScope, voucher_id: UUID, document_id: UUID) -> Response:
    """The voucher without the document."""
    meant(scope, voucher_id)
    service.detach(scope, voucher_id, document_id)
    return answer(scope, voucher_id)


@blp.route(
    '/documents/<id("doc"):document_id>/vouchers',
    needs=Permission.VOUCHER_READ,
    scope="book",
    operation="documents_vouchers",
    summary_zh="原始凭证所附凭证",
    summary_en="The vouchers a document is attached to.",
    refs=("path:document_id",),
)
@blp.response(200, LinkedVouchersOut)
def vouchers_of_document(scope: BookScope, document_id: UUID) -> dict[str, Any]:
    """The vouchers, in the order of their numbers; raises `DocumentNotFound`."""
    documents.find(scope, document_id)
    found = queries.of_document(scope, document_id)
    return {
        "data": [
            {**row._asdict(), "number_text": number_text(row.word, row.number, row.part, row.parts)} for row in found
        ]
    }
