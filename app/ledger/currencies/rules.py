"""What rates may be given for a period, and how long they hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.books.types import BookRef
from app.kernel.money import RMB
from app.ledger.currencies import errors
from app.ledger.currencies.types import CurrencyRate
from infra.errors import Violation


def fixed(book: BookRef) -> bool:
    """Whether a booking rate holds until another is given (固定汇率, setting `currency_rates`), not for its period."""
    return book.settings.get("currency_rates") == "fixed"


def check(rates: Sequence[CurrencyRate]) -> Iterator[Violation]:
    """Every rule these rates break, each with a pointer."""
    seen: set[str] = set()
    for index, rate in enumerate(rates):
        if rate.currency == RMB:
            yield errors.RATE_OF_RMB.at(f"/rates/{index}/currency")
        if rate.currency in seen:
            yield errors.RATE_TWICE.at(f"/rates/{index}/currency", currency=rate.currency)
        seen.add(rate.currency)
        if rate.booking <= 0:
            yield errors.RATE_NOT_POSITIVE.at(f"/rates/{index}/booking", currency=rate.currency)
        if rate.closing is not None and rate.closing <= 0:
            yield errors.RATE_NOT_POSITIVE.at(f"/rates/{index}/closing", currency=rate.currency)
