"""The pure rules of renumbering: how the numbers that drafts hold are dealt out among the same drafts.

Invariant: both answers are permutations of the numbers that are held, so no gap and no double can come of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from app.ledger.vouchers.numbering.types import Held

Renumbering = dict[int, int]
"""Old number -> new number, for those that change."""


def inserted(held: Sequence[int], what: int, before: int) -> Renumbering:
    """Put one number's vouchers at the place of another's (插入); those between move on by one place."""
    order = [number for number in sorted(held) if number != what]
    order.insert(order.index(before) if before != what else len([n for n in order if n < what]), what)
    return _dealt(order)


def tidied(held: Iterable[Held]) -> Renumbering:
    """Put the drafts in the order of their dates (整理), those of one day in the order they had."""
    days: dict[int, date] = {}
    for voucher in held:
        days[voucher.number] = min(days.get(voucher.number, voucher.date), voucher.date)
    return _dealt(sorted(days, key=lambda number: (days[number], number)))


def _dealt(order: Sequence[int]) -> Renumbering:
    return {old: new for old, new in zip(order, sorted(order), strict=True) if old != new}
