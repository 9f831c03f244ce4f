"""Words of files from outside, made fit to be shown."""

from __future__ import annotations

import re

# A parser holds a whole tag before anybody can count in it, and reads it anew with each piece of the file: 1.5 million
# attributes took 47 s. Only the next `<` tells for certain that a tag is over, so its text counts too.
_LONG_TAG = re.compile(rb"<[^!?<][^<]{1000000}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def clean(text: str | None) -> str:
    """The text without control characters and outer white space; a line break becomes a blank."""
    text = text or ""
    return " ".join((text if text.isprintable() else _CONTROL.sub(" ", text)).split())


def long_tag(xml: bytes) -> bool:
    """Whether an XML has a tag that is, with the text behind it, over a million bytes."""
    return _LONG_TAG.search(xml) is not None
