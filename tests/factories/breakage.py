"""Books worth breaking, and the ways a superuser breaks them behind the back of every trigger and foreign key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal as D

import psycopg

from app.books.types import BookRef, BookScope
from app.closing import service as closing
from app.kernel.periods import Period
from app.ledger.opening.service import OpeningRow, set_opening
from app.ledger.vouchers import service as vouchers
from app.ledger.vouchers.types import Draft, Drafted, Line
from tenants.scope import TenantRef
from tests.factories.doors import Doors

JANUARY, FEBRUARY = Period(2026, 1), Period(2026, 2)


def draft(scope: BookScope, day: date, *lines: Line, external_id: str | None = None) -> Drafted:
    """One draft."""
    (done,) = vouchers.draft_vouchers(scope, [Draft(scope.book.id, day, lines, external_id=external_id)])
    return done


def post(scope: BookScope, day: date, *lines: Line, external_id: str | None = None) -> Drafted:
    """One posted voucher."""
    done = draft(scope, day, *lines, external_id=external_id)
    vouchers.post_vouchers(scope, [(scope.book.id, done.id)], review=True)
    return done


def sale(net: str, tax: str, vat: str = "22210107") -> tuple[Line, ...]:
    """A sale on credit."""
    return (
        Line("1122", "销售商品", debit=D(net) + D(tax), counterparty="客户甲"),
        Line("5001", "销售商品", credit=D(net)),
        Line(vat, "销售商品", credit=D(tax)),
    )


def receipt(amount: str) -> tuple[Line, ...]:
    """A customer pays."""
    return (
        Line("1002", "收到货款", debit=D(amount)),
        Line("1122", "收到货款", credit=D(amount), counterparty="客户甲"),
    )


def sound_book(doors: Doors) -> BookRef:
    """A trading company: January with an opening, a red voucher and money received, closed; February being worked in.

    February holds a posted sale (记-1), two drafts (记-2, 记-3) and a void voucher (记-4).
    """
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        set_opening(scope, [OpeningRow("1002", D("500000.00")), OpeningRow("3001", D("-500000.00"))])
        post(scope, date(2026, 1, 5), *sale("100000.00", "13000.00"), external_id="shop-1")
        wrong = post(scope, date(2026, 1, 6), *receipt("7000.00"))
        red = vouchers.reverse_voucher(scope, wrong.id, date(2026, 1, 7))
        vouchers.post_vouchers(scope, [(book.id, red.id)], review=True)
        post(scope, date(2026, 1, 8), *receipt("70000.00"))
        closing.close_period(scope, JANUARY)
        post(scope, date(2026, 2, 3), *sale("2000.00", "260.00"))
        draft(scope, date(2026, 2, 4), *receipt("10.00"))
        draft(scope, date(2026, 2, 5), *receipt("20.00"))
        vouchers.void_voucher(scope, draft(scope, date(2026, 2, 6), *receipt("30.00")).id, "重复")
    return book


def ended_year(doors: Doors) -> BookRef:
    """A service company that earned 10,000 in December and closed the year."""
    book = doors.new_book(start_period=Period(2026, 12), taxpayer="small_scale", industry="service")
    with doors.book(book.uid) as scope:
        post(scope, date(2026, 12, 1), Line("1002", "投资", debit=D(50000)), Line("3001", "投资", credit=D(50000)))
        post(scope, date(2026, 12, 2), Line("1002", "服务费", debit=D(10000)), Line("5001", "服务费", credit=D(10000)))
        closing.close_period(scope, Period(2026, 12))
    return book


@dataclass(frozen=True)
class Breakage:
    """One way to break a book: SQL about `:book`, and the checks that must notice, no more and no fewer."""

    name: str
    sql: str
    noticed: frozenset[str]
    ended_year: bool = False


def _ways(noticed: str, ways: Mapping[str, str], *, ended_year: bool = False) -> list[Breakage]:
    return [Breakage(name, sql, frozenset(noticed.split()), ended_year) for name, sql in ways.items()]


_OF = "book_id = %(book)s"
_NUMBER = f"(SELECT id FROM tenant.voucher WHERE {_OF} AND period = '{{}}' AND number = {{}})"
_SALE, _DRAFT, _OTHER_DRAFT = (_NUMBER.format("2026-02", number) for number in (1, 2, 3))
_BANK, _RED = f"(SELECT id FROM tenant.account WHERE {_OF} AND code = '1002')", _NUMBER.format("2026-01", 3)
_FEBRUARY_BANK = f"WHERE {_OF} AND period = '2026-02' AND account_id = {_BANK}"

BREAKAGES = [
    *_ways(
        "INV-01 INV-03 INV-05",
        {
            "a line gained a fen": f"UPDATE tenant.voucher_line SET debit = debit + 0.01"
            f" WHERE {_OF} AND voucher_id = {_SALE} AND line_no = 1",
            "a line is lost": f"DELETE FROM tenant.voucher_line WHERE {_OF} AND voucher_id = {_SALE} AND line_no = 3",
            "all lines are lost": f"DELETE FROM tenant.voucher_line WHERE {_OF} AND voucher_id = {_SALE}",
        },
    ),
    *_ways(
        "INV-01",
        {
            "a line stands in another period than its voucher": "UPDATE tenant.voucher_line SET period = '2026-01'"
            f" WHERE {_OF} AND voucher_id = {_SALE} AND line_no = 1",
        },
    ),
    *_ways(
        "INV-02 INV-08",
        {
            "the bank's balance is too high from the opening on": "UPDATE tenant.balance SET opening = opening + 1"
            f" WHERE {_OF} AND account_id = {_BANK}",
        },
    ),
    *_ways(
        "INV-02 INV-03",
        {
            "an opening is not the closing before": f"UPDATE tenant.balance SET opening = opening + 1 {_FEBRUARY_BANK}",
            "a balance row is lost on its way into the next period": f"DELETE FROM tenant.balance {_FEBRUARY_BANK}",
            "a month was left out": "INSERT INTO tenant.period (book_id, period, state)"
            " VALUES (%(book)s, '2026-05', 'open')",
        },
    ),
    *_ways(
        "INV-03",
        {
            "a turnover is blown up on both sides": "UPDATE tenant.balance SET debit = debit + 1, credit = credit + 1"
            f" {_FEBRUARY_BANK}",
            "a transferred part is wrong": f"UPDATE tenant.balance SET transfer_debit = 1 {_FEBRUARY_BANK}",
            "a cash flow is wrong": f"UPDATE tenant.cash_flow SET amount = amount + 1 WHERE {_OF}",
            "a cash flow is lost": f"DELETE FROM tenant.cash_flow WHERE {_OF}",
        },
    ),
    *_ways(
        "INV-04",
        {
            "a number is skipped": f"UPDATE tenant.voucher SET number = 9 WHERE {_OF} AND id = {_DRAFT}",
            "the counter ran ahead": f"UPDATE tenant.number_counter SET last = last + 1 WHERE {_OF}",
            "the counter lost a posting": f"UPDATE tenant.number_counter SET posted = posted - 1 WHERE {_OF}",
            "the counter is lost": f"DELETE FROM tenant.number_counter WHERE {_OF} AND period = '2026-02'",
            "a number was given twice": "ALTER TABLE tenant.voucher DROP CONSTRAINT IF EXISTS voucher_number_uq;"
            f" UPDATE tenant.voucher SET number = 3 WHERE {_OF} AND id = {_DRAFT}",
        },
    ),
    *_ways(
        "INV-05",
        {
            "a summary is rewritten": f"UPDATE tenant.voucher_line SET summary = '招待费' WHERE {_OF}"
            f" AND voucher_id = {_SALE} AND line_no = 1",
            "a date is moved": f"UPDATE tenant.voucher SET date = '2026-02-27' WHERE {_OF} AND id = {_SALE}",
            "the reviewer is somebody else": f"UPDATE tenant.voucher SET reviewed_by = 'x' WHERE {_OF} AND id = {_SALE}",
            "a seal is taken off": f"UPDATE tenant.voucher SET content_hash = NULL WHERE {_OF} AND id = {_SALE}",
        },
    ),
    *_ways(
        "INV-06",
        {
            "the period closed before its last posting": "UPDATE tenant.period_event SET ledger_seq = ledger_seq - 1"
            f" WHERE {_OF}",
            "a period is open again without a reopening": f"UPDATE tenant.period SET state = 'open' WHERE {_OF}",
            "nobody knows who closed the period": f"DELETE FROM tenant.period_event WHERE {_OF}",
            "a posting is missing from the order": f"UPDATE tenant.ledger_head SET seq = seq + 1 WHERE {_OF}",
        },
    ),
    *_ways(
        "INV-06 INV-08",
        {
            "a period is closed without a month end": "UPDATE tenant.period SET state = 'closed', version = 1"
            f" WHERE {_OF} AND period = '2026-02'",
        },
    ),
    *_ways(
        "INV-05 INV-07",
        {
            "a red voucher names another original": f"UPDATE tenant.voucher SET reverses = {_SALE}"
            f" WHERE {_OF} AND id = {_RED}",
        },
    ),
    *_ways(
        "INV-03 INV-05 INV-07",
        {
            "a red line takes the cash from another item": "UPDATE tenant.voucher_line SET cash_item = '2'"
            f" WHERE {_OF} AND voucher_id = {_RED} AND cash_item IS NOT NULL",
        },
    ),
    *_ways(
        "INV-07",
        {
            "a voucher is reversed twice": "DROP INDEX IF EXISTS tenant.voucher_reverses_uq; UPDATE tenant.voucher"
            f" SET reverses = {_NUMBER.format('2026-01', 2)} WHERE {_OF} AND id = {_DRAFT}",
        },
    ),
    *_ways(
        "INV-08",
        {
            "an asset became an expense after the close": "UPDATE tenant.account SET class = 'profit_and_loss'"
            f" WHERE {_OF} AND code = '1002'",
        },
    ),
    *_ways(
        "INV-08",
        {
            "an appropriation outlives the year": "UPDATE tenant.account SET code = '31040299'"
            f" WHERE {_OF} AND code = '310401'",
        },
        ended_year=True,
    ),
    *_ways(
        "INV-09",
        {
            "a step of the month end has two vouchers": "DROP INDEX IF EXISTS tenant.voucher_source_uq;"
            " UPDATE tenant.voucher v SET source_type = o.source_type, source_id = o.source_id,"
            f" source_rule = o.source_rule FROM tenant.voucher o WHERE v.{_OF} AND v.id = {_DRAFT}"
            " AND o.book_id = v.book_id AND o.source_rule = 'pl_carry.income#1'",
            "a step names a voucher that is not its own": f"UPDATE tenant.closing_step SET voucher_id = {_SALE}"
            f" WHERE {_OF} AND step = 'pl_carry.income'",
            "a step forgot its voucher": f"DELETE FROM tenant.closing_step WHERE {_OF} AND step = 'pl_carry.income'",
        },
    ),
    *_ways(
        "INV-10",
        {
            "a job succeeded without its stages": "INSERT INTO tenant.job (id, type, book_id, args, state, max_attempts,"
            " progress, created_by, created_at, queued_at) VALUES (gen_random_uuid(), 'close', %(book)s, '{}',"
            " 'succeeded', 5, '{\"stages\": [\"first\"]}', '{}', now(), now())",
        },
    ),
    *_ways(
        "INV-12",
        {
            "an external id had two effects": "DROP INDEX IF EXISTS tenant.voucher_external_uq;"
            f" UPDATE tenant.voucher SET external_id = 'shop-1' WHERE {_OF} AND id = {_DRAFT}",
            "an invoice was booked under two rules": "UPDATE tenant.voucher SET source_type = 'invoice',"
            f" source_id = '1', source_rule = number WHERE {_OF} AND id IN ({_DRAFT}, {_OTHER_DRAFT})",
        },
    ),
    *_ways(
        "INV-15",
        {
            "a line stands on another book's account": "UPDATE tenant.voucher_line SET account_id ="
            " (SELECT min(id) FROM tenant.account WHERE book_id <> %(book)s)"
            f" WHERE {_OF} AND voucher_id = {_DRAFT} AND line_no = 1",
            "a set names another book's customer": "UPDATE tenant.dimension_set SET item_ids ="
            " ARRAY(SELECT min(id) FROM tenant.dimension_item WHERE book_id <> %(book)s)"
            f" WHERE {_OF} AND key <> ''",
            "a balance lies in a month the book has not reached": "INSERT INTO tenant.balance VALUES"
            f" (%(book)s, '2024-00', {_BANK}, 0, 0, 0, 0, 0, 0)",
            "the book's own row is gone": "DELETE FROM tenant.book WHERE id = %(book)s",
            "the book's ledger head is gone": f"DELETE FROM tenant.ledger_head WHERE {_OF}",
        },
    ),
]


def break_book(admin_url: str, tenant: TenantRef, sql: str, book_id: int) -> None:
    """Do as a superuser what no login of the product may: triggers and foreign keys look away."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in sql.replace("tenant.", f"{tenant.schema}.").split(";"):
            if not connection.execute(statement, {"book": book_id}).rowcount:
                raise AssertionError(f"broke nothing: {statement}")
