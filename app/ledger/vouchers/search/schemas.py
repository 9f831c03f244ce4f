"""The query of the list of vouchers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.http.errors import FIELD_CHOICE
from app.http.fields import Flag, Money, Pattern, PeriodKey, Text, Whole
from app.http.pages import PageQuery
from app.ledger.vouchers.schemas import STATUSES
from app.ledger.vouchers.search.types import Wish
from app.ledger.vouchers.words.schemas import WORD

_STATES = "(?:{0})(?:,(?:{0})){{0,3}}".format("|".join(STATUSES))
_UNPOSTED = ("draft", "reviewed")
_PLAIN = (
    "word", "number_from", "number_to", "source_type", "external_id", "prepared_by", "reviewed_by", "has_attachments",
    "red", "q", "account_code", "account_prefix", "item", "amount", "amount_gte", "amount_lte",
)  # fmt: skip


class VoucherQuery(PageQuery):
    """Filters of the list of vouchers; all that are given must hold."""

    period = PeriodKey()
    period_from = PeriodKey()
    period_to = PeriodKey()
    status = Pattern(_STATES, FIELD_CHOICE, metadata={"description": "以逗号分隔 · a comma list"})
    unposted = Flag()
    word = Pattern(WORD)
    number_from = Whole(1, 999_999)
    number_to = Whole(1, 999_999)
    source_type = Pattern("[a-z_]{1,40}")
    external_id = Text(128)
    prepared_by = Text(255)
    reviewed_by = Text(255)
    has_attachments = Flag()
    red = Flag()
    q = Text(100, minimum=2)
    account_code = Text(20)
    account_prefix = Text(20)
    item = Text(200)
    amount = Money()
    amount_gte = Money()
    amount_lte = Money()


def wish_of(query: Mapping[str, Any]) -> Wish:
    """What a `VoucherQuery` asks for; `unposted` narrows the states that are named."""
    period = query.get("period")
    states = tuple(query["status"].split(",")) if "status" in query else STATUSES
    if "unposted" in query:
        states = tuple(state for state in states if (state in _UNPOSTED) is query["unposted"])
    named = {name: query[name] for name in _PLAIN if name in query}
    first, last = period or query.get("period_from") or "0000", period or query.get("period_to") or "9999"
    return Wish(str(first), str(last), () if states == STATUSES else states or ("none",), **named)
