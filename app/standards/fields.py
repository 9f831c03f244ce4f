"""Typed reading of our content files: a missing, mistyped or unknown field names its file and place.

Content is ours, so a fault here stops the release (`ContentError`) and never reaches a caller.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from app.standards.errors import ContentError

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ABSENT = object()


class Fields:
    """One mapping of a content file; every field is taken once, and `done` refuses what was never taken."""

    def __init__(self, content: object, place: str) -> None:
        if not isinstance(content, Mapping):
            raise ContentError(f"{place}: not a mapping")
        self.place = place
        self._left: dict[str, Any] = dict(content)

    def text(self, name: str, default: object = _ABSENT) -> str:
        """A string field; numbers are not strings, so codes and rates must be quoted."""
        return self._typed(name, str, default)  # type: ignore[no-any-return]

    def number(self, name: str, default: object = _ABSENT) -> int:
        """A whole number."""
        return self._typed(name, int, default)  # type: ignore[no-any-return]

    def day(self, name: str) -> date:
        """A date written `YYYY-MM-DD`."""
        return self._typed(name, date, _ABSENT)  # type: ignore[no-any-return]

    def optional_day(self, name: str) -> date | None:
        """A date or nothing."""
        return self._typed(name, date, None)  # type: ignore[no-any-return]

    def optional_text(self, name: str) -> str | None:
        """A string or nothing."""
        return self._typed(name, str, None)  # type: ignore[no-any-return]

    def optional_number(self, name: str) -> int | None:
        """A whole number or nothing."""
        return self._typed(name, int, None)  # type: ignore[no-any-return]

    def optional_flag(self, name: str) -> bool | None:
        """True, false or nothing."""
        return self._typed(name, bool, None)  # type: ignore[no-any-return]

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings; absent reads as empty."""
        listed = self._typed(name, list, [])
        if not all(isinstance(entry, str) for entry in listed):
            raise ContentError(f"{self.place}.{name}: not a list of strings")
        return tuple(listed)

    def numbers(self, name: str) -> tuple[int, ...]:
        """A list of whole numbers."""
        listed = self._typed(name, list, _ABSENT)
        if not all(isinstance(entry, int) for entry in listed):
            raise ContentError(f"{self.place}.{name}: not a list of whole numbers")
        return tuple(listed)

    def each(self, name: str) -> Iterator[Fields]:
        """The mappings of a list field; absent reads as empty."""
        for index, entry in enumerate(self._typed(name, list, [])):
            yield Fields(entry, f"{self.place}.{name}[{index}]")

    def nested(self, name: str) -> Iterator[Fields]:
        """The one mapping of a field that may be absent."""
        given = self._typed(name, dict, None)
        if given is not None:
            yield Fields(given, f"{self.place}.{name}")

    def mapping(self, name: str, default: object = _ABSENT) -> dict[str, Any]:
        """A field that is itself a mapping."""
        return dict(self._typed(name, dict, default))

    def done(self) -> None:
        """Refuse fields nobody asked for: a misspelt name must not be silently ignored."""
        if self._left:
            raise ContentError(f"{self.place}: unknown fields {sorted(self._left)}")

    def _typed(self, name: str, kind: type, default: object) -> Any:
        entry = self._left.pop(name, default)
        if entry is _ABSENT:
            raise ContentError(f"{self.place}: {name} is missing")
        if entry is not default and (not isinstance(entry, kind) or (kind is int and isinstance(entry, bool))):
            raise ContentError(f"{self.place}.{name}: not a {kind.__name__}")
        return entry


def read_yaml(path: Path) -> Fields:
    """The one mapping of a YAML file."""
    return Fields(yaml.load(path.read_bytes(), Loader=_LOADER), path.name)  # noqa: S506
