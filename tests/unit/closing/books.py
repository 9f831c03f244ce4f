"""A month's ledger kept by hand: lines in, facts out, so that a plan can be run again and again without a database.

It sums lines by itself and knows nothing of the month end; what a plan asks for is posted as any other voucher.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal as D
from typing import Any, NamedTuple
from uuid import UUID

from app.books.types import BookRef
from app.closing.rules import plan
from app.closing.types import ChartRow, Done, Facts, Given, Held, OwnStep, Plan, StepPlan
from app.kernel.money import RMB, ZERO
from app.kernel.periods import Period
from app.ledger.dimensions.types import Named
from app.ledger.vouchers.types import Line
from app.standards.loader import accounts_for, load
from app.standards.types import AccountSpec, Taxpayer

COUNTED: frozenset[str] = frozenset()
JANUARY = Period(2026, 1)


class Kept(NamedTuple):
    """A posted line of the month, and whether a transfer voucher (损益结转) has it."""

    line: Line
    transfer: bool


def a_book(standard: str, taxpayer: str = "general", start: Period = JANUARY, **settings: Any) -> BookRef:
    """A small low-profit book in a city."""
    return BookRef(
        id=1,
        uid=UUID(int=1),
        code="b",
        name="甲",
        tax_id="",
        taxpayer=taxpayer,
        industry="trade",
        location="city",
        small_low_profit=True,
        standard=standard,
        edition=load(standard).edition,
        start_period=start,
        settings=settings,
        state="active",
        row_version=1,
    )


@dataclass
class Ledger:
    """One book in one month."""

    book: BookRef
    period: Period = JANUARY
    counted: frozenset[str] = COUNTED
    given: dict[str, Given] = field(default_factory=dict)
    own: tuple[OwnStep, ...] = ()
    rates: dict[str, D] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    lines: list[Kept] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    ran: dict[str, dict[str, str]] = field(default_factory=dict)

    def books(self, *entries: Line, transfer: bool = False) -> None:
        """Post a voucher; it must balance."""
        assert sum((line.debit - line.credit for line in entries), ZERO) == 0
        self.lines += [Kept(line, transfer) for line in entries]

    def facts(self) -> Facts:
        """What the month end is told of this ledger."""
        specs = self.specs()
        held: dict[tuple[str, Named, str], list[Kept]] = {}
        for kept in self.lines:
            held.setdefault((kept.line.account, kept.line.items, kept.line.currency), []).append(kept)
        rows = tuple(self._held(specs[self.standard_code(key[0])], key, kept) for key, kept in held.items())
        codes = {self.renamed.get(code, code): code for code in specs}
        return Facts(
            self.book,
            self.period,
            held=rows,
            played={code: account for account, code in codes.items()},
            chart={account: ChartRow(specs[code].parent_code, code) for account, code in codes.items()},
            given=self.given,
            own=self.own,
            ran=self.ran,
            done=tuple(self.done),
            closing_rates=self.rates,
            trial_difference=sum((row.closing for row in rows), ZERO),
            **self.more,
        )

    def specs(self) -> dict[str, AccountSpec]:
        """The accounts of the book's standard."""
        standard = load(self.book.standard)
        return {spec.code: spec for spec in accounts_for(standard, Taxpayer(self.book.taxpayer), optional=True)}

    def standard_code(self, account: str) -> str:
        """The standard's code of an account the book calls otherwise."""
        return next((code for code, name in self.renamed.items() if name == account), account)

    def _held(self, spec: AccountSpec, key: tuple[str, Named, str], kept: Iterable[Kept]) -> Held:
        lines = list(kept)
        debit = sum((k.line.debit for k in lines), ZERO)
        credit = sum((k.line.credit for k in lines), ZERO)
        plain = sum((k.line.debit - k.line.credit for k in lines if not k.transfer), ZERO)
        return Held(
            key[0],
            spec.code,
            str(spec.account_class),
            spec.monetary,
            spec.code in self.counted,
            key[1],
            key[2],
            closing=debit - credit,
            foreign=sum((_side(k.line) * (k.line.foreign_amount or 0) for k in lines), ZERO),
            quantity=sum((_side(k.line) * (k.line.quantity or 0) for k in lines), D(0)),
            year=plain,
            quarter=plain,
            month_debit=debit,
            month_credit=credit,
            quarter_credit=credit,
            year_credit=credit,
            moved=sum((_side(k.line) * (k.line.quantity or 0) for k in lines), D(0)),
        )

    def plan(self) -> Plan:
        """The month end as it stands."""
        return plan(self.facts(), load(self.book.standard))

    def step(self, step_id: str) -> StepPlan:
        """One step of it."""
        return next(step for step in self.plan().steps if step.id == step_id)

    def run(self, *wanted: str) -> list[Line]:
        """Run these steps, or all of them, and post what they ask for; returns the lines of this month."""
        written: list[Line] = []
        for step in self.plan().steps:
            if wanted and step.id not in wanted:
                continue
            if step.vouchers or step.status in ("done", "stale"):
                self.ran[step.id] = dict(step.reads)
            for voucher in step.vouchers:
                here = voucher.on in self.period
                assert sum((line.debit - line.credit for line in voucher.lines), ZERO) == 0
                for line in voucher.lines:
                    code = self.standard_code(line.account)
                    self.done.append(
                        Done(voucher.rule, voucher.run, True, here, voucher.on, voucher.transfer, code, line)
                    )
                if here:
                    self.books(*voucher.lines, transfer=voucher.transfer)
                    written += voucher.lines
        return written

    def balances(self) -> dict[str, D]:
        """Closing balances by account, debit positive, zeros left out."""
        sums: dict[str, D] = {}
        for kept in self.lines:
            sums[kept.line.account] = sums.get(kept.line.account, ZERO) + kept.line.debit - kept.line.credit
        return {account: amount for account, amount in sums.items() if amount}

    def copy(self) -> Ledger:
        """The same ledger, to go another way."""
        return replace(self, lines=list(self.lines), done=list(self.done), ran=dict(self.ran))


def _side(line: Line) -> int:
    return 1 if line.debit else -1


def dr(account: str, amount: str, **more: Any) -> Line:
    """A debit line."""
    return Line(account, "摘要", debit=D(amount), **_measures(more))


def cr(account: str, amount: str, **more: Any) -> Line:
    """A credit line."""
    return Line(account, "摘要", credit=D(amount), **_measures(more))


def _measures(more: dict[str, Any]) -> dict[str, Any]:
    """`usd="100.00"` is an amount in dollars, `qty="3"` a quantity, `item="A"` a stock item."""
    values: dict[str, Any] = {}
    for currency in ("USD", "EUR"):
        if currency.lower() in more:
            values |= {"currency": currency, "foreign_amount": D(more.pop(currency.lower()))}
    if "qty" in more:
        values["quantity"] = D(more.pop("qty"))
    if "item" in more:
        values["items"] = (("stock_item", more.pop("item")),)
    return {**values, **more}


def told(step: StepPlan) -> list[str]:
    """The lines a step asks for, as an accountant writes them: `借 1002 USD 123.40`."""
    return [
        " ".join(
            filter(
                None,
                [
                    "借" if line.debit else "贷",
                    line.account,
                    " ".join(name for _, name in line.items),
                    "" if line.currency == RMB else line.currency,
                    f"{line.debit or line.credit}",
                    "" if line.quantity is None else f"x{line.quantity.normalize():f}",
                ],
            )
        )
        for voucher in step.vouchers
        for line in voucher.lines
    ]
