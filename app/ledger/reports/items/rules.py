"""Combinations of items and accounts from the balances of leaf accounts and dimension sets.

Invariant: a row stands for the sets that hold an item of every key, and each subtotal is the sum of the rows under it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from app.kernel.money import ZERO
from app.ledger.reports.errors import KeysRejected
from app.ledger.reports.items.types import ACCOUNT, ItemBook, ItemShape, Matrix
from app.ledger.reports.rules import moved_row, side, totals
from app.ledger.reports.types import AccountHead, Figures, Row

MOST_DIMENSIONS = 3

Keyed = Mapping[tuple[int, int, str], Figures]
Held = Mapping[int, Mapping[str, tuple[str, str]]]
Path = tuple[tuple[str, str], ...]
"""The (code, name) of each key of a row, from the first on."""


def check(keys: Sequence[str]) -> None:
    """Raise `KeysRejected` unless these are one to three dimensions and the account at most once."""
    dimensions = [key for key in keys if key != ACCOUNT]
    if not 1 <= len(dimensions) <= MOST_DIMENSIONS or len(set(keys)) < len(keys):
        raise KeysRejected


def combination(leaves: Keyed, accounts: Mapping[int, AccountHead], held: Held, shape: ItemShape) -> ItemBook:
    """The rows of a combination in the order of codes and names."""
    sums: dict[Path, Figures] = {}
    for path, figures in _paths(leaves, accounts, held, shape.keys):
        for depth in range(1, len(path) + 1):
            under = path[:depth]
            sums[under] = sums[under].plus(figures) if under in sums else figures
    rows = [_row(path, sums[path], shape) for path in sorted(sums) if _moves(sums[path])]
    whole = [figures.amount for path, figures in sums.items() if len(path) == 1]
    return ItemBook(rows, totals(whole))


def matrix(leaves: Keyed, accounts: Mapping[int, AccountHead], held: Held, dimension: str, figure: str) -> Matrix:
    """A figure of each item (rows) on each account (columns): `opening` and `closing` are signed, debit positive."""
    cells: dict[tuple[str, str], dict[tuple[str, str], Decimal]] = {}
    for (item, account), figures in _paths(leaves, accounts, held, (dimension, ACCOUNT)):
        amount: Decimal = getattr(figures.amount, figure)
        of_item = cells.setdefault(item, {})
        of_item[account] = of_item.get(account, ZERO) + amount
    columns = sorted({account for of_item in cells.values() for account, amount in of_item.items() if amount})
    sums = {code: ZERO for code, _ in columns}
    rows = []
    for (code, name), of_item in sorted(cells.items()):
        amounts = {account[0]: amount for account, amount in sorted(of_item.items()) if amount}
        for account_code, amount in amounts.items():
            sums[account_code] += amount
        if amounts:
            total = sum(amounts.values(), ZERO)
            row = {"item_code": code, "item_name": name, "amounts": amounts, "side": side(total), "balance": abs(total)}
            rows.append(row)
    return Matrix(columns, rows, sums)


def _paths(
    leaves: Keyed, accounts: Mapping[int, AccountHead], held: Held, keys: Sequence[str]
) -> Iterator[tuple[Path, Figures]]:
    """Where each balance belongs; sets that lack one of the dimensions belong nowhere."""
    for (account_id, set_id, _), figures in leaves.items():
        items = held.get(set_id, {})
        account = accounts[account_id]
        names = {**items, ACCOUNT: (account.code, account.name_zh)}
        if all(key in names for key in keys):
            yield tuple(names[key] for key in keys), figures


def _row(path: Path, figures: Figures, shape: ItemShape) -> Row:
    row: Row = {"level": len(path), "leaf": len(path) == len(shape.keys)}
    named = dict(zip(shape.keys, path, strict=False))
    if ACCOUNT in named:
        row["account_code"], row["account_name"] = named.pop(ACCOUNT)
    row["items"] = {dimension: name for dimension, (_, name) in named.items()}
    row["item_codes"] = {dimension: code for dimension, (code, _) in named.items() if code}
    return row | moved_row(figures, shape.layout)


def _moves(figures: Figures) -> bool:
    return any(any(each) for each in figures)
