"""Words of files from outside, made fit to be shown."""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def clean(text: str | None) -> str:
    """The text without control characters and outer white space; a line break becomes a blank."""
    text = text or ""
    return " ".join((text if text.isprintable() else _CONTROL.sub(" ", text)).split())
