"""The shapes of currency rates in the API."""

from __future__ import annotations

from marshmallow import fields, validate

from app.http.fields import Pattern, PeriodKey, UnitPrice
from app.http.schemas import RequestSchema, ResponseSchema

MOST = 50


class RatesQuery(RequestSchema):
    """Which period's rates."""

    period = PeriodKey(required=True)


class RateIn(RequestSchema):
    """RMB for one unit of a currency: for the period's vouchers, and on its last day."""

    currency = Pattern("[A-Z]{3}", required=True)
    booking = UnitPrice(required=True)
    closing = UnitPrice(load_default=None, allow_none=True)


class RatesIn(RequestSchema):
    """Every rate given for the period; what is not named is gone."""

    rates = fields.List(fields.Nested(RateIn), required=True, validate=validate.Length(max=MOST))


class RateOut(ResponseSchema):
    """The rates of a currency; `since` is the period its booking rate was given for."""

    currency = fields.String(required=True)
    booking = UnitPrice(required=True)
    closing = UnitPrice(required=True, allow_none=True)
    since = fields.String(required=True)


class RatesOut(ResponseSchema):
    """The rates of a period (汇率)."""

    period = fields.String(required=True)
    fixed = fields.Boolean(required=True)
    rates = fields.List(fields.Nested(RateOut), required=True)
