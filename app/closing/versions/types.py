"""The difference between two versions of a period's statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple


class Version(NamedTuple):
    """One close of a period: its posting sequence, when and by whom, and why the one before it was opened again."""

    version: int
    ledger_seq: int
    at: Any
    actor: str
    reason: str


class Change(NamedTuple):
    """One figure that differs: the statement, its row, the column, and both amounts."""

    statement: str
    key: str
    line: int | None
    name_zh: str
    name_en: str
    column: str
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True)
class Difference:
    """Two versions side by side: every figure that differs, and the vouchers posted in between."""

    before: Version
    after: Version
    changes: tuple[Change, ...]
    vouchers: Sequence[dict[str, Any]]
    more_vouchers: bool
