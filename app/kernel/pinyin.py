"""Pinyin initials (拼音首字母): what an accountant types to find an account or an item without leaving the keyboard."""

from __future__ import annotations

from functools import lru_cache

from pypinyin import Style, lazy_pinyin


@lru_cache(maxsize=65536)
def initials(name: str) -> str:
    """The first letter of each character's pinyin, other letters and digits as they are: 应收账款 -> `yszk`."""
    found = lazy_pinyin(name, style=Style.FIRST_LETTER, errors=lambda rest: rest)
    return "".join(letter for letter in found if letter.isalnum()).lower()
