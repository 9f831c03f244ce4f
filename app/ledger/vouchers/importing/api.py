"""Routes of the import of vouchers from a workbook, and of the empty workbook."""

from __future__ import annotations

from typing import Any

from flask import Response

from app.books.types import BookScope
from app.http.blueprint import Blueprint
from app.http.replies import rows
from app.kernel.permissions import Permission
from app.ledger.vouchers.bulk.api import body_of
from app.ledger.vouchers.importing import service
from app.ledger.vouchers.importing.files.rules import XLSX, blank
from app.ledger.vouchers.importing.reading.types import MOST_ROWS
from app.ledger.vouchers.importing.schemas import ImportFile, ImportOut, ImportQuery

blp = Blueprint("vouchers-import", __name__, url_prefix="/v1/books/<book_id>/vouchers", tag_zh="凭证导入")

MAX_BYTES = 5_000_000


@blp.route(
    "/import-template",
    needs=Permission.VOUCHER_READ,
    scope="book",
    operation="vouchers_import_template",
    summary_zh="凭证导入模板",
    summary_en="The empty workbook to be filled in and imported.",
    export="import_template.export",
    produces=(XLSX,),
)
@blp.response(200, {"type": "string", "format": "binary"}, content_type=XLSX)  # type: ignore[arg-type]  # a document only
def import_template(scope: BookScope) -> Response:
    """The workbook."""
    response = Response(blank(scope.now), mimetype=XLSX)
    response.headers["Content-Disposition"] = (
        "attachment; filename=\"vouchers.xlsx\"; filename*=UTF-8''%E5%87%AD%E8%AF%81.xlsx"
    )
    return response


@blp.route(
    "/import",
    methods=["POST"],
    needs=Permission.VOUCHER_DRAFT,
    scope="book",
    operation="vouchers_import",
    summary_zh="导入凭证",
    summary_en="Draft the vouchers of a workbook, each with its fate; the same voucher is drafted once.",
    idempotent=True,
    rate_class="bulk",
    audit="voucher.import",
    limits={"max_bytes": MAX_BYTES, "rows": MOST_ROWS},
)
@blp.arguments(ImportQuery, location="query")
@blp.arguments(ImportFile, location="files")
@blp.response(200, ImportOut)
def import_vouchers(scope: BookScope, query: dict[str, Any], payload: dict[str, Any]) -> Response:
    """The fate of every voucher; 422 when an atomic call did nothing."""
    stream = payload["file"].stream
    stream.seek(0)  # the unit may run again, and then the stream is at its end
    groups = service.read_vouchers(scope, stream.read())
    atomic = query["mode"] == "atomic"
    fates = service.import_vouchers(scope, groups, atomic=atomic, rehearse=query["dry_run"])
    body = body_of(fates, "created", atomic)
    for result, group in zip(body["results"], groups, strict=True):
        result |= {"named": group.named, "rows": list(group.rows)}
        if query["dry_run"]:
            result.pop("id", None)
            result.pop("etag", None)
    failed = atomic and body["summary"]["failed"]
    return rows({"dry_run": query["dry_run"], **body}, 422 if failed else 200)
