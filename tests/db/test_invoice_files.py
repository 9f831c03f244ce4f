"""Files on their whole way to vouchers: real ones, a sample month, and the job that reads an upload."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.closing.service import close_period
from app.documents import queries as documents
from app.documents.types import Incoming, Vault
from app.invoices import service
from app.invoices.parsing.service import parse
from app.invoices.parsing.types import Party
from app.kernel.jobs import RECOGNISE
from app.kernel.periods import Period
from app.ledger.vouchers import service as vouchers
from app.samples.service import generate
from infra.ports import Ports
from infra.queue import Message
from jobs.invoices import recognise
from jobs.runner import run_job
from jobs.types import PACE
from tenants.scope import TenantRef
from tests.db.invoice_desk import Desk, codes, import_files, lines_of, voucher_of
from tests.factories.doors import Doors

SHARED = Path(os.environ.get("ZHANGFANG_SHARED", Path(__file__).resolve().parents[3] / "shared"))
OFD = SHARED / "data" / "invoices" / "ofd"


@pytest.fixture
def vault(ports: Ports, firm: TenantRef) -> Vault:
    """Where the shared firm's documents lie."""
    return Vault.of(ports, firm)


@pytest.fixture
def desk(doors: Doors, vault: Vault) -> Desk:
    """The register of a general taxpayer in trade, from 2026-01."""
    return Desk(doors, vault)


A_SERVICE = "shudian_zhuanpiao_2024_beijing.ofd"
REAL = [
    ("dzpp_2020_chongqing_sample.ofd", "buyer", "general", "560204 318.00 | 220201 -318.00"),
    ("dzpp_2020_zhejiang_canyin.ofd", "buyer", "general", "560204 526.00 | 220201 -526.00"),
    ("dzpp_2022_with_mof_xbrl_attachment.ofd", "buyer", "general", "1405 11.20 | 220201 -11.20"),
    (A_SERVICE, "buyer", "general", "560212 4197.17 | 22210101 251.83 | 220201 -4449.00"),
    (A_SERVICE, "buyer", "small_scale", "560212 4449.00 | 220201 -4449.00"),
    (A_SERVICE, "seller", "general", "1122 4449.00 | 5001 -4197.17 | 22210107 -251.83"),
    (A_SERVICE, "seller", "small_scale", "1122 4449.00 | 5001 -4197.17 | 222101 -251.83"),
]


@pytest.mark.parametrize(("name", "side", "taxpayer", "expected"), REAL)
def test_a_real_file_becomes_a_posted_voucher_with_the_right_vat(
    doors: Doors, vault: Vault, name: str, side: str, taxpayer: str, expected: str
) -> None:
    content = (OFD / name).read_bytes()
    face = parse(name, content).items[0]
    ours: Party = getattr(face, side)
    month = Period.of(face.issued_on)
    book = doors.new_book(name=ours.name, tax_id=ours.tax_id, taxpayer=taxpayer, start_period=month)
    (fate,) = import_files(doors, vault, book, [Incoming(name, "application/ofd", content)])[name]
    assert fate.fate == "created"
    assert fate.voucher_id is not None
    with doors.book(book.uid) as scope:
        lines = lines_of(scope, fate.voucher_id)
        assert " | ".join(f"{account} {debit - credit}" for account, debit, credit, _ in lines) == expected
        assert vouchers.post_vouchers(scope, [(book.id, fate.voucher_id)], review=True)


def test_old_real_purchases_come_late_into_todays_book_and_it_closes(doors: Doors, vault: Vault) -> None:
    for name, side, _, _ in REAL[:4]:
        content = (OFD / name).read_bytes()
        ours: Party = getattr(parse(name, content).items[0], side)
        book = doors.new_book(name=ours.name, tax_id=ours.tax_id, start_period=Period(2026, 1))
        (fate,) = import_files(doors, vault, book, [Incoming(name, "", content)])[name]
        assert (fate.fate, "invoice.prior_year" in codes(fate)) == ("created", True)
        with doors.book(book.uid) as scope:
            vouchers.post_vouchers(scope, [(book.id, voucher_of(scope, fate.voucher_id)["id"])], review=True)
            assert close_period(scope, Period(2026, 1)).fate == "closed"


WORDS = {"invoice.other_party": "invoice.not_ours"}  # what the samples call it -> our code


