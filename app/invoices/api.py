"""Routes of the register: upload files, read them again, look at invoices, book one that is cured, dismiss one."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask import Response, current_app
from werkzeug.datastructures import FileStorage

from app.books.types import BookScope
from app.documents.types import MAX_BYTES, MOST_FILES, Incoming, Vault
from app.http import etags, pages
from app.http.blueprint import Blueprint
from app.http.gate import EXTENSION
from app.http.headers import language
from app.http.replies import Tagged, tagged
from app.http.schemas import page_of
from app.http.types import Gate
from app.invoices import errors, queries, service
from app.invoices.schemas import (
    DismissIn,
    InvoiceOut,
    InvoicesQuery,
    InvoiceWithLinesOut,
    ReadAgainOut,
    UploadIn,
    UploadOut,
)
from app.kernel.jobs import RECOGNISE
from app.kernel.permissions import Permission, internal
from infra.errors import render
from infra.ids import decode, encode

blp = Blueprint("invoices", __name__, url_prefix="/v1/books/<book_id>", tag_zh="发票")

_VIEW = "invoice"
_ONE = '/invoices/<id("inv"):invoice_id>'


def _shown(scope: BookScope, row: queries.Row) -> queries.Row:
    """An invoice; why somebody dismissed it was written for the firm, so a client's people do not read it."""
    problems = [{**each, "message": render(each["code"], {}, language())} for each in row["problems"]]
    if not internal(scope.permissions):
        problems = [{**each, "detail": ""} if each["code"] == errors.DISMISSED.code else each for each in problems]
    return {
        **row,
        "seller": {"name": row["seller_name"], "tax_id": row["seller_tax_id"]},
        "buyer": {"name": row["buyer_name"], "tax_id": row["buyer_tax_id"]},
        "problems": problems,
    }


def _answer(scope: BookScope, invoice_id: UUID) -> Tagged:
    row = queries.one(scope, invoice_id)
    return tagged(_shown(scope, row), _version(row["row_version"], row["voucher_status"]), _VIEW)


def _version(row_version: int, voucher_status: str | None) -> str:
    """What the entity tag stands for: the row, and the state of its voucher, which changes without it."""
    return f"{row_version}.{voucher_status or 'none'}"


def _match(scope: BookScope, invoice_id: UUID) -> None:
    held = service.open_invoice(scope, invoice_id)
    etags.match(_version(held.row_version, held.voucher_status), _VIEW)


@blp.route(
    "/documents",
    methods=["POST"],
    needs=Permission.DOCUMENT_UPLOAD,
    scope="book",
    operation="documents_upload",
    summary_zh="上传原始凭证",
    summary_en="Keep files of invoices and read them in the background; the job's items tell the fate of each part.",
    idempotent=True,
    job_type=RECOGNISE,
    audit="document.upload",
    limits={"max_bytes": 50_000_000, "max_file_bytes": MAX_BYTES, "max_files": MOST_FILES},
)
@blp.arguments(UploadIn, location="files")
@blp.response(202, UploadOut)
def upload_documents(scope: BookScope, payload: dict[str, Any]) -> Tagged:
    """A job that reads the files; raises `DocumentTooLarge`."""
    gate: Gate = current_app.extensions[EXTENSION]
    incoming = [Incoming(file.filename or "", file.mimetype or "", _bytes(file)) for file in payload["files"]]
    job_id, kept = service.upload(scope, Vault.of(gate.ports, scope.tenant), incoming)
    return {"job_id": job_id, "documents": kept}, _underway(job_id)


def _underway(job_id: UUID) -> dict[str, str]:
    return {"Location": f"/v1/jobs/{encode('job', job_id)}", "Retry-After": "2"}


def _bytes(file: FileStorage) -> bytes:
    file.stream.seek(0)  # the unit may run again, and then the stream is at its end
    content: bytes = file.read()
    return content


@blp.route(
    "/documents/read-again",
    methods=["POST"],
    needs=Permission.DOCUMENT_UPLOAD,
    scope="book",
    operation="documents_read_again",
    summary_zh="重新识别原始凭证",
    summary_en="Read the documents that no job is going to read any more, the oldest hundred of them, as the caller.",
    idempotent=True,
    job_type=RECOGNISE,
    audit="document.read_again",
)
@blp.response(202, ReadAgainOut)
def read_documents_again(scope: BookScope) -> Tagged:
    """A job that reads them; raises `NothingUnread`."""
    job_id, asked = service.read_again(scope)
    return {"job_id": job_id, "documents": asked.parts}, _underway(job_id)


@blp.route(
    "/invoices",
    needs=Permission.INVOICE_READ,
    scope="book",
    operation="invoices_list",
    summary_zh="发票台账",
    summary_en="The register of invoices in the order of their dates, by month, direction and state.",
)
@blp.arguments(InvoicesQuery, location="query")
@blp.response(200, page_of(InvoiceOut))
def list_invoices(scope: BookScope, query: dict[str, Any]) -> Response:
    """A page of invoices, without lines."""
    asked = pages.wanted(scope, query)
    after = (date.fromisoformat(asked.after[0]), UUID(asked.after[1])) if asked.after else queries.START
    found = queries.page(
        scope,
        period=query["period"],
        direction=query["direction"],
        states=[query["state"]] if query["state"] else (),
        after=after,
        limit=asked.fetch,
    )
    shown = InvoiceOut(many=True).dump([_shown(scope, row) for row in found])
    return pages.page(scope, asked, shown, lambda row: [row["issued_on"], str(decode("inv", row["id"]))])


@blp.route(
    _ONE,
    needs=Permission.INVOICE_READ,
    scope="book",
    operation="invoices_read",
    summary_zh="发票",
    summary_en="One invoice with its lines, its problems and the state of its voucher.",
    refs=("path:invoice_id",),
)
@blp.response(200, InvoiceWithLinesOut)
def read_invoice(scope: BookScope, invoice_id: UUID) -> Tagged:
    """One invoice; raises `InvoiceNotFound`."""
    return _answer(scope, invoice_id)


@blp.route(
    _ONE + "/book",
    methods=["POST"],
    needs=Permission.INVOICE_BOOK,
    scope="book",
    operation="invoices_book",
    summary_zh="发票制单",
    summary_en="Draft the voucher of an invoice whose cause is cured, or whose voucher was voided.",
    refs=("path:invoice_id",),
    idempotent=True,
    if_match=True,
    audit="invoice.book",
)
@blp.response(200, InvoiceWithLinesOut)
def book_invoice(scope: BookScope, invoice_id: UUID) -> Tagged:
    """The invoice, booked; raises `InvoiceNotFound`, `InvoiceBooked`, `InvoiceNotBookable`."""
    _match(scope, invoice_id)
    service.book_invoice(scope, invoice_id)
    return _answer(scope, invoice_id)


@blp.route(
    _ONE + "/dismiss",
    methods=["POST"],
    needs=Permission.INVOICE_BOOK,
    scope="book",
    operation="invoices_dismiss",
    summary_zh="发票不入账",
    summary_en="Decide that an invoice is not booked, and say why.",
    refs=("path:invoice_id",),
    idempotent=True,
    if_match=True,
    audit="invoice.dismiss",
)
@blp.arguments(DismissIn)
@blp.response(200, InvoiceWithLinesOut)
def dismiss_invoice(scope: BookScope, payload: dict[str, Any], invoice_id: UUID) -> Tagged:
    """The invoice, set aside; raises `InvoiceNotFound`, `InvoiceBooked`."""
    _match(scope, invoice_id)
    service.dismiss(scope, invoice_id, payload["reason"])
    return _answer(scope, invoice_id)
