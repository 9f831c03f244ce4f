"""The shapes of bulk calls over vouchers."""

from __future__ import annotations

from marshmallow import ValidationError, fields, validate, validates_schema

from app.http.fields import Choice, Flag, ObjectId, PeriodKey, Reason, Text
from app.http.schemas import Problem, RequestSchema, ResponseSchema

MOST_ITEMS = 500


class BulkVoucherItem(RequestSchema):
    """One voucher of a bulk drafting; `data` is read like the body of a single one, and may fail alone."""

    client_ref = Text(128, load_default=None)
    external_id = Text(128, load_default=None)
    data = fields.Dict(keys=fields.String(), required=True, metadata={"description": "VoucherIn"})


class BulkIn(RequestSchema):
    """`atomic`: all or nothing; `partial`: what can be done is done."""

    mode = Choice(("atomic", "partial"), required=True)


class BulkVouchersIn(BulkIn):
    """Vouchers to be drafted together."""

    items = fields.List(fields.Nested(BulkVoucherItem), required=True, validate=validate.Length(1, MOST_ITEMS))


class BulkReviewIn(BulkIn):
    """Vouchers to be reviewed, or signed, together."""

    ids = fields.List(ObjectId("vch"), required=True, validate=validate.Length(1, MOST_ITEMS))


class BulkVoidIn(BulkReviewIn):
    """Vouchers to be voided together, and why."""

    reason = Reason(200, required=True)


class BulkPostIn(BulkIn):
    """Vouchers to be posted together: these, or all of a period; `review` reviews the drafts among them first."""

    ids = fields.List(ObjectId("vch"), validate=validate.Length(1, MOST_ITEMS))
    period = PeriodKey()
    review = Flag(load_default=False)

    @validates_schema
    def check_choice(self, given: dict[str, object], **kwargs: object) -> None:
        """Either `ids` or `period`."""
        if ("ids" in given) == ("period" in given):
            raise ValidationError("Exactly one of ids and period.", "ids")


WORDS = ("created", "reviewed", "signed", "posted", "voided", "unchanged", "failed", "not_applied")


class BulkResult(ResponseSchema):
    """The fate of one item."""

    index = fields.Integer(required=True)
    client_ref = fields.String(allow_none=True)
    status = Choice(WORDS, required=True)
    http_status = fields.Integer(required=True)
    id = ObjectId("vch", allow_none=True)
    etag = fields.String()
    problem = fields.Nested(Problem)


class BulkSummary(ResponseSchema):
    """How many items ended in each way; the counts beside `total` add up to it."""

    total = fields.Integer(required=True)
    created = fields.Integer()
    reviewed = fields.Integer()
    signed = fields.Integer()
    posted = fields.Integer()
    voided = fields.Integer()
    unchanged = fields.Integer(required=True)
    failed = fields.Integer(required=True)
    not_applied = fields.Integer(required=True)


class BulkOut(ResponseSchema):
    """A fate for every item, in the order given."""

    status = Choice(("done", "partial", "failed"), required=True)
    summary = fields.Nested(BulkSummary, required=True)
    results = fields.List(fields.Nested(BulkResult), required=True)
