"""Reads of the books of account: balances by account, and lines in the order of date and voucher number.

Accounts and items are looked up once per report instead of being joined to each line: under row-level security the
planner expects one row of everything, and a join could loop over the whole chart for every line.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

from app.kernel.periods import Period
from app.ledger.balances.queries import over
from app.ledger.reports.errors import DimensionNotFound, ItemNotFound
from app.ledger.reports.types import (
    EVERYTHING,
    AccountHead,
    Before,
    Chosen,
    Figures,
    LineKey,
    Measures,
    Movement,
    Only,
)
from tenants.scope import TenantScope

_HEAD = "SELECT id, code, name_zh, name_en, parent_code, leaf, cash, unit, normal_side FROM tenant.account"
_ACCOUNTS = _HEAD + " WHERE book_id = :book ORDER BY code"
_ACCOUNTS_OF = _HEAD + " WHERE book_id = :book AND id = ANY(cast(:ids AS bigint[]))"
_ACCOUNTS_AT = (
    _HEAD
    + """
 WHERE book_id = :book AND (:whole OR NOT leaf OR id = ANY(cast(:leaves AS bigint[])))
   AND EXISTS (SELECT FROM tenant.period WHERE book_id = :book AND period = :period)
 ORDER BY code
"""
)
_SPAN = over("""
SELECT account_id,
       sum(CASE WHEN period = :begin THEN opening ELSE 0.00 END),
       sum(CASE WHEN period BETWEEN :begin AND :last THEN debit ELSE 0.00 END),
       sum(CASE WHEN period BETWEEN :begin AND :last THEN credit ELSE 0.00 END),
       sum(CASE WHEN period >= :year THEN debit ELSE 0.00 END), sum(CASE WHEN period >= :year THEN credit ELSE 0.00 END)
  FROM kept GROUP BY account_id
""")
_OF_MEASURE = """
       sum(CASE WHEN period = :begin THEN opening{0} ELSE 0.00 END),
       sum(CASE WHEN period BETWEEN :begin AND :last THEN debit{0} ELSE 0.00 END),
       sum(CASE WHEN period BETWEEN :begin AND :last THEN credit{0} ELSE 0.00 END),
       sum(CASE WHEN period >= :year THEN debit{0} ELSE 0.00 END),
       sum(CASE WHEN period >= :year THEN credit{0} ELSE 0.00 END)"""
_NARROW = """
   AND (:any_currency OR currency = :currency) AND (:any_set OR dim_set_id = ANY(cast(:sets AS bigint[])))"""
_KEYED = over(
    """
SELECT account_id, CASE WHEN :by_set THEN dim_set_id ELSE 0 END, CASE WHEN :by_currency THEN currency ELSE '' END,"""
    + ",".join(_OF_MEASURE.format(suffix) for suffix in ("", "_fc", "_qty"))
    + """
  FROM kept WHERE (:any_account OR account_id = ANY(cast(:accounts AS bigint[])))"""
    + _NARROW
    + """
 GROUP BY 1, 2, 3
"""
)
_BY_PERIOD = over(
    """
SELECT period, account_id, CASE WHEN :by_set THEN dim_set_id ELSE 0 END AS dim_set_id,
       sum(opening) AS opening, sum(debit) AS debit, sum(credit) AS credit,
       sum(opening_fc) AS opening_fc, sum(debit_fc) AS debit_fc, sum(credit_fc) AS credit_fc,
       sum(opening_qty) AS opening_qty, sum(debit_qty) AS debit_qty, sum(credit_qty) AS credit_qty
  FROM kept WHERE account_id = ANY(cast(:accounts AS bigint[]))"""
    + _NARROW
    + """
 GROUP BY 1, 2, 3
