"""One book and the road into its register, as the tests of invoices take it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal as D
from typing import Any
from uuid import UUID

from app.batches import service as batches
from app.books.types import BookRef, BookScope
from app.documents import queries as documents
from app.documents.service import set_state, store
from app.documents.types import Incoming, Vault
from app.invoices import queries, service
from app.invoices.parsing.service import parse
from app.invoices.parsing.types import ParsedInvoice
from app.invoices.types import Fate
from app.ledger.vouchers import queries as voucher_queries
from tests.factories.doors import Doors
from tests.unit.invoices.faces import OURS


class Desk:
    """One book and the road into its register: every call is a file of its own in a transaction of its own."""

    def __init__(self, doors: Doors, vault: Vault, **changes: Any) -> None:
        named = {"name": OURS.name, "tax_id": OURS.tax_id}
        self.doors, self.vault, self.book = doors, vault, doors.new_book(**{**named, **changes})
        self._files = 0

    def register(self, *invoices: ParsedInvoice) -> list[Fate]:
        """Register invoices as one document."""
        document_id = self.document()
        with self.doors.book(self.book.uid) as scope:
            return service.register(scope, document_id, invoices)

    def document(self) -> UUID:
        """A fresh document that was read."""
        self._files += 1
        with self.doors.book(self.book.uid) as scope:
            (stored,) = store(scope, self.vault, [Incoming("x", "", f"{self._files}".encode())])
            set_state(scope, stored.document_id, "recognised")
            return stored.document_id

    def row(self, fate: Fate) -> dict[str, Any]:
        """The register's row."""
        with self.doors.book(self.book.uid, read_only=True) as scope:
            return queries.one(scope, fate.invoice_id)

    def lines(self, fate: Fate) -> list[tuple[str, D, D, str]]:
        """The lines of the fate's voucher."""
        with self.doors.book(self.book.uid, read_only=True) as scope:
            return lines_of(scope, fate.voucher_id)


def voucher_of(scope: BookScope, voucher_id: UUID | None) -> dict[str, Any]:
    """A voucher that is there."""
    assert voucher_id is not None
    voucher = voucher_queries.one(scope, scope.book.id, voucher_id)
    assert voucher is not None
    return voucher


def lines_of(scope: BookScope, voucher_id: UUID | None) -> list[tuple[str, D, D, str]]:
    """A voucher's lines: account, debit, credit, counterparty."""
    lines = voucher_of(scope, voucher_id)["lines"]
    return [(each["account"], each["debit"], each["credit"], each["counterparty"]) for each in lines]


def codes(fate: Fate) -> list[str]:
    """The codes of a fate's problems."""
    return [problem.code for problem in fate.problems]


def import_files(doors: Doors, vault: Vault, book: BookRef, files: Sequence[Incoming]) -> dict[str, list[Fate]]:
    """Upload files and recognise each in a transaction of its own; the fates by the name of the file.

    The job is ended without a worker: a month does not close over one that still waits.
    """
    with doors.book(book.uid) as scope:
        job_id, stored = service.upload(scope, vault, files)
    fates = {}
    for place, (file, one) in enumerate(zip(files, stored, strict=True), 1):
        with doors.book(book.uid) as scope:
            document = documents.find(scope, one.document_id)
            fates[one.filename] = service.recognise(scope, job_id, place, document, parse(one.filename, file.content))
    with doors.book(book.uid) as scope:
        batches.cancel(scope, job_id)
    return fates
