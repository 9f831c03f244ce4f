"""The questions of the printing routes."""

from __future__ import annotations

from app.http.fields import Choice, PeriodKey, Text, Whole
from app.http.schemas import RequestSchema
from app.ledger.printing.types import LAST_NUMBER, LAYOUTS, LEDGER_KINDS


class VouchersQuery(RequestSchema):
    """Vouchers of a range of months; `from` and `to` are numbers within each month."""

    first_period = PeriodKey(required=True)
    last_period = PeriodKey(required=True)
    word = Text(10, load_default="")
    first_number = Whole(1, LAST_NUMBER, data_key="from", load_default=1)
    last_number = Whole(1, LAST_NUMBER, data_key="to", load_default=LAST_NUMBER)
    layout = Choice(tuple(LAYOUTS), load_default="a4_two")


class CoverQuery(VouchersQuery):
    """Covers of volumes of at most `volume` vouchers."""

    volume = Whole(1, 500, load_default=50)


class LedgerQuery(RequestSchema):
    """A bound ledger of a year."""

    kind = Choice(LEDGER_KINDS, required=True)
    year = Whole(1900, 9999, required=True)
