"""Statements as a pure function of leaf-account facts: the same facts give the same figures, to the fen.

Cost is linear: `Facts` knows once under which accounts each leaf stands, by the parents of the standard's chart and
never by digits; a formula then adds up what stands under the accounts it names. One call of `evaluate` fills one
column; the caller gives each column its own `Facts` (README: what each column reads).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple, TypeAlias

from app.kernel.money import ZERO
from app.standards import formula
from app.standards.types import Row, Statement

Reclass: TypeAlias = Literal["detail", "account"]


class Fact(NamedTuple):
    """One leaf account x counterparty x currency in a period, in the book's currency.

    `code` is the standard's code of the account (the one it is or descends from), whatever code the book gives it;
    `counterparty` is any number that tells customers and suppliers apart.
    `opening` is signed in debit terms. `transfer_debit`/`transfer_credit` are the parts of `debit`/`credit` that
    profit-and-loss transfer vouchers (损益结转) made. One code and counterparty under two leaves is two facts.
    """

    code: str
    counterparty: int
    opening: Decimal
    debit: Decimal
    credit: Decimal
    transfer_debit: Decimal = ZERO
    transfer_credit: Decimal = ZERO


class Leaf(NamedTuple):
    """What one leaf account has in one column, in debit terms: all that formulas ask of it.

    `net` is the balance the column ends with, `aside` the credit balances of single counterparties that it has been
    lessened by (so `net + aside` is its debit side), `turnover` debits less credits without profit-and-loss transfers.
    `account` is what the caller calls it; the openings of `cash` (货币资金) are the opening cash.
    """

    code: str
    net: Decimal
    aside: Decimal
    debit: Decimal
    credit: Decimal
    turnover: Decimal
    account: str = ""
    cash: bool = False

    @property
    def opening(self) -> Decimal:
        """The balance the column began with."""
        return self.net - self.debit + self.credit


Measure: TypeAlias = Callable[[Sequence[Leaf]], Decimal]


class Facts:
    """The facts of one column: leaf accounts, cash flows by item and the opening cash.

    `cash_flows` are cash received less cash paid under each item, so they add up to the change of cash.
    """

    def __init__(
        self,
        facts: Iterable[Fact],
        cash_flows: Mapping[str, Decimal] | None = None,
        cash_opening: Decimal = ZERO,
    ) -> None:
        self._set(_leaves(facts), cash_flows or {}, cash_opening)

    @classmethod
    def of(cls, leaves: Sequence[Leaf], cash_flows: Mapping[str, Decimal] | None = None) -> Facts:
        """The facts of leaves that are summed already."""
        facts = cls.__new__(cls)
        facts._set(leaves, cash_flows or {}, _opening([leaf for leaf in leaves if leaf.cash]))
        return facts

    def _set(self, leaves: Sequence[Leaf], cash_flows: Mapping[str, Decimal], cash_opening: Decimal) -> None:
        self.leaves, self.cash_flows, self.cash_opening = leaves, cash_flows, cash_opening
        self._above: Mapping[str, tuple[str, ...]] | None = None
        self._under: Mapping[str, list[Leaf]] = {}

    def under(self, above: Mapping[str, tuple[str, ...]]) -> Mapping[str, list[Leaf]]:
        """The leaves by every account they stand under in a standard's chart; kept, for all forms of it share one."""
        if self._above is not above:
            under: defaultdict[str, list[Leaf]] = defaultdict(list)
            for leaf in self.leaves:
                if leaf.code not in above:
                    raise ValueError(f"a fact of {leaf.code}, which is no account of the standard")
                for named in above[leaf.code]:
                    under[named].append(leaf)
            self._above, self._under = above, dict(under)
        return self._under


def _net(under: Sequence[Leaf]) -> Decimal:
    return sum((leaf.net for leaf in under), ZERO)


def _aside(under: Sequence[Leaf]) -> Decimal:
    return sum((leaf.aside for leaf in under), ZERO)


def _turnover(under: Sequence[Leaf]) -> Decimal:
    return sum((leaf.turnover for leaf in under), ZERO)


def _opening(under: Sequence[Leaf]) -> Decimal:
    return sum((leaf.opening for leaf in under), ZERO)