"""
)
_REACHED = """
SELECT period FROM tenant.period WHERE book_id = :book AND period BETWEEN :first AND :last ORDER BY period
"""
_LINE = """
SELECT v.date, v.word, v.number, v.part, v.parts, l.line_no, v.id AS voucher_id, v.status, v.source_type, v.source_id,
       v.source_rule, l.period, l.account_id, l.dim_set_id, l.summary, l.debit, l.credit, l.currency, l.rate,
       l.foreign_amount, l.quantity, l.unit_price"""
# The dates and the shorter comparison say the same of the voucher alone, so that its index is entered where the page
# begins and left where the range ends.
_LINES = (
    _LINE
    + """
  FROM tenant.voucher_line l
  JOIN tenant.voucher v ON v.book_id = l.book_id AND v.id = l.voucher_id
 WHERE l.book_id = :book AND l.period BETWEEN :first AND :last AND l.account_id = ANY(cast(:accounts AS bigint[]))
   AND v.status = ANY(cast(:statuses AS text[])) AND v.date <= cast(:until AS date)
   AND (v.date, v.word, v.number, v.part) >= (cast(:date AS date), :word, :number, :part)
   AND (v.date, v.word, v.number, v.part, l.line_no) > (cast(:date AS date), :word, :number, :part, :line_no)"""
    + _NARROW
    + """
 ORDER BY v.date, v.word, v.number, v.part, l.line_no
 LIMIT cast(:limit AS bigint)
"""
)
_BEFORE = (
    """
SELECT coalesce(sum(l.debit - l.credit), 0.00) AS amount,
       coalesce(sum(CASE WHEN l.debit <> 0 THEN l.foreign_amount ELSE -l.foreign_amount END), 0.00) AS foreign_amount,
       coalesce(sum(CASE WHEN l.debit <> 0 THEN l.quantity ELSE -l.quantity END), 0) AS quantity,
       coalesce(sum(l.debit) FILTER (WHERE v.date = cast(:date AS date)), 0.00) AS day_debit,
       coalesce(sum(l.credit) FILTER (WHERE v.date = cast(:date AS date)), 0.00) AS day_credit
  FROM tenant.voucher_line l
  JOIN tenant.voucher v ON v.book_id = l.book_id AND v.id = l.voucher_id
 WHERE l.book_id = :book AND l.period = :period AND l.account_id = ANY(cast(:accounts AS bigint[]))
   AND v.status = ANY(cast(:statuses AS text[]))
   AND (v.date, v.word, v.number, v.part, l.line_no) <= (cast(:date AS date), :word, :number, :part, :line_no)"""
    + _NARROW
)
_ENTRIES = """
  FROM tenant.voucher v
  JOIN tenant.voucher_line l ON l.book_id = v.book_id AND l.voucher_id = v.id
 WHERE v.book_id = :book AND v.date <= cast(:until AS date) AND v.status = ANY(cast(:statuses AS text[]))
   AND (:any_word OR v.word = :only_word)
   AND (v.date, v.word, v.number, v.part) >= (cast(:date AS date), :word, :number, :part)
   AND (v.date, v.word, v.number, v.part, l.line_no) > (cast(:date AS date), :word, :number, :part, :line_no)
 ORDER BY v.date, v.word, v.number, v.part, l.line_no
 LIMIT cast(:limit AS bigint)
"""
_JOURNAL = _LINE + _ENTRIES
_DIMENSION = "SELECT name_zh FROM tenant.dimension WHERE book_id = :book AND code = :code"
_HOLDING = """
SELECT i.id, s.id AS set_id
  FROM tenant.dimension_item i
  LEFT JOIN tenant.dimension_set s ON s.book_id = i.book_id AND s.item_ids @> ARRAY[i.id]
 WHERE i.book_id = :book AND i.dimension = :dimension AND i.name = :item
"""
_HELD = """
SELECT s.id AS set_id, i.dimension, i.code, i.name
  FROM tenant.dimension_set s
  JOIN tenant.dimension_item i ON i.book_id = s.book_id AND i.id = ANY(s.item_ids)
 WHERE s.book_id = :book AND s.id = ANY(cast(:sets AS bigint[]))
 ORDER BY s.id, i.dimension
