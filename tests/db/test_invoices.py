"""The register on a real database: every fate, both roads of one invoice, late and void ones, and real files."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event

from app.books.types import BookRef, BookScope
from app.closing.service import close_period
from app.documents import queries as documents
from app.documents.types import Incoming, Vault
from app.invoices import errors, queries, service
from app.invoices.parsing.service import parse
from app.invoices.parsing.types import ParsedInvoice, Party
from app.invoices.types import Fate
from app.kernel.jobs import RECOGNISE
from app.kernel.periods import Period
from app.ledger.vouchers import queries as voucher_queries
from app.ledger.vouchers import service as vouchers
from app.ledger.vouchers.types import Draft, Line, Source
from app.samples.service import generate
from infra.ports import Ports
from infra.queue import Message
from jobs.invoices import recognise
from jobs.runner import run_job
from jobs.types import PACE
from tenants.scope import TenantRef
from tests.factories.doors import Doors
from tests.unit.invoices.faces import OTHER, OURS, line, parsed, red

SHARED = Path(os.environ.get("ZHANGFANG_SHARED", Path(__file__).resolve().parents[3] / "shared"))
OFD = SHARED / "data" / "invoices" / "ofd"


@pytest.fixture
def vault(ports: Ports, firm: TenantRef) -> Vault:
    """Where the shared firm's documents lie."""
    return Vault.of(ports, firm)


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
        """A fresh document."""
        self._files += 1
        with self.doors.book(self.book.uid) as scope:
            _, (stored,) = service.upload(scope, self.vault, [Incoming("x", "", f"{self._files}".encode())])
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


@pytest.fixture
def desk(doors: Doors, vault: Vault) -> Desk:
    """The register of a general taxpayer in trade, from 2026-01."""
    return Desk(doors, vault)


def codes(fate: Fate) -> list[str]:
    """The codes of a fate's problems."""
    return [problem.code for problem in fate.problems]


def test_a_special_purchase_becomes_a_draft_with_its_input_vat(desk: Desk) -> None:
    (fate,) = desk.register(parsed())
    row = desk.row(fate)
    assert (fate.fate, row["state"], row["direction"], row["business"]) == (
        "created",
        "booked",
        "purchase",
        "merchandise",
    )
    assert [(each["name"], each["net"], each["tax"]) for each in row["lines"]] == [
        ("*金属制品*螺丝", D("100.00"), D("13.00"))
    ]
    assert desk.lines(fate) == [
        ("1405", D("100.00"), D(0), ""),
        ("22210101", D("13.00"), D(0), ""),
        ("220201", D(0), D("113.00"), OTHER.name),
    ]
    with desk.doors.book(desk.book.uid) as scope:
        voucher = voucher_of(scope, fate.voucher_id)
        source = (voucher["source_type"], voucher["source_id"], voucher["source_rule"])
        assert (voucher["status"], voucher["date"], voucher["attachments"]) == ("draft", date(2026, 1, 15), 1)
        assert source == ("invoice", "26322000000000000001", "purchase.credited")


def test_vouchers_are_numbered_in_the_order_of_their_dates(desk: Desk) -> None:
    days = [date(2026, 1, 20), date(2026, 1, 3), date(2026, 1, 11)]
    fates = desk.register(*(parsed(f"2632200000000000000{n}", issued_on=day) for n, day in enumerate(days)))
    with desk.doors.book(desk.book.uid) as scope:
        numbers = [voucher_of(scope, fate.voucher_id)["number"] for fate in fates]
    assert numbers == [3, 1, 2]


def test_the_same_invoice_by_two_roads_is_one_invoice_with_one_voucher(desk: Desk) -> None:
    (first,) = desk.register(parsed())
    by_workbook = parsed(format="portal_workbook", lines=[line("*金属制品*螺丝", "100.00", "13.00", "1080399")])
    again, twice = desk.register(by_workbook, by_workbook)
    assert (again.fate, twice.fate) == ("duplicate", "duplicate")
    assert {again.invoice_id, twice.invoice_id} == {first.invoice_id}
    assert {again.voucher_id, twice.voucher_id} == {first.voucher_id}


