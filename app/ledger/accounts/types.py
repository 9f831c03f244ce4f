"""An account (会计科目) as the other ledger rooms see it, the chart it stands in, and what is said to change it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypedDict

from app.kernel.money import RMB
from app.ledger.dimensions.types import COUNTERPARTIES


@dataclass(frozen=True, slots=True)
class Account:
    """One row of a book's chart.

    `code` is what the accountant sees, `standard_code` the account of the standard that this one is or descends from.
    `currencies` are those it may be booked in, none meaning RMB only; a `unit` means that quantities are kept;
    `monetary` accounts are revalued at the month's end (期末调汇).
    """

    book_id: int
    id: int
    code: str
    name_zh: str
    name_en: str
    account_class: str
    normal_side: str
    parent_code: str | None
    leaf: bool
    cash: bool
    standard_code: str
    pinyin: str
    dimensions: tuple[str, ...]
    currencies: tuple[str, ...]
    unit: str | None
    monetary: bool
    cash_item_in: str | None
    cash_item_out: str | None
    cash_follows: bool
    active: bool
    row_version: int

    @property
    def counterparty_dimension(self) -> str | None:
        """The dimension that a line's `counterparty` is an item of, or None when the account keeps neither."""
        return next((each for each in COUNTERPARTIES if each in self.dimensions), None)

    @property
    def booked_in(self) -> frozenset[str]:
        """The currencies its lines may be in."""
        return frozenset(self.currencies or (RMB,))


@dataclass(frozen=True, slots=True)
class Chart:
    """A book's whole chart: the widths of its codes by level (科目级次), and its accounts by code, in that order."""

    widths: tuple[int, ...]
    accounts: Mapping[str, Account]

    def level(self, code: str) -> int:
        """The level of an account, 1 for those without a parent."""
        return 1 + sum(1 for _ in self._above(code))

    def below(self, code: str) -> list[Account]:
        """An account and every account under it, in the order of codes."""
        return [each for each in self.accounts.values() if each.code == code or code in self._above(each.code)]

    def children(self, code: str | None) -> list[Account]:
        """The accounts right under one, or those of the first level."""
        return [each for each in self.accounts.values() if each.parent_code == code]

    def preset(self, account: Account) -> bool:
        """Whether it is an account of the standard and not one the book made under it (预置科目)."""
        if account.parent_code is None:
            return account.code == account.standard_code
        return account.standard_code != self.accounts[account.parent_code].standard_code

    def _above(self, code: str) -> Iterator[str]:
        parent = self.accounts[code].parent_code
        while parent is not None:
            yield parent
            parent = self.accounts[parent].parent_code


class Given(TypedDict, total=False):
    """What is said of an account; what is not said is inherited by a new one and stays as it is on an old one."""

    name_zh: str
    name_en: str
    normal_side: str
    dimensions: tuple[str, ...]
    currencies: tuple[str, ...]
    unit: str | None
    monetary: bool
    cash_item_in: str | None
    cash_item_out: str | None


class FirstChild(NamedTuple):
    """The child that takes over the lines and balances of an account that had none; without a code the next free."""

    name_zh: str
    name_en: str = ""
    code: str | None = None


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to be added under `parent`, or on the first level, where it says which account it is shown as."""

    name_zh: str
    parent: str | None = None
    code: str | None = None
    standard_code: str | None = None
    first_child: FirstChild | None = None
    given: Given = field(default_factory=Given)


class Standing(NamedTuple):
    """What hangs on an account: a line or balance at all, a balance now, unposted vouchers, currencies, quantities."""

    id: int
    used: bool
    holds: bool
    drafts: int
    currencies: frozenset[str]
    counted: bool
