"""The rules of the shortcuts an accountant types (快捷录入): `=` balances, `//` repeats, a name stands for a code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from app.kernel.money import ZERO
from app.ledger.vouchers.asking import errors
from infra.errors import Violation

BALANCE = "="
ABOVE = "//"
_CODE = re.compile(r"[0-9][0-9.]*")
_INITIALS = re.compile(r"[0-9A-Za-z]+")
MOST_NAMED = 10

Asked = Mapping[str, Any]


class Candidate(NamedTuple):
    """An account that a word may mean; of candidates with different ranks the lowest are meant."""

    word: str
    rank: int
    code: str
    name: str


def is_code(word: str) -> bool:
    """Whether a word can be nothing but an account's code, so that nobody needs to be asked what it means."""
    return _CODE.fullmatch(word) is not None


def initials_of(word: str) -> str:
    """The pinyin initials a word may be, or an empty text."""
    return word.lower() if _INITIALS.fullmatch(word) else ""


def meanings(found: Iterable[Candidate]) -> dict[str, list[Candidate]]:
    """What each word means: the candidates of its best rank; `found` is in the order of word and rank."""
    return {
        word: list(next(groupby(of_word, lambda c: c.rank))[1]) for word, of_word in groupby(found, lambda c: c.word)
    }


def ambiguous(path: str, word: str, candidates: Sequence[Candidate]) -> Violation:
    """The violation of a word that means several accounts, naming the first of them."""
    shown = "、".join(f"{each.code} {each.name}" for each in candidates[:MOST_NAMED])
    return errors.ACCOUNT_AMBIGUOUS.at(f"{path}/account_code", account=word, candidates=shown)


def settled(lines: Sequence[Asked]) -> tuple[list[dict[str, Any]], list[Violation]]:
    """The lines with every `//` and `=` replaced by what it stands for: the summary above, the amount that balances."""
    broken: list[Violation] = []
    done: list[dict[str, Any]] = []
    open_sides: list[tuple[int, str]] = []
    for index, line in enumerate(lines):
        one = dict(line)
        if one["summary"] == ABOVE:
            one["summary"] = done[-1]["summary"] if done else ABOVE
            if not done:
                broken.append(errors.NOTHING_ABOVE.at(f"/lines/{index}/summary"))
        for side in ("debit", "credit"):
            if one[side] == BALANCE:
                one[side] = ZERO
                open_sides.append((index, side))
        done.append(one)
    broken += [errors.BALANCE_TWICE.at(f"/lines/{index}/{side}") for index, side in open_sides[1:]]
    if open_sides:
        index, side = open_sides[0]
        surplus = sum((line["debit"] - line["credit"] for line in done), ZERO)
        done[index][side] = -surplus if side == "debit" else surplus
    return done, broken
