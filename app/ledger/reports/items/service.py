"""The books by item: 辅助余额表 and 核算项目组合 from the kept balances; 辅助明细账 is a subsidiary ledger of one item.

Invariant: only balances are read, so the cost is that of the items shown, whatever number of vouchers moved them.
"""

from __future__ import annotations

from app.books.types import BookRef
from app.ledger.reports import queries
from app.ledger.reports.errors import CurrencyNeeded, RangeRejected, ReportTooLarge, TooManyColumns
from app.ledger.reports.items import rules
from app.ledger.reports.items.types import ACCOUNT, ItemBook, ItemShape, Matrix
from app.ledger.reports.service import Span, periods
from app.ledger.reports.trial.types import EVERY_CODE, Codes
from app.ledger.reports.types import EVERYTHING, AccountHead, Chosen
from tenants.scope import TenantScope

MOST_ROWS = 20_000
MOST_COLUMNS = 60


def item_balances(scope: TenantScope, book: BookRef, span: Span, shape: ItemShape) -> ItemBook:
    """Opening, turnover, year to date and closing by dimension items and accounts in the order of the keys.

    One dimension is the 辅助余额表, several the 核算项目组合. Raises `KeysRejected`, `DimensionNotFound`,
    `RangeRejected`, `CurrencyNeeded`, `ReportTooLarge`, `PeriodNotFound`, `SpanRejected`.
    """
    rules.check(shape.keys)
    if shape.layout.foreign and not shape.currency:
        raise CurrencyNeeded
    for key in shape.keys:
        if key != ACCOUNT:
            queries.dimension(scope, book.id, key)
    leaves, accounts, held = _read(scope, book, span, shape.codes, Chosen(shape.currency))
    found = rules.combination(leaves, accounts, held, shape)
    if len(found.rows) > MOST_ROWS:
        raise ReportTooLarge(limit=MOST_ROWS)
    return found


def item_matrix(
    scope: TenantScope,
    book: BookRef,
    span: Span,
    dimension: str,
    *,
    figure: str = "closing",
    codes: Codes = EVERY_CODE,
) -> Matrix:
    """A figure (`opening`, `debit`, `credit` or `closing`) of each item of a dimension on each leaf account.

    Raises `DimensionNotFound`, `RangeRejected`, `TooManyColumns`, `ReportTooLarge`, `PeriodNotFound`, `SpanRejected`.
    """
    queries.dimension(scope, book.id, dimension)
    found = rules.matrix(*_read(scope, book, span, codes, EVERYTHING), dimension, figure)
    if len(found.accounts) > MOST_COLUMNS:
        raise TooManyColumns(limit=MOST_COLUMNS)
    if len(found.rows) > MOST_ROWS:
        raise ReportTooLarge(limit=MOST_ROWS)
    return found


def _read(
    scope: TenantScope, book: BookRef, span: Span, codes: Codes, chosen: Chosen
) -> tuple[rules.Keyed, dict[int, AccountHead], rules.Held]:
    periods(scope, book, span)
    if not codes.forwards:
        raise RangeRejected(range="account")
    accounts = {account.id: account for account in queries.accounts(scope, book.id)}
    within = None if codes == EVERY_CODE else [a.id for a in accounts.values() if a.leaf and a.code in codes]
    leaves = queries.figures(
        scope, book.id, span.bounds, unposted=span.unposted, by_set=True, chosen=chosen, accounts=within
    )
    return leaves, accounts, queries.held(scope, book.id, {key[1] for key in leaves})
