"""The doctor finds nothing in sound books, and each kind of damage in a book broken on purpose."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal as D

import pytest

from app.closing import service as closing
from app.doctor.service import CHECKS, examine, examine_all
from app.doctor.structure.queries import NAMED, OWNED
from app.doctor.types import LIMIT, CheckReport, Finding
from app.documents import service as documents
from app.documents.types import Incoming, Vault
from app.invoices import service as invoices
from app.kernel.jobs import CLOSE
from app.kernel.periods import Period
from app.ledger.opening.service import set_opening
from app.ledger.opening.types import OpeningRow
from app.ledger.vouchers import service as vouchers
from app.ledger.vouchers.types import Draft, Line
from app.standards.loader import released
from infra.ports import Ports
from tenants import idempotency, leases, outbox
from tenants.provisioning import provision
from tests.factories.breakage import BREAKAGES, Breakage, break_rows, draft, post, receipt, sale, trading_company
from tests.factories.breakage import year_end as ended_year
from tests.factories.doors import Doors
from tests.unit.invoices.faces import OURS, parsed, red


def clinic(ports: Ports, short_name: str) -> Doors:
    """The doors of a firm of these tests' own."""
    tenant = provision(ports.engine, ports.owner_engine, short_name, "诊所", ports.clock)
    ports.keyring.create_firm_key(str(tenant.id))
    return Doors(ports, tenant)


@pytest.fixture(scope="module")
def ward(ports: Ports) -> Doors:
    """The firm whose books are broken; one sound book is always there to be mistaken for."""
    doors = clinic(ports, "doctor-ward")
    trading_company(doors)
    return doors


@pytest.fixture(scope="module")
def morgue(ports: Ports) -> Doors:
    """The firm whose tables are broken."""
    return clinic(ports, "doctor-morgue")


def reports_of(doors: Doors) -> list[CheckReport]:
    """What the doctor says of a firm."""
    with doors.firm(read_only=True) as scope:
        return examine(scope)


def findings(reports: Sequence[CheckReport], book_id: int | None) -> dict[str, list[Finding]]:
    """What was found in one book, or in the firm itself, by check."""
    found = {report.id: [one for one in report.findings if one.book_id == book_id] for report in reports}
    return {check: ones for check, ones in found.items() if ones}


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda breakage: breakage.name)
def test_the_doctor_notices_that(ward: Doors, admin_url: str, breakage: Breakage) -> None:
    patient = breakage.patient(ward)
    assert findings(reports_of(ward), patient.book.id) == {}
    break_rows(admin_url, ward.tenant, breakage.sql, **patient.named)
    assert set(findings(reports_of(ward), patient.book.id)) == set(breakage.noticed.split())


TABLES = [
    (
        "INV-16",
        "balance.guess",
        ["ALTER TABLE tenant.balance ADD COLUMN guess double precision"],
    ),
    (
        "INV-16",
        "invoice.net",
        ["ALTER TABLE tenant.invoice ALTER COLUMN net TYPE numeric(19,4)"],
    ),
    (
        "INV-16",
        "invoice_line.tax_rate",
        ["ALTER TABLE tenant.invoice_line ALTER COLUMN tax_rate TYPE numeric"],
    ),
    (
        "INV-15",
        "line_voucher_fk",
        [
            "ALTER TABLE tenant.voucher ADD CONSTRAINT voucher_id_uq UNIQUE (id)",
            "ALTER TABLE tenant.voucher_line ADD CONSTRAINT line_voucher_fk"
            " FOREIGN KEY (voucher_id) REFERENCES tenant.voucher (id)",
        ],
    ),
    (
        "INV-15",
        "voucher_self_fk",
        [
            "ALTER TABLE tenant.voucher ADD CONSTRAINT voucher_self_uq UNIQUE (id)",
            "ALTER TABLE tenant.voucher ADD CONSTRAINT voucher_self_fk"
            " FOREIGN KEY (reverses) REFERENCES tenant.voucher (id)",
        ],
    ),
    (
        "INV-15",
        "voucher_swapped_fk",
        [
            "ALTER TABLE tenant.account ADD CONSTRAINT account_swapped_uq UNIQUE (id, book_id)",
            "ALTER TABLE tenant.balance ADD CONSTRAINT voucher_swapped_fk"
            " FOREIGN KEY (book_id, account_id) REFERENCES tenant.account (id, book_id)",
        ],
    ),
    (
        "INV-15",
        "job_firm_fk",
        ["ALTER TABLE tenant.job ADD CONSTRAINT job_firm_fk FOREIGN KEY (id) REFERENCES platform.tenant (id)"],
    ),
    (
        "INV-15",
        "note",
        ["CREATE TABLE tenant.note (id bigint CONSTRAINT note_pk PRIMARY KEY, book_id bigint NOT NULL)"],
    ),
]


