"""The shapes of the month end."""

from __future__ import annotations

from marshmallow import fields, validate

from app.http.fields import Money, ObjectId, PeriodKey, Text
from app.http.schemas import RequestSchema, ResponseSchema


class ClosingIn(RequestSchema):
    """Close one period over these books."""

    period = PeriodKey(required=True)
    books = fields.List(ObjectId("bk"), required=True, validate=validate.Length(1, 1000))


class ReopenIn(RequestSchema):
    """Why the period is reopened; kept with the act."""

    reason = Text(500, required=True)


class FindingOut(ResponseSchema):
    """A blocker or warning with its figures and where to look."""

    code = Text(80, required=True)
    message = Text(500, required=True)
    path = Text(200, required=True)
    params = fields.Dict(required=True)


class StepOut(ResponseSchema):
    """A voucher the month end would post."""

    step = Text(40, required=True)
    case = Text(40, required=True)
    summary = Text(200, required=True)
    figures = fields.Dict(keys=fields.String(), values=Money(), required=True)


class CheckOut(ResponseSchema):
    """What closing the period would do now."""

    period = Text(7, required=True)
    state = Text(20, required=True)
    ready = fields.Boolean(required=True)
    net_profit = Money(required=True)
    blockers = fields.List(fields.Nested(FindingOut), required=True)
    warnings = fields.List(fields.Nested(FindingOut), required=True)
    steps = fields.List(fields.Nested(StepOut), required=True)


class AcceptedOut(ResponseSchema):
    """The job that does the work."""

    job_id = ObjectId("job", required=True)


class ReopenedOut(ResponseSchema):
    """A period after the act."""

    period = Text(7, required=True)
    state = Text(20, required=True)
