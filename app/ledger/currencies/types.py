"""The rates of a currency in a period."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple


class CurrencyRate(NamedTuple):
    """RMB for one unit: `booking` for the period's vouchers, `closing` of its last day (期末汇率), unknown until then.

    `since` is the period the booking rate was given for: an earlier one where the book keeps fixed rates (固定汇率).
    """

    currency: str
    booking: Decimal
    closing: Decimal | None
    since: str