@pytest.mark.parametrize(("check", "subject", "sql"), TABLES, ids=[subject for _, subject, _ in TABLES])
def test_the_doctor_notices_in_the_tables_themselves(
    morgue: Doors, admin_url: str, check: str, subject: str, sql: list[str]
) -> None:
    before = findings(reports_of(morgue), None)
    break_rows(admin_url, morgue.tenant, sql)
    after = findings(reports_of(morgue), None)
    fresh = {(name, one.subject) for name, ones in after.items() for one in ones if one not in before.get(name, [])}
    assert fresh == {(check, subject)}


def test_a_row_of_no_book_is_found_under_the_number_it_names(morgue: Doors, admin_url: str) -> None:
    lost = "INSERT INTO tenant.job_item VALUES (-5, gen_random_uuid(), 1, 'x', 'created', NULL, NULL, '[]', now())"
    break_rows(admin_url, morgue.tenant, [lost])
    assert findings(reports_of(morgue), -5) == {
        "INV-15": [Finding(-5, "job_item", "1 rows of a book that does not exist")]
    }


def test_two_answers_to_one_idempotency_key_are_two_effects(morgue: Doors, admin_url: str) -> None:
    answer = "INSERT INTO tenant.idempotency_key VALUES ('user:1', 'POST /v1', 'key-1', '', 201, '{}', '', now())"
    drop = "ALTER TABLE tenant.idempotency_key DROP CONSTRAINT idempotency_key_pk"
    break_rows(admin_url, morgue.tenant, [drop, answer, answer])
    found = findings(reports_of(morgue), None)["INV-12"]
    assert [one.subject for one in found] == ["idempotency key user:1 POST /v1 key-1"]


def test_a_report_names_a_hundred_findings_and_counts_them_all(morgue: Doors, admin_url: str) -> None:
    (one,) = (breakage.sql for breakage in BREAKAGES if breakage.noticed == "INV-10")
    break_rows(admin_url, morgue.tenant, [*one] * 120, book=morgue.new_book().id)
    (report,) = (report for report in reports_of(morgue) if report.id == "INV-10")
    assert (len(report.findings), report.count) == (LIMIT, 120)


def test_a_firm_whose_months_were_worked_and_closed_is_sound(ports: Ports) -> None:
    doors = clinic(ports, "doctor-sound")
    for work in (trading_company, ended_year, opened_mid_year, reopened_twice, unbalanced_opening, business_standard):
        work(doors)
    invoices_booked(doors, ports)
    jobs_run(doors)
    assert findings(reports_of(doors), None) == {}
    assert [(report.id, report.count, report.findings) for report in reports_of(doors) if report.count] == []


def opened_mid_year(doors: Doors) -> None:
    """A book taken over in March, profit and loss of January and February in its opening, closed to the quarter."""
    book = doors.new_book(start_period=Period(2026, 3))
    rows = [
        OpeningRow("1002", D("1000.00"), debit=D("900.00"), credit=D("300.00")),
        OpeningRow("3001", D("-1000.00")),
        OpeningRow("5001", debit=D("900.00"), credit=D("900.00")),
        OpeningRow("560203", debit=D("300.00"), credit=D("300.00")),
        OpeningRow("3103", debit=D("300.00"), credit=D("900.00")),
    ]
    with doors.book(book.uid) as scope:
        post(scope, date(2026, 4, 1), *sale("100.00", "13.00"))
        set_opening(scope, rows[:2])
        set_opening(scope, rows, {"1": D("900.00"), "6": D("-300.00")})
        post(scope, date(2026, 3, 2), *sale("2000.00", "260.00"))
        closing.close_period(scope, Period(2026, 3))
        closing.close_period(scope, Period(2026, 4))


def reopened_twice(doors: Doors) -> None:
    """Supplements in a closed month, its transfer voucher taken back, drafts changed and voided on the way."""
    book = doors.new_book()
    january = Period(2026, 1)
    with doors.book(book.uid) as scope:
        post(scope, date(2026, 1, 5), *sale("1000.00", "130.00"))
        closing.close_period(scope, january)
        for _ in range(2):
            post(scope, date(2026, 2, 1), *receipt("5.00"))
            closing.reopen_period(scope, january, "补记")
            post(scope, date(2026, 1, 30), *sale("500.00", "65.00"))
            changed = draft(scope, date(2026, 1, 30), *receipt("1.00"))
            vouchers.change_voucher(scope, changed.id, Draft(book.id, date(2026, 1, 31), receipt("2.00")))
            vouchers.post_vouchers(scope, [(book.id, changed.id)], review=True)
            vouchers.void_voucher(scope, draft(scope, date(2026, 1, 31), *receipt("3.00")).id, "重复")
            closing.close_period(scope, january)


def unbalanced_opening(doors: Doors) -> None:
    """An opening that does not balance yet is kept, reported and no disease."""
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        set_opening(scope, [OpeningRow("1002", D("5.00"))])
        post(scope, date(2026, 2, 5), *sale("1000.00", "130.00"))