def test_the_same_invoice_twice_in_one_file_is_one_invoice(desk: Desk) -> None:
    first, again, other = desk.register(parsed(), parsed(), parsed(gross=D("999.00"), net=D("986.00")))
    assert [first.fate, again.fate, other.fate] == ["created", "duplicate", "needs_attention"]
    assert codes(other) == ["invoice.conflict"]
    assert {first.invoice_id, again.invoice_id, other.invoice_id} == {first.invoice_id}


@pytest.mark.parametrize(
    "second",
    [
        parsed(lines=[line("*金属制品*螺丝", "200.00", "26.00")]),
        parsed(seller=Party(OTHER.name, "91320594MA1YYYYY34")),
        parsed(buyer=Party("别的公司", ""), kind="digital_ordinary"),
    ],
    ids=["totals", "seller", "buyer"],
)
def test_a_copy_that_contradicts_the_first_needs_attention_and_changes_nothing(
    desk: Desk, second: ParsedInvoice
) -> None:
    (first,) = desk.register(parsed())
    before = desk.row(first)
    (fate,) = desk.register(second)
    assert (fate.fate, codes(fate)) == ("needs_attention", ["invoice.conflict"])
    assert desk.row(first) == before


def test_an_invoice_of_somebody_else_waits_without_a_voucher(desk: Desk) -> None:
    stranger = Party("路人有限公司", "91440305MA5ZZZZZ56")
    not_ours, to_self = desk.register(parsed(buyer=stranger), parsed("26322000000000000002", seller=OURS))
    assert [codes(not_ours), codes(to_self)] == [["invoice.not_ours"], ["invoice.self"]]
    assert [desk.row(one)["state"] for one in (not_ours, to_self)] == ["needs_attention"] * 2
    assert desk.row(not_ours)["direction"] == "unknown"
    assert not_ours.voucher_id is None


def test_a_void_invoice_is_not_booked_and_says_why(desk: Desk) -> None:
    (fate,) = desk.register(parsed(status="void"))
    assert (fate.fate, codes(fate), desk.row(fate)["state"]) == ("needs_attention", ["invoice.void"], "not_booked")
    assert desk.register(parsed(status="void"))[0].fate == "duplicate"


def test_an_invoice_voided_after_it_was_booked_becomes_a_work_item(desk: Desk) -> None:
    (first,) = desk.register(parsed())
    (fate,) = desk.register(parsed(status="void"))
    row = desk.row(first)
    assert (fate.fate, codes(fate)) == ("needs_attention", ["invoice.voided_after_booking"])
    assert (row["state"], row["status"], row["voucher_id"]) == ("needs_attention", "void", first.voucher_id)
    with desk.doors.book(desk.book.uid) as scope:
        vouchers.void_voucher(scope, row["voucher_id"], "发票作废")
        service.dismiss(scope, first.invoice_id, "凭证已作废")
    assert desk.row(first)["state"] == "not_booked"


def test_a_void_row_in_the_same_file_keeps_its_invoice_out_of_the_books(desk: Desk) -> None:
    first, again = desk.register(parsed(), parsed(status="void"))
    assert (first.fate, again.fate, first.voucher_id) == ("needs_attention", "duplicate", None)


def test_a_blue_invoice_reversed_later_keeps_its_voucher_and_tells_its_status(desk: Desk) -> None:
    blue = parsed()
    (first,) = desk.register(blue)
    again, red_fate = desk.register(replace(blue, status="reversed"), red(blue, "26322000000000000009"))
    assert (again.fate, red_fate.fate, desk.row(first)["status"]) == ("duplicate", "created", "reversed")
    assert desk.lines(red_fate) == [(a, -d, -c, who) for a, d, c, who in desk.lines(first)]


