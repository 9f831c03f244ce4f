"""A book under a random accountant: every verb of the ledger in any order, held against a book kept by hand.

After each step the product's balances equal the paper book's, and the doctor's INV-01 to INV-09 find nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from typing import ClassVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.books.types import BookRef
from app.closing import service as closing
from app.doctor.books.queries import CHECKS
from app.kernel.money import fen as fen_of
from app.kernel.periods import Period
from app.ledger.accounts import service as accounts
from app.ledger.currencies import service as currencies
from app.ledger.currencies.types import CurrencyRate
from app.ledger.dimensions import queries as dimensions
from app.ledger.dimensions import service as dimension_desk
from app.ledger.dimensions.types import NewItem
from app.ledger.periods.errors import PeriodClosed
from app.ledger.vouchers import errors, service
from app.ledger.vouchers.types import Draft, Line
from infra.errors import Refusal
from tenants.scope import SYSTEM, Actor, TenantScope
from tests.factories.doors import Doors
from tests.model.oracle import ZERO, Entry, Figures, Key, Paper, PaperBook

START = Period(2026, 11)
CLERKS = ("甲", "乙")
RATE = D("7.12345678")
DEPARTMENTS = {"客户一": "一部", "客户二": "二部", "": "一部"}
MADE_BY = {"closing", "charting"}
"""What writes vouchers of its own; the paper book takes their lines as they are and checks what must follow."""
_BALANCES = """
SELECT period, account_id, dim_set_id, currency, opening, debit, credit,
       opening_fc + debit_fc - credit_fc AS foreign, opening_qty + debit_qty - credit_qty AS quantity
  FROM tenant.balance WHERE book_id = :book
"""
_LINES = """
SELECT v.id, v.period, v.number, v.status, v.reverses, v.source_type, l.account_id, l.dim_set_id, l.currency, l.debit,
       l.credit, coalesce(l.foreign_amount, 0) AS foreign, coalesce(l.quantity, 0) AS quantity
  FROM tenant.voucher v JOIN tenant.voucher_line l ON l.book_id = v.book_id AND l.voucher_id = v.id
 WHERE v.book_id = :book ORDER BY v.created_at, v.period, v.number, l.line_no
