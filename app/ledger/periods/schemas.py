"""The shapes of periods in the API."""

from __future__ import annotations

from marshmallow import fields

from app.http.fields import Choice, Instant
from app.http.schemas import ResponseSchema, page_of


class BookPeriodOut(ResponseSchema):
    """A period (会计期间) the book has reached; `closes` counts how often it was closed."""

    period = fields.String(required=True)
    state = Choice(("open", "closed"), required=True)
    closes = fields.Integer(required=True)
    closed_at = Instant(required=True, allow_none=True)
    closed_by = fields.String(required=True, allow_none=True)


PeriodPage = page_of(BookPeriodOut)
