"""Books full of anything: every class of account, customers with departments, dollars, goods, red lines and drafts."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from decimal import Decimal as D

from app.books.types import BookRef, BookScope
from app.kernel.money import ZERO, fen
from app.kernel.periods import Period
from app.ledger.accounts import queries as accounts
from app.ledger.accounts.types import Account
from app.ledger.opening.service import set_opening
from app.ledger.opening.types import OpeningRow
from app.ledger.vouchers.service import draft_vouchers, post_vouchers
from app.ledger.vouchers.types import Draft, Line
from app.standards.loader import load
from tests.factories.doors import Doors

ITEMS = ("甲", "乙", "丙")
_OWN = ("department", "employee", "project", "stock_item")
_SHAPE = """
UPDATE tenant.account SET dimensions = dimensions || cast(:more AS text[]), currencies = :currencies, unit = :unit
 WHERE book_id = :book AND code = :code
"""
_ITEMS = """
INSERT INTO tenant.dimension_item (book_id, dimension, name, pinyin, tax_id, active)
SELECT :book, d, n, '', '', true
  FROM unnest(cast(:dimensions AS text[])) AS x (d), unnest(cast(:names AS text[])) AS y (n)
"""


@dataclass
class RandomBook:
    """A book, how its lottery goes, and what of it the ledger does not say again: cash items named on lines."""

    doors: Doors
    seed: int
    months: int
    lots: random.Random = field(init=False)
    book: BookRef = field(init=False)
    accounts: list[Account] = field(init=False)
    own_items: dict[tuple[str, int], str] = field(default_factory=dict)
    flows: dict[str, D] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lots = random.Random(self.seed)
        start, standard = Period(2026, (1, 2, 1, 6, 8)[self.seed % 5]), ("sbe", "asbe")[self.seed // 2 % 2]
        taxpayer = self.lots.choice(("general", "small_scale"))
        self.book = self.doors.new_book(start_period=start, standard=standard, taxpayer=taxpayer)
        with self.doors.firm() as scope:
            reclass = f'{{"reclass": "{("detail", "account")[self.seed % 2]}"}}'
            scope.run("UPDATE tenant.book SET settings = cast(:s AS jsonb) WHERE id = :b", s=reclass, b=self.book.id)
        with self.doors.book(self.book.uid) as scope:
            self.book = scope.book
            self._shape(scope)
            if start.month > 1 or self.lots.random() < 0.5:
                self._open(scope)

    @property
    def periods(self) -> list[Period]:
        """The months of the book, in order."""
        return [self.book.start_period.plus(number) for number in range(self.months)]

    def _shape(self, scope: BookScope) -> None:
        """Departments and projects on some accounts, dollars and goods on some, and a pool of accounts to book on."""
        scope.run(_ITEMS, book=self.book.id, dimensions=list(_OWN), names=list(ITEMS))
        leaves = [each for each in accounts.chart(scope, self.book.id) if each.leaf]
        sided = [each for each in leaves if each.counterparty_dimension]
        pool = {each.code: each for each in (*sided, *self.lots.sample(leaves, 45))}
        pool |= {each.code: each for each in leaves if each.cash or each.code.startswith(("1405", "5001", "6001"))}
        for account in pool.values():
            often = 0 if account.account_class == "equity" else 0.4 if account in sided else 0.1
            more = [name for name in _OWN[:3] if name not in account.dimensions and self.lots.random() < often]
            money = ["CNY", "USD"] if account.monetary and self.lots.random() < 0.4 else []
            unit = "件" if account.code.startswith("1405") else None
            scope.run(_SHAPE, book=self.book.id, code=account.code, more=more, currencies=money, unit=unit)
        self.accounts = [each for each in accounts.chart(scope, self.book.id) if each.code in pool]

    def _amount(self) -> D:
        amount = D(self.lots.randint(1, 10**7)) / 100
        return -amount if self.lots.random() < 0.1 else amount

    def _named(self, account: Account) -> tuple[str, tuple[tuple[str, str], ...]]:
        party = self.lots.choice(ITEMS) if account.counterparty_dimension else ""
        others = [name for name in account.dimensions if name != account.counterparty_dimension]
        return party, tuple((name, self.lots.choice(ITEMS)) for name in sorted(others))

    def _open(self, scope: BookScope) -> None:
        rows: dict[object, OpeningRow] = {}
        early = self.book.start_period.month > 1
        for account in self.lots.sample(self.accounts, 25):
            party, items = self._named(account)
            result = account.account_class == "profit_and_loss"
            if result and (account.currencies or not early):
                continue
            turned = (abs(self._amount()), abs(self._amount())) if early and not account.currencies else (ZERO, ZERO)
            opening = ZERO if result else self._amount()
            if result:
                turned = turned[0], turned[0]
            rows[account.code] = OpeningRow(account.code, opening, *turned, counterparty=party, items=items)
        equity = "3001" if self.book.standard == "sbe" else "4001"
        rows.pop(equity, None)
        opening, debit, credit = (
            sum((getattr(row, name) for row in rows.values()), ZERO) for name in ("year_opening", "debit", "credit")
        )
        turned = (max(credit - debit, ZERO), max(debit - credit, ZERO)) if early else (ZERO, ZERO)
        rows[equity] = OpeningRow(equity, -opening, *turned)
        chart = {each.code: each for each in self.accounts}
        cash = sum((row.debit - row.credit for code, row in rows.items() if code in chart and chart[code].cash), ZERO)
        item = sorted(load(self.book.standard).cash_items)[0]
        self.flows = {item: cash} if cash else {}
        set_opening(scope, list(rows.values()), self.flows)

    def goes_through(self, period: Period, vouchers: int) -> None:
        """A month: vouchers of anything against anything, the profit-and-loss transfer, and a draft nobody posts."""
        drafts = [self._voucher(period, number) for number in range(vouchers)]
        with self.doors.book(self.book.uid) as scope:
            done = draft_vouchers(scope, drafts)
            post_vouchers(scope, [(self.book.id, each.id) for each in done[:-1]], review=True)
        if self.lots.random() < 0.8:
            self._transfer(period)

    def _voucher(self, period: Period, number: int) -> Draft:
        name = f"{period}-{number}"
        chosen = self.lots.sample(self.accounts, self.lots.randint(1, 3))
        lines = [self._line(account, self._amount(), self.lots.random() < 0.5) for account in chosen]
        rest = sum((line.credit - line.debit for line in lines), ZERO)
        last = self.lots.choice([each for each in self.accounts if not each.currencies and each not in chosen])
        if rest:
            lines.append(self._line(last, abs(rest), rest > 0))
        else:
            lines.append(self._line(last, D("1.00"), True))
            lines.append(self._line(last, D("1.00"), False))
        cash_items = sorted(load(self.book.standard).cash_items)
        for index, line in enumerate(lines, 1):
            account = next(each for each in self.accounts if each.code == line.account)
            if not account.cash and self.lots.random() < 0.15:
                self.own_items[name, index] = self.lots.choice(cash_items)
                lines[index - 1] = line._replace(cash_item=self.own_items[name, index])
        day = period.first_day.replace(day=self.lots.randint(1, 28))
        return Draft(self.book.id, day, tuple(lines), external_id=name)

    def _line(self, account: Account, amount: D, debit: bool) -> Line:
        party, items = self._named(account)
        line = Line(account.code, "往来", counterparty=party, items=items)
        if "USD" in account.currencies and self.lots.random() < 0.5:
            foreign, rate = fen(amount / 7), D("7.1234")
            amount = fen(foreign * rate)
            line = line._replace(currency="USD", foreign_amount=foreign, rate=rate)
            if not amount:
                return self._line(account, D("10.00"), debit)
        elif account.unit:
            line = line._replace(quantity=D(self.lots.randint(1, 99)) * (1 if amount > 0 else -1))
        return line._replace(debit=amount) if debit else line._replace(credit=amount)

    def _transfer(self, period: Period) -> None:
        """Every balance of profit and loss to the profit for the year, by leaf and set, as a transfer voucher."""
        with self.doors.book(self.book.uid) as scope:
            rows = scope.run(
                "SELECT a.code, a.dimensions, s.item_ids, sum(b.opening + b.debit - b.credit) AS net"
                "  FROM tenant.balance b"
                "  JOIN tenant.account a ON a.book_id = b.book_id AND a.id = b.account_id"
                "  JOIN tenant.dimension_set s ON s.book_id = b.book_id AND s.id = b.dim_set_id"
                " WHERE b.book_id = :b AND b.period = :p AND a.class = 'profit_and_loss' AND b.currency = 'CNY'"
                " GROUP BY a.code, a.dimensions, s.item_ids HAVING sum(b.opening + b.debit - b.credit) <> 0",
                b=self.book.id,
                p=str(period),
            ).all()
            items = {
                row.id: (row.dimension, row.name)
                for row in scope.run(
                    "SELECT id, dimension, name FROM tenant.dimension_item WHERE book_id = :b", b=self.book.id
                )
            }
            lines = [
                Line(row.code, "结转损益", credit=row.net, items=tuple(sorted(items[each] for each in row.item_ids)))
                for row in rows
            ]
            if lines:
                profit = "3103" if self.book.standard == "sbe" else "4103"
                lines.append(Line(profit, "结转损益", debit=sum((line.credit for line in lines), ZERO) or ZERO))
                if not lines[-1].debit:
                    return
                name = f"{period}-transfer"
                draft = Draft(self.book.id, period.last_day, tuple(lines), transfer=True, external_id=name)
                done = draft_vouchers(scope, [draft])
                post_vouchers(scope, [(self.book.id, each.id) for each in done], review=True)
