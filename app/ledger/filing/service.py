"""Statements as the tax bureau takes them (财务报表报送与信息采集): a book's figures in the bureau's own workbook."""

from __future__ import annotations

from app.books.types import BookRef
from app.kernel.periods import Period
from app.ledger.filing import rules
from app.ledger.filing.errors import FilingFormUnknown, FilingPeriodRejected
from app.ledger.filing.types import Amounts, Filed, Workbook
from app.ledger.statements import service as statements
from app.ledger.statements.types import StatementSet
from app.standards.filing import filing_form
from app.standards.loader import load
from tenants.scope import TenantScope


def filing_workbook(scope: TenantScope, book: BookRef, period: Period, cycle: str) -> Workbook:
    """The workbook of the month, quarter or year that ends with a period, from posted vouchers.

    Raises `FilingFormUnknown`, `FilingPeriodRejected`, `FilingAmountTooLarge` and `PeriodNotFound`.
    """
    form = filing_form(load(book.standard, book.edition), cycle)
    if form is None:
        raise FilingFormUnknown(standard=book.standard, cycle=cycle)
    if not rules.ends(period, cycle):
        raise FilingPeriodRejected(period=str(period), cycle=cycle)
    found = statements.statements(scope, book, period, cycle=cycle)
    filed = Filed(book.tax_id, book.name, rules.first_day(period, cycle), period.last_day)
    return rules.fill(form, _amounts(found), filed)


def _amounts(found: StatementSet) -> Amounts:
    return {
        name: {
            column_id: {cell.key: cell.amount for cell in cells if cell.amount is not None}
            for column_id, cells in made.columns.items()
        }
        for name, made in found.made.items()
    }
