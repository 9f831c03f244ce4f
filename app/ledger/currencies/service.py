"""The rates of currencies (汇率), period by period: what vouchers are booked at and what the month end revalues by.

Invariant: the rates of a closed period never change; whoever writes them holds the period as a posting does.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.audit import service as audit
from app.audit.service import Act
from app.books.types import BookScope
from app.kernel.periods import Period
from app.ledger.currencies import errors, rules
from app.ledger.currencies.types import CurrencyRate
from app.ledger.periods import service as periods
from infra.ids import encode

_GONE = """
DELETE FROM tenant.currency_rate
 WHERE book_id = :book AND period = :period AND currency <> ALL(cast(:currencies AS text[]))
"""
_WRITE = """
INSERT INTO tenant.currency_rate AS r (book_id, period, currency, booking, closing)
SELECT :book, :period, c, b, e
  FROM unnest(cast(:currencies AS text[]), cast(:bookings AS numeric[]), cast(:closings AS numeric[])) AS k (c, b, e)
 ORDER BY c
ON CONFLICT (book_id, period, currency) DO UPDATE
   SET booking = excluded.booking, closing = excluded.closing, row_version = r.row_version + 1
"""


def set_rates(scope: BookScope, period: Period, rates: Sequence[CurrencyRate]) -> None:
    """Replace the rates given for a period; giving the same again changes nothing.

    Raises `RatesRejected`, `PeriodClosed`, `PeriodTooFar`, `PeriodBeforeStart`.
    """
    violations = list(rules.check(rates))
    if violations:
        raise errors.RatesRejected(violations=violations, count=len(violations))
    book, key = scope.book.id, str(period)
    periods.reach(scope, [(book, key)])
    currencies = [rate.currency for rate in rates]
    scope.run(_GONE, book=book, period=key, currencies=currencies)
    scope.run(
        _WRITE,
        book=book,
        period=key,
        currencies=currencies,
        bookings=[rate.booking for rate in rates],
        closings=[rate.closing for rate in rates],
    )
    said = {rate.currency: {"booking": str(rate.booking), "closing": str(rate.closing or "")} for rate in rates}
    details = {"book": encode("bk", scope.book.uid), "rates": said}
    audit.record(scope, [Act("currency.set_rates", "period", key, details, book)])
