"""The shape of the question for a filing workbook."""

from __future__ import annotations

from app.http.fields import Choice, PeriodKey
from app.http.schemas import RequestSchema
from app.standards.filing import CYCLES

FORMATS = ("xls", "xlsx")


class FilingQuery(RequestSchema):
    """The cycle that ends with `period`; `format` wins over `Accept`."""

    period = PeriodKey(required=True)
    cycle = Choice(CYCLES, required=True)
    format = Choice(FORMATS)
