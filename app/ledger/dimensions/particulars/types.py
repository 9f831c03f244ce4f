"""What an item's particulars are as they are given, shown and changed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from app.sensitive.types import Kind

Given = Mapping[Kind, str | None]
"""Values to be kept, None for one to be taken away; kinds that are absent stay as they are."""

NOTHING: Given = MappingProxyType({})

Shown = Mapping[Kind, str]
"""The values of an item, masked or in the clear; kinds it has no value of are absent."""

Changes = dict[Kind, tuple[str | None, str | None]]
"""The values of an item before and after, in the clear."""


def told(changes: Changes) -> dict[str, Any]:
    """The changes as the details of an act tell them: masked."""
    return {
        kind.value: {"before": was and kind.mask(was), "after": now and kind.mask(now)}
        for kind, (was, now) in changes.items()
    }


def personal(changes: Changes) -> dict[str, Any]:
    """The changes in the clear, for the part of an act that is sealed."""
    return {kind.value: {"before": was, "after": now} for kind, (was, now) in changes.items()}
