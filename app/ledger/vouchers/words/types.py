"""Voucher words (凭证字): the categories a book numbers its vouchers by, and what each asks of the lines."""

from __future__ import annotations

from typing import NamedTuple

LIMITS = ("none", "debit_has", "credit_has", "has", "has_not")
"""无限制, 借方必有, 贷方必有, 凭证必有, 凭证必无: which side, if any, has or has not one of the word's accounts."""


class Word(NamedTuple):
    """A word, and the accounts (by the beginning of their codes) that its limit speaks of."""

    word: str
    limit: str = "none"
    accounts: tuple[str, ...] = ()
    active: bool = True


_MONEY = ("1001", "1002", "1012")
PRESETS: dict[str, tuple[Word, ...]] = {
    "记": (Word("记"),),
    "收付转": (
        Word("收", "debit_has", _MONEY),
        Word("付", "credit_has", _MONEY),
        Word("转", "has_not", _MONEY),
    ),
    "现银转": (
        Word("现", "has", ("1001",)),
        Word("银", "has", ("1002", "1012")),
        Word("转", "has_not", _MONEY),
    ),
    "现收现付银收银付转": (
        Word("现收", "debit_has", ("1001",)),
        Word("现付", "credit_has", ("1001",)),
        Word("银收", "debit_has", ("1002", "1012")),
        Word("银付", "credit_has", ("1002", "1012")),
        Word("转", "has_not", _MONEY),
    ),
}
"""The usual sets (会计基础工作规范 Art. 50: 收款、付款、转账凭证, or one general kind)."""

GENERAL = "记"
UNKEPT = frozenset(("记", "收", "付", "转"))
"""The words of a book that keeps no list of its own: any of them, without limits, 记 when none is named."""
