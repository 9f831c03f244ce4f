"""Words of the doctor (体检): a check, what it found in one firm, and the report over all firms.

Invariant: a report is as long as its limits allow and no longer; `count` says how many violations there are in all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

LIMIT = 100
"""How many findings of one check a report names."""


class Check(NamedTuple):
    """An invariant of trust.md 6.1 as constant SQL: no row while it holds, else (book_id, subject, detail)."""

    id: str
    title_zh: str
    title_en: str
    sql: str


class Finding(NamedTuple):
    """One violation: the book it is in (None for the firm itself), what breaks the invariant, and how."""

    book_id: int | None
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What one check found in one firm: at most `LIMIT` findings, the count of all, and the seconds it took."""

    id: str
    title_zh: str
    title_en: str
    findings: Sequence[Finding]
    count: int
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """The report as the command prints it."""
        return {
            "id": self.id,
            "title": self.title_zh,
            "title_en": self.title_en,
            "count": self.count,
            "seconds": round(self.seconds, 3),
            "findings": [
                {"book_id": None if book_id is None else str(book_id), "subject": subject, "detail": detail}
                for book_id, subject, detail in self.findings
            ],
        }
