"""What the rules say in so many words and no other test of the ledger says: here each is one test."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest
from sqlalchemy.exc import DBAPIError

from app.ledger.vouchers import service
from app.ledger.vouchers.types import Draft, Line
from infra.db import sqlstate
from tests.factories.doors import Doors


@pytest.mark.parametrize(
    ("table", "field", "value"),
    [
        ("voucher", "date", "date + 1"),
        ("voucher", "word", "'收'"),
        ("voucher", "number", "number + 1"),
        ("voucher", "status", "'draft'"),
        ("voucher", "preparer", "'user:x'"),
        ("voucher", "prepared_by", "'张三'"),
        ("voucher", "cashier", "'张三'"),
        ("voucher", "reviewed_by", "'张三'"),
        ("voucher", "posted_by", "'张三'"),
        ("voucher_line", "currency", "'USD'"),
        ("voucher_line", "rate", "7"),
        ("voucher_line", "foreign_amount", "1"),
        ("voucher_line", "debit", "debit + 1"),
        ("voucher_line", "credit", "credit + 1"),
        ("voucher_line", "account_id", "account_id + 1"),
    ],
)
def test_no_field_the_law_names_of_a_posted_voucher_can_be_changed(
    doors: Doors, table: str, field: str, value: str
) -> None:
    """财会〔2024〕12号 Art. 21(3): 日期、币种、汇率、金额、科目、操作人, and the number."""
    book = doors.new_book()
    lines = Line("1002", "收到投资款", debit=D("1.00")), Line("3001", "收到投资款", credit=D("1.00"))
    with doors.book(book.uid) as scope:
        (drafted,) = service.draft_vouchers(scope, [Draft(book.id, date(2026, 1, 5), lines)])
        service.post_vouchers(scope, [(book.id, drafted.id)], review=True)
    with pytest.raises(DBAPIError) as refused, doors.book(book.uid) as scope:
        scope.run(f"UPDATE tenant.{table} SET {field} = {value} WHERE book_id = :b", b=book.id)
    assert sqlstate(refused.value) == ("ZF001" if table == "voucher" else "42501")
