"""The rows of a trial balance (科目余额表) in its four layouts, and its totals.

Invariant: the totals do not depend on the levels, the layout or the expansion: they are taken over the accounts of the
first level that lie in the range, each with all its currencies together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from app.kernel.money import RMB
from app.ledger.reports.rules import balanced, levels, moved_row, roll_up, totals, unit_of
from app.ledger.reports.trial.types import TrialBalance, TrialShape
from app.ledger.reports.types import AccountHead, Figures, Movement, Row

Keyed = Mapping[tuple[int, int, str], Figures]
Names = Mapping[int, Mapping[str, tuple[str, str]]]


def standard(accounts: Sequence[AccountHead], leaves: Mapping[int, Movement], shape: TrialShape) -> TrialBalance:
    """The trial balance in RMB by account, from what moved on each leaf."""
    depth = levels(accounts)
    moved = roll_up(accounts, leaves)
    rows = [
        _head(account, depth[account.code]) | moved_row(Figures(figures), shape.layout)
        for account in _shown(accounts, depth, shape)
        if any(figures := moved.get(account.code, _NO_MOVEMENT)) or shape.zeros
    ]
    return TrialBalance(rows, _totals(accounts, {code: Figures(each) for code, each in moved.items()}, shape))


def keyed(accounts: Sequence[AccountHead], leaves: Keyed, names: Names, shape: TrialShape) -> TrialBalance:
    """The trial balance in any layout, from what moved by leaf account, dimension set and currency."""
    depth = levels(accounts)
    by_currency = {
        currency: roll_up(accounts, _summed(leaves, currency)) for currency in _ordered({key[2] for key in leaves})
    }
    whole = roll_up(accounts, _summed(leaves, None))
    below = _below(leaves) if shape.items else {}
    rows: list[Row] = []
    for account in _shown(accounts, depth, shape):
        unit = _unit(accounts, account) if shape.layout.quantity else None
        of_account = {currency: moved[account.code] for currency, moved in by_currency.items() if account.code in moved}
        for currency, figures in (of_account or {"": Figures()}).items():
            if _moves(figures) or shape.zeros:
                rows.append(_head(account, depth[account.code]) | _measured(figures, shape, currency, unit))
        for (set_id, currency), figures in _sorted(below.get(account.id, {}), names):
            if _moves(figures):
                head = _head(account, depth[account.code] + 1) | _items(names[set_id])
                rows.append(head | _measured(figures, shape, currency, unit))
    return TrialBalance(rows, _totals(accounts, whole, shape), shape.layout)


_NO_MOVEMENT = Movement()


def _head(account: AccountHead, level: int) -> Row:
    return {
        "account_code": account.code,
        "account_name": account.name_zh,
        "account_name_en": account.name_en,
        "level": level,
        "leaf": account.leaf,
    }


def _measured(figures: Figures, shape: TrialShape, currency: str, unit: str | None) -> Row:
    row = moved_row(figures, shape.layout)
    if shape.layout.foreign:
        row["currency"] = currency or RMB
    if shape.layout.quantity:
        row["unit"] = unit
    return row


def _items(held: Mapping[str, tuple[str, str]]) -> Row:
    return {"items": {dimension: name for dimension, (_, name) in sorted(held.items())}}


def _shown(accounts: Sequence[AccountHead], depth: Mapping[str, int], shape: TrialShape) -> Iterator[AccountHead]:
    for account in accounts:
        level = depth[account.code]
        if level <= shape.deepest and (level >= shape.highest or account.leaf) and account.code in shape.codes:
            yield account


def _summed(leaves: Keyed, currency: str | None) -> dict[int, Figures]:
    """What moved on each leaf in one currency, or in all."""
    found: dict[int, Figures] = {}
    for (account, _, of_row), figures in leaves.items():
        if currency is None or of_row == currency:
            found[account] = found[account].plus(figures) if account in found else figures
    return found


def _below(leaves: Keyed) -> dict[int, dict[tuple[int, str], Figures]]:
    """The rows with items, under their accounts."""
    found: dict[int, dict[tuple[int, str], Figures]] = {}
    for (account, set_id, currency), figures in leaves.items():
        if set_id:
            found.setdefault(account, {})[set_id, currency] = figures
    return found


def _sorted(below: Mapping[tuple[int, str], Figures], names: Names) -> list[tuple[tuple[int, str], Figures]]:
    return sorted(below.items(), key=lambda each: (sorted(names[each[0][0]].items()), each[0][1] != RMB, each[0][1]))


def _ordered(currencies: Iterable[str]) -> list[str]:
    """RMB first."""
    return sorted(currencies, key=lambda currency: (currency != RMB, currency))


def _unit(accounts: Sequence[AccountHead], account: AccountHead) -> str | None:
    if account.leaf:
        return account.unit
    under = {account.code}
    leaves = []
    for each in accounts:
        if each.parent_code in under:
            under.add(each.code)
            leaves.append(each.id)
    return unit_of(accounts, leaves)


def _moves(figures: Figures) -> bool:
    return any(any(each) for each in figures)


def _totals(accounts: Sequence[AccountHead], moved: Mapping[str, Figures], shape: TrialShape) -> Row:
    within = {account.code for account in accounts if account.code in shape.codes}
    tops = [
        moved[account.code].amount
        for account in accounts
        if account.code in within and account.parent_code not in within and account.code in moved
    ]
    sums = totals(tops)
    part = bool(shape.currency or shape.codes.first or shape.codes.last)
    return {**sums, "balanced": None if part else balanced(sums)}
