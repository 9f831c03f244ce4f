"""Reads of the chart of accounts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import RowMapping, any_, literal, or_, select

from app.books.types import BookRef
from app.kernel.money import RMB
from app.ledger.accounts import rules
from app.ledger.accounts.types import Account, Chart, Standing
from app.ledger.models import account
from tenants.scope import TenantScope

_LOCK = """
SELECT id FROM tenant.account WHERE book_id = :book AND id = ANY(cast(:ids AS bigint[])) ORDER BY id FOR UPDATE
"""
# Lines are looked for period by period: that is how their index is kept.
_STANDING = """
SELECT k.id, coalesce(b.holds, false) AS holds, coalesce(d.drafts, 0) AS drafts,
       coalesce(b.counted, false) OR coalesce(d.counted, false) AS counted,
       coalesce(b.currencies, '{}') || coalesce(d.currencies, '{}') AS currencies,
       b.account_id IS NOT NULL OR EXISTS (
         SELECT FROM tenant.period p
           JOIN tenant.voucher_line l ON l.book_id = p.book_id AND l.period = p.period AND l.account_id = k.id
          WHERE p.book_id = :book) AS used
  FROM unnest(cast(:ids AS bigint[])) AS k (id)
  LEFT JOIN (
    SELECT account_id, array_agg(DISTINCT currency) AS currencies,
           bool_or((opening_qty, debit_qty, credit_qty) <> (0, 0, 0)) AS counted,
           bool_or(period = (SELECT max(period) FROM tenant.period WHERE book_id = :book)
               AND (opening + debit - credit, opening_fc + debit_fc - credit_fc, opening_qty + debit_qty - credit_qty)
                <> (0, 0, 0)) AS holds
      FROM tenant.balance WHERE book_id = :book AND account_id = ANY(cast(:ids AS bigint[])) GROUP BY account_id
  ) b ON b.account_id = k.id
  LEFT JOIN (
    SELECT l.account_id, array_agg(DISTINCT l.currency) AS currencies, bool_or(l.quantity IS NOT NULL) AS counted,
           count(DISTINCT v.id) AS drafts
      FROM tenant.period p
      JOIN tenant.voucher v ON v.book_id = p.book_id AND v.period = p.period AND v.status IN ('draft', 'reviewed')
      JOIN tenant.voucher_line l ON l.book_id = v.book_id AND l.voucher_id = v.id
     WHERE p.book_id = :book AND p.state = 'open' AND l.account_id = ANY(cast(:ids AS bigint[]))
     GROUP BY l.account_id
  ) d ON d.account_id = k.id
"""
_SUGGEST = """
SELECT * FROM tenant.account
 WHERE book_id = :book AND leaf AND active
   AND (starts_with(code, :q) OR starts_with(pinyin, :letters) OR strpos(name_zh, :q) > 0)
 ORDER BY code <> :q, NOT starts_with(code, :q), NOT starts_with(pinyin, :letters), code LIMIT :limit
"""


def _account(row: RowMapping) -> Account:
    return Account(
        book_id=row["book_id"],
        id=row["id"],
        code=row["code"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        account_class=row["class"],
        normal_side=row["normal_side"],
        parent_code=row["parent_code"],
        leaf=row["leaf"],
        cash=row["cash"],
        standard_code=row["standard_code"],
        pinyin=row["pinyin"],
        dimensions=tuple(row["dimensions"]),
        currencies=tuple(row["currencies"]),
        unit=row["unit"],
        monetary=row["monetary"],
        cash_item_in=row["cash_item_in"],
        cash_item_out=row["cash_item_out"],
        cash_follows=row["cash_follows"],
        active=row["active"],
        row_version=row["row_version"],
    )


def chart(scope: TenantScope, book_id: int) -> list[Account]:
    """The whole chart of a book, in the order of codes."""
    rows = scope.execute(select(account).where(account.c.book_id == book_id).order_by(account.c.code))
    return [_account(row) for row in rows.mappings()]


def chart_of(scope: TenantScope, book: BookRef) -> Chart:
    """The chart of a book with the widths of its codes."""
    return Chart(rules.widths_of(book), {each.code: each for each in chart(scope, book.id)})


def in_books(scope: TenantScope, books: Sequence[int], codes: Iterable[str]) -> dict[tuple[int, str], Account]:
    """The accounts of these codes in these books, by (book id, code); a code a book does not have is absent.

    A transaction that may write holds them until its end, so chart work and the vouchers drafted on an account come
    one after the other.
    """
    query = select(account).where(account.c.book_id.in_(list(books)), account.c.code.in_(sorted(set(codes))))
    if not scope.read_only:
        query = query.with_for_update(key_share=True, read=True)
    return {(row["book_id"], row["code"]): _account(row) for row in scope.execute(query).mappings()}


def playing(scope: TenantScope, books: Sequence[int], standard_codes: Iterable[str]) -> dict[tuple[int, str], str]:
    """The leaf that stands for each of these accounts of the standard, as (book id, standard code) -> code.

    A role of a standard names an account of the standard; once that has children in a book, the first active leaf
    plays it that is booked in RMB, or the first at all.
    """
    query = (
        select(account.c.book_id, account.c.standard_code, account.c.code)
        .where(
            account.c.book_id.in_(list(books)),
            account.c.standard_code.in_(sorted(set(standard_codes))),
            account.c.leaf,
            account.c.active,
        )
        .order_by(
            or_(account.c.currencies == [], literal(RMB) == any_(account.c.currencies)),
            account.c.code.desc(),
        )
    )
    return {(row.book_id, row.standard_code): row.code for row in scope.execute(query)}


def standings(scope: TenantScope, book_id: int, ids: Sequence[int], *, lock: bool = False) -> dict[int, Standing]:
    """What hangs on these accounts; `lock` waits for whoever is drafting on them, and keeps others from it."""
    where = {"book": book_id, "ids": list(ids)}
    if lock:
        scope.run(_LOCK, **where)
    rows = scope.run(_STANDING, **where)
    return {
        row.id: Standing(row.id, row.used, row.holds, row.drafts, frozenset(row.currencies), row.counted)
        for row in rows
    }


def suggest(scope: TenantScope, book_id: int, q: str, limit: int) -> list[Account]:
    """The active leaves whose code or pinyin begins with a text or whose name has it, the nearest first."""
    return [_account(row) for row in scope.run(_SUGGEST, book=book_id, q=q, letters=q.lower(), limit=limit).mappings()]
