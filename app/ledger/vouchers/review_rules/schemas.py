"""The shapes of rules of review in the API."""

from __future__ import annotations

from marshmallow import fields, validate

from app.http.fields import Choice, Instant, Money, ObjectId, Pattern, PeriodKey, PositiveMoney, Text, Whole
from app.http.schemas import RequestSchema, ResponseSchema
from app.ledger.vouchers.words.schemas import WORD

STATES = ("proposed", "active", "retired")


class ReviewRuleIn(RequestSchema):
    """What a version says; a condition that is left out always holds."""

    name = Text(100, required=True)
    source_type = Pattern("[a-z_]{1,40}", required=True)
    source_rule = Pattern("[A-Za-z0-9_.]{0,100}", load_default="")
    word = Pattern(f"({WORD})?", load_default="")
    max_amount = PositiveMoney(load_default=None, allow_none=True)
    accounts = fields.List(Pattern("[0-9A-Za-z.]{1,20}"), load_default=list, validate=validate.Length(max=100))


class ApproveIn(RequestSchema):
    """The version that is approved: the one that was read."""

    version = Whole(1, 1_000_000, required=True)


class ReviewRuleOut(ResponseSchema):
    """A version of a rule, and who proposed, approved and retired it."""

    id = ObjectId("rrl", required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    source_type = fields.String(required=True)
    source_rule = fields.String(required=True)
    word = fields.String(required=True)
    max_amount = Money(required=True, allow_none=True)
    accounts = fields.List(fields.String(), required=True)
    state = Choice(STATES, required=True)
    proposed_by = fields.String(required=True)
    proposed_at = Instant(required=True)
    approved_by = fields.String(required=True, allow_none=True)
    approved_at = Instant(required=True, allow_none=True)
    retired_by = fields.String(required=True, allow_none=True)
    retired_at = Instant(required=True, allow_none=True)


class ReviewRuleVersionsOut(ResponseSchema):
    """Every version of a rule, the newest first."""

    data = fields.List(fields.Nested(ReviewRuleOut), required=True)


class ReviewByRuleIn(RequestSchema):
    """The period whose drafts the active rules look at."""

    period = PeriodKey(required=True)


class ReviewedOut(ResponseSchema):
    """A voucher that a rule reviewed."""

    id = ObjectId("vch", required=True)
    rule_id = ObjectId("rrl", required=True)
    version = fields.Integer(required=True)


class ReviewedByRuleOut(ResponseSchema):
    """Every voucher that was reviewed; what no rule passed waits for a person."""

    reviewed = fields.List(fields.Nested(ReviewedOut), required=True)
