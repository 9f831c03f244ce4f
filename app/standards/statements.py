"""Statements as a pure function of leaf-account facts: the same facts give the same figures, to the fen.

Cost is linear: `Facts` sums every leaf into the accounts above it once, then a row only looks its figures up. One call
of `evaluate` fills one column; the caller gives each column its own `Facts` (a year-opening column: the year's opening
as `opening` and no turnover).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple, TypeAlias

from app.kernel.money import ZERO
from app.standards import formula
from app.standards.types import Statement

Reclass: TypeAlias = Literal["detail", "account"]


class Fact(NamedTuple):
    """One leaf account x dimension set x currency in a period, in the book's currency.

    `opening` is signed in debit terms. `transfer_debit`/`transfer_credit` are the parts of `debit`/`credit` that
    profit-and-loss transfer vouchers (损益结转) made. One code and dimension set in two currencies is two facts.
    """

    code: str
    dim_set_id: int
    opening: Decimal
    debit: Decimal
    credit: Decimal
    transfer_debit: Decimal = ZERO
    transfer_credit: Decimal = ZERO


class _Sums:
    """What an account and everything under it sum to; all in debit terms."""

    __slots__ = ("credit_side", "debit_side", "net", "turnover")

    def __init__(self) -> None:
        self.net = self.debit_side = self.credit_side = self.turnover = ZERO

    def take(self, other: _Sums) -> None:
        self.net += other.net
        self.debit_side += other.debit_side
        self.credit_side += other.credit_side
        self.turnover += other.turnover


class Facts:
    """The facts of one column, summed once: leaf accounts, cash flows by item and the opening cash.

    `cash_flows` are cash received less cash paid under each item, so they add up to the change of cash.
    An account is above another when its code starts the other's code (4-2-2).
    """

    def __init__(
        self,
        leaves: Iterable[Fact],
        cash_flows: Mapping[str, Decimal] | None = None,
        cash_opening: Decimal = ZERO,
    ) -> None:
        self.cash_flows = cash_flows or {}
        self.cash_opening = cash_opening
        self._accounts: defaultdict[str, _Sums] = defaultdict(_Sums)
        for code, sums in _by_leaf(leaves).items():
            for length in range(4, len(code) + 1, 2):
                self._accounts[code[:length]].take(sums)

    def readers(self, reclass: Reclass) -> dict[str, formula.Reader]:
        """The figures of the formula language by function; an account without facts reads 0.00."""
        sums = self._accounts

        def of(figure: Callable[[_Sums], Decimal]) -> formula.Reader:
            return lambda code: figure(sums[code]) if code in sums else ZERO

        found = {name: of(figure) for name, figure in _MEASURES.items()}
        if reclass == "account":
            found |= {"dr_side": found["dr_account"], "cr_side": found["cr_account"]}
        found["flow"] = lambda item: self.cash_flows.get(item, ZERO)
        found["cash_opening"] = lambda _: self.cash_opening
        return found


_MEASURES: Mapping[str, Callable[[_Sums], Decimal]] = {
    "dr": lambda sums: sums.net,
    "cr": lambda sums: -sums.net,
    "dr_side": lambda sums: sums.debit_side,
    "cr_side": lambda sums: sums.credit_side,
    "dr_account": lambda sums: max(sums.net, ZERO),
    "cr_account": lambda sums: max(-sums.net, ZERO),
    "turnover_dr": lambda sums: sums.turnover,
    "turnover_cr": lambda sums: -sums.turnover,
}


def _by_leaf(leaves: Iterable[Fact]) -> dict[str, _Sums]:
    by_leaf: defaultdict[str, _Sums] = defaultdict(_Sums)
    for code, _, opening, debit, credit, transfer_debit, transfer_credit in leaves:
        sums = by_leaf[code]
        movement = debit - credit
        net = opening + movement
        sums.net += net
        if net > 0:
            sums.debit_side += net
        else:
            sums.credit_side -= net
        sums.turnover += movement - transfer_debit + transfer_credit
    return by_leaf


class Cell(NamedTuple):
    """One figure of a statement with what a reader needs to print it and to drill into it.

    A heading has no amount. `codes` are the accounts the formula reads itself; a total names its rows in `formula`.
    """

    key: str
    line: int | None
    kind: str
    side: str
    indent: int
    name_zh: str
    name_en: str
    amount: Decimal | None
    formula: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Whether one articulation (勾稽关系) holds, and both its figures."""

    code: str
    ok: bool
    left: Decimal
    right: Decimal
    severity: str
    text: str


def evaluate(statement: Statement, facts: Facts, reclass: Reclass = "detail") -> list[Cell]:
    """The cells of one column, in printing order.

    `reclass` says how 1122/1123/2202/2203 are split by side: by leaf account x dimension set (`detail`, our default)
    or by the whole account (`account`, the wording of 财会〔2011〕17号); the sheet balances either way.
    """
    amounts: dict[str, Decimal] = {}
    readers = {**facts.readers(reclass), "line": amounts.__getitem__}
    for row in statement.evaluation_order:
        amounts[row.key] = formula.total(row.formula, readers)
    return [
        Cell(
            row.key,
            row.line,
            row.kind,
            row.side,
            row.indent,
            row.name_zh,
            row.name_en,
            None if row.kind == "heading" else amounts[row.key],
            row.formula_text,
            row.codes,
        )
        for row in statement.rows
    ]


def check(
    statement: Statement, cells: Sequence[Cell], others: Mapping[str, Sequence[Cell]] | None = None
) -> list[CheckResult]:
    """Every articulation of a statement over one column of it.

    `others` are the same column of other forms by statement id; a check that needs a form not given is left out.
    """
    amounts = dict(_amounts(cells))
    for statement_id, other in (others or {}).items():
        amounts.update(_amounts(other, statement_id + "."))

    results = []
    for rule in statement.checks:
        try:
            left, right = (formula.total(side, {"line": amounts.__getitem__}) for side in (rule.left, rule.right))
        except KeyError:
            continue
        ok = left >= right if rule.operator == ">=" else left == right
        results.append(CheckResult(rule.code, ok, left, right, rule.severity, rule.text))
    return results


def _amounts(cells: Iterable[Cell], prefix: str = "") -> Iterator[tuple[str, Decimal]]:
    for cell in cells:
        if cell.amount is not None:
            yield prefix + cell.key, cell.amount
