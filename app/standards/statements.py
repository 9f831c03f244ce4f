"""Statements as a pure function of leaf-account facts: the same facts give the same figures, to the fen.

Cost is linear: `Facts` sums by account once and knows under which accounts each stands, by the parents of the
standard's chart and never by digits; a formula then adds up what stands under the accounts it names. One call of
`evaluate` fills one column; the caller gives each column its own `Facts` (README: what each column reads).
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

    `code` is the standard's code of the account (the one it is or descends from), whatever code the book gives it.
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
    """The facts of one account: net and turnover in debit terms, and the credit balances that the net has in it."""

    __slots__ = ("aside", "facts", "net", "turnover")

    def __init__(self) -> None:
        self.net = self.aside = self.turnover = ZERO
        self.facts: list[Fact] = []


class Facts:
    """The facts of one column, summed once by account: leaf accounts, cash flows by item and the opening cash.

    `cash_flows` are cash received less cash paid under each item, so they add up to the change of cash.
    """

    def __init__(
        self,
        leaves: Iterable[Fact],
        cash_flows: Mapping[str, Decimal] | None = None,
        cash_opening: Decimal = ZERO,
    ) -> None:
        self.cash_flows = cash_flows or {}
        self.cash_opening = cash_opening
        self._by_account = _by_account(leaves)
        self._above: Mapping[str, tuple[str, ...]] | None = None
        self._under: Mapping[str, list[_Sums]] = {}

    def under(self, above: Mapping[str, tuple[str, ...]]) -> Mapping[str, list[_Sums]]:
        """The sums by every account they stand under in a standard's chart; kept, for all forms of it share one."""
        if self._above is not above:
            under: defaultdict[str, list[_Sums]] = defaultdict(list)
            for code, sums in self._by_account.items():
                if code not in above:
                    raise ValueError(f"a fact of {code}, which is no account of the standard")
                for named in above[code]:
                    under[named].append(sums)
            self._above, self._under = above, dict(under)
        return self._under

    def readers(self, above: Mapping[str, tuple[str, ...]], reclass: Reclass) -> dict[str, formula.Reader]:
        """The figures of the formula language by function; an account without facts reads 0.00."""
        under = self.under(above)

        def of(figure: Callable[[list[_Sums]], Decimal]) -> formula.Reader:
            return lambda code: figure(under[code]) if code in under else ZERO

        found = {name: of(figure) for name, figure in _MEASURES.items()}
        if reclass == "account":
            found |= {"dr_side": found["dr_account"], "cr_side": found["cr_account"]}
        found["flow"] = lambda item: self.cash_flows.get(item, ZERO)
        found["cash_opening"] = lambda _: self.cash_opening
        return found


def _net(under: list[_Sums]) -> Decimal:
    return sum((sums.net for sums in under), ZERO)


def _aside(under: list[_Sums]) -> Decimal:
    return sum((sums.aside for sums in under), ZERO)


def _turnover(under: list[_Sums]) -> Decimal:
    return sum((sums.turnover for sums in under), ZERO)


def _over(under: list[_Sums], column: str) -> Decimal:
    return sum((getattr(fact, column) for sums in under for fact in sums.facts), ZERO)


_MEASURES: Mapping[str, Callable[[list[_Sums]], Decimal]] = {
    "dr": _net,
    "cr": lambda under: -_net(under),
    "dr_side": lambda under: _net(under) + _aside(under),
    "cr_side": _aside,
    "dr_account": lambda under: max(_net(under), ZERO),
    "cr_account": lambda under: max(-_net(under), ZERO),
    "turnover_dr": _turnover,
    "turnover_cr": lambda under: -_turnover(under),
    "opening_dr": lambda under: _over(under, "opening"),
    "opening_cr": lambda under: -_over(under, "opening"),
    "debits": lambda under: _over(under, "debit"),
    "credits": lambda under: _over(under, "credit"),
}


def _by_account(leaves: Iterable[Fact]) -> dict[str, _Sums]:
    by_account: defaultdict[str, _Sums] = defaultdict(_Sums)
    for fact in leaves:
        code, _, opening, debit, credit, transfer_debit, transfer_credit = fact
        sums = by_account[code]
        movement = debit - credit
        net = opening + movement
        sums.net += net
        if net < 0:
            sums.aside -= net
        sums.turnover += movement - transfer_debit + transfer_credit
        sums.facts.append(fact)
    return by_account


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

    `reclass` says how 1122/1123/2202/2203 are split by side: by leaf account x dimension set (`detail`, our default)
    or by the whole account (`account`, the wording of 财会〔2011〕17号); the sheet balances either way.
    """
    amounts: dict[str, Decimal] = {}
    readers = {**facts.readers(statement.above, reclass), "line": amounts.__getitem__}
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
            None if row.kind in ("heading", "hand") else amounts[row.key],
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
