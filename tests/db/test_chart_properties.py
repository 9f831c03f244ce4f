"""Any sequence of chart work keeps what was posted, every total of the standard, and every invariant of the books."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from decimal import Decimal as D
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.books.types import BookRef, BookScope
from app.closing import service as closing
from app.doctor.service import CHECKS
from app.documents import service as documents
from app.documents.types import Incoming, Vault
from app.invoices import service as invoices
from app.kernel.periods import Period
from app.ledger.accounts import queries as account_queries
from app.ledger.accounts import service as accounts
from app.ledger.accounts.types import Account, FirstChild, Given, NewAccount
from app.ledger.charting import queries as charting_queries
from app.ledger.charting import service as charting
from app.ledger.charting.types import Conversion, On, Share
from app.ledger.dimensions import queries as dimensions
from app.ledger.dimensions import service as items
from app.ledger.dimensions.types import NewItem
from app.ledger.opening.service import set_opening
from app.ledger.opening.types import OpeningRow
from app.ledger.vouchers import queries as voucher_queries
from app.ledger.vouchers import service as vouchers
from app.ledger.vouchers.types import Line
from app.standards.loader import load
from app.standards.types import Taxpayer
from infra.errors import Refusal
from infra.ports import Ports
from tests.db.test_chart_moves import draft, standard_turnover
from tests.factories.doors import Doors
from tests.unit.invoices.faces import OURS, parsed

ON = On(date(2026, 2, 28), post=True)
DEEP = [4, 2, 2, 2, 2, 2]
OF_BOOKS = [check for check in CHECKS if check.id <= "INV-12"]


def lived_in(doors: Doors) -> BookRef:
    """A book with an opening, two months, two currencies, tonnes, projects, and vouchers in every state."""
    book = doors.new_book(settings={"code_widths": DEEP})
    with doors.book(book.uid) as scope:
        accounts.change_account(scope, "1403", Given(unit="吨"))
        accounts.change_account(scope, "220201", Given(currencies=("CNY", "USD")))
        items.add_items(scope, "project", [NewItem("甲楼"), NewItem("乙楼")])
        rows = [OpeningRow("1002", D("500.00")), OpeningRow("1122", D("60.00"), counterparty="甲公司")]
        set_opening(scope, [*rows, OpeningRow("3001", D("-560.00"))])
    steel = Line("1403", "购料", debit=D("90.00"), quantity=D(3))
    draft(doors, book, steel, Line("220201", "购料", credit=D("90.00"), counterparty="丙厂"))
    owed = Line(
        "220201", "购料", credit=D("70.00"), counterparty="丁厂", currency="USD", foreign_amount=D(10), rate=D(7)
    )
    draft(doors, book, Line("1403", "购料", debit=D("70.00"), quantity=D(2)), owed)
    sold = Line("1122", "销货", debit=D("30.00"), counterparty="乙公司"), Line("5001", "销货", credit=D("30.00"))
    draft(doors, book, *sold)
    draft(doors, book, *sold, day=date(2026, 2, 3))
    draft(doors, book, *sold, day=date(2026, 2, 4), post=False)
    return book


def leaf(scope: BookScope, number: int) -> Account:
    """One of the accounts that something hangs on, or of those beside them."""
    tops = ("1002", "1122", "1403", "2202", "5001")
    found = [a for a in account_queries.chart(scope, scope.book.id) if a.leaf and a.code.startswith(tops)]
    return found[number % len(found)]


def child(scope: BookScope, a: int, b: int) -> None:
    """A child under an account, which keeps its history in a first one."""
    parent = leaf(scope, a)
    used = account_queries.standings(scope, scope.book.id, [parent.id])[parent.id].used
    first = FirstChild(f"承接{b}") if used else None
    accounts.add_account(scope, NewAccount(f"新户{b}", parent.code, first_child=first))


def widths(scope: BookScope, a: int, b: int) -> None:
    """Other widths for the whole book."""
    accounts.change_widths(scope, (4, *[2 + (a >> i) % 3 for i in range(5)]))


def merge(scope: BookScope, a: int, b: int) -> None:
    """An account into another that is shown as the same, when they fit."""
    source = leaf(scope, a)
    chart = account_queries.chart(scope, scope.book.id)
    beside = [each for each in chart if each.standard_code == source.standard_code and each.leaf and each.active]
    others = [each for each in beside if each.id != source.id] or [source]
    charting.merge_accounts(scope, source.code, others[b % len(others)].code, ON)


def turn_on(scope: BookScope, a: int, b: int) -> None:
    """Projects for an account, its balance shared out unevenly between two."""
    account = leaf(scope, a)
    shares = []
    for one in charting_queries.holdings(scope, scope.book.id, "2026-02", [account.id]):
        part = one.measures._replace(amount=D(b % 100), foreign=D(0), quantity=D(0))
        rest = one.measures._replace(amount=one.measures.amount - part.amount)
        shares += [Share("甲楼", part, one.held, one.currency), Share("乙楼", rest, one.held, one.currency)]
    charting.turn_on(scope, account.code, "project", shares, ON)


def turn_off(scope: BookScope, a: int, b: int) -> None:
    """No projects any more, or no customers."""
    account = leaf(scope, a)
    kept = account.dimensions or ("project",)
    charting.turn_off(scope, account.code, kept[b % len(kept)], ON)


def convert(scope: BookScope, a: int, b: int) -> None:
    """The children beside an account become projects, or employees."""
    parent = leaf(scope, a).parent_code
    if parent is not None:
        charting.convert_children(scope, Conversion(parent, ("project", "employee")[b % 2], f"转{b}"), ON)


def merge_items(scope: BookScope, a: int, b: int) -> None:
    """Two names become one."""
    dimension = ("customer", "supplier", "project")[a % 3]
    first, *others = [each for each in dimensions.page(scope, scope.book.id, dimension, 0, 50) if each.active]
    if others:
        charting.merge_items(scope, dimension, first.id, others[b % len(others)].id, ON)


ACTS: list[Callable[[BookScope, int, int], None]] = [
    child,
    child,
    widths,
    merge,
    turn_on,
    turn_off,
    convert,
    merge_items,
]


def sealed(doors: Doors, book: BookRef) -> dict[Any, Any]:
    """What was posted, line by line, with the seal of each voucher."""
    with doors.book(book.uid, read_only=True) as scope:
        rows = scope.run(
            "SELECT v.id, l.line_no, v.content_hash, l.account_id, l.dim_set_id, l.debit, l.credit, l.foreign_amount,"
            " l.quantity FROM tenant.voucher v JOIN tenant.voucher_line l ON l.book_id = v.book_id"
            " AND l.voucher_id = v.id WHERE v.book_id = :b AND v.status = 'posted'",
            b=book.id,
        )
        return {row[:2]: tuple(row[2:]) for row in rows}


def measured(doors: Doors, book: BookRef) -> list[tuple[Any, ...]]:
    """Foreign money and quantity of every account of the standard at the end, drafts with them."""
    with doors.book(book.uid, read_only=True) as scope:
        rows = scope.run(
            "SELECT a.standard_code, x.currency, sum(x.amount), sum(x.fc), sum(x.qty) FROM ("
            " SELECT account_id, currency, opening + debit - credit AS amount, opening_fc + debit_fc - credit_fc AS fc,"
            " opening_qty + debit_qty - credit_qty AS qty FROM tenant.balance WHERE book_id = :b AND period = '2026-02'"
            " UNION ALL SELECT l.account_id, l.currency, l.debit - l.credit, 0, 0 FROM tenant.voucher_line l"
            " JOIN tenant.voucher v ON v.book_id = l.book_id AND v.id = l.voucher_id"
            " WHERE l.book_id = :b AND v.status IN ('draft', 'reviewed')) x"
            " JOIN tenant.account a ON a.book_id = :b AND a.id = x.account_id GROUP BY 1, 2"
            " HAVING (sum(x.amount), sum(x.fc), sum(x.qty)) <> (0, 0, 0) ORDER BY 1, 2",
            b=book.id,
        )
        return [tuple(row) for row in rows]


def ill(doors: Doors, book: BookRef) -> list[tuple[str, str]]:
    """What the doctor finds in the book, and accounts whose code is not their parent's and more."""
    with doors.book(book.uid, read_only=True) as scope:
        found = [(check.id, str(row)) for check in OF_BOOKS for row in scope.run(check.sql) if row[0] == book.id]
        chart = account_queries.chart_of(scope, scope.book)
        for account in chart.accounts.values():
            parent, level = account.parent_code or "", chart.level(account.code)
            width = sum(chart.widths[:level])
            if not account.code.startswith(parent) or len(account.code) != width:
                found.append(("code", account.code))
            if account.leaf is bool(chart.children(account.code)):
                found.append(("leaf", account.code))
    return found


