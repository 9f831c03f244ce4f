"""The voucher summary (凭证汇总表, 科目汇总表): what a range of vouchers moved by account, and how many they are.

Whole months of all words are read from the kept balances; any other range is summed over its own lines.
"""

from __future__ import annotations

from app.books.types import BookRef
from app.kernel.periods import Period
from app.ledger.reports import queries as balances
from app.ledger.reports import rules
from app.ledger.reports.errors import RangeRejected
from app.ledger.reports.service import Span, periods
from app.ledger.reports.summary import queries
from app.ledger.reports.summary.types import Summary, SummaryAsked
from app.ledger.reports.types import Movement
from tenants.scope import TenantScope


def voucher_summary(scope: TenantScope, book: BookRef, asked: SummaryAsked) -> Summary:
    """Debit and credit turnover by account down to a level, and the number of vouchers and attachments of each word.

    Raises `RangeRejected`, `SpanRejected`, `PeriodNotFound`.
    """
    if asked.first > asked.last:
        raise RangeRejected(range="date")
    if asked.numbers and (asked.numbers[0] > asked.numbers[1] or not asked.word):
        raise RangeRejected(range="number")
    span = Span(Period.of(asked.first), Period.of(asked.last), asked.unposted)
    periods(scope, book, span)
    moved = _moved(scope, book, asked, span)
    accounts = balances.accounts(scope, book.id)
    depth = rules.levels(accounts)
    rolled = rules.roll_up(accounts, moved)
    rows = [
        {
            "account_code": account.code,
            "account_name": account.name_zh,
            "account_name_en": account.name_en,
            "level": depth[account.code],
            "leaf": account.leaf,
            "debit": turnover.debit,
            "credit": turnover.credit,
        }
        for account in accounts
        if depth[account.code] <= asked.deepest
        and (turnover := rolled.get(account.code)) is not None
        and (turnover.debit or turnover.credit)
    ]
    sums = rules.totals(moved.values())
    counted = [dict(row._mapping) for row in queries.counts(scope, book.id, asked)]
    totals = {
        "debit": sums["debit"],
        "credit": sums["credit"],
        "vouchers": sum(row["vouchers"] for row in counted),
        "attachments": sum(row["attachments"] for row in counted),
    }
    return Summary(rows, totals, counted)


def _moved(scope: TenantScope, book: BookRef, asked: SummaryAsked, span: Span) -> dict[int, Movement]:
    whole_months = asked.first == span.first.first_day and asked.last == span.last.last_day
    if whole_months and not asked.word:
        return balances.amounts(scope, book.id, span.bounds, unposted=span.unposted)
    return queries.turnover(scope, book.id, asked)
