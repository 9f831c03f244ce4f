"""Background work on invoices: each document of an upload is one stage."""

from __future__ import annotations

from functools import partial

from app.books.door import enter_book
from app.documents import queries as documents
from app.documents.types import Document, Vault
from app.invoices import service
from app.invoices.parsing.types import Parsed
from app.invoices.types import Upload
from app.kernel.permissions import Permission
from jobs.runner import JobRun
from tenants.scope import TenantScope

_NEEDS = Permission.DOCUMENT_UPLOAD


def recognise(run: JobRun) -> None:
    """Read the documents of an upload (发票识别) and register their invoices, a document at a time."""
    upload, vault = Upload.of(run.args), Vault.of(run.ports, run.tenant)
    run.plan(*upload.stages)
    for stage, part in zip(upload.stages, upload.parts, strict=True):
        if stage in run.missing():
            with run.scope(read_only=True) as firm:
                book = enter_book(firm, upload.book, _NEEDS)
                document = documents.find(book, part.document_id)
            parsed = service.read(vault, book.book, document, part.filename)
            run.do_stage(stage, partial(_register, run, upload, document, parsed))
        run.progress("recognise", int(stage), len(upload.parts), "documents")
    with run.scope(read_only=True) as firm:
        fates = service.summary(enter_book(firm, upload.book, _NEEDS), run.job_id)
    run.result(fates, partially="needs_attention" in fates)


def _register(run: JobRun, upload: Upload, document: Document, parsed: Parsed, firm: TenantScope) -> None:
    service.recognise(enter_book(firm, upload.book, _NEEDS), run.job_id, document, parsed)
