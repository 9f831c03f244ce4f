"""The lint of statement formulas: which accounts a total reads twice (重复取数) or not at all (遗漏取数).

It works on the formulas and not on figures, so it is exact. A side measure is written as net + one unknown
(`dr_side = net + u`, `cr_side = u`); in a balanced form every account weighs exactly 1 and every unknown cancels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from app.standards.formula import BALANCE_MEASURES, Formula, Term
from app.standards.types import Statement


@dataclass(frozen=True, slots=True)
class Finding:
    """An account whose weight in a total is not 1: 0 is left out, 2 is read twice; `rows` are the rows that name it."""

    code: str
    weight: int
    rows: tuple[str, ...]


def expand(statement: Statement, key: str) -> Formula:
    """A row's formula with every row it refers to replaced by that row's own formula."""
    by_key = {row.key: row.formula for row in statement.rows}
    terms = []
    for term in by_key[key]:
        if term.function == "line":
            found = [inner for other in term.args for inner in expand(statement, other)]
            terms += [Term(term.sign * inner.sign, inner.function, inner.args) for inner in found]
        else:
            terms.append(term)
    return tuple(terms)


def difference(left: Formula, right: Formula) -> Formula:
    """The formula `left - right`."""
    return left + tuple(Term(-term.sign, term.function, term.args) for term in right)


def findings(statement: Statement, total: Formula, codes: Iterable[str]) -> list[Finding]:
    """Every account of `codes` that a fully expanded total does not read exactly once, in debit terms."""
    found = []
    for code in codes:
        weights = weigh(total, code)
        net = weights.pop("net", 0)
        if net != 1 or any(weights.values()):
            rows = tuple(row.key for row in statement.rows if any(code.startswith(named) for named in row.codes))
            found.append(Finding(code, net, rows))
    return found


def weigh(total: Formula, code: str) -> Counter[str]:
    """How often an expanded formula reads an account: `net` in debit terms, and each unknown of a side measure."""
    weights: Counter[str] = Counter()
    for term in total:
        for named in term.args:
            if code.startswith(named):
                _add(weights, term, named)
    return weights


def _add(weights: Counter[str], term: Term, named: str) -> None:
    measure = term.function.removeprefix("turnover_")
    debit = measure.startswith("dr")
    if measure in ("dr", "cr"):
        weights["net"] += term.sign if debit else -term.sign
    elif measure in BALANCE_MEASURES:
        weights["net"] += term.sign if debit else 0
        # A detail side is an unknown of the leaf itself, an account side an unknown of the account it names.
        weights["leaf" if measure.endswith("_side") else named] += term.sign
