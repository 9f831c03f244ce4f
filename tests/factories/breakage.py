"""Books worth breaking, and the ways a superuser breaks them behind the back of every trigger and foreign key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal as D

import psycopg

from app.books.types import BookRef, BookScope
from app.closing import service as closing
from app.kernel.periods import Period
from app.ledger.accounts.queries import in_books
from app.ledger.opening.service import set_opening
from app.ledger.opening.types import OpeningRow
from app.ledger.vouchers import service as vouchers
from app.ledger.vouchers.types import Draft, Drafted, Line
from tenants.scope import TenantRef
from tests.factories.doors import Doors

JANUARY = Period(2026, 1)


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


@dataclass(frozen=True)
class Patient:
    """A sound book, and the ids by which a breakage names what is in it."""

    book: BookRef
    named: Mapping[str, object] = field(default_factory=dict)


def trading_company(doors: Doors) -> Patient:
    """January with an opening, a red voucher and money received, closed; February being worked in.

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
        sold = post(scope, date(2026, 2, 3), *sale("2000.00", "260.00"))
        first = draft(scope, date(2026, 2, 4), *receipt("10.00"))
        second = draft(scope, date(2026, 2, 5), *receipt("20.00"))
        vouchers.void_voucher(scope, draft(scope, date(2026, 2, 6), *receipt("30.00")).id, "重复")
        bank = in_books(scope, [book.id], ["1002"])[book.id, "1002"].id
    ids = {"wrong": wrong.id, "red": red.id, "sale": sold.id, "draft": first.id, "second": second.id, "bank": bank}
    return Patient(book, {"book": book.id, **ids})


def year_end(doors: Doors) -> Patient:
    """A service company that earned 10,000 in December and closed the year."""
    book = doors.new_book(start_period=Period(2026, 12), taxpayer="small_scale", industry="service")
    with doors.book(book.uid) as scope:
        post(scope, date(2026, 12, 1), Line("1002", "投资", debit=D(50000)), Line("3001", "投资", credit=D(50000)))
        post(scope, date(2026, 12, 2), Line("1002", "服务费", debit=D(10000)), Line("5001", "服务费", credit=D(10000)))
        closing.close_period(scope, Period(2026, 12))
    return Patient(book, {"book": book.id})


@dataclass(frozen=True)
class Breakage:
    """One way to break a book, and the checks that must notice, no more and no fewer."""

    name: str
    noticed: str
    sql: Sequence[str]
    patient: Callable[[Doors], Patient] = trading_company


