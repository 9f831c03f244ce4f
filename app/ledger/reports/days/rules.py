"""Counterpart accounts (对方科目) of a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.ledger.reports.types import Row


def counterparts(row: Row, of_voucher: Sequence[Any], codes: Mapping[int, str]) -> list[str]:
    """The accounts on the other side of a line's voucher; when there is none, as in a transfer by a red and a blue
    line on one side, the others of the voucher."""
    on_debit = bool(row["debit"])
    other_side = {codes[each.account_id] for each in of_voucher if each.on_debit != on_debit}
    others = {codes[each.account_id] for each in of_voucher} - {row["account_code"]}
    return sorted(other_side or others)
