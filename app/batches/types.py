"""What became of one item of bulk work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID


class Item(NamedTuple):
    """The fate of one item: a file, an invoice or a book; `problems` are coded, `object_*` what came of it."""

    book_id: int
    seq: int
    subject: str
    fate: str
    object_type: str | None = None
    object_id: UUID | None = None
    problems: Sequence[Mapping[str, Any]] = ()
