"""The main job, start to end, on the running stack: a firm, its clients' books, a month of invoices, closed books.

Every step is the one a user takes: books are opened, files go the upload road to the workers, vouchers are reviewed
and posted in bulk, the month is closed over all books by one job. A second run finds what is there and adds nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from uuid import UUID

from app.agency.service import NewBook, open_book
from app.batches import queries as jobs
from app.books import queries as books
from app.books.door import enter_book, enter_books
from app.books.types import BookRef
from app.closing import service as closing
from app.demo import queries
from app.demo.types import BookLine, Result
from app.documents.types import Incoming, Vault
from app.identity.firms.service import open_firm
from app.identity.people.types import NewUser
from app.invoices import service as invoices
from app.kernel.money import ZERO
from app.kernel.periods import Period
from app.kernel.permissions import Permission
from app.ledger.opening.service import set_opening
from app.ledger.opening.types import OpeningRow
from app.ledger.vouchers import queries as voucher_queries
from app.ledger.vouchers import service as vouchers
from app.ledger.vouchers.types import Draft, Line
from app.samples.service import generate
from app.samples.types import SampleBook, SampleVoucher
from infra.ports import Ports
from tenants.door import enter_tenant
from tenants.scope import SYSTEM, TenantRef, TenantScope

SHORT_NAME = "demo"
PERIOD = Period(2026, 9)
SEED = 20260930
_LOOK = 0.25  # seconds between two looks at a job
_PATIENCE = 1800.0  # seconds until a job that does not move is given up

Progress = Callable[[str], None]


class JobStuck(RuntimeError):
    """A job did not end in time or ended badly; its problem is in the text."""


def run(ports: Ports, count: int, documents: int, owner: NewUser, progress: Progress) -> Result:
    """Do the main job for `count` books of about `documents` invoices each and draw the table."""
    started = time.monotonic()
    firm = _Firm(ports, open_firm(ports, SHORT_NAME, "示范代账公司", owner))
    progress(f"firm {SHORT_NAME}: ready")
    known: list[tuple[BookRef, SampleBook]] = []
    for made in generate(SEED, count, documents, PERIOD):
        sample = replace(made, code=f"{made.code}-{documents}")  # a month of another size is another book
        book = firm.open_book(sample)
        firm.hand_in(book, sample)
        known.append((book, replace(sample, files=(), invoices=())))
        progress(f"book {len(known)} of {count}: {sample.name}, {len(sample.files)} files handed in")
    firm.wait_for(progress)
    posted = 0
    for book, sample in known:
        posted += firm.post(book, sample)
        progress(f"posted {posted} vouchers")
    firm.close([book for book, _ in known], progress)
    return firm.table(known, time.monotonic() - started)


class _Firm:
    """The demo's firm and the jobs it waits for."""

    def __init__(self, ports: Ports, tenant: TenantRef) -> None:
        self.ports = ports
        self.tenant = tenant
        self.vault = Vault.of(ports, tenant)
        self.waiting: list[UUID] = []

    @contextmanager
    def scope(self) -> Iterator[TenantScope]:
        with enter_tenant(self.ports.engine, self.tenant, SYSTEM, self.ports.clock) as scope:
            yield scope

    def open_book(self, sample: SampleBook) -> BookRef:
        """The sample's book, opened with its opening balances unless it is there."""
        with self.scope() as scope:
            found = books.by_code(scope, sample.code)
            if found is not None:
                return found
            book = open_book(
                scope,
                NewBook(
                    code=sample.code,
                    name=sample.name,
                    tax_id=sample.tax_id,
                    taxpayer=sample.taxpayer,
                    industry=sample.industry,
                    standard=sample.standard,
                    start_period=sample.start_period,
                    location=sample.location,
                ),
            )
            rows = [OpeningRow(o.account_code, o.amount, counterparty=o.counterparty) for o in sample.opening]
            set_opening(enter_book(scope, book.uid, Permission.OPENING_EDIT), rows)
            return book

    def hand_in(self, book: BookRef, sample: SampleBook) -> None:
        """The client's files and the accountant's own vouchers; what is there already is not added again."""
        incoming = [Incoming(file.name, "application/octet-stream", file.content) for file in sample.files]
        with self.scope() as scope:
            inside = enter_book(scope, book.uid, Permission.DOCUMENT_UPLOAD)
            if queries.shapes(inside, [book.id], PERIOD)[book.id].closed:
                return
            job_id, _ = invoices.upload(inside, self.vault, incoming)
            self.waiting.append(job_id)
            drafts = [_draft(book, sample, number, voucher) for number, voucher in enumerate(sample.vouchers)]
            known = voucher_queries.external_ids(inside, book.id)
            vouchers.draft_vouchers(inside, [draft for draft in drafts if draft.external_id not in known])

    def wait_for(self, progress: Progress) -> None:
        """Wait until the workers have done what was asked for; raises `JobStuck`."""
        total, deadline = len(self.waiting), time.monotonic() + _PATIENCE
        while self.waiting:
            with self.scope() as scope:
                rows = [row for job_id in islice(self.waiting, 20) if (row := jobs.find(scope, job_id))]
            for row in rows:
                if row["state"] in jobs.ENDED:
                    self.waiting.remove(row["id"])
                    if row["state"] not in ("succeeded", "partially_succeeded"):
                        raise JobStuck(f"{row['type']} {row['state']}: {row['problem']}")
                    progress(f"jobs: {total - len(self.waiting)} of {total} done")
            if time.monotonic() > deadline:
                raise JobStuck(f"{len(self.waiting)} jobs are still waiting")
            time.sleep(_LOOK if self.waiting else 0)

    def post(self, book: BookRef, sample: SampleBook) -> int:
        """Review and post everything the book has drafted in the month."""
        with self.scope() as scope:
            inside = enter_book(scope, book.uid, Permission.VOUCHER_POST)
            open_ones = voucher_queries.unposted(inside, [book.id], str(PERIOD))
            return len(vouchers.post_vouchers(inside, [(row.book_id, row.id) for row in open_ones], review=True))

    def close(self, closing_books: Sequence[BookRef], progress: Progress) -> None:
        """Close the month over all books by one job."""
        with self.scope() as scope:
            inside, found = enter_books(scope, [book.uid for book in closing_books], Permission.PERIOD_CLOSE)
            self.waiting.append(closing.request_close(inside, found, PERIOD))
        progress(f"closing {PERIOD} over {len(closing_books)} books")
        self.wait_for(progress)

    def table(self, known: Sequence[tuple[BookRef, SampleBook]], seconds: float) -> Result:
        """The table, from the ledgers themselves and the books worked out without the product."""
        with self.scope() as scope:
            inside, found = enter_books(scope, [book.uid for book, _ in known], Permission.LEDGER_READ)
            ids = [book.id for book in found]
            shapes = queries.shapes(inside, ids, PERIOD)
            balances = queries.balances(inside, ids, PERIOD)
            plans = {plan.facts.book.id: plan for plan in closing.check_books(inside, found, PERIOD)}
        lines = [
            BookLine(
                name=sample.name,
                taxpayer=sample.taxpayer,
                documents=shapes[book.id].documents,
                vouchers=shapes[book.id].vouchers,
                needs_attention=shapes[book.id].attention,
                closed=shapes[book.id].closed,
                balanced=sum(balances[book.id].values(), ZERO) == 0,
                as_expected=balances[book.id] == dict(sample.expected.balances),
                net_profit=plans[book.id].net_profit,
            )
            for book, sample in known
        ]
        return Result(tuple(lines), seconds)


def _draft(book: BookRef, sample: SampleBook, number: int, voucher: SampleVoucher) -> Draft:
    lines = tuple(Line(e.account_code, voucher.summary, e.debit, e.credit, e.counterparty) for e in voucher.lines)
    return Draft(book.id, voucher.day, lines, external_id=f"demo-{PERIOD}-{sample.code}-{number}")
