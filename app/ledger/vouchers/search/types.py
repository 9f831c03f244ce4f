"""What vouchers are looked for by."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Wish:
    """Every filter of the list of vouchers; None and empty mean any. Those of lines hold for one and the same line.

    `q` is found in the note, or in a line's summary, account, item or counterparty; `item` in an item's code, name or
    pinyin. `red` vouchers have a negative amount.
    """

    first: str = "0000"
    last: str = "9999"
    statuses: tuple[str, ...] = ()
    word: str | None = None
    number_from: int | None = None
    number_to: int | None = None
    source_type: str | None = None
    external_id: str | None = None
    prepared_by: str | None = None
    reviewed_by: str | None = None
    has_attachments: bool | None = None
    red: bool | None = None
    q: str | None = None
    account_code: str | None = None
    account_prefix: str | None = None
    item: str | None = None
    amount: Decimal | None = None
    amount_gte: Decimal | None = None
    amount_lte: Decimal | None = None
