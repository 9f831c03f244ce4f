"""Tax parameters as dated rows: `rate("vat.small.reduced", on)`; never a constant in code.

Invariant: for one id at most one row is in force on a day, and a day without a row is a refusal, not a guess.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

from app.standards.errors import ContentError, RateUnknown
from app.standards.fields import Fields, read_yaml
from app.standards.loader import CONTENT
from app.standards.types import RateRow

STATUSES = ("verified", "secondary-verified", "background")
_VALUE = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]+)?")


def rate(rate_id: str, on: date) -> RateRow:
    """The row of a parameter in force on a day; raises `RateUnknown` when there is none."""
    for row in rates().get(rate_id, ()):
        if row.valid_on(on):
            return row
    raise RateUnknown(rate=rate_id, on=on.isoformat())


@lru_cache(maxsize=1)
def rates() -> Mapping[str, tuple[RateRow, ...]]:
    """Every parameter with its rows, newest first."""
    return read_rates(CONTENT / "tax" / "rates")


def read_rates(folder: Path) -> Mapping[str, tuple[RateRow, ...]]:
    """Read and check every rates file of a folder; raises `ContentError` for overlapping rows."""
    rows: dict[str, list[RateRow]] = {}
    for path in sorted(folder.glob("*.yaml")):
        fields = read_yaml(path)
        for entry in fields.each("rates"):
            row = _row(entry)
            rows.setdefault(row.id, []).append(row)
        fields.done()
    for listed in rows.values():
        listed.sort(key=lambda row: row.valid_from, reverse=True)
        for newer, older in pairwise(listed):
            if older.valid_to is None or older.valid_to >= newer.valid_from:
                raise ContentError(f"{older.id} has two rows in force on {newer.valid_from}")
    return MappingProxyType({rate_id: tuple(listed) for rate_id, listed in rows.items()})


def _row(fields: Fields) -> RateRow:
    value = fields.text("value")
    row = RateRow(
        id=fields.text("id"),
        value=Decimal(value if _VALUE.fullmatch(value) else "NaN"),
        unit=fields.text("unit"),
        scope=fields.text("scope"),
        valid_from=fields.day("valid_from"),
        valid_to=fields.optional_day("valid_to"),
        source=fields.text("source"),
        status=fields.text("status"),
        test=fields.optional_text("test"),
        note=fields.text("note", ""),
    )
    fields.done()
    if row.value.is_nan() or row.status not in STATUSES or row.test not in (None, "<", "<="):
        raise ContentError(f"{fields.place}: {row.id} has a wrong value, status or test")
    return row