def business_standard(doors: Doors) -> None:
    """A year end on 企业会计准则."""
    book = doors.new_book(standard="asbe", start_period=Period(2026, 12))
    with doors.book(book.uid) as scope:
        earned = (Line("1002", "服务费", debit=D(10600)), Line("6001", "服务费", credit=D(10000)))
        post(scope, date(2026, 12, 2), *earned, Line("22210107", "服务费", credit=D(600)))
        closing.close_period(scope, Period(2026, 12))


def invoices_booked(doors: Doors, ports: Ports) -> None:
    """A blue invoice, its red one and a duplicate on the client's road into the books, which close."""
    book = doors.new_book(name=OURS.name, tax_id=OURS.tax_id)
    vault = Vault.of(ports, doors.tenant)
    with doors.book(book.uid) as scope:
        blue, other = parsed(), parsed("26322000000000000002")
        for number, batch in enumerate(([blue], [red(blue, "26322000000000000003"), blue, other])):
            (stored,) = documents.store(scope, vault, [Incoming("x.xml", "", f"{number}".encode())])
            fates = invoices.register(scope, stored.document_id, batch)
            documents.set_state(scope, stored.document_id, "recognised")
            vouchers.post_vouchers(scope, [(book.id, f.voucher_id) for f in fates if f.voucher_id], review=True)
        closing.close_period(scope, Period(2026, 1))


def jobs_run(doors: Doors) -> None:
    """Jobs that succeeded over books, failed, were cancelled and wait; and a request answered once."""
    books = [doors.new_book() for _ in range(3)]
    with doors.firm() as scope:
        scope.narrow([book.id for book in books])
        job_id = closing.request_close(scope, books, Period(2026, 1))
        closed = leases.claim(scope, job_id, 1, "worker", 60)
        assert closed is not None
        leases.heartbeat(scope, job_id, closed.fence, 60, {"stages": ["books-0"]})
        closing.close_chunk(scope, job_id, [book.uid for book in books], Period(2026, 1), 0)
        leases.add_stage(scope, job_id, closed.fence, "books-0")
        leases.finish(scope, job_id, closed.fence, "succeeded")
        outbox.enqueue(scope, CLOSE, {}, dedupe_key="waits")
        leases.request_cancel(scope, outbox.enqueue(scope, CLOSE, {}))
        claim = idempotency.Claim("user:1", "POST /v1", "key-1", b"x")
        idempotency.keep(scope, claim, idempotency.Kept(201, {}, b""))


def test_all_firms_are_examined_and_the_answer_is_json(ports: Ports, ward: Doors, admin_url: str) -> None:
    healthy = clinic(ports, "doctor-healthy")
    trading_company(healthy)
    patient = trading_company(ward)
    break_rows(admin_url, ward.tenant, ["DELETE FROM tenant.cash_flow WHERE book_id = %(book)s"], **patient.named)
    answer = json.loads(json.dumps(examine_all(ports)))
    firms = {firm["firm"]: firm for firm in answer["firms"]}
    assert (answer["ok"], firms["doctor-healthy"]["ok"], firms["doctor-ward"]["ok"]) == (False, True, False)
    assert [check["id"] for check in firms["doctor-healthy"]["checks"]] == [*(check.id for check in CHECKS), "INV-13"]
    (folded,) = (check for check in firms["doctor-ward"]["checks"] if check["id"] == "INV-03")
    assert str(patient.book.id) in {one["book_id"] for one in folded["findings"]}


def test_every_table_and_key_of_a_book_is_looked_at(ward: Doors) -> None:
    with ward.firm(read_only=True) as scope:
        columns = scope.run(
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'book_id'"
            " WHERE c.relkind = 'r' AND c.relnamespace = cast(:schema AS regnamespace) ORDER BY 1",
            schema=ward.tenant.schema,
        ).scalars()
        assert tuple(columns) == OWNED
        keys = scope.run(
            "SELECT c.relname, a.attname, n.relname, k.attname FROM pg_constraint f"
            " JOIN pg_class c ON c.oid = f.conrelid JOIN pg_class n ON n.oid = f.confrelid"
            " CROSS JOIN LATERAL unnest(f.conkey, f.confkey) AS u (here, there)"
            " JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = u.here"
            " JOIN pg_attribute k ON k.attrelid = f.confrelid AND k.attnum = u.there"
            " WHERE f.contype = 'f' AND c.relnamespace = cast(:schema AS regnamespace) AND a.attname <> 'book_id'"
            " AND c.relname = ANY(:owned) AND n.relname <> 'job' ORDER BY 1, 2",
            schema=ward.tenant.schema,
            owned=list(OWNED),
        )
        assert tuple(map(tuple, keys)) == NAMED


def test_the_year_end_check_knows_what_each_standard_empties() -> None:
    (sql,) = (check.sql for check in CHECKS if check.id == "INV-08")
    for standard in released():
        for prefix in (*standard.groups["profit_for_year"], *standard.groups["appropriations_of_the_year"]):
            assert f"('{standard.id}', '{prefix}')" in sql
