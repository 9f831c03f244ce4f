"""Amounts given for a step of a period (depreciation, payroll, estimates ...) until sub-ledgers feed them.

Invariant: an amount of a closed period never changes; whoever writes one holds the period as a posting does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson

from app.audit import service as audit
from app.audit.service import Act
from app.books.types import BookScope
from app.closing import errors
from app.closing.given import queries, rules
from app.closing.types import Amounts, Given
from app.kernel.periods import Period
from app.ledger.accounts import queries as accounts
from app.ledger.dimensions.types import COUNTERPARTIES
from app.ledger.periods import service as periods
from app.ledger.vouchers import service as vouchers
from app.ledger.vouchers.types import Draft, Line
from app.standards.loader import load
from app.standards.types import ClosingStep, Taxpayer
from infra.errors import Violation
from infra.ids import encode

_WRITE = """
INSERT INTO tenant.closing_given AS g (book_id, period, step, figures, lines, at, actor)
VALUES (:book, :period, :step, cast(:figures AS jsonb), cast(:lines AS jsonb), :now, :actor)
ON CONFLICT (book_id, period, step) DO UPDATE
   SET figures = excluded.figures, lines = excluded.lines, row_version = g.row_version + 1, at = excluded.at,
       actor = excluded.actor
"""


def step_of(scope: BookScope, period: Period, step_id: str) -> ClosingStep:
    """The step of the book's standard that takes amounts; raises `StepNotFound`."""
    standard = load(scope.book.standard, scope.book.edition)
    taxpayer = Taxpayer(scope.book.taxpayer)
    for step in standard.closing:
        if step.id == step_id and taxpayer in step.cycles and rules.taken(step):
            return step
    raise errors.StepNotFound(period=str(period), step=step_id)


def set_amounts(
    scope: BookScope, period: Period, step_id: str, figures: Mapping[str, Amounts], lines: Sequence[Line]
) -> None:
    """Replace the amounts of a step in a period: figures for the standard's entries, or lines of a voucher, or both.

    Raises `StepNotFound`, `StepNotGiven` with every broken rule, `PeriodClosed`, `PeriodTooFar`, `PeriodBeforeStart`.
    """
    step = step_of(scope, period, step_id)
    found = [*rules.check(step, figures), *_check_lines(scope, period, lines)]
    if found:
        raise errors.StepNotGiven(violations=found, step=step.title_zh, count=len(found))
    periods.reach(scope, [(scope.book.id, str(period))])
    kept_figures, kept_lines = rules.kept(Given(figures, _named(scope, lines)))
    scope.run(
        _WRITE,
        book=scope.book.id,
        period=str(period),
        step=step_id,
        figures=orjson.dumps(kept_figures).decode(),
        lines=orjson.dumps(kept_lines).decode(),
        now=scope.now,
        actor=scope.actor.name,
    )
    details = {"book": encode("bk", scope.book.uid), "step": step_id, "figures": kept_figures, "lines": len(lines)}
    audit.record(scope, [Act("closing.set_amounts", "period", str(period), details, scope.book.id)])


def _check_lines(scope: BookScope, period: Period, lines: Sequence[Line]) -> list[Violation]:
    if not lines:
        return []
    (found,) = vouchers.examine(scope, [Draft(scope.book.id, period.last_day, tuple(lines))]).violations
    return found


def _named(scope: BookScope, lines: Sequence[Line]) -> tuple[Line, ...]:
    """The lines with their counterparties among their items, as balances are told apart."""
    book = scope.book.id
    known = accounts.in_books(scope, [book], (line.account for line in lines if line.counterparty))
    named = []
    for line in lines:
        if line.counterparty:
            dimension = known[book, line.account].counterparty_dimension or COUNTERPARTIES[0]
            items = tuple(sorted((*line.items, (dimension, line.counterparty))))
            named.append(line._replace(counterparty="", items=items))
        else:
            named.append(line._replace(items=tuple(sorted(line.items))))
    return tuple(named)


def amounts(scope: BookScope, period: Period, step_id: str) -> queries.GivenRow:
    """The amounts given for a step; raises `StepNotFound`."""
    step_of(scope, period, step_id)
    return queries.one(scope, scope.book.id, period, step_id)
