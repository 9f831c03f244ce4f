"""One book's month end in the making: balances as they were before any step, moved by each step in turn.

What earlier runs of the period's steps wrote is taken out first, and every step then works out its whole target: the
result never depends on how often and when steps ran. Whatever a step reads here is noted, so that it can be said later
whether it would read the same again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import lru_cache

from app.closing import errors
from app.closing.desk.types import Leaf, Move, Target
from app.closing.types import Amounts, Done, Facts, Held
from app.kernel.money import RMB, ZERO, show
from app.ledger.dimensions.types import Named
from app.ledger.vouchers.types import Line
from app.standards.loader import load
from app.standards.rates import rate, rates
from app.standards.types import ClosingStep, RateRow, Side, Standard, Taxpayer
from infra.errors import Violation

Key = tuple[str, Named, str]

SUMMED = ("asset", "liability", "common")
"""Classes whose RMB leaves without quantity come as one sum over their items."""


@lru_cache(maxsize=1024)
def under(standard_id: str, edition: str, codes: tuple[str, ...]) -> frozenset[str]:
    """The accounts of a standard that are one of these or stand under one of them."""
    return load(standard_id, edition).under(codes)


def _place(leaf: Leaf) -> Key:
    return leaf.account, leaf.items, leaf.currency


@lru_cache(maxsize=16)
def classes(standard_id: str, edition: str) -> Mapping[str, str]:
    """The class of every account of a standard."""
    charts = load(standard_id, edition).charts.values()
    return {account.code: str(account.account_class) for chart in charts for account in chart}


class Desk:
    """The simulated balances, and what the step at work has read and asked for."""

    def __init__(self, facts: Facts, standard: Standard, replayed: frozenset[str]) -> None:
        self.facts = facts
        self.standard = standard
        self.taxpayer = Taxpayer(facts.book.taxpayer)
        self.leaves: dict[Key, Leaf] = {(held.account, held.items, held.currency): Leaf(held) for held in facts.held}
        self.warnings: list[Violation] = []
        self.vat_due = ZERO
        self.reads: dict[str, str] = {}
        self.accounts: set[str] = set()
        self.targets: list[Target] = []
        self._applied: list[tuple[Line, str, bool]] = []
        for done in facts.done:
            if done.posted and done.here and done.rule.partition(".")[0] in replayed:
                self._move(done.line, done.standard_code, -1, transfer=done.transfer)

    def begin(self) -> None:
        """A new step sits down: nothing read, nothing asked for."""
        self.reads, self.accounts, self.targets, self._applied = {}, set(), [], []

    def give_up(self, done: Iterable[Done]) -> None:
        """The step cannot be worked out: what it asked for is gone, what it once wrote stands again."""
        for line, standard_code, transfer in self._applied:
            self._move(line, standard_code, -1, transfer=transfer)
        for one in done:
            if one.posted and one.here:
                self._move(one.line, one.standard_code, 1, transfer=one.transfer)
        self.targets, self._applied = [], []

    def note(self, label: str, value: object) -> None:
        """Note that the step at work has read something."""
        self.reads[label] = show(value) if isinstance(value, Decimal) else str(value)

    def setting(self, name: str, default: object = None) -> object:
        """A setting of the book, noted when it is set."""
        value = self.facts.book.settings.get(name)
        if value is None:
            return default
        self.note(f"settings.{name}", value)
        return value

    def code(self, role: str) -> str:
        """The leaf that plays a role in the book; raises `RoleUnknown` and `RoleUnplayed`."""
        wanted = self.standard.role(role, self.taxpayer)
        if wanted not in self.facts.played:
            raise errors.RoleUnplayed(role=role, account=wanted)
        return self.facts.played[wanted]

    def held(self, *codes: str) -> list[Leaf]:
        """The leaves under these accounts of the standard, in the order of codes."""
        wanted = under(self.standard.id, self.standard.edition, codes)
        found = [leaf for leaf in self.leaves.values() if leaf.standard_code in wanted]
        self.accounts.update(leaf.account for leaf in found)
        return sorted(found, key=_place)

    def foreign(self) -> list[Leaf]:
        """The monetary items in foreign currency that hold anything (货币性项目)."""
        found = [leaf for leaf in self.leaves.values() if leaf.monetary and leaf.currency != RMB]
        self.accounts.update(leaf.account for leaf in found)
        return sorted((leaf for leaf in found if leaf.foreign or leaf.closing), key=_place)

    def blank(self, role: str) -> Leaf:
        """The leaf of a role, in RMB and without items, to be moved; raises `RoleUnknown` and `RoleUnplayed`."""
        code = self.standard.role(role, self.taxpayer)
        found = classes(self.standard.id, self.standard.edition)[code]
        return Leaf(Held(self.code(role), code, found, False, False, (), RMB))

    def total(self, group: str, column: str = "closing") -> Decimal:
        """The sum of a measure over a group of the standard."""
        amount: Decimal = sum((getattr(leaf, column) for leaf in self.held(*self.standard.groups[group])), ZERO)
        self.note(f"{group}.{column}", amount)
        return amount

    def played(self, role: str, column: str = "closing") -> Decimal:
        """The sum of a measure over the accounts of a role; zero where the taxpayer kind has no such role."""
        code = self.standard.roles[role].get(self.taxpayer) if role in self.standard.roles else None
        amount: Decimal = sum((getattr(leaf, column) for leaf in self.held(code)), ZERO) if code else ZERO
        self.note(f"{role}.{column}", amount)
        return amount

    def moves(self, group: str) -> list[Move]:
        """What empties every leaf of a group, in all its measures."""
        found = [leaf for leaf in self.held(*self.standard.groups[group]) if leaf.closing]
        sums: dict[str, Decimal] = {}
        for leaf in found:
            sums[leaf.account] = sums.get(leaf.account, ZERO) + leaf.closing
        for account, amount in sums.items():
            self.note(account, amount)
        return [Move(leaf, -leaf.closing, -leaf.foreign, -leaf.quantity) for leaf in found]

    def rate(self, rate_id: str) -> RateRow:
        """The parameter in force, or the book's own value for it (setting `rates`); raises `RateUnknown`."""
        own = self.facts.book.settings.get("rates")
        given = own.get(rate_id) if isinstance(own, dict) else None
        if given is not None and rate_id in rates():
            row = replace(rates()[rate_id][0], value=Decimal(str(given)), status="verified")
        else:
            row = rate(rate_id, self.facts.period.last_day)
            if not row.verified:
                self.warnings.append(errors.UNVERIFIED_RATE.at(rate=rate_id, source=row.source))
        self.note(rate_id, f"{row.value:f}")
        return row

    def entry(
        self,
        step: ClosingStep,
        case: str,
        figures: Mapping[str, Decimal],
        moves: Mapping[str, Iterable[Move]] | None = None,
    ) -> None:
        """Ask for one case of the standard: `figures` by the names of its amounts, `moves` for its groups' leaves.

        `total` is the sum of the other side. Raises `RoleUnknown` and `RoleUnplayed`.
        """
        entry = next(entry for entry in step.entries if entry.case == case)
        summary = self.summary(entry.summary_zh)
        placed: list[tuple[int, Line, str]] = []
        sums = {Side.DEBIT: ZERO, Side.CREDIT: ZERO}
        for place, line in enumerate(entry.lines):
            debit = line.side is Side.DEBIT
            if line.role.startswith("@"):
                of_group = [
                    (move.line(summary, debit=debit), move.leaf.standard_code)
                    for move in (moves or {}).get(line.amount, ())
                ]
            else:
                of_group = self._plain(summary, line.role, figures.get(line.amount, ZERO), debit)
            placed += [(place, *one) for one in of_group]
            sums[line.side] += sum((one.debit + one.credit for one, _ in of_group), ZERO)
        shown = {name: amount for name, amount in figures.items() if amount}
        for place, line in enumerate(entry.lines):
            if line.amount == "total":
                shown["total"] = sums[Side.CREDIT if line.side is Side.DEBIT else Side.DEBIT]
                total = self._plain(summary, line.role, shown["total"], line.side is Side.DEBIT)
                placed += [(place, *one) for one in total]
        placed.sort(key=lambda one: one[0])
        transfer = step.id == "pl_carry"
        self.ask(case, summary, [(line, code) for _, line, code in placed], shown, transfer=transfer)

    def _plain(self, summary: str, role: str, amount: Decimal, debit: bool) -> list[tuple[Line, str]]:
        if not amount:
            return []
        code = self.code(role)
        line = Line(code, summary, amount, ZERO) if debit else Line(code, summary, ZERO, amount)
        return [(line, self.standard.role(role, self.taxpayer))]

    def ask(
        self,
        case: str,
        summary: str,
        lines: Iterable[tuple[Line, str]],
        figures: Amounts,
        *,
        on: date | None = None,
        transfer: bool = False,
        waived: bool = True,
    ) -> None:
        """Ask for a voucher of these lines, each with its account of the standard; the balances move at once.

        A voucher dated `on` a day of another period moves nothing here.
        """
        kept = list(lines)
        if not kept:
            return
        day = on or self.facts.period.last_day
        if day in self.facts.period:
            for line, standard_code in kept:
                self._move(line, standard_code, 1, transfer=transfer)
                self._applied.append((line, standard_code, transfer))
        self.targets.append(Target(case, summary, tuple(line for line, _ in kept), figures, day, transfer, waived))

    def summary(self, template: str) -> str:
        """The summary of a voucher of this period."""
        period = self.facts.period
        return template.format(period=f"{period.year}年{period.month}月", year=period.year)

    def warn(self, violation: Violation) -> None:
        """Say something the accountant should look at."""
        self.warnings.append(violation)

    def _move(self, line: Line, standard_code: str, sign: int, *, transfer: bool) -> None:
        key = (line.account, line.items, line.currency)
        leaf = self.leaves.get(key)
        if leaf is None and line.items and line.currency == RMB:
            whole = self.leaves.get((line.account, (), RMB))
            leaf = whole if whole and whole.account_class in SUMMED and not whole.counted else None
        if leaf is None:
            found = classes(self.standard.id, self.standard.edition)[standard_code]
            leaf = Leaf(Held(line.account, standard_code, found, False, False, line.items, line.currency))
            self.leaves[key] = leaf
        leaf.move(line, sign, transfer=transfer)
