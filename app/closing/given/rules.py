"""Which amounts a step takes, and how they are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from app.closing import errors
from app.closing.types import Amounts, Given
from app.kernel.money import show
from app.ledger.vouchers.types import Line
from app.standards.types import ClosingStep
from infra.errors import Violation


def taken(step: ClosingStep) -> Mapping[str, tuple[str, ...]]:
    """The amounts a step takes, by case: the names of its lines; what is the sum of the other side is worked out."""
    return {
        entry.case: tuple(dict.fromkeys(line.amount for line in entry.lines if line.amount != "total"))
        for entry in step.entries
        if entry.amounts == "given"
    }


def check(step: ClosingStep, figures: Mapping[str, Amounts]) -> Iterator[Violation]:
    """Every figure a step does not take, with a pointer to it."""
    known = taken(step)
    for case, named in figures.items():
        if case not in known:
            yield errors.CASE_UNKNOWN.at(f"/figures/{case}", case=case, known=", ".join(known))
            continue
        for name in named:
            if name not in known[case]:
                where = f"/figures/{case}/{name}"
                yield errors.FIGURE_UNKNOWN.at(where, case=case, figure=name, known=", ".join(known[case]))


def kept(given: Given) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The figures and lines as they are kept: plain texts."""
    figures = {case: {name: show(amount) for name, amount in named.items()} for case, named in given.figures.items()}
    return figures, [_line(line) for line in given.lines]


def _line(line: Line) -> dict[str, Any]:
    values = {name: f"{value:f}" if isinstance(value, Decimal) else value for name, value in line._asdict().items()}
    return {**values, "items": [list(item) for item in line.items]}
