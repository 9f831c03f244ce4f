"""A reading: one invoice as texts, the shape every format delivers before anything is believed.

Invariant: readers copy what stands in the file and judge nothing; `rules.judge` is the only place that believes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from app.invoices.parsing.types import Format, Problem, Status


@dataclass(frozen=True, slots=True)
class LineReading:
    """One line (明细行) as texts."""

    name: str = ""
    tax_code: str = ""
    specification: str = ""
    unit: str = ""
    quantity: str = ""
    unit_price: str = ""
    net: str = ""
    tax_rate: str = ""
    tax: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One invoice as texts; '' means that the file does not say it.

    `words` is the gross in capital characters (大写); `red` is the file's own mark, None when it has none.
    """

    format: Format
    kind: str | None = None
    number: str = ""
    other_number: str = ""
    code: str = ""
    issued_on: str = ""
    seller_name: str = ""
    seller_tax_id: str = ""
    buyer_name: str = ""
    buyer_tax_id: str = ""
    net: str = ""
    tax: str = ""
    gross: str = ""
    words: str = ""
    red: bool | None = None
    original_number: str = ""
    status: Status = "normal"
    remark: str = ""
    lines: tuple[LineReading, ...] = ()
    problems: tuple[Problem, ...] = field(default=())
