"""The pure rules of a correction by the difference (差额更正): amounts up in blue, amounts down in red."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import zip_longest

from app.ledger.vouchers.corrections import errors
from app.ledger.vouchers.types import Line
from infra.errors import Violation

LONGEST = 200  # characters of a summary


def marked(line: Line, words: str) -> Line:
    """The line with the words the law prescribes before its summary."""
    return line._replace(summary=f"{words} {line.summary}"[:LONGEST])


def differences(wrong: Sequence[Line], right: Sequence[Line], words: str) -> tuple[list[Line], list[Violation]]:
    """The lines that take the posted lines to what they should have been, and what is not a matter of amounts."""
    found: list[Line] = []
    broken: list[Violation] = []
    for index, (was, should) in enumerate(zip_longest(wrong, right)):
        if was is None or should is None or _subject(was) != _subject(should):
            broken.append(errors.NOT_AMOUNT_ONLY.at(f"/lines/{index}"))
            continue
        line = should._replace(
            debit=should.debit - was.debit,
            credit=should.credit - was.credit,
            foreign_amount=_less(should.foreign_amount, was.foreign_amount),
            quantity=_less(should.quantity, was.quantity),
            unit_price=None,
        )
        if line.debit or line.credit:
            found.append(marked(line, words))
        elif line.foreign_amount or line.quantity:
            broken.append(errors.NOT_AMOUNT_ONLY.at(f"/lines/{index}"))
    if not found and not broken:
        broken.append(errors.NO_DIFFERENCE.at("/lines"))
    return found, broken


def _subject(line: Line) -> tuple[object, ...]:
    """What a line is about, amounts apart."""
    return (
        line.account,
        bool(line.debit),
        line.counterparty,
        tuple(sorted(line.items)),
        line.currency,
        line.foreign_amount is None,
        line.quantity is None,
    )


def _less(should: Decimal | None, was: Decimal | None) -> Decimal | None:
    return None if should is None or was is None else should - was
