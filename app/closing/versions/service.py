"""Why did this figure change: the versions of a period's statements, and any two of them side by side."""

from __future__ import annotations

from app.books.types import BookScope
from app.closing import errors
from app.closing.versions import queries, rules
from app.closing.versions.types import Difference, Version
from app.kernel.periods import Period
from app.ledger.periods import queries as periods
from app.ledger.periods.errors import PeriodNotFound
from app.standards.loader import load

MOST_VOUCHERS = 500


def versions(scope: BookScope, period: Period) -> list[Version]:
    """Every close of a period with its statements; raises `PeriodNotFound`."""
    if not periods.known(scope, [(scope.book.id, str(period))]):
        raise PeriodNotFound(period=str(period))
    return queries.versions(scope, scope.book.id, period)


def difference(scope: BookScope, period: Period, before: int, after: int) -> Difference:
    """What differs between two versions, and the vouchers posted between them, at most `MOST_VOUCHERS`.

    Raises `PeriodNotFound`, `VersionNotFound`.
    """
    known = {each.version: each for each in versions(scope, period)}
    for wanted in (before, after):
        if wanted not in known:
            raise errors.VersionNotFound(period=str(period), version=wanted)
    old, new = known[before], known[after]
    first, last = sorted((old.ledger_seq, new.ledger_seq))
    book = scope.book
    posted = queries.posted_between(scope, book.id, period, first, last, MOST_VOUCHERS + 1)
    found = rules.changes(
        load(book.standard, book.edition),
        queries.kept(scope, book.id, period, before),
        queries.kept(scope, book.id, period, after),
    )
    return Difference(old, new, tuple(found), posted[:MOST_VOUCHERS], len(posted) > MOST_VOUCHERS)
