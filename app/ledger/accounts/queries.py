"""Reads of the chart of accounts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import RowMapping, select

from app.ledger.accounts.types import Account
from app.ledger.models import account
from tenants.scope import TenantScope


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


def in_books(scope: TenantScope, books: Sequence[int], codes: Iterable[str]) -> dict[tuple[int, str], Account]:
    """The accounts of these codes in these books, by (book id, code); a code a book does not have is absent."""
    query = select(account).where(account.c.book_id.in_(list(books)), account.c.code.in_(sorted(set(codes))))
    return {(row["book_id"], row["code"]): _account(row) for row in scope.execute(query).mappings()}


def playing(scope: TenantScope, books: Sequence[int], standard_codes: Iterable[str]) -> dict[tuple[int, str], str]:
    """The leaf that stands for each of these accounts of the standard, as (book id, standard code) -> code.

    A role of a standard names an account of the standard; once that has children in a book, the first leaf plays it.
    """
    query = (
        select(account.c.book_id, account.c.standard_code, account.c.code)
        .where(
            account.c.book_id.in_(list(books)),
            account.c.standard_code.in_(sorted(set(standard_codes))),
            account.c.leaf,
            account.c.active,
        )
        .order_by(account.c.code.desc())
    )
    return {(row.book_id, row.standard_code): row.code for row in scope.execute(query)}
