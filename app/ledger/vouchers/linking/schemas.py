"""The shapes of attached documents in the API."""

from __future__ import annotations

from marshmallow import fields, validate

from app.http.fields import Choice, Day, Instant, ObjectId
from app.http.schemas import RequestSchema, ResponseSchema
from app.ledger.vouchers.linking.service import MOST
from app.ledger.vouchers.schemas import STATUSES


class AttachIn(RequestSchema):
    """Documents of the book to be attached."""

    documents = fields.List(ObjectId("doc"), required=True, validate=validate.Length(1, MOST))


class LinkedVoucherOut(ResponseSchema):
    """A voucher that a document is attached to."""

    id = ObjectId("vch", required=True)
    date = Day(required=True)
    period = fields.String(required=True)
    number_text = fields.String(required=True)
    status = Choice(STATUSES, required=True)
    linked_by = fields.String(required=True)
    linked_at = Instant(required=True)


class LinkedVouchersOut(ResponseSchema):
    """Every voucher that a document is attached to."""

    data = fields.List(fields.Nested(LinkedVoucherOut), required=True)