"""
fen = st.decimals(min_value=D("0.01"), max_value=D("9999.99"), places=2)
day = st.integers(1, 28)
rates = st.decimals(min_value=D("6.00000000"), max_value=D("8.00000000"), places=8)


class Accountant(RuleBasedStateMachine):
    """The verbs, and what is true after each."""

    doors: ClassVar[Doors]
    happened: ClassVar[Counter[str]] = Counter()

    @initialize(standard=st.sampled_from(["sbe", "asbe"]), taxpayer=st.sampled_from(["general", "small_scale"]))
    def open(self, standard: str, taxpayer: str) -> None:
        """A company that starts in November, so that a year end is near; it borrows in dollars."""
        self.book: BookRef = self.doors.new_book(standard=standard, taxpayer=taxpayer, start_period=START)
        self.paper = PaperBook(START)
        expense = "560202" if standard == "sbe" else "660202"
        with self.doors.book(self.book.uid) as scope:
            accounts.change_account(scope, "2001", {"currencies": ("USD",)})
            dimension_desk.add_items(scope, "department", [NewItem("一部"), NewItem("二部")])
        self._read_chart()
        codes = {
            "bank": "1002",
            "receivable": "1122",
            "loan": "2001",
            "equity": "3001" if standard == "sbe" else "4001",
            "revenue": "5001" if standard == "sbe" else "6001",
            "expense": expense,
        }
        self.leaf = {name: self.ids[code] for name, code in codes.items()}
        self.by_department: set[int] = set()

    def _read_chart(self) -> None:
        """The codes accounts have now; the paper book knows them by id."""
        with self.doors.book(self.book.uid, read_only=True) as scope:
            rows = scope.run("SELECT id, code FROM tenant.account WHERE book_id = :b", b=self.book.id).all()
        self.ids = {row.code: row.id for row in rows}
        self.codes = {row.id: row.code for row in rows}

    # what is drafted ------------------------------------------------------------------------------------------------

    def _lines(self, kind: str, amount: D, partner: str, *, red: bool) -> tuple[Line, ...]:
        amount = -amount if red else amount
        code = {name: self.codes[account] for name, account in self.leaf.items()}
        items = (("department", DEPARTMENTS[partner]),) if self.leaf["expense"] in self.by_department else ()
        if kind == "capital":
            return Line(code["bank"], kind, debit=amount), Line(code["equity"], kind, credit=amount)
        if kind == "sale":
            return (
                Line(code["receivable"], kind, debit=amount, counterparty=partner),
                Line(code["revenue"], kind, credit=amount),
            )
        if kind == "receipt":
            return Line(code["bank"], kind, debit=amount), Line(
                code["receivable"], kind, credit=amount, counterparty=partner
            )
        if kind == "loan":
            base = fen_of(amount * RATE)
            dollars = Line(code["loan"], kind, credit=base, currency="USD", foreign_amount=amount, rate=RATE)
            return Line(code["bank"], kind, debit=base), dollars
        return Line(code["expense"], kind, debit=amount, items=items), Line(code["bank"], kind, credit=amount)

    kinds = st.sampled_from(["capital", "sale", "receipt", "expense", "expense", "loan"])
    partners = st.sampled_from(["客户一", "客户二"])

    def _as_entries(self, lines: tuple[Line, ...]) -> list[Entry]:
        return [
            Entry(
                self.ids[line.account],
                (("customer", line.counterparty),) if line.counterparty else line.items,
                line.currency,
                line.debit,
                line.credit,
                (line.foreign_amount or ZERO) * (1 if line.debit else -1),
                ZERO,
            )
            for line in lines
        ]

    @rule(
        kind=kinds,
        amount=fen,
        partner=partners,
        on=day,
        later=st.integers(0, 2),
        red=st.booleans(),
        clerk=st.sampled_from(CLERKS),
    )
    def draft(self, kind: str, amount: D, partner: str, on: int, later: int, red: bool, clerk: str) -> None:
        """制单 in one of the months that may be open."""
        period = self.paper.first_open.plus(later)
        lines = self._lines(kind, amount, partner, red=red)
        with self.doors.book(self.book.uid, _actor(clerk)) as scope:
            (done,) = service.draft_vouchers(scope, [Draft(self.book.id, date(period.year, period.month, on), lines)])
        assert done.number == self.paper.next_number(str(period))
        self.paper.reach(period)
        self.paper.papers[done.id] = Paper(
            done.id, str(period), done.number, "draft", self._as_entries(lines), preparer=clerk
        )

    @rule(amount=fen)
    def draft_out_of_balance(self, amount: D) -> None:
        """A voucher that does not balance is refused and leaves nothing behind."""
        lines = self._lines("capital", amount, "", red=False)
        lines = (lines[0], lines[1]._replace(credit=amount + D("0.01")))
        try:
            with self.doors.book(self.book.uid) as scope:
                self._draft_lines(scope, lines)
        except errors.VoucherRejected:
            return
        raise AssertionError("an unbalanced voucher was taken")

    def _draft_lines(self, scope: TenantScope, lines: tuple[Line, ...]) -> None:
        service.draft_vouchers(scope, [Draft(self.book.id, self.paper.first_open.first_day, lines)])

    @precondition(lambda self: self.paper.closed)
    @rule(amount=fen)
    def draft_into_a_closed_month(self, amount: D) -> None:
        """Nothing is drafted into a closed month."""
        last = max(self.paper.closed)
        lines = self._lines("capital", amount, "", red=False)
        try:
            with self.doors.book(self.book.uid) as scope:
                service.draft_vouchers(scope, [Draft(self.book.id, Period.parse(last).first_day, lines)])
        except PeriodClosed:
            return
        raise AssertionError("a voucher was drafted into a closed month")

    # the life of a voucher ------------------------------------------------------------------------------------------

    def _one(self, data: st.DataObject, *statuses: str) -> Paper:
        return data.draw(st.sampled_from(sorted(self.paper.of(*statuses), key=lambda p: (p.period, p.number))))

    @precondition(lambda self: self.paper.of("draft", "reviewed"))
    @rule(data=st.data(), kind=kinds, amount=fen, partner=partners)
    def change(self, data: st.DataObject, kind: str, amount: D, partner: str) -> None:
        """Other lines; a review is taken back by it, a reversal cannot be changed."""
        paper = self._one(data, "draft", "reviewed")
        lines = self._lines(kind, amount, partner, red=False)
        draft = Draft(self.book.id, Period.parse(paper.period).first_day, lines)
        try:
            with self.doors.book(self.book.uid) as scope:
                service.change_voucher(scope, paper.id, draft)
        except errors.ReversalFixed:
            assert paper.reverses
            return
        assert not paper.reverses
        paper.entries, paper.status = self._as_entries(lines), "draft"

    @precondition(lambda self: self.paper.of("draft"))
    @rule(data=st.data(), clerk=st.sampled_from(CLERKS))
    def review(self, data: st.DataObject, clerk: str) -> None:
        """审核."""
        paper = self._one(data, "draft")
        with self.doors.book(self.book.uid, _actor(clerk)) as scope:
            assert service.review_vouchers(scope, [paper.id]) == [paper.id]
        paper.status = "reviewed"

    @precondition(lambda self: self.paper.of("reviewed"))
    @rule(data=st.data())
    def unreview(self, data: st.DataObject) -> None:
        """反审核."""
        paper = self._one(data, "reviewed")
        with self.doors.book(self.book.uid) as scope:
            service.unreview_voucher(scope, paper.id)
        paper.status = "draft"

    @precondition(lambda self: self.paper.of("draft", "reviewed"))
    @rule(data=st.data(), together=st.booleans())
    def post(self, data: st.DataObject, together: bool) -> None:
        """记账, one or all of a month."""
        paper = self._one(data, "draft", "reviewed")
        chosen = [
            p for p in self.paper.of("draft", "reviewed") if p is paper or (together and p.period == paper.period)
        ]
        with self.doors.book(self.book.uid) as scope:
            done = service.post_vouchers(scope, [(self.book.id, p.id) for p in chosen], review=True)
        assert {d.id for d in done} == {p.id for p in chosen}
        for each in chosen:
            each.status = "posted"

    @precondition(lambda self: self.paper.of("posted"))
    @rule(data=st.data())
    def post_again(self, data: st.DataObject) -> None:
        """What is posted already is left alone."""
        paper = self._one(data, "posted")
        with self.doors.book(self.book.uid) as scope:
            assert service.post_vouchers(scope, [(self.book.id, paper.id)], review=True) == []

    @precondition(lambda self: self.paper.of("draft", "reviewed"))
    @rule(data=st.data())
    def void(self, data: st.DataObject) -> None:
        """作废: the number stays taken."""
        paper = self._one(data, "draft", "reviewed")
        with self.doors.book(self.book.uid) as scope:
            service.void_voucher(scope, paper.id, "录入有误")
        paper.status, paper.reverses = "void", None

    @precondition(lambda self: self.paper.of("posted"))
    @rule(data=st.data(), on=day)
    def reverse(self, data: st.DataObject, on: int) -> None:
        """红字冲销 into the first open month, once a voucher."""
        paper = self._one(data, "posted")
        taken = any(p.reverses == paper.id for p in self.paper.papers.values())
        period = self.paper.first_open
        try:
            with self.doors.book(self.book.uid) as scope:
                red = service.reverse_voucher(scope, paper.id, date(period.year, period.month, on))
        except (errors.AlreadyReversed, errors.VoucherState):
            assert taken or paper.reverses
            return
        assert not taken
        assert not paper.reverses
        self.happened["voucher reversed"] += 1
        self.paper.reach(period)
        entries = [
            e._replace(debit=-e.debit, credit=-e.credit, foreign=-e.foreign, quantity=-e.quantity)
            for e in paper.entries
        ]
        self.paper.papers[red.id] = Paper(red.id, str(period), red.number, "draft", entries, reverses=paper.id)

    # the life of a month --------------------------------------------------------------------------------------------

    @rule(later=st.integers(0, 1), rate=rates)
    def close(self, later: int, rate: D) -> None:
        """结账: refused while a voucher of the month is unposted or an earlier month is open."""
        period = self.paper.first_open.plus(later)
        unposted = [p for p in self.paper.of("draft", "reviewed") if p.period == str(period)]
        with self.doors.book(self.book.uid) as scope:
            if str(period) in self.paper.reached and str(period) not in self.paper.closed:
                currencies.set_rates(scope, period, [CurrencyRate("USD", RATE, rate, str(period))])
            (outcome,) = closing.close_books(scope, [self.book], period)
        if later or unposted or str(period) not in self.paper.reached:
            assert outcome.fate == "blocked"
            return
        assert outcome.fate == "closed", outcome.blockers
        self.happened["month closed"] += 1
        self.paper.closed.add(str(period))
        self.paper.reach(period.plus(1))
        self._learn()

    @rule(rate=rates)
    def finish_month(self, rate: D) -> None:
        """Everything of the month is posted and the month closed: what an accountant does on the last day."""
        period = str(self.paper.first_open)
        chosen = [paper for paper in self.paper.of("draft", "reviewed") if paper.period == period]
        if chosen:
            with self.doors.book(self.book.uid) as scope:
                service.post_vouchers(scope, [(self.book.id, paper.id) for paper in chosen], review=True)
            for paper in chosen:
                paper.status = "posted"
        self.close(later=0, rate=rate)

    @precondition(lambda self: self.paper.closed)
    @rule()
    def close_again(self) -> None:
        """Closing what is closed changes nothing."""
        period = Period.parse(max(self.paper.closed))
        with self.doors.book(self.book.uid) as scope:
            (outcome,) = closing.close_books(scope, [self.book], period)
        assert outcome.fate == "already_closed"

    @precondition(lambda self: self.paper.closed)
    @rule(data=st.data())
    def reopen(self, data: st.DataObject) -> None:
        """反结账, last in first out; nothing is unposted by it."""
        chosen = data.draw(st.sampled_from(sorted(self.paper.closed)))
        try:
            with self.doors.book(self.book.uid) as scope:
                closing.reopen_period(scope, Period.parse(chosen), "补记单据")
        except Refusal:
            assert chosen != max(self.paper.closed)
            return
        assert chosen == max(self.paper.closed)
        self.happened["month reopened"] += 1
        self.paper.closed.remove(chosen)

    def _learn(self) -> None:
        """Take the vouchers the month end made into the paper book; their figures are checked by what must follow."""
        with self.doors.book(self.book.uid, read_only=True) as scope:
            rows = scope.run(_LINES, book=self.book.id).all()
            held = dimensions.named(scope, self.book.id, (row.dim_set_id for row in rows))
        made: dict[UUID, Paper] = {}
        for row in rows:
            if row.id in self.paper.papers:
                continue
            assert row.source_type in MADE_BY
            paper = made.setdefault(row.id, Paper(row.id, row.period, row.number, row.status, []))
            paper.entries.append(
                Entry(
                    row.account_id,
                    held.get(row.dim_set_id, ()),
                    row.currency,
                    row.debit,
                    row.credit,
                    row.foreign if row.debit else -row.foreign,
                    row.quantity if row.debit else -row.quantity,
                )
            )
        self.paper.papers |= made
        for month in {paper.period for paper in made.values()}:
            self.paper.reach(Period.parse(month))

    # what is true after each step -----------------------------------------------------------------------------------

    @invariant()
    def the_balances_are_those_of_the_paper_book(self) -> None:
        """Every kept row equals the sum of the lines posted, and no other row has a figure."""
        if not hasattr(self, "paper"):
            return
        with self.doors.book(self.book.uid, read_only=True) as scope:
            assert _kept(scope, self.book) == self.paper.balances()

    @invariant()
    def the_doctor_finds_nothing(self) -> None:
        """INV-01 to INV-09 on this book."""
        if not hasattr(self, "paper"):
            return
        with self.doors.book(self.book.uid, read_only=True) as scope:
            for check in CHECKS:
                assert scope.run(check.sql).all() == [], check.id


def _actor(clerk: str) -> Actor:
    return replace(SYSTEM, name=clerk)


def _kept(scope: TenantScope, book: BookRef) -> dict[tuple[str, Key], Figures]:
    rows = scope.run(_BALANCES, book=book.id).all()
    held = dimensions.named(scope, book.id, (row.dim_set_id for row in rows))
    found = {}
    for row in rows:
        key = row.account_id, held.get(row.dim_set_id, ()), row.currency
        figures = Figures(row.opening, row.debit, row.credit, row.foreign, row.quantity)
        if any(figures):
            found[row.period, key] = figures
    return found
