"""Vouchers as a workbook has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.errors import Violation


@dataclass(frozen=True, slots=True)
class Group:
    """The rows (numbered as the workbook shows them) of one voucher, and what they ask for in the API's own words.

    `named` is the voucher's number in the file, which only groups its rows; `broken` what could not be read.
    """

    named: str
    rows: tuple[int, ...]
    asked: Mapping[str, Any]
    broken: tuple[Violation, ...] = ()
