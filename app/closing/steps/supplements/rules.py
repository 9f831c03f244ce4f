"""The difference between what a step's case comes to and what was booked for it: a supplement, never a double.

Lines are held against each other by account, side, items and currency; a line that shrank comes back in red on its own
side. A first voucher is the target itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from app.closing.desk.types import Target
from app.closing.types import Done, StepVoucher
from app.kernel.money import RMB, ZERO
from app.ledger.dimensions.types import Named
from app.ledger.vouchers.types import Line

MOST_LINES = 900
"""Lines of one voucher; a transfer of more leaves becomes several vouchers."""

Key = tuple[str, bool, Named, str]


class _Measures:
    def __init__(self, like: Line) -> None:
        self.like, self.amount, self.foreign, self.quantity = like, ZERO, ZERO, Decimal(0)

    def add(self, line: Line, sign: int) -> None:
        self.amount += sign * (line.debit + line.credit)
        self.foreign += sign * (line.foreign_amount or 0)
        self.quantity += sign * (line.quantity or 0)


def supplements(step: str, targets: Sequence[Target], done: Iterable[Done]) -> Iterator[StepVoucher]:
    """The vouchers a step still asks for, case by case; `done` are the lines of its earlier vouchers in the period."""
    booked: dict[str, list[Done]] = {}
    for one in done:
        booked.setdefault(one.rule, []).append(one)
    for target in targets:
        earlier = booked.pop(f"{step}.{target.case}", [])
        if not earlier:
            yield from _split(_voucher(step, target, target.lines, 1, target.waived))
        elif lines := _difference(target.lines, earlier, target.summary):
            run = 1 + max(one.run for one in earlier)
            yield from _split(_voucher(step, target, lines, run, True))
    for rule, earlier in booked.items():
        first = earlier[0].line
        lines = _difference((), earlier, first.summary)
        if lines:
            run = 1 + max(one.run for one in earlier)
            yield _undo(step, rule.partition(".")[2], earlier, lines, run)


def _voucher(step: str, target: Target, lines: tuple[Line, ...], run: int, waived: bool) -> StepVoucher:
    return StepVoucher(
        step, target.case, target.summary, lines, target.figures, target.on, run, target.transfer, waived
    )


def _difference(wanted: Iterable[Line], earlier: Iterable[Done], summary: str) -> tuple[Line, ...]:
    found: dict[Key, _Measures] = {}
    for line in wanted:
        found.setdefault(_key(line), _Measures(line)).add(line, 1)
    for one in earlier:
        found.setdefault(_key(one.line), _Measures(one.line)).add(one.line, -1)
    return tuple(_line(key, measures, summary) for key, measures in found.items() if measures.amount)


def _key(line: Line) -> Key:
    return line.account, bool(line.debit), line.items, line.currency


def _line(key: Key, measures: _Measures, summary: str) -> Line:
    account, debit, items, currency = key
    return Line(
        account,
        measures.like.summary or summary,
        measures.amount if debit else ZERO,
        ZERO if debit else measures.amount,
        items=items,
        currency=currency,
        foreign_amount=None if currency == RMB else measures.foreign,
        quantity=measures.quantity or None,
    )


def _undo(step: str, case: str, earlier: Sequence[Done], lines: tuple[Line, ...], run: int) -> StepVoucher:
    first = earlier[0]
    return StepVoucher(step, case, first.line.summary, lines, {}, first.on, run, first.transfer)


def _split(voucher: StepVoucher) -> Iterator[StepVoucher]:
    """A voucher of many leaves against one account, in several where it is too long for one."""
    debits = [line for line in voucher.lines if line.debit]
    credits = [line for line in voucher.lines if line.credit]
    many, one = (debits, credits) if len(debits) > len(credits) else (credits, debits)
    if len(voucher.lines) <= MOST_LINES or len(one) != 1:
        yield voucher
        return
    for place in range(0, len(many), MOST_LINES):
        chunk = many[place : place + MOST_LINES]
        total = sum((line.debit + line.credit for line in chunk), ZERO)
        against = one[0]._replace(debit=total) if one[0].debit else one[0]._replace(credit=total)
        run = voucher.run + place // MOST_LINES
        lines = (against, *chunk) if total else tuple(chunk)
        yield StepVoucher(
            voucher.step, voucher.case, voucher.summary, lines, voucher.figures, voucher.on, run, voucher.transfer
        )
