"""The same random accountant, who also works on the chart: children of used accounts, a dimension on, revaluation."""

from __future__ import annotations

from decimal import Decimal as D

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from app.closing import service as closing
from app.closing.errors import ClosingBlocked, StepWaits
from app.kernel.money import fen
from app.ledger.accounts import service as accounts
from app.ledger.accounts.types import FirstChild, NewAccount
from app.ledger.charting import service as charting
from app.ledger.charting.types import Measures, On, Share
from app.ledger.currencies import service as currencies
from app.ledger.currencies.types import CurrencyRate
from app.ledger.vouchers import errors
from tests.model.machine import RATE, Accountant, rates
from tests.model.oracle import ZERO, Key

GROWING = ("bank", "expense", "revenue", "equity")


class ChartedAccountant(Accountant):
    """Chart work and revaluation between the vouchers."""

    @rule(name=st.sampled_from(GROWING))
    def new_child(self, name: str) -> None:
        """下级科目: a used account's history goes to its first child, an unused one just becomes a parent."""
        before = self.paper.balances()
        leaf = self.leaf[name]
        code = self.codes[leaf]
        if len(code) >= 8:  # the widths are 4-2-2
            return
        used = any(entry.account == leaf for paper in self.paper.papers.values() for entry in paper.entries)
        first = FirstChild(f"原{code}") if used else None
        with self.doors.book(self.book.uid) as scope:
            made = accounts.add_account(scope, NewAccount(f"新{code}", parent=code, first_child=first))
        self._read_chart()
        assert self.paper.balances() == before
        if used:
            assert self.codes[leaf].startswith(code) and self.codes[leaf] != code
        else:
            self.leaf[name] = made.id
            if leaf in self.by_department:
                self.by_department.add(made.id)
        self.happened["child added"] += 1

    @precondition(lambda self: self.leaf["expense"] not in self.by_department)
    @rule()
    def dimension_on(self) -> None:
        """辅助核算 for the expense account: what it holds is shared out, and nothing in sum changes."""
        leaf, last = self.leaf["expense"], max(self.paper.reached)
        if last in self.paper.closed or any(
            entry.account == leaf for paper in self.paper.of("draft", "reviewed") for entry in paper.entries
        ):
            return
        held = _closing(self.paper.balances(), last, leaf)
        shares = []
        for key, amount in held.items():
            part = fen(amount / 3)
            parts = (("一部", part), ("二部", amount - part))
            shares += [Share(item, Measures(share), key[1], key[2]) for item, share in parts if share]
        day = self.paper.start if last == str(self.paper.start) else self.paper.start.parse(last)
        with self.doors.book(self.book.uid) as scope:
            charting.turn_on(scope, self.codes[leaf], "department", shares, On(day.first_day, post=True))
        self._learn()
        self.by_department.add(leaf)
        after = _closing(self.paper.balances(), last, leaf)
        assert sum(after.values()) == sum(held.values())
        assert all(key[1] for key in after)
        self.happened["dimension on"] += 1

    @rule(rate=rates)
    def revalue(self, rate: D) -> None:
        """期末调汇 by itself: afterwards every dollar stands at the closing rate, and again changes nothing."""
        period = self.paper.first_open
        if str(period) not in self.paper.reached:
            return
        try:
            with self.doors.book(self.book.uid) as scope:
                currencies.set_rates(scope, period, [CurrencyRate("USD", RATE, rate, str(period))])
                closing.run_step(scope, period, "fx")
        except (ClosingBlocked, StepWaits):
            return
        self._learn()
        for figures, dollars in _dollars(self, str(period)):
            assert figures == fen(dollars * rate)
        with self.doors.book(self.book.uid) as scope:
            assert closing.run_step(scope, period, "fx").vouchers == []
        self.happened["revalued"] += 1

    @rule()
    def draft_on_a_parent(self) -> None:
        """An account with children takes no line."""
        parents = [code for code in self.ids if any(other != code and other.startswith(code) for other in self.ids)]
        lines = self._lines("capital", D("1.00"), "", red=False)
        try:
            with self.doors.book(self.book.uid) as scope:
                self._draft_lines(scope, (lines[0]._replace(account=min(parents)), lines[1]))
        except errors.VoucherRejected:
            return
        raise AssertionError("a parent took a line")


def _closing(balances: object, period: str, account: int) -> dict[Key, D]:
    found = {}
    for (month, key), figures in balances.items():  # type: ignore[attr-defined]
        amount = figures.opening + figures.debit - figures.credit
        if month == period and key[0] == account and amount:
            found[key] = amount
    return found


def _dollars(machine: Accountant, period: str) -> list[tuple[D, D]]:
    """RMB and dollars of the loan at the end of a month."""
    return [
        (figures.opening + figures.debit - figures.credit, figures.foreign + ZERO)
        for (month, key), figures in machine.paper.balances().items()
        if month == period and key[2] == "USD"
    ]
