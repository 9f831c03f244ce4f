"""Steps of a book's own (自定义结转): vouchers whose amounts are formulas over the book's balances.

The language is that of statements (`app.standards.formula`), its words the book's own account codes: `dr(1405)` is the
net debit of the account and of everything under it. It is parsed and summed, never evaluated as code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from app.closing import errors
from app.closing.desk.rules import Desk
from app.closing.types import ChartRow, OwnLine, OwnStep
from app.kernel.money import ZERO, fen, show
from app.ledger.vouchers.types import Line
from app.standards import formula
from app.standards.errors import ContentError
from infra.errors import Violation

MEASURES: Mapping[str, tuple[str, int]] = {
    "dr": ("closing", 1),
    "cr": ("closing", -1),
    "debits": ("month_debit", 1),
    "credits": ("month_credit", 1),
}
"""The functions a book may use: closing balance by side, and what was debited and credited in the month."""


def work(desk: Desk, step: OwnStep) -> None:
    """Do a step of the book's own; a voucher that does not balance is asked for by nobody and blocks the close."""
    if step.condition and total(desk, step.condition) <= 0:
        return
    lines = [(line, amount(desk, line)) for line in step.lines if not line.rest]
    debit = sum((value for line, value in lines if line.side == "debit"), ZERO)
    credit = sum((value for line, value in lines if line.side == "credit"), ZERO)
    rest = [(line, credit - debit if line.side == "debit" else debit - credit) for line in step.lines if line.rest]
    if debit != credit and not rest:
        raise errors.StepUnbalanced(step=step.title_zh, debit=show(debit), credit=show(credit))
    chart, asked = desk.facts.chart, []
    for line, value in [*lines, *rest]:
        if line.account not in chart:
            raise errors.StepAccountUnknown(step=step.title_zh, account=line.account)
        if value:
            asked.append((_line(step, line, value), chart[line.account].standard_code))
    desk.ask("own", step.title_zh, asked, {"total": max(debit, credit)}, waived=False)


def _line(step: OwnStep, line: OwnLine, value: Decimal) -> Line:
    summary = line.summary or step.title_zh
    if line.side == "debit":
        return Line(line.account, summary, debit=value, items=line.items)
    return Line(line.account, summary, credit=value, items=line.items)


def amount(desk: Desk, line: OwnLine) -> Decimal:
    """The amount of a line: its formula x share, rounded to the fen, plus its constant."""
    read = total(desk, line.formula) if line.formula else ZERO
    return fen(read * line.share) + line.constant


def total(desk: Desk, text: str) -> Decimal:
    """The value of a formula over the simulated balances; an account the book does not have reads 0.00."""
    parsed = formula.parse(text)
    readers = {name: _reader(desk, *MEASURES[name]) for name in MEASURES}
    value = formula.total(parsed, readers)
    desk.note(text, value)
    return value


def _reader(desk: Desk, column: str, sign: int) -> formula.Reader:
    def read(code: str) -> Decimal:
        found = [leaf for leaf in desk.leaves.values() if _stands_under(leaf.account, code, desk.facts.chart)]
        desk.accounts.update(leaf.account for leaf in found)
        value: Decimal = sum((getattr(leaf, column) for leaf in found), ZERO)
        return value * sign

    return read


def _stands_under(account: str, code: str, chart: Mapping[str, ChartRow]) -> bool:
    at: str | None = account
    while at is not None and at != code:
        at = chart[at].parent if at in chart else None
    return at is not None


def check(step: OwnStep, chart: Mapping[str, ChartRow], reserved: Mapping[int, str]) -> Iterator[Violation]:
    """Every rule a step of the book's own breaks, each with a pointer into it; `reserved` are numbers already taken."""
    if step.number in reserved:
        yield errors.STEP_NUMBER_TAKEN.at("/number", number=step.number, step=reserved[step.number])
    if len(step.lines) < 2:
        yield errors.STEP_TOO_FEW_LINES.at("/lines")
    if sum(line.rest for line in step.lines) > 1:
        yield errors.STEP_TWO_RESTS.at("/lines")
    yield from _check_formula("/condition", step.condition, chart)
    for index, line in enumerate(step.lines):
        if line.account not in chart:
            yield errors.STEP_ACCOUNT.at(f"/lines/{index}/account_code", account=line.account)
        if line.rest and (line.formula or line.constant):
            yield errors.STEP_REST_FORMULA.at(f"/lines/{index}/rest")
        yield from _check_formula(f"/lines/{index}/formula", line.formula, chart)


def _check_formula(path: str, text: str, chart: Mapping[str, ChartRow]) -> Iterator[Violation]:
    try:
        parsed = formula.parse(text)
    except ContentError as error:
        yield errors.STEP_FORMULA.at(path, fault=str(error)[:200])
        return
    for term in parsed:
        if term.function not in MEASURES:
            yield errors.STEP_FUNCTION.at(path, function=term.function, known=", ".join(MEASURES))
        for code in term.args:
            if term.function in MEASURES and code not in chart:
                yield errors.STEP_ACCOUNT.at(path, account=code)