def test_a_late_purchase_is_booked_in_the_first_open_month(desk: Desk) -> None:
    (fate,) = desk.register(parsed(issued_on=date(2025, 12, 28)))
    assert (fate.fate, codes(fate)) == ("created", ["invoice.prior_year"])
    with desk.doors.book(desk.book.uid) as scope:
        voucher = voucher_of(scope, fate.voucher_id)
        assert voucher["date"] == date(2026, 1, 1)


def test_a_sale_of_a_month_that_is_gone_or_not_yet_open_waits(desk: Desk) -> None:
    with desk.doors.book(desk.book.uid) as scope:
        close_period(scope, Period(2026, 1))
    days = [date(2025, 12, 31), date(2026, 1, 31), date(2026, 2, 1), date(2026, 4, 30), date(2026, 5, 1)]
    fates = desk.register(
        *(parsed(f"2632200000000000000{n}", issued_on=day, seller=OURS, buyer=OTHER) for n, day in enumerate(days))
    )
    assert [codes(fate)[:1] for fate in fates] == [
        ["invoice.before_start"],
        ["invoice.period_closed"],
        [],
        [],
        ["invoice.future"],
    ]


def test_what_the_ledger_refuses_leaves_its_neighbours_alone_and_is_booked_once_it_is_cured(desk: Desk) -> None:
    with desk.doors.book(desk.book.uid) as scope:
        scope.run("UPDATE tenant.account SET active = false WHERE book_id = :b AND code = '560203'", b=desk.book.id)
    hotel = parsed("26322000000000000002", [line("*住宿服务*房费", "100.00", "6.00")])
    good, bad = desk.register(parsed(), hotel)
    assert (good.fate, bad.fate, codes(bad)) == ("created", "needs_attention", ["line.account_inactive"])
    with pytest.raises(errors.InvoiceNotBookable) as refused, desk.doors.book(desk.book.uid) as scope:
        service.book_invoice(scope, bad.invoice_id)
    assert [violation.code for violation in refused.value.violations] == ["line.account_inactive"]
    with desk.doors.book(desk.book.uid) as scope:
        scope.run("UPDATE tenant.account SET active = true WHERE book_id = :b AND code = '560203'", b=desk.book.id)
        voucher_id = service.book_invoice(scope, bad.invoice_id)
        assert lines_of(scope, voucher_id)[0] == ("560203", D("100.00"), D(0), "")
    row = desk.row(bad)
    assert (row["state"], row["voucher_id"], row["problems"], row["row_version"]) == ("booked", voucher_id, [], 2)


def test_a_voided_voucher_frees_its_invoice_for_another(desk: Desk) -> None:
    (fate,) = desk.register(parsed())
    assert fate.voucher_id is not None
    with pytest.raises(errors.InvoiceBooked), desk.doors.book(desk.book.uid) as scope:
        service.book_invoice(scope, fate.invoice_id)
    with desk.doors.book(desk.book.uid) as scope:
        vouchers.void_voucher(scope, fate.voucher_id, "科目有误")
    assert desk.row(fate)["voucher_status"] == "void"
    with desk.doors.book(desk.book.uid) as scope:
        again = service.book_invoice(scope, fate.invoice_id)
        assert len(lines_of(scope, again)) == 3
    assert again != fate.voucher_id
    assert (desk.row(fate)["voucher_id"], desk.row(fate)["voucher_status"]) == (again, "draft")


def test_an_invoice_that_another_voucher_names_as_its_source_waits(desk: Desk) -> None:
    with desk.doors.book(desk.book.uid) as scope:
        lines = (Line("1405", "x", debit=D("1.00")), Line("1002", "x", credit=D("1.00")))
        source = Source("invoice", "26322000000000000001", "by hand")
        vouchers.draft_vouchers(scope, [Draft(desk.book.id, date(2026, 1, 2), lines, source=source)])
    (fate,) = desk.register(parsed())
    assert (fate.fate, codes(fate)) == ("needs_attention", ["invoice.booked_elsewhere"])