choice = st.tuples(st.integers(0, len(ACTS) - 1), st.integers(0, 63), st.integers(0, 63))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chosen=st.lists(choice, min_size=4, max_size=12))
def test_chart_work_in_any_order_keeps_the_books(doors: Doors, chosen: list[tuple[int, int, int]]) -> None:
    book = lived_in(doors)
    turnover, figures, before = standard_turnover(doors, book), measured(doors, book), sealed(doors, book)
    assert ill(doors, book) == []
    for act, a, b in chosen:
        with suppress(Refusal), doors.book(book.uid) as scope:
            ACTS[act](scope, a, b)
        assert standard_turnover(doors, book) == turnover
        assert measured(doors, book) == figures
        assert before.items() <= sealed(doors, book).items()
    assert ill(doors, book) == []


def grown(doors: Doors) -> BookRef:
    """A book in which every account that plays a role has a child, and whose codes are 4-3-3-3."""
    book = doors.new_book(name=OURS.name, tax_id=OURS.tax_id, settings={"code_widths": [4, 2, 2, 2]})
    standard = load(book.standard, book.edition)
    with doors.book(book.uid) as scope:
        roles = {codes[Taxpayer.GENERAL] for codes in standard.roles.values() if Taxpayer.GENERAL in codes}
        for code in sorted(roles):
            accounts.add_account(scope, NewAccount("其一", code))
        accounts.change_widths(scope, (4, 3, 3, 3))
    return book


def test_invoices_and_the_month_end_find_their_accounts_in_a_grown_chart(doors: Doors, ports: Ports) -> None:
    book, vault = grown(doors), Vault.of(ports, doors.tenant)
    with doors.book(book.uid) as scope:
        (stored,) = documents.store(scope, vault, [Incoming("x.xml", "", b"grown")])
        faces = [parsed(), parsed("26322000000000000002", seller=OURS, buyer=parsed().seller)]
        fates = invoices.register(scope, stored.document_id, faces)
        documents.set_state(scope, stored.document_id, "recognised")
        assert [(fate.fate, fate.problems) for fate in fates] == [("created", ()), ("created", ())]
        rows = [voucher_queries.one(scope, book.id, fate.voucher_id) for fate in fates if fate.voucher_id]
        assert {len(line["account"]) for row in rows if row for line in row["lines"]} <= {7, 10, 13}
        vouchers.post_vouchers(scope, [(book.id, fate.voucher_id) for fate in fates if fate.voucher_id], review=True)
        closing.close_period(scope, Period(2026, 1))
    assert ill(doors, book) == []
