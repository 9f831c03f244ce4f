"""Periods (会计期间) come into being one after the other, each with the balances carried into it.

Invariant: the periods of a book are contiguous from its start, and every opened period has a balance row for each
key that has a balance, so a report reads the rows of one period and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import insert

from app.kernel.periods import Period
from app.ledger.models import period_event
from app.ledger.periods import queries
from app.ledger.periods.errors import PeriodBeforeStart, PeriodClosed, PeriodTooFar
from app.ledger.periods.queries import Key, PeriodState
from app.ledger.periods.types import Head, Mark
from infra.ids import new_id
from tenants.scope import TenantScope

AHEAD = 3
"""How many periods may be open at once: the month being closed and those an accountant already works in."""

_BEGIN = """
INSERT INTO tenant.period (book_id, period, state) SELECT b, p, 'open'
  FROM unnest(cast(:books AS bigint[]), cast(:periods AS text[])) AS k (b, p)
ON CONFLICT (book_id, period) DO NOTHING
"""
_HEADS = """
INSERT INTO tenant.ledger_head (book_id, seq, opening_frozen, hash) SELECT b, 0, false, decode(repeat('00', 32), 'hex')
  FROM unnest(cast(:books AS bigint[])) AS k (b)
"""
_LOCK_HEADS = """
SELECT book_id, seq, hash FROM tenant.ledger_head
 WHERE book_id = ANY(cast(:books AS bigint[])) ORDER BY book_id FOR UPDATE
"""
_CARRY = """
INSERT INTO tenant.balance
       (book_id, period, account_id, dim_set_id, currency, opening, debit, credit, transfer_debit, transfer_credit,
        opening_fc, debit_fc, credit_fc, opening_qty, debit_qty, credit_qty)
SELECT b.book_id, k.next, b.account_id, b.dim_set_id, b.currency, b.opening + b.debit - b.credit, 0, 0, 0, 0,
       b.opening_fc + b.debit_fc - b.credit_fc, 0, 0, b.opening_qty + b.debit_qty - b.credit_qty, 0, 0
  FROM unnest(cast(:books AS bigint[]), cast(:last AS text[]), cast(:next AS text[])) AS k (b, last, next)
  JOIN tenant.balance b ON b.book_id = k.b AND b.period = k.last
 WHERE b.opening + b.debit - b.credit <> 0 OR b.opening_fc + b.debit_fc - b.credit_fc <> 0
    OR b.opening_qty + b.debit_qty - b.credit_qty <> 0
 ORDER BY b.book_id, b.account_id, b.dim_set_id, b.currency
ON CONFLICT (book_id, period, account_id, dim_set_id, currency) DO NOTHING
"""


def begin(scope: TenantScope, starts: Sequence[tuple[int, Period]]) -> None:
    """Give new books their first period and their ledger head."""
    scope.run(_BEGIN, books=[book for book, _ in starts], periods=[str(start) for _, start in starts])
    scope.run(_HEADS, books=[book for book, _ in starts])


def lock_heads(scope: TenantScope, books: Sequence[int]) -> dict[int, Head]:
    """Lock the ledger heads of these books, the first lock of whoever posts, closes, reopens or extends."""
    return {row.book_id: Head(row.seq, bytes(row.hash)) for row in scope.run(_LOCK_HEADS, books=sorted(books))}


def _open_next(scope: TenantScope, steps: Sequence[tuple[int, str, str]]) -> None:
    books = [book for book, _, _ in steps]
    scope.run(_BEGIN, books=books, periods=[following for _, _, following in steps])
    scope.run(_CARRY, books=books, last=[last for _, last, _ in steps], next=[following for _, _, following in steps])


def reach(scope: TenantScope, wanted: Iterable[Key]) -> dict[Key, PeriodState]:
    """Lock these periods to write into them, opening those that a book reaches for the first time.

    Raises `PeriodBeforeStart`, `PeriodTooFar` beyond what may be open, `PeriodClosed`.
    """
    keys = sorted(set(wanted))
    known = queries.known(scope, keys)
    new = sorted({book for book, period in keys if (book, period) not in known})
    if new:
        lock_heads(scope, new)  # a posting that cannot see the new period yet holds the head
        known = queries.known(scope, keys)
        _extend(scope, [key for key in keys if key not in known])
    locked = queries.lock(scope, keys)
    for state in locked.values():
        if state.state == "closed":
            raise PeriodClosed(period=state.period)
    return locked


def record(scope: TenantScope, marks: Sequence[Mark], event: str, reason: str = "") -> None:
    """Write that these periods were closed (`close`) or reopened (`reopen`), and at which posting."""
    who = {"event": event, "at": scope.now, "actor": scope.actor.name, "reason": reason}
    scope.execute(insert(period_event), [{**mark._asdict(), "id": new_id(), **who} for mark in marks])


def _extend(scope: TenantScope, missing: Sequence[Key]) -> None:
    """Open the periods up to these; the heads of their books are held."""
    reached = queries.of_books(scope, sorted({book for book, _ in missing}))
    last = {book: Period.parse(states[-1].period) for book, states in reached.items() if states}
    for book, key in missing:
        if key < reached[book][0].period:
            raise PeriodBeforeStart(period=key, start=reached[book][0].period)
        first_open = next((s.period for s in reached[book] if s.state == "open"), str(last[book].plus(1)))
        limit = Period.parse(first_open).plus(AHEAD - 1)
        if Period.parse(key) > limit:
            raise PeriodTooFar(period=key, first=first_open, last=str(limit))
    goal = {book: max(Period.parse(key) for b, key in missing if b == book) for book, _ in missing}
    while steps := [(book, str(last[book]), str(last[book].plus(1))) for book in goal if last[book] < goal[book]]:
        _open_next(scope, steps)
        for book, _, following in steps:
            last[book] = Period.parse(following)
