"""The register on a real database: every fate, both roads of one invoice, late and void ones."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from uuid import UUID

import pytest
from sqlalchemy import event

from app.closing.service import close_period
from app.documents.types import Vault
from app.invoices import errors, service
from app.invoices.parsing.types import ParsedInvoice, Party
from app.invoices.types import Fate
from app.kernel.periods import Period
from app.ledger.vouchers import service as vouchers
from app.ledger.vouchers.types import Draft, Line, Source
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.db.invoice_desk import Desk, codes, lines_of, voucher_of
from tests.factories.doors import Doors
from tests.unit.invoices.faces import OTHER, OURS, line, parsed, red


@pytest.fixture
def vault(ports: Ports, firm: TenantRef) -> Vault:
    """Where the shared firm's documents lie."""
    return Vault.of(ports, firm)


@pytest.fixture
def desk(doors: Doors, vault: Vault) -> Desk:
    """The register of a general taxpayer in trade, from 2026-01."""
    return Desk(doors, vault)


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


def test_ninety_nine_invoices_cost_as_many_statements_as_one(desk: Desk) -> None:
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
    assert statements([parsed(f"263220000000000{n:05d}") for n in range(99)]) == one