def test_every_invoice_of_a_sample_month_meets_the_fate_worked_out_without_the_product(
    doors: Doors, vault: Vault
) -> None:
    for sample in generate(seed=20260101, books=6, invoices=24, period=Period(2026, 3)):
        book = doors.new_book(
            name=sample.name,
            tax_id=sample.tax_id,
            taxpayer=sample.taxpayer,
            industry=sample.industry,
            standard=sample.standard,
            start_period=sample.start_period,
        )
        files = [Incoming(file.name, "", file.content) for file in sample.files]
        fates = import_files(doors, vault, book, files)
        found = [
            (name, fate.fate, tuple(codes(fate)[: fate.fate == "needs_attention"]))
            for name in fates
            for fate in fates[name]
        ]
        wanted = [
            (item.file, item.fate, (WORDS.get(item.code, item.code),) if item.code else ())
            for item in sample.expected.items
        ]
        assert Counter(found) == Counter(wanted), sample.code
        with doors.book(book.uid) as scope:
            rows = scope.run(
                "SELECT a.code, sum(l.debit) AS debit, sum(l.credit) AS credit FROM tenant.voucher_line l"
                " JOIN tenant.account a ON a.book_id = l.book_id AND a.id = l.account_id"
                " WHERE l.book_id = :b GROUP BY a.code",
                b=book.id,
            )
            turnovers = {row.code: (row.debit, row.credit) for row in rows}
        assert turnovers == dict(sample.expected.invoice_turnovers), sample.code


def test_the_job_reads_an_upload_once_however_often_it_is_run(desk: Desk, ports: Ports) -> None:
    (sample,) = generate(seed=7, books=1, invoices=12, period=Period(2026, 3))
    book = desk.doors.new_book(
        name=sample.name, tax_id=sample.tax_id, taxpayer=sample.taxpayer, start_period=sample.start_period
    )
    files = [Incoming(file.name, "", file.content) for file in sample.files] + [Incoming("x.pdf", "", b"%PDF-1.7")]
    with desk.doors.book(book.uid) as scope:
        job_id, _ = service.upload(scope, desk.vault, files)
    states = []
    for attempt in (1, 2):
        run_job(ports, {RECOGNISE: recognise}, Message(desk.doors.tenant.id, job_id, attempt), "test", PACE)
        with desk.doors.book(book.uid) as scope:
            items = scope.run(
                "SELECT fate, problems FROM tenant.job_item WHERE job_id = :j ORDER BY seq", j=job_id
            ).all()
            job = scope.run("SELECT state, result FROM tenant.job WHERE id = :j", j=job_id).one()
            kept = Counter(one.state for one in documents.page(scope, (), None, 200))
        states.append((items, job, kept))
    assert states[0] == states[1]
    expected = Counter(item.fate for item in sample.expected.items) + Counter({"needs_attention": 1})
    assert Counter(item.fate for item in items) == expected
    assert job.result == {"total": expected.total(), "fates": expected}
    assert job.state == "partially_succeeded"
    assert items[-1].problems == [{"code": "file.unsupported_format", "detail": "pdf"}]
    assert kept == {"recognised": len(set(sample.files)) - repeated(files), "rejected": 1}


def test_a_file_that_was_altered_in_the_store_is_a_named_item_and_its_neighbour_is_read(
    desk: Desk, ports: Ports
) -> None:
    name = A_SERVICE
    with desk.doors.book(desk.book.uid) as scope:
        files = [Incoming("altered.xml", "", b"<a/>"), Incoming(name, "", (OFD / name).read_bytes())]
        job_id, (altered, _) = service.upload(scope, desk.vault, files)
        document = documents.find(scope, altered.document_id)
    desk.vault.files.put(document.object_key, b"something else")
    run_job(ports, {RECOGNISE: recognise}, Message(desk.doors.tenant.id, job_id, 1), "test", PACE)
    with desk.doors.book(desk.book.uid) as scope:
        items = scope.run(
            "SELECT subject, problems FROM tenant.job_item WHERE job_id = :j ORDER BY seq", j=job_id
        ).all()
        assert documents.find(scope, altered.document_id).state == "rejected"
    assert [(item.subject, item.problems[0]["code"]) for item in items] == [
        ("altered.xml", "crypto.unreadable"),
        ("24112000000048542163", "invoice.not_ours"),
    ]


def repeated(files: Sequence[Incoming]) -> int:
    """How many files bring bytes that an earlier one brought."""
    return len(files) - len({file.content for file in files})
