"""Routes of the archive of source documents; files come in by the register's upload (`app/invoices/api.py`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import Response, current_app

from app.books.types import BookScope
from app.documents import queries, service
from app.documents.errors import UNREAD
from app.documents.schemas import DocumentOut, DocumentsQuery
from app.documents.types import Document, Vault
from app.http import pages
from app.http.blueprint import Blueprint
from app.http.gate import EXTENSION
from app.http.headers import language
from app.http.schemas import page_of
from app.http.types import Gate
from app.kernel.permissions import Permission
from infra.errors import render
from infra.files import OCTETS
from infra.ids import decode
from infra.ports import Ports

blp = Blueprint("documents", __name__, url_prefix="/v1/books/<book_id>/documents", tag_zh="原始凭证")


def _problems(document: Document) -> Sequence[Mapping[str, Any]]:
    """What stands against a document: what recognition could not read, or that nobody is going to read it."""
    if document.state == "unread":
        return [{"file": document.filename, "code": UNREAD.code, "detail": ""}]
    return document.problems


def _shown(document: Document) -> dict[str, Any]:
    return {
        "id": document.id,
        "filename": document.filename,
        "content_type": document.content_type,
        "size": document.size,
        "sha256": document.sha256.hex(),
        "state": document.state,
        "problems": [{**each, "message": render(each["code"], {}, language())} for each in _problems(document)],
        "uploaded_by": document.uploaded_by,
        "uploaded_at": document.uploaded_at,
    }


@blp.route(
    "",
    needs=Permission.DOCUMENT_READ,
    scope="book",
    operation="documents_list",
    summary_zh="原始凭证列表",
    summary_en="The book's source documents, newest first, with what could not be read in them.",
)
@blp.arguments(DocumentsQuery, location="query")
@blp.response(200, page_of(DocumentOut))
def list_documents(scope: BookScope, query: dict[str, Any]) -> Response:
    """A page of documents."""
    asked = pages.wanted(scope, query)
    states = [query["state"]] if query["state"] else []
    before = UUID(asked.after[0]) if asked.after else None
    found = queries.page(scope, states, before, asked.fetch)
    shown = DocumentOut(many=True).dump([_shown(document) for document in found])
    return pages.page(scope, asked, shown, lambda row: [str(decode("doc", row["id"]))])


@blp.route(
    '/<id("doc"):document_id>',
    needs=Permission.DOCUMENT_READ,
    scope="book",
    operation="documents_read",
    summary_zh="原始凭证",
    summary_en="One source document: its name, hash, state and what could not be read in it.",
    refs=("path:document_id",),
)
@blp.response(200, DocumentOut)
def read_document(scope: BookScope, document_id: UUID) -> dict[str, Any]:
    """One document; raises `DocumentNotFound`."""
    return _shown(queries.find(scope, document_id))


@blp.route(
    '/<id("doc"):document_id>/content',
    needs=Permission.DOCUMENT_READ,
    scope="book",
    operation="documents_download",
    summary_zh="下载原件",
    summary_en="The original bytes as they were uploaded, checked against their hash; each download is logged.",
    refs=("path:document_id",),
    rate_class="heavy",
    audit="document.download",
    produces=(OCTETS,),
)
@blp.response(200, {"type": "string", "format": "binary"}, content_type=OCTETS)  # type: ignore[arg-type]  # a document only
def download_document(scope: BookScope, document_id: UUID) -> Response:
    """The original; raises `DocumentNotFound`, `DocumentAltered`."""
    ports = _ports()
    document = queries.find(scope, document_id)
    content = service.load(Vault.of(ports, scope.tenant), scope.book, document)
    service.record_download(scope, scope.book, document)
    response = Response(content, mimetype=OCTETS)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(document.filename, safe='')}"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _ports() -> Ports:
    gate: Gate = current_app.extensions[EXTENSION]
    return gate.ports
