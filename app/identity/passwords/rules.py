"""Rules of passwords: how failures slow a guesser down without locking anybody out, and which passwords are guessed.

Pure: the list of leaked passwords comes with a package and is read on import; nothing is asked of any network.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache

from zxcvbn import matching, scoring  # type: ignore[import-untyped]

FREE_FAILURES = 4
LONGEST_DELAY = 60
LONGEST_SECOND_DELAY = 900

FEWEST_GUESSES = 10**9
_WEIGHED = 32  # what a list says about a password it says about its beginning; weighing more costs seconds
# What people here build passwords of, beside the leaked ones: this product, the trade, and pinyin of every day.
_LOCAL_WORDS = (
    *("zhangfang", "账房", "daizhang", "kuaiji", "caiwu", "chuna", "shuiwu", "fapiao", "laoban", "gongsi"),
    *("mima", "wode", "woaini", "woai", "aini", "nihao", "zhongguo", "beijing", "shanghai", "guangzhou", "shenzhen"),
    *("5201314", "1314520", "520520", "168168", "888888", "666666", "qq", "weixin", "admin", "huanying"),
)


def delay(failures: int, longest: int = LONGEST_DELAY) -> int:
    """The seconds to wait after so many failures: four are free, then 1, 2, 4 ... up to the longest; never for ever."""
    return min(2 ** min(failures - FREE_FAILURES - 1, 20), longest) if failures > FREE_FAILURES else 0


@cache
def delays(longest: int) -> tuple[int, ...]:
    """The seconds to wait after the first failure, the second ...; the last number holds for all that follow."""
    return tuple(delay(failures, longest) for failures in range(1, FREE_FAILURES + longest.bit_length() + 2))


def guessed(password: str, own_words: Iterable[str]) -> bool:
    """Whether a password is a leaked one or built on one, on the person's own words or on a pattern of the keyboard.

    It costs a guesser fewer than 10^9 tries (ASVS 6.2.4, 6.2.12); what characters it is made of is nobody's concern.
    Spaces do not hide the person's own words, in the password or in the words.
    """
    words = {word.lower() for text in own_words for word in (text, _joined(text), *_pieces(text)) if word}
    known = matching.build_ranked_dict([*_LOCAL_WORDS, *sorted(words)])
    whole = unicodedata.normalize("NFKC", password)
    readings = {whole[:_WEIGHED]}
    if any(len(word) > 2 and word in _joined(whole).lower() for word in words):
        readings.add(_joined(whole)[:_WEIGHED])
    return any(_weak(reading, known) for reading in readings)


def _weak(text: str, known: Mapping[str, int]) -> bool:
    if not text:
        return True
    # The package's own entrance keeps the last person's words for everybody; its parts do not.
    found = matching.omnimatch(text, {**matching.RANKED_DICTIONARIES, "user_inputs": known})
    return bool(scoring.most_guessable_match_sequence(text, found)["guesses"] < FEWEST_GUESSES)


def _joined(text: str) -> str:
    return "".join(text.split())


def _pieces(text: str) -> list[str]:
    """The words inside an e-mail address or a name."""
    return [
        piece for piece in "".join(letter if letter.isalnum() else " " for letter in text).split() if len(piece) > 2
    ]
