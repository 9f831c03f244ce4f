"""Background work on invoices: each document of an upload is one stage."""

from __future__ import annotations

from functools import partial

from app.batches import service as batches
from app.books.door import enter_book
from app.books.types import BookRef
from app.documents import queries as documents
from app.documents.service import load
from app.documents.types import Document, Vault
from app.invoices import service
from app.invoices.parsing.apart import parse_apart, sandbox
from app.invoices.parsing.types import Parsed, Refused
from app.invoices.types import Upload
from app.kernel.permissions import Permission
from infra.errors import Refusal
from infra.sandbox.runner import Sandbox
from jobs.runner import JobRun
from tenants.scope import TenantScope

_NEEDS = Permission.DOCUMENT_UPLOAD


def recognise(run: JobRun) -> None:
    """Read the documents of an upload (发票识别) and register their invoices, a document at a time."""
    upload, vault = Upload.of(run.args), Vault.of(run.ports, run.tenant)
    run.plan(*upload.stages)
    with sandbox() as cell:
        for place, (stage, part) in enumerate(zip(upload.stages, upload.parts, strict=True), 1):
            if stage in run.missing():
                with run.scope(read_only=True) as firm:
                    inside = enter_book(firm, upload.book, _NEEDS)
                    document = documents.find(inside, part.document_id)
                parsed = _read(cell, vault, inside.book, document, part.filename)
                run.do_stage(stage, partial(_register, run, upload, place, document, parsed))
            run.progress("recognise", place, len(upload.parts), "documents")
    with run.scope(read_only=True) as firm:
        summary = batches.summary(firm, run.job_id)
    run.result(summary, partially="needs_attention" in summary["fates"])


def _read(cell: Sandbox, vault: Vault, book: BookRef, document: Document, filename: str) -> Parsed:
    """What a document says, read while no transaction is open; raises only what is worth another attempt."""
    try:
        return parse_apart(cell, filename, load(vault, book, document), document.content_type)
    except Refusal as refusal:
        if refusal.retryable:
            raise
        return Parsed(filename, refused=(Refused(filename, refusal.code),))


def _register(run: JobRun, upload: Upload, place: int, document: Document, parsed: Parsed, firm: TenantScope) -> None:
    service.recognise(enter_book(firm, upload.book, _NEEDS), run.job_id, place, document, parsed)