"""
POSTED = ("posted",)
WITH_UNPOSTED = ("posted", "reviewed", "draft")


class Bounds(NamedTuple):
    """The periods a report of balances reads: opening of `begin`, turnover up to `last`, the year since `year`."""

    begin: str
    last: str
    year: str

    def params(self) -> dict[str, str]:
        """The parameters of a query over `kept`."""
        return {**self._asdict(), "first": min(self.begin, self.year)}


def accounts(scope: TenantScope, book: int) -> list[AccountHead]:
    """The whole chart in the order of codes, so that a parent stands before its children."""
    return [AccountHead._make(row) for row in scope.run(_ACCOUNTS, book=book).all()]


def accounts_of(scope: TenantScope, book: int, ids: Collection[int]) -> dict[int, AccountHead]:
    """These accounts, by id."""
    return {row.id: AccountHead._make(row) for row in scope.run(_ACCOUNTS_OF, book=book, ids=list(ids))}


def accounts_at(
    scope: TenantScope, book: int, period: str, leaves: Collection[int], *, whole: bool
) -> list[AccountHead]:
    """These leaf accounts and every account above a leaf, or the whole chart, in the order of codes.

    Nothing when the book has not reached the period.
    """
    rows = scope.run(_ACCOUNTS_AT, book=book, period=period, leaves=list(leaves), whole=whole).all()
    return [AccountHead._make(row) for row in rows]


def amounts(scope: TenantScope, book: int, bounds: Bounds, *, unposted: bool) -> dict[int, Movement]:
    """What moved on each leaf account in RMB, by account id."""
    rows = scope.run(_SPAN[unposted], books=[book], **bounds.params()).all()
    return {row[0]: Movement._make(row[1:]) for row in rows}


def figures(
    scope: TenantScope,
    book: int,
    bounds: Bounds,
    *,
    unposted: bool,
    by_set: bool = False,
    by_currency: bool = False,
    chosen: Chosen = EVERYTHING,
    accounts: Collection[int] | None = None,
) -> dict[tuple[int, int, str], Figures]:
    """What moved in every measure by (account id, dimension set, currency); 0 and empty where it is not told apart."""
    rows = scope.run(
        _KEYED[unposted],
        books=[book],
        by_set=by_set,
        by_currency=by_currency,
        any_account=accounts is None,
        accounts=list(accounts or ()),
        **bounds.params(),
        **chosen.params(),
    ).all()
    return {tuple(row[:3]): Figures(*(Movement._make(row[n : n + 5]) for n in (3, 8, 13))) for row in map(tuple, rows)}


def by_period(
    scope: TenantScope,
    book: int,
    accounts: Collection[int],
    span: tuple[str, str],
    *,
    unposted: bool,
    chosen: Chosen = EVERYTHING,
    by_set: bool = False,
) -> list[Any]:
    """Opening and turnover of these leaf accounts in each period that has a row of them."""
    rows = scope.run(
        _BY_PERIOD[unposted],
        books=[book],
        first=span[0],
        last=span[1],
        accounts=list(accounts),
        by_set=by_set,
        **chosen.params(),
    )
    return list(rows.all())


def reached(scope: TenantScope, book: int, first: str, last: str) -> list[str]:
    """The periods of a range that a book has reached, in order."""
    return list(scope.run(_REACHED, book=book, first=first, last=last).scalars())


class LinesAsked(NamedTuple):
    """Lines of accounts in a range of periods after a key; `limit` None means all of them."""

    accounts: Sequence[int]
    span: tuple[str, str]
    after: LineKey
    statuses: Sequence[str]
    chosen: Chosen = EVERYTHING
    limit: int | None = None

    def params(self, book: int) -> dict[str, Any]:
        """The parameters of the query."""
        first, last = map(Period.parse, self.span)
        return {
            "book": book,
            "first": self.span[0],
            "last": self.span[1],
            "until": last.last_day,
            "accounts": list(self.accounts),
            "statuses": list(self.statuses),
            "limit": self.limit,
            **max(self.after, LineKey(first.first_day, "", 0, 0, 0))._asdict(),
            **self.chosen.params(),
        }


def lines(
    scope: TenantScope,
    book: int,
    accounts: Sequence[int],
    span: tuple[str, str],
    after: LineKey,
    limit: int,
    statuses: Sequence[str],
    chosen: Chosen = EVERYTHING,
) -> list[Any]:
    """The lines of these accounts after a key, in order."""
    asked = LinesAsked(accounts, span, after, statuses, chosen, limit)
    return list(scope.run(_LINES, **asked.params(book)).all())


def every_line(scope: TenantScope, book: int, asked: LinesAsked) -> Iterator[Any]:
    """The same, read as they are needed."""
    return scope.stream(_LINES, **asked.params(book))


def before(scope: TenantScope, book: int, period: str, asked: LinesAsked) -> Before:
    """What moved on these accounts in one period, up to and with the line of the key, and on the key's own day."""
    params = asked.params(book)
    del params["first"], params["last"], params["until"], params["limit"]
    row = scope.run(_BEFORE, period=period, **params).one()
    return Before(Measures(row.amount, row.foreign_amount, row.quantity), row.day_debit, row.day_credit)