def test_a_dismissed_invoice_is_a_named_decision_that_can_be_taken_back(desk: Desk) -> None:
    (fate,) = desk.register(parsed(kind="unknown"))
    assert codes(fate) == ["invoice.unknown_kind"]
    with desk.doors.book(desk.book.uid) as scope:
        service.dismiss(scope, fate.invoice_id, "不是公司业务")
    row = desk.row(fate)
    assert (row["state"], row["problems"][0]) == ("not_booked", {"code": "invoice.dismissed", "detail": "不是公司业务"})
    (booked,) = desk.register(parsed("26322000000000000002"))
    with pytest.raises(errors.InvoiceBooked), desk.doors.book(desk.book.uid) as scope:
        service.dismiss(scope, booked.invoice_id, "不要了")


def test_figures_beyond_a_column_do_not_stop_an_import(desk: Desk) -> None:
    huge = replace(line("*金属制品*螺丝", "100.00", "13.00"), quantity=D("9" * 20), unit_price=D("9" * 20))
    (fate,) = desk.register(parsed(lines=[huge]))
    stored = desk.row(fate)["lines"][0]
    assert (fate.fate, stored["quantity"], stored["unit_price"]) == ("created", None, None)


def test_two_imports_of_one_invoice_at_once_end_as_one_invoice(desk: Desk) -> None:
    documents_of = [desk.document() for _ in range(4)]
    numbers = [f"2632200000000000{n:04d}" for n in range(20)]
    start = threading.Barrier(len(documents_of))

    def register(document_id: UUID) -> list[Fate]:
        with desk.doors.book(desk.book.uid) as scope:
            start.wait(10)
            return service.register(scope, document_id, [parsed(number) for number in numbers])

    with ThreadPoolExecutor(len(documents_of)) as pool:
        fates = [fate for batch in pool.map(register, documents_of) for fate in batch]
    assert Counter(fate.fate for fate in fates) == {"created": 20, "duplicate": 60}
    assert len({fate.invoice_id for fate in fates}) == 20
    with desk.doors.book(desk.book.uid) as scope:
        drafted = scope.run("SELECT count(*) FROM tenant.voucher WHERE book_id = :b", b=desk.book.id).scalar_one()
    assert drafted == 20


def test_a_hundred_invoices_cost_as_many_statements_as_one(desk: Desk) -> None:
    def statements(batch: Sequence[ParsedInvoice]) -> int:
        document_id, count = desk.document(), 0

        def counted(*_: object) -> None:
            nonlocal count
            count += 1

        with desk.doors.book(desk.book.uid) as scope:
            event.listen(scope.connection, "before_cursor_execute", counted)
            service.register(scope, document_id, batch)
        return count

    desk.register(parsed("26322000000000008888"))  # its supplier is known from here on
    one = statements([parsed("26322000000000009999")])
    assert statements([parsed(f"263220000000000{n:05d}") for n in range(100)]) == one


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
    assert Counter(item.fate for item in items) == expected == job.result
    assert job.state == "partially_succeeded"
    assert items[-1].problems == [{"code": "file.unsupported_format", "detail": "pdf"}]
    assert kept == {"recognised": len(set(sample.files)) - repeated(files), "rejected": 1}


def repeated(files: Sequence[Incoming]) -> int:
    """How many files bring bytes that an earlier one brought."""
    return len(files) - len({file.content for file in files})


def import_files(doors: Doors, vault: Vault, book: BookRef, files: Sequence[Incoming]) -> dict[str, list[Fate]]:
    """Upload files and do what the job does with each; the fates by the name of the file."""
    with doors.book(book.uid) as scope:
        job_id, stored = service.upload(scope, vault, files)
    fates = {}
    for one in stored:
        with doors.book(book.uid, read_only=True) as scope:
            document = documents.find(scope, one.document_id)
        read = service.read(vault, book, document, one.filename)
        with doors.book(book.uid) as scope:
            fates[one.filename] = service.recognise(scope, job_id, document, read)
    return fates
