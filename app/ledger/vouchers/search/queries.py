"""The list of vouchers by any filters at once, in the order of period, word, number and part.

Heads come by the key of their numbers within one book and a range of periods; lines are looked at by voucher, and a
text is sought with ILIKE, because a month of one company is small and the embedded Postgres has no trigrams.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, tuple_

from app.ledger.models import account, dimension_item, dimension_set, voucher, voucher_line
from app.ledger.vouchers import queries
from app.ledger.vouchers.models import voucher_document
from app.ledger.vouchers.queries import Row
from app.ledger.vouchers.search.types import Wish
from tenants.scope import TenantScope

_ORDER = (voucher.c.period, voucher.c.word, voucher.c.number, voucher.c.part)
Condition = ColumnElement[bool]


def page(scope: TenantScope, book_id: int, wish: Wish, after: Sequence[Any], limit: int) -> list[Row]:
    """The vouchers that fulfil every filter, after that key, complete with their lines."""
    conditions = [*_of_heads(wish, book_id), *_of_lines(wish, book_id)]
    if after:
        conditions.append(tuple_(*_ORDER) > tuple_(*after))
    query = select(*queries.HEAD).where(voucher.c.book_id == book_id, voucher.c.period.between(wish.first, wish.last))
    heads = scope.execute(query.where(*conditions).order_by(*_ORDER).limit(limit))
    return queries.with_lines(scope, book_id, heads.mappings().all())


def _of_heads(wish: Wish, book_id: int) -> Iterator[Condition]:
    same = ("word", "source_type", "external_id", "prepared_by", "reviewed_by")
    yield from (voucher.c[name] == getattr(wish, name) for name in same if getattr(wish, name) is not None)
    if wish.statuses:
        yield voucher.c.status.in_(wish.statuses)
    if wish.number_from is not None:
        yield voucher.c.number >= wish.number_from
    if wish.number_to is not None:
        yield voucher.c.number <= wish.number_to
    if wish.has_attachments is not None:
        linked = exists().where(
            voucher_document.c.book_id == book_id, voucher_document.c.voucher_id == voucher.c.id
        )  # fmt: skip
        held = or_(voucher.c.attachments > 0, linked)
        yield held if wish.has_attachments else ~held
    if wish.red is not None:
        negative = _line(book_id, or_(voucher_line.c.debit < 0, voucher_line.c.credit < 0))
        yield negative if wish.red else ~negative


def _line(book_id: int, *conditions: Condition) -> Condition:
    """That one line of the voucher fulfils all of these."""
    own = (voucher_line.c.book_id == book_id, voucher_line.c.voucher_id == voucher.c.id)
    return exists().where(*own, *conditions)


def _of_lines(wish: Wish, book_id: int) -> Iterator[Condition]:
    found = list(_of_one_line(wish, book_id))
    if found:
        yield _line(book_id, *found)
    if wish.q is not None:
        sought = or_(
            voucher_line.c.summary.icontains(wish.q, autoescape=True),
            _account(book_id, account.c.name_zh.icontains(wish.q, autoescape=True)),
            _item(book_id, dimension_item.c.name.icontains(wish.q, autoescape=True)),
        )
        yield or_(voucher.c.note.icontains(wish.q, autoescape=True), _line(book_id, sought))


def _of_one_line(wish: Wish, book_id: int) -> Iterator[Condition]:
    amount = voucher_line.c.debit + voucher_line.c.credit  # one of them is zero
    if wish.account_code is not None:
        yield _account(book_id, account.c.code == wish.account_code)
    if wish.account_prefix is not None:
        yield _account(book_id, account.c.code.startswith(wish.account_prefix, autoescape=True))
    if wish.item is not None:
        named = (dimension_item.c.code == wish.item, dimension_item.c.pinyin == wish.item.lower())
        yield _item(book_id, or_(*named, dimension_item.c.name.icontains(wish.item, autoescape=True)))
    if wish.amount is not None:
        yield amount == wish.amount
    if wish.amount_gte is not None:
        yield amount >= wish.amount_gte
    if wish.amount_lte is not None:
        yield amount <= wish.amount_lte


def _account(book_id: int, condition: Condition) -> Condition:
    return voucher_line.c.account_id.in_(select(account.c.id).where(account.c.book_id == book_id, condition))


def _item(book_id: int, condition: Condition) -> Condition:
    """That the line carries such an item."""
    items = select(func.array_agg(dimension_item.c.id)).where(dimension_item.c.book_id == book_id, condition)
    sets = select(dimension_set.c.id).where(
        and_(dimension_set.c.book_id == book_id, dimension_set.c.item_ids.overlap(items.scalar_subquery()))
    )
    return voucher_line.c.dim_set_id.in_(sets)
