"""Reads of the books of account: balances by account, and lines in the order of date and voucher number.

Accounts and counterparties are looked up once per report instead of being joined to each line: under row-level
security the planner expects one row of everything, and a join could loop over the whole chart for every line.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

from app.kernel.money import ZERO
from app.ledger.balances.queries import over
from app.ledger.reports.types import AccountHead, LineKey, Movement
from tenants.scope import TenantScope

_ACCOUNTS = """
SELECT id, code, name_zh, name_en, parent_code, leaf FROM tenant.account WHERE book_id = :book ORDER BY code
"""
_ACCOUNTS_AT = """
SELECT id, code, name_zh, name_en, parent_code, leaf FROM tenant.account
 WHERE book_id = :book AND (:whole OR NOT leaf OR id = ANY(cast(:leaves AS bigint[])))
   AND EXISTS (SELECT FROM tenant.period WHERE book_id = :book AND period = :period)
 ORDER BY code
"""
_MONTH = over("""
SELECT account_id,
       sum(CASE WHEN period = :last THEN opening ELSE 0.00 END), sum(CASE WHEN period = :last THEN debit ELSE 0.00 END),
       sum(CASE WHEN period = :last THEN credit ELSE 0.00 END), sum(debit), sum(credit)
  FROM kept GROUP BY account_id
""")
_BY_PERIOD = over("""
SELECT period, account_id, sum(opening) AS opening, sum(debit) AS debit, sum(credit) AS credit
  FROM kept WHERE account_id = ANY(cast(:accounts AS bigint[])) GROUP BY period, account_id
""")
_REACHED = """
SELECT period FROM tenant.period WHERE book_id = :book AND period BETWEEN :first AND :last ORDER BY period
"""
_LINES = """
SELECT v.date, v.word, v.number, v.part, v.parts, l.line_no, v.id AS voucher_id, v.status, l.period, l.account_id, l.dim_set_id,
       l.summary, l.debit, l.credit
  FROM tenant.voucher_line l
  JOIN tenant.voucher v ON v.book_id = l.book_id AND v.id = l.voucher_id
 WHERE l.book_id = :book AND l.period BETWEEN :first AND :last AND l.account_id = ANY(cast(:accounts AS bigint[]))
   AND v.status = ANY(cast(:statuses AS text[]))
   AND (v.date, v.word, v.number, v.part, l.line_no) > (cast(:date AS date), :word, :number, :part, :line_no)
 ORDER BY v.date, v.word, v.number, v.part, l.line_no
 LIMIT :limit
"""
_BEFORE = """
SELECT coalesce(sum(l.debit), 0) AS debit, coalesce(sum(l.credit), 0) AS credit
  FROM tenant.voucher_line l
  JOIN tenant.voucher v ON v.book_id = l.book_id AND v.id = l.voucher_id
 WHERE l.book_id = :book AND l.period = :period AND l.account_id = ANY(cast(:accounts AS bigint[]))
   AND v.status = ANY(cast(:statuses AS text[]))
   AND (v.date, v.word, v.number, v.part, l.line_no) <= (cast(:date AS date), :word, :number, :part, :line_no)
"""
# A voucher has a line at least: `limit` vouchers give `limit` lines, one more the rest of that in which the page began.
_JOURNAL = """
SELECT v.date, v.word, v.number, v.part, v.parts, l.line_no, v.id AS voucher_id, v.status, l.account_id, l.dim_set_id, l.summary,
       l.debit, l.credit
  FROM (SELECT book_id, id, date, word, number, part, parts, status FROM tenant.voucher
         WHERE book_id = :book AND period BETWEEN :first AND :last AND status = ANY(cast(:statuses AS text[]))
           AND (date, word, number, part) >= (cast(:date AS date), :word, :number, :part)
         ORDER BY date, word, number, part LIMIT :limit + 1) v
  JOIN tenant.voucher_line l ON l.book_id = v.book_id AND l.voucher_id = v.id
 WHERE (v.date, v.word, v.number, v.part, l.line_no) > (cast(:date AS date), :word, :number, :part, :line_no)
 ORDER BY v.date, v.word, v.number, v.part, l.line_no
 LIMIT :limit
"""
POSTED = ("posted",)
WITH_UNPOSTED = ("posted", "reviewed", "draft")


def accounts(scope: TenantScope, book: int) -> list[AccountHead]:
    """The whole chart in the order of codes, so that a parent stands before its children."""
    return [AccountHead._make(row) for row in scope.run(_ACCOUNTS, book=book).all()]


def accounts_at(
    scope: TenantScope, book: int, period: str, leaves: Collection[int], *, whole: bool
) -> list[AccountHead]:
    """These leaf accounts and every account above a leaf, or the whole chart, in the order of codes.

    Nothing when the book has not reached the period.
    """
    rows = scope.run(_ACCOUNTS_AT, book=book, period=period, leaves=list(leaves), whole=whole).all()
    return [AccountHead._make(row) for row in rows]


def month(scope: TenantScope, book: int, first: str, last: str, *, unposted: bool) -> dict[int, Movement]:
    """What moved on each leaf account in the period `last`, and since `first`, by account id."""
    rows = scope.run(_MONTH[unposted], books=[book], first=first, last=last).all()
    return {row[0]: Movement._make(row[1:]) for row in rows}


def by_period(
    scope: TenantScope, book: int, accounts: Collection[int], first: str, last: str, *, unposted: bool
) -> list[Any]:
    """Opening and turnover of these leaf accounts in each period that has a row of them."""
    return list(scope.run(_BY_PERIOD[unposted], books=[book], first=first, last=last, accounts=list(accounts)).all())


def reached(scope: TenantScope, book: int, first: str, last: str) -> list[str]:
    """The periods of a range that a book has reached, in order."""
    return list(scope.run(_REACHED, book=book, first=first, last=last).scalars())


def lines(
    scope: TenantScope,
    book: int,
    accounts: Sequence[int],
    span: tuple[str, str],
    after: LineKey,
    limit: int,
    statuses: Sequence[str],
) -> list[Any]:
    """The lines of these accounts after a key, in order."""
    return list(
        scope.run(
            _LINES,
            book=book,
            first=span[0],
            last=span[1],
            accounts=list(accounts),
            statuses=list(statuses),
            limit=limit,
            **after._asdict(),
        ).all()
    )


def moved_up_to(
    scope: TenantScope, book: int, accounts: Sequence[int], period: str, key: LineKey, statuses: Sequence[str]
) -> Decimal:
    """Debit less credit of these accounts in one period, up to and with the line of a key."""
    row = scope.run(
        _BEFORE, book=book, period=period, accounts=list(accounts), statuses=list(statuses), **key._asdict()
    ).one()
    moved: Decimal = row.debit - row.credit
    return moved + ZERO


def journal(
    scope: TenantScope, book: int, span: tuple[str, str], after: LineKey, limit: int, statuses: Sequence[str]
) -> list[Any]:
    """Every line of a range of periods after a key, in order."""
    return list(
        scope.run(
            _JOURNAL, book=book, first=span[0], last=span[1], statuses=list(statuses), limit=limit, **after._asdict()
        ).all()
    )