_MEASURES: Mapping[str, Measure] = {
    "dr": _net,
    "cr": lambda under: -_net(under),
    "dr_side": lambda under: _net(under) + _aside(under),
    "cr_side": _aside,
    "dr_account": lambda under: max(_net(under), ZERO),
    "cr_account": lambda under: max(-_net(under), ZERO),
    "turnover_dr": _turnover,
    "turnover_cr": lambda under: -_turnover(under),
    "opening_dr": _opening,
    "opening_cr": lambda under: -_opening(under),
    "debits": lambda under: sum((leaf.debit for leaf in under), ZERO),
    "credits": lambda under: sum((leaf.credit for leaf in under), ZERO),
}
_BY_RECLASS: Mapping[Reclass, Mapping[str, Measure]] = {
    "detail": _MEASURES,
    "account": {**_MEASURES, "dr_side": _MEASURES["dr_account"], "cr_side": _MEASURES["cr_account"]},
}
# One side of a whole account is one figure: each leaf's share of it is its net where the account stands on that side.
_WHOLE = {_MEASURES["dr_account"]: _MEASURES["dr"], _MEASURES["cr_account"]: _MEASURES["cr"]}


def _leaves(facts: Iterable[Fact]) -> list[Leaf]:
    by_code: dict[str, Leaf] = {}
    for code, _, opening, debit, credit, transfer_debit, transfer_credit in facts:
        net = opening + debit - credit
        turnover = debit - transfer_debit - credit + transfer_credit
        before = by_code.get(code) or Leaf(code, ZERO, ZERO, ZERO, ZERO, ZERO)
        by_code[code] = Leaf(
            code,
            before.net + net,
            before.aside + max(-net, ZERO),
            before.debit + debit,
            before.credit + credit,
            before.turnover + turnover,
        )
    return list(by_code.values())


class Cell(NamedTuple):
    """One figure of a statement with what a reader needs to print it and to drill into it.

    A heading has no amount, nor has a row that is filled by hand. `codes` are the accounts the formula reads itself; a
    total names its rows in `formula`.
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


class Share(NamedTuple):
    """What one thing adds to a cell: a leaf `account`, another `row` or a cash-flow item (`flow`)."""

    kind: str
    key: str
    amount: Decimal


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
    """The cells of one column, in printing order; a column that shows a part is evaluated over `statement.of(column)`.

    `reclass` says how 1122/1123/2202/2203 are split by side: by leaf account x counterparty x currency
    (`detail`, our default) or by the whole account (`account`, the wording of 财会〔2011〕17号); the sheet balances
    either way.
    """
    amounts: dict[str, Decimal] = {}
    under, measures = facts.under(statement.above), _BY_RECLASS[reclass]
    for row in statement.evaluation_order:
        amount = ZERO
        for sign, function, args in row.formula:
            if function in measures:
                measure = measures[function]
                figures = [measure(under[code]) for code in args if code in under]
            elif function == "line":
                figures = [amounts[key] for key in args]
            elif function == "flow":
                figures = [facts.cash_flows[item] for item in args if item in facts.cash_flows]
            else:
                figures = [facts.cash_opening]
            for figure in figures:
                amount = amount + figure if sign > 0 else amount - figure
        amounts[row.key] = amount
    return [
        Cell(
            row.key,
            row.line,
            row.kind,
            row.side,
            row.indent,
            row.name_zh,
            row.name_en,
            None if row.kind in ("heading", "hand") else amounts[row.key],
            row.formula_text,
            row.codes,
        )
        for row in statement.rows
    ]


def shares(
    row: Row,
    facts: Facts,
    above: Mapping[str, tuple[str, ...]],
    amounts: Mapping[str, Decimal],
    reclass: Reclass = "detail",
) -> list[Share]:
    """What a row's figure is made of, each as signed in the formula: the shares sum to the figure.

    `amounts` are the figures of the column by row key. An account is named once however often the formula reads it,
    and not at all where it adds nothing.
    """
    under, measures = facts.under(above), _BY_RECLASS[reclass]
    found: defaultdict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    for sign, function, args in row.formula:
        for word in args or ("",):
            for kind, key, amount in _term(function, word, under.get(word, ()), measures, facts, amounts):
                found[kind, key] += sign * amount
    return [Share(kind, key, amount) for (kind, key), amount in found.items() if amount or kind == "row"]


def _term(
    function: str,
    word: str,
    under: Sequence[Leaf],
    measures: Mapping[str, Measure],
    facts: Facts,
    amounts: Mapping[str, Decimal],
) -> Iterator[Share]:
    if function in measures:
        measure = measures[function]
        if measure in _WHOLE:
            measure = _WHOLE[measure] if measure(under) else lambda _: ZERO
        yield from (Share("account", leaf.account or leaf.code, measure([leaf])) for leaf in under)
    elif function == "line":
        yield Share("row", word, amounts[word])
    elif function == "flow":
        yield Share("flow", word, facts.cash_flows.get(word, ZERO))
    else:
        yield from (Share("account", leaf.account or leaf.code, leaf.opening) for leaf in facts.leaves if leaf.cash)


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
