"""The pure rules of voucher words: reading a book's list, and which word a voucher may or should have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.ledger.vouchers.types import Draft, Line
from app.ledger.vouchers.words import errors
from app.ledger.vouchers.words.types import GENERAL, UNKEPT, Word
from infra.errors import Violation


def read(rows: Iterable[Mapping[str, Any]] | None) -> tuple[Word, ...]:
    """The words as the book's settings keep them; none means that the book keeps no list of its own."""
    return tuple(Word(row["word"], row["limit"], tuple(row["accounts"]), row["active"]) for row in rows or ())


def written(words: Iterable[Word]) -> list[dict[str, Any]]:
    """The words as the book's settings keep them."""
    return [{**word._asdict(), "accounts": list(word.accounts)} for word in words]


def fits(word: Word, lines: Sequence[Line]) -> bool:
    """Whether the lines keep to the word's limit; a red line stands on its side like a blue one."""
    if word.limit == "none":
        return True
    wanted = {"debit_has": (True,), "credit_has": (False,)}.get(word.limit, (True, False))
    found = any(bool(line.debit) in wanted and line.account.startswith(word.accounts) for line in lines)
    return found is not (word.limit == "has_not")


def assign(draft: Draft, kept: Sequence[Word]) -> tuple[str, list[Violation]]:
    """The word a draft gets: the one it names, or the first active one that fits; and what is wrong with it."""
    if not kept:
        word = draft.word or GENERAL
        return word, [] if word in UNKEPT else [errors.UNKNOWN.at("/word", word=word)]
    active = [word for word in kept if word.active]
    if not draft.word:
        found = next((word for word in active if fits(word, draft.lines)), active[0])
    else:
        named = next((word for word in active if word.word == draft.word), None)
        if named is None:
            return draft.word, [errors.UNKNOWN.at("/word", word=draft.word)]
        found = named
    if draft.waived or fits(found, draft.lines):
        return found.word, []
    accounts = " ".join(found.accounts)
    return found.word, [errors.UNFIT.at("/word", word=found.word, limit=found.limit, accounts=accounts)]


def check(words: Sequence[Word]) -> list[Violation]:
    """What is wrong with a list of words."""
    found = []
    for index, word in enumerate(words):
        if word.word in {before.word for before in words[:index]}:
            found.append(errors.TWICE.at(f"/words/{index}/word", word=word.word))
        if word.limit != "none" and not word.accounts:
            found.append(errors.NO_ACCOUNTS.at(f"/words/{index}/accounts", word=word.word))
    if not any(word.active for word in words):
        found.append(errors.NONE_ACTIVE.at("/words"))
    return found