BREAKAGES = [
    Breakage(
        "a line gained a fen",
        "INV-01 INV-03 INV-05",
        ["UPDATE tenant.voucher_line SET debit = debit + 0.01 WHERE voucher_id = %(sale)s AND line_no = 1"],
    ),
    Breakage(
        "a line is lost",
        "INV-01 INV-03 INV-05",
        ["DELETE FROM tenant.voucher_line WHERE voucher_id = %(sale)s AND line_no = 3"],
    ),
    Breakage(
        "all lines are lost",
        "INV-01 INV-03 INV-05",
        ["DELETE FROM tenant.voucher_line WHERE voucher_id = %(sale)s"],
    ),
    Breakage(
        "a line stands in another period than its voucher",
        "INV-01 INV-03",
        ["UPDATE tenant.voucher_line SET period = '2026-01' WHERE voucher_id = %(sale)s AND line_no = 1"],
    ),
    Breakage(
        "the bank's balance is too high from the opening on",
        "INV-02 INV-05S INV-08",
        ["UPDATE tenant.balance SET opening = opening + 1 WHERE book_id = %(book)s AND account_id = %(bank)s"],
    ),
    Breakage(
        "an opening is not the closing before",
        "INV-02 INV-03",
        ["UPDATE tenant.balance SET opening = opening + 1 WHERE account_id = %(bank)s AND period = '2026-02'"],
    ),
    Breakage(
        "a balance is lost on its way into the next period",
        "INV-02 INV-03",
        ["DELETE FROM tenant.balance WHERE account_id = %(bank)s AND period = '2026-02'"],
    ),
    Breakage(
        "a month was left out",
        "INV-02 INV-03",
        ["INSERT INTO tenant.period (book_id, period, state) VALUES (%(book)s, '2026-05', 'open')"],
    ),
    Breakage(
        "a turnover is blown up on both sides",
        "INV-03",
        [
            "UPDATE tenant.balance SET debit = debit + 1, credit = credit + 1"
            " WHERE account_id = %(bank)s AND period = '2026-02'"
        ],
    ),
    Breakage(
        "a transferred part is wrong",
        "INV-03",
        ["UPDATE tenant.balance SET transfer_debit = 1 WHERE account_id = %(bank)s AND period = '2026-02'"],
    ),
    Breakage(
        "a cash flow is wrong",
        "INV-03",
        ["UPDATE tenant.cash_flow SET amount = amount + 1 WHERE book_id = %(book)s"],
    ),
    Breakage("a cash flow is lost", "INV-03", ["DELETE FROM tenant.cash_flow WHERE book_id = %(book)s"]),
    Breakage("a number is skipped", "INV-04", ["UPDATE tenant.voucher SET number = 9 WHERE id = %(draft)s"]),
    Breakage(
        "a number was given twice",
        "INV-04",
        [
            "ALTER TABLE tenant.voucher DROP CONSTRAINT IF EXISTS voucher_number_uq",
            "UPDATE tenant.voucher SET number = 3 WHERE id = %(draft)s",
        ],
    ),
    Breakage(
        "the counter ran ahead",
        "INV-04",
        ["UPDATE tenant.number_counter SET last = last + 1 WHERE book_id = %(book)s"],
    ),
    Breakage(
        "the counter lost a posting",
        "INV-04",
        ["UPDATE tenant.number_counter SET posted = posted - 1 WHERE book_id = %(book)s"],
    ),
    Breakage(
        "the counter is lost",
        "INV-04",
        ["DELETE FROM tenant.number_counter WHERE book_id = %(book)s AND period = '2026-02'"],
    ),
    Breakage(
        "a summary is rewritten",
        "INV-05",
        ["UPDATE tenant.voucher_line SET summary = '招待费' WHERE voucher_id = %(sale)s AND line_no = 1"],
    ),
    Breakage("a date is moved", "INV-05", ["UPDATE tenant.voucher SET date = '2026-02-27' WHERE id = %(sale)s"]),
    Breakage(
        "the reviewer is somebody else",
        "INV-05",
        ["UPDATE tenant.voucher SET reviewed_by = 'nobody' WHERE id = %(sale)s"],
    ),
    Breakage(
        "a seal is taken off", "INV-05 INV-05C", ["UPDATE tenant.voucher SET content_hash = NULL WHERE id = %(sale)s"]
    ),
    Breakage(
        "a link of the chain is forged",
        "INV-05C",
        ["UPDATE tenant.posting SET hash = sha256(hash) WHERE book_id = %(book)s AND first_seq = 1"],
    ),
    Breakage(
        "a link of the chain is lost",
        "INV-05C",
        ["DELETE FROM tenant.posting WHERE book_id = %(book)s AND first_seq = 1"],
    ),
    Breakage(
        "the head of the chain is forged",
        "INV-05C",
        ["UPDATE tenant.ledger_head SET hash = sha256(hash) WHERE book_id = %(book)s"],
    ),
    Breakage(
        "a seal is changed",
        "INV-05S",
        ["UPDATE tenant.closing_seal SET actor = 'nobody' WHERE book_id = %(book)s"],
    ),
    Breakage("a seal is lost", "INV-05S", ["DELETE FROM tenant.closing_seal WHERE book_id = %(book)s"]),
    Breakage(
        "a sealed trial balance is rewritten",
        "INV-05S",
        ["UPDATE tenant.closing_seal SET trial = '7' WHERE book_id = %(book)s"],
    ),
    Breakage(
        "a kept statement is changed",
        "INV-05S",
        [
            'UPDATE tenant.statement_snapshot SET content = content || \'{"period": "2026-07"}\''
            " WHERE book_id = %(book)s AND statement = 'balance_sheet'"
        ],
    ),
    Breakage(
        "the opening is blown up on both sides in every period",
        "INV-05S",
        [
            "UPDATE tenant.balance SET opening = opening + sign(opening) WHERE book_id = %(book)s"
            " AND account_id IN (SELECT id FROM tenant.account WHERE book_id = %(book)s AND code IN ('1002', '3001'))"
        ],
    ),
    Breakage(
        "the period was closed before its last posting",
        "INV-05S INV-06",
        ["UPDATE tenant.period_event SET ledger_seq = ledger_seq - 1 WHERE book_id = %(book)s"],
    ),
    Breakage(
        "a period is open again and nobody reopened it",
        "INV-06",
        ["UPDATE tenant.period SET state = 'open' WHERE book_id = %(book)s"],
    ),
    Breakage(
        "nobody knows who closed the period",
        "INV-05S INV-06",
        ["DELETE FROM tenant.period_event WHERE book_id = %(book)s"],
    ),
    Breakage(
        "a posting is missing from the order",
        "INV-06",
        ["UPDATE tenant.ledger_head SET seq = seq + 1 WHERE book_id = %(book)s"],
    ),
    Breakage(
        "a period is closed without a month end",
        "INV-06 INV-08",
        ["UPDATE tenant.period SET state = 'closed', version = 1 WHERE book_id = %(book)s AND period = '2026-02'"],
    ),
    Breakage(
        "a voucher is reversed twice",
        "INV-07",
        [
            "DROP INDEX IF EXISTS tenant.voucher_reverses_uq",
            "UPDATE tenant.voucher SET reverses = %(wrong)s WHERE id = %(draft)s",
        ],
    ),
    Breakage(
        "a red voucher names another original",
        "INV-05 INV-07",
        ["UPDATE tenant.voucher SET reverses = %(sale)s WHERE id = %(red)s"],
    ),
    Breakage(
        "a red line takes the cash from another item",
        "INV-03 INV-05 INV-07",
        ["UPDATE tenant.voucher_line SET cash_item = '2' WHERE voucher_id = %(red)s AND cash_item IS NOT NULL"],
    ),
    Breakage(
        "an asset became an expense after the close",
        "INV-08",
        ["UPDATE tenant.account SET class = 'profit_and_loss' WHERE id = %(bank)s"],
    ),
    Breakage(
        "an appropriation outlives the year",
        "INV-08",
        ["UPDATE tenant.account SET standard_code = '31040299' WHERE book_id = %(book)s AND code = '310401'"],
        year_end,
    ),
    Breakage(
        "a step of the month end has two vouchers",
        "INV-09",
        [
            "DROP INDEX IF EXISTS tenant.voucher_source_uq",
            "UPDATE tenant.voucher v SET source_type = o.source_type, source_id = o.source_id,"
            " source_rule = o.source_rule FROM tenant.voucher o"
            " WHERE v.id = %(draft)s AND o.book_id = v.book_id AND o.source_rule = 'pl_carry.income#1'",
        ],
    ),
    Breakage(
        "a step names a voucher that is not its own",
        "INV-09",
        ["UPDATE tenant.closing_step SET voucher_id = %(sale)s WHERE book_id = %(book)s AND step = 'pl_carry.income'"],
    ),
    Breakage(
        "a step forgot its voucher",
        "INV-09",
        ["DELETE FROM tenant.closing_step WHERE book_id = %(book)s AND step = 'pl_carry.income'"],
    ),
    Breakage(
        "a job succeeded without its stages",
        "INV-10",
        [
            "INSERT INTO tenant.job"
            " (id, type, book_id, args, state, max_attempts, progress, created_by, created_at, queued_at)"
            " VALUES (gen_random_uuid(), 'close', %(book)s, '{}', 'succeeded', 5,"
            " jsonb_build_object('stages', jsonb_build_array('first')), '{}', now(), now())"
        ],
    ),
    Breakage(
        "an external id had two effects",
        "INV-12",
        [
            "DROP INDEX IF EXISTS tenant.voucher_external_uq",
            "UPDATE tenant.voucher SET external_id = 'shop-1' WHERE id = %(draft)s",
        ],
    ),
    Breakage(
        "an invoice was booked under two rules",
        "INV-12",
        [
            "UPDATE tenant.voucher SET source_type = 'invoice', source_id = '1', source_rule = number"
            " WHERE id IN (%(draft)s, %(second)s)"
        ],
    ),
    Breakage(
        "a line stands on another book's account",
        "INV-15",
        [
            "UPDATE tenant.voucher_line SET account_id ="
            " (SELECT min(id) FROM tenant.account WHERE book_id <> %(book)s)"
            " WHERE voucher_id = %(draft)s AND line_no = 1"
        ],
    ),
    Breakage(
        "a set names another book's customer",
        "INV-15",
        [
            "UPDATE tenant.dimension_set SET item_ids ="
            " ARRAY(SELECT min(id) FROM tenant.dimension_item WHERE book_id <> %(book)s)"
            " WHERE book_id = %(book)s AND key <> ''"
        ],
    ),
    Breakage(
        "a balance lies in a month the book has not reached",
        "INV-15",
        [
            "INSERT INTO tenant.balance VALUES (%(book)s, '2024-00', %(bank)s, 0, 'CNY', 0, 0, 0, 0, 0,"
            " 0, 0, 0, 0, 0, 0)"
        ],
    ),
    Breakage("the book's own row is gone", "INV-15", ["DELETE FROM tenant.book WHERE id = %(book)s"]),
    Breakage("the book's ledger head is gone", "INV-15", ["DELETE FROM tenant.ledger_head WHERE book_id = %(book)s"]),
]


def break_rows(admin_url: str, tenant: TenantRef, statements: Sequence[str], **named: object) -> None:
    """Do as a superuser what no login of the product may: triggers and foreign keys look away."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in statements:
            done = connection.execute(statement.replace("tenant.", f"{tenant.schema}."), named)
            if done.rowcount == 0:
                raise AssertionError(f"broke nothing: {statement}")