class JournalAsked(NamedTuple):
    """Every line of a range of days after a key, of one voucher word or of all; `limit` None means all of them."""

    since: date
    until: date
    after: LineKey
    statuses: Sequence[str]
    word: str = ""
    limit: int | None = None

    def params(self, book: int) -> dict[str, Any]:
        """The parameters of the query."""
        return {
            "book": book,
            "until": self.until,
            "statuses": list(self.statuses),
            "any_word": not self.word,
            "only_word": self.word,
            "limit": self.limit,
            **max(self.after, LineKey(self.since, "", 0, 0, 0))._asdict(),
        }


def journal(scope: TenantScope, book: int, asked: JournalAsked) -> list[Any]:
    """A page of the journal's lines, in order."""
    return list(scope.run(_JOURNAL, **asked.params(book)).all())


def every_entry(scope: TenantScope, book: int, asked: JournalAsked) -> Iterator[Any]:
    """The journal's lines, read as they are needed."""
    return scope.stream(_JOURNAL, **asked.params(book))


def chosen(scope: TenantScope, book: int, only: Only) -> Chosen:
    """The sets that hold the item asked for; raises `DimensionNotFound`, `ItemNotFound`."""
    if not only.dimension:
        return Chosen(only.currency)
    dimension(scope, book, only.dimension)
    rows = scope.run(_HOLDING, book=book, dimension=only.dimension, item=only.item).all()
    if not rows:
        raise ItemNotFound(dimension=only.dimension, item=only.item)
    return Chosen(only.currency, tuple(row.set_id for row in rows if row.set_id is not None))


def dimension(scope: TenantScope, book: int, code: str) -> str:
    """The name of a dimension; raises `DimensionNotFound`."""
    name: str | None = scope.run(_DIMENSION, book=book, code=code).scalar()
    if name is None:
        raise DimensionNotFound(dimension=code)
    return name


def held(scope: TenantScope, book: int, sets: Collection[int]) -> dict[int, dict[str, tuple[str, str]]]:
    """What these sets hold, as dimension -> (item code or an empty text, item name)."""
    found: dict[int, dict[str, tuple[str, str]]] = {}
    wanted = sorted(set(sets) - {0})
    for row in scope.run(_HELD, book=book, sets=wanted) if wanted else ():
        found.setdefault(row.set_id, {})[row.dimension] = (row.code or "", row.name)
    return found
