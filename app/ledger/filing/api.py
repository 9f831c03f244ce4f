"""The route of the tax bureau's upload workbook, as .xls or .xlsx by `format` or `Accept`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from flask import Response, request

from app.books.types import BookScope
from app.http.blueprint import Blueprint
from app.kernel.permissions import Permission
from app.ledger.filing import service
from app.ledger.filing.files.rules import XLS, XLSX, xls, xlsx
from app.ledger.filing.schemas import FilingQuery
from app.ledger.filing.types import Workbook

blp = Blueprint("filing", __name__, url_prefix="/v1/books/<book_id>", tag_zh="财务报表报送")

PRODUCES = (XLS, XLSX)
_MAKERS: Mapping[str, tuple[str, Callable[[Workbook], bytes]]] = {"xls": (XLS, xls), "xlsx": (XLSX, xlsx)}
_BY_MEDIA = {XLS: "xls", XLSX: "xlsx"}


@blp.route(
    "/filing-workbook",
    needs=Permission.STATEMENT_READ,
    scope="book",
    operation="filing_workbook_read",
    summary_zh="财务报表报送与信息采集",
    summary_en="The tax bureau's upload workbook, filled with the statements of a month, a quarter or a year.",
    rate_class="heavy",
    export="statement.export",
    produces=PRODUCES,
)
@blp.arguments(FilingQuery, location="query")
@blp.response(200, {"type": "string", "format": "binary"}, content_type=XLS)  # type: ignore[arg-type]  # a document only
def read_filing_workbook(scope: BookScope, query: dict[str, Any]) -> Response:
    """The workbook."""
    made = service.filing_workbook(scope, scope.book, query["period"], query["cycle"])
    kind = query.get("format") or _BY_MEDIA[request.accept_mimetypes.best_match(PRODUCES, XLS)]
    media, make = _MAKERS[kind]
    name = quote(f"{scope.book.code}_{made.title}_{query['period']}.{kind}")
    return Response(make(made), mimetype=media, headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"})
