"""The shapes of the month end."""

from __future__ import annotations

from marshmallow import fields, validate

from app.closing.types import STATUSES
from app.http.fields import Choice, Money, ObjectId, PeriodKey, Reason, Text
from app.http.schemas import RequestSchema, ResponseSchema
from app.kernel.periods import Period
from app.ledger.periods.errors import PeriodNotFound

STEP = "[a-z][a-z0-9_-]{0,39}"


def period_of(text: str) -> Period:
    """The period of an address; raises `PeriodNotFound`."""
    try:
        period = Period.parse(text)
    except ValueError:
        raise PeriodNotFound(period=text) from None
    if period.month == 0:
        raise PeriodNotFound(period=text)
    return period


class ClosingIn(RequestSchema):
    """Close one period over these books."""

    period = PeriodKey(required=True)
    books = fields.List(ObjectId("bk"), required=True, validate=validate.Length(1, 1000))


class ReopenIn(RequestSchema):
    """Why the period is reopened; kept with the act."""

    reason = Reason(500, required=True)


class NextActionOut(ResponseSchema):
    """What to do about a finding, and the operation that does it."""

    code = Text(80, required=True)
    operation = Text(80, required=True)


class FindingOut(ResponseSchema):
    """A finding of the check list with its severity, its figures, where to look and what to do next."""

    code = Text(80, required=True)
    severity = Choice(("blocks", "warns"), required=True)
    message = Text(500, required=True)
    path = Text(200, minimum=0, required=True)
    params = fields.Dict(required=True)
    next_action = fields.Nested(NextActionOut, required=True, allow_none=True)


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


class PlannedLineOut(ResponseSchema):
    """A line of a voucher a step asks for."""

    account_code = fields.String(required=True)
    summary = fields.String(required=True)
    debit = Money(required=True)
    credit = Money(required=True)
    currency = fields.String(required=True)
    foreign_amount = Money(required=True, allow_none=True)
    quantity = fields.String(required=True, allow_none=True)
    items = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class PlannedVoucherOut(ResponseSchema):
    """A voucher a step still asks for: the whole, or what is missing or too much since it ran."""

    case = fields.String(required=True)
    date = fields.String(required=True)
    summary = fields.String(required=True)
    lines = fields.List(fields.Nested(PlannedLineOut), required=True)


class PlannedStepOut(ResponseSchema):
    """Where a step stands; `changed` names what it would read otherwise than when it ran, `waits_for` what comes first.

    `figures` are what the period needs in all, by case; `takes_amounts` says that amounts may be given for it.
    """

    id = fields.String(required=True)
    number = fields.Integer(required=True)
    title_zh = fields.String(required=True)
    title_en = fields.String(required=True)
    status = Choice(STATUSES, required=True)
    own = fields.Boolean(required=True)
    takes_amounts = fields.Boolean(required=True)
    figures = fields.Dict(keys=fields.String(), values=fields.Dict(keys=fields.String(), values=Money()), required=True)
    changed = fields.List(fields.String(), required=True)
    waits_for = fields.List(fields.String(), required=True)
    vouchers = fields.List(fields.Nested(PlannedVoucherOut), required=True)


class PlanOut(ResponseSchema):
    """The steps of a period's month end, in order."""

    period = fields.String(required=True)
    state = fields.String(required=True)
    net_profit = Money(required=True)
    steps = fields.List(fields.Nested(PlannedStepOut), required=True)


class RunOut(ResponseSchema):
    """What running a step wrote: nothing when nothing had changed."""

    step = fields.String(required=True)
    posted = fields.Boolean(required=True)
    vouchers = fields.List(ObjectId("vch"), required=True)


class AcceptedOut(ResponseSchema):
    """The job that does the work."""

    job_id = ObjectId("job", required=True)


class ReopenedOut(ResponseSchema):
    """A period after the act."""

    period = Text(7, required=True)
    state = Text(20, required=True)
