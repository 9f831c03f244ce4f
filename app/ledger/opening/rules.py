"""The pure rules of the opening: what a row may say, what it closes with, and what of it was transferred before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.books.types import BookRef
from app.kernel.money import RMB, ZERO, show
from app.ledger.accounts.types import Account
from app.ledger.dimensions.types import COUNTERPARTIES, Item, ItemKey, Named
from app.ledger.opening import errors
from app.ledger.opening.types import Measures, OpeningRow, Review
from app.ledger.vouchers import errors as voucher_errors
from app.standards.loader import load
from infra.errors import Violation


def named(row: OpeningRow, account: Account) -> Named:
    """The items a row names, its counterparty among them, in the order of their dimensions."""
    if not row.counterparty:
        return tuple(sorted(row.items))
    return tuple(sorted((*row.items, (account.counterparty_dimension or COUNTERPARTIES[0], row.counterparty))))


def closing(row: OpeningRow) -> Measures:
    """What the first period opens with: the year's opening and the turnover since."""
    return Measures(
        row.year_opening + row.debit - row.credit,
        row.foreign_year_opening + row.foreign_debit - row.foreign_credit,
        row.quantity_year_opening + row.quantity_debit - row.quantity_credit,
    )


def transfers(row: OpeningRow, account: Account) -> tuple[Decimal, Decimal]:
    """The part of a profit-and-loss account's turnover that earlier months transferred: (debit, credit)."""
    if account.account_class != "profit_and_loss":
        return ZERO, ZERO
    if account.normal_side == "credit":
        actual = row.credit if row.actual is None else row.actual
        return actual - row.credit + row.debit, ZERO
    actual = row.debit if row.actual is None else row.actual
    return ZERO, actual - row.debit + row.credit


def check(
    book: BookRef,
    rows: Sequence[OpeningRow],
    accounts: Mapping[tuple[int, str], Account],
    items: Mapping[ItemKey, Item],
    flows: Mapping[str, Decimal],
) -> list[Violation]:
    """Every rule that rows and cash flows break, each with a pointer."""
    known = load(book.standard, book.edition).cash_items
    found = [
        errors.OPENING_CASH_ITEM.at(f"/cash_flows/{index}/item", item=item)
        for index, item in enumerate(flows)
        if item not in known
    ]
    seen: set[tuple[str, Named, str]] = set()
    for index, row in enumerate(rows):
        path, account = f"/rows/{index}", accounts.get((book.id, row.account))
        if account is None:
            found.append(voucher_errors.ACCOUNT_UNKNOWN.at(f"{path}/account_code", account=row.account))
            continue
        found += _check_row(path, row, account, items, first_month=book.start_period.month)
        key = row.account, named(row, account), row.currency
        if key in seen:
            label = " ".join((*(name for _, name in key[1]), *((row.currency,) if row.currency != RMB else ())))
            found.append(errors.OPENING_DUPLICATE.at(path, account=row.account, counterparty=label))
        seen.add(key)
    return found


def _check_row(
    path: str, row: OpeningRow, account: Account, items: Mapping[ItemKey, Item], *, first_month: int
) -> Iterable[Violation]:
    if not account.leaf:
        yield voucher_errors.ACCOUNT_NOT_LEAF.at(f"{path}/account_code", account=row.account)
    yield from _check_dimensions(path, row, account, items)
    if account.account_class == "profit_and_loss" and row.year_opening:
        yield errors.OPENING_PROFIT_LOSS.at(path, account=row.account)
    if first_month == 1 and (row.debit or row.credit):
        yield errors.OPENING_EARLY.at(path)
    foreign = row.foreign_year_opening, row.foreign_debit, row.foreign_credit
    if row.currency not in (account.currencies or (RMB,)):
        yield voucher_errors.CURRENCY_FORBIDDEN.at(f"{path}/currency", account=row.account, currency=row.currency)
    if row.currency == RMB and any(foreign):
        yield voucher_errors.FOREIGN_INCOMPLETE.at(path)
    if account.unit is None and any((row.quantity_year_opening, row.quantity_debit, row.quantity_credit)):
        yield voucher_errors.QUANTITY_FORBIDDEN.at(path, account=row.account)


def _check_dimensions(
    path: str, row: OpeningRow, account: Account, items: Mapping[ItemKey, Item]
) -> Iterable[Violation]:
    if row.counterparty and account.counterparty_dimension is None:
        yield voucher_errors.COUNTERPARTY_FORBIDDEN.at(f"{path}/counterparty", account=row.account)
        return
    held = dict(named(row, account))
    for dimension in account.dimensions:
        if dimension not in held and dimension in COUNTERPARTIES:
            yield voucher_errors.COUNTERPARTY_MISSING.at(f"{path}/counterparty", account=row.account)
        elif dimension not in held:
            yield voucher_errors.ITEM_MISSING.at(f"{path}/items", account=row.account, dimension=dimension)
    for dimension, name in held.items():
        where = f"{path}/items/{dimension}"
        if dimension not in account.dimensions:
            yield voucher_errors.ITEM_FORBIDDEN.at(where, account=row.account, dimension=dimension)
        elif dimension not in COUNTERPARTIES and (account.book_id, dimension, name) not in items:
            yield voucher_errors.ITEM_UNKNOWN.at(where, dimension=dimension, item=name)


def review(
    rows: Sequence[Mapping[str, Any]], accounts: Mapping[str, Account], flows: Sequence[Mapping[str, Any]]
) -> Review:
    """What an opening's balance sheet is off by, and which figures do not go together, row by row, then in all."""
    kept = (row for row in rows if accounts[row["account_code"]].account_class != "profit_and_loss")
    difference = sum((row["year_opening"] + row["debit"] - row["credit"] for row in kept), ZERO)
    return Review(difference, tuple(_doubts(rows, accounts, flows)))


def _doubts(
    rows: Sequence[Mapping[str, Any]], accounts: Mapping[str, Account], flows: Sequence[Mapping[str, Any]]
) -> Iterable[Violation]:
    cash = ZERO
    for index, row in enumerate(rows):
        account, path = accounts[row["account_code"]], f"/rows/{index}"
        amount = row["year_opening"] + row["debit"] - row["credit"]
        foreign = row["foreign_year_opening"] + row["foreign_debit"] - row["foreign_credit"]
        quantity = row["quantity_year_opening"] + row["quantity_debit"] - row["quantity_credit"]
        named = {"account": account.code, "items": " ".join((row["counterparty"], *row["items"].values())).strip()}
        if quantity and not amount:
            yield errors.QUANTITY_ALONE.at(path, **named, quantity=f"{quantity.normalize():f}")
        if account.unit is not None and amount and not quantity:
            yield errors.AMOUNT_ALONE.at(path, **named, amount=show(amount))
        if row["currency"] != RMB and (bool(foreign) is not bool(amount) or foreign * amount < 0):
            shown = {"foreign": show(foreign), "amount": show(amount)}
            yield errors.FOREIGN_ALONE.at(path, **named, currency=row["currency"], **shown)
        if account.account_class == "profit_and_loss" and amount:
            yield errors.NOT_TRANSFERRED.at(path, account=account.code, amount=show(amount))
        if account.cash:
            cash += row["debit"] - row["credit"]
    total = sum((flow["amount"] for flow in flows), ZERO)
    if flows and total != cash:
        yield errors.CASH_FLOWS_DIFFER.at("/cash_flows", flows=show(total), cash=show(cash))
