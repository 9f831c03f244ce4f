"""From marshmallow's error trees to violations: every broken field with its code and its JSON pointer (API-021)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from infra.errors import Violation


def pointer(path: str, part: str | int) -> str:
    """The JSON pointer (RFC 6901) of a member or element below another; lone surrogates are shown as `?`."""
    name = str(part).encode("utf-8", "replace").decode().replace("~", "~0").replace("/", "~1")
    return f"{path}/{name}"


def violations_of(messages: Any, path: str = "") -> Iterator[Violation]:
    """The violations inside a marshmallow error tree, each at its JSON pointer."""
    if isinstance(messages, dict):
        for part, below in messages.items():
            yield from violations_of(below, path if part == "_schema" else pointer(path, part))
    elif isinstance(messages, list):
        for message in messages:
            yield from violations_of(message, path)
    elif isinstance(messages, Violation):
        yield Violation(messages.code, path + messages.path, messages.params)
    else:
        yield Violation(_code_of(str(messages)), path)


# marshmallow speaks English sentences; these are the ones its own fields and validators can say.
_SENTENCES = (
    (re.compile(r"Missing data"), "field.required"),
    (re.compile(r"Field may not be null"), "field.null"),
    (re.compile(r"Unknown field"), "field.unknown"),
    (re.compile(r"(Shorter|Longer) than|Length must"), "field.length"),
    (re.compile(r"Must be (greater|less)"), "field.range"),
    (re.compile(r"Must be one of|One or more of the choices"), "field.choice"),
    (re.compile(r"Not a valid|Invalid (input )?type"), "field.type"),
    (re.compile(r"String does not match"), "field.format"),
)


def _code_of(sentence: str) -> str:
    return next((code for pattern, code in _SENTENCES if pattern.match(sentence)), "field.invalid")
