"""Money: `Decimal` with two decimals, never float, rounded HALF_UP to the fen in this file and nowhere else.

Invariant: `parse(show(amount)) == amount`; a text that is not exactly an amount is refused, never rounded (API-030).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal

FEN = Decimal("0.01")
ZERO = Decimal("0.00")
RMB = "CNY"
"""The currency books are kept in (记账本位币); an amount in another stands beside its amount in this one."""
PATTERN = r"^(?!-0\.00$)-?(0|[1-9][0-9]{0,15})\.[0-9]{2}$"
POSITIVE = r"^(?!0\.00$)(0|[1-9][0-9]{0,15})\.[0-9]{2}$"
_WIDE = Context(prec=200)  # a number of any length that a text may have is rounded, and refused by its size elsewhere
_AMOUNT = re.compile(PATTERN[1:-1])


def fen(value: Decimal | int) -> Decimal:
    """Round to the fen, HALF_UP (四舍五入), minus zero normalised to zero."""
    return _WIDE.plus(Decimal(value).quantize(FEN, ROUND_HALF_UP, context=_WIDE))


def parse(text: str) -> Decimal | None:
    """The amount a strict money string means, or None when it is not one (`-0.00` is not)."""
    if not _AMOUNT.fullmatch(text):
        return None
    return Decimal(text)


def show(amount: Decimal) -> str:
    """The only spelling of an amount in JSON: plain digits and two decimals."""
    return f"{fen(amount):.2f}"


def allocate(total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Split a total in proportion to weights, to the fen, so that the parts sum to the total exactly.

    The fen left over go to the largest remainders, earlier parts first; weights must not sum to zero.
    """
    whole = sum(weights, Decimal(0))
    if not whole:
        raise ValueError("weights sum to zero")
    exact = [total * weight / whole for weight in weights]
    parts = [share.quantize(FEN, ROUND_DOWN) for share in exact]
    left = int((total - sum(parts, Decimal(0))) / FEN)
    step = FEN if left > 0 else -FEN
    order = sorted(range(len(parts)), key=lambda i: (-abs(exact[i] - parts[i]), i))
    for i in order[: abs(left)]:
        parts[i] += step
    return parts
