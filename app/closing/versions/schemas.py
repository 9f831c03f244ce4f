"""The shapes of statement versions and of their difference."""

from __future__ import annotations

from marshmallow import fields

from app.http.fields import Instant, Money, ObjectId, Whole
from app.http.schemas import RequestSchema, ResponseSchema


class VersionOut(ResponseSchema):
    """One close of the period; `reason` says why the version before it was opened again, null for a client's people."""

    version = fields.Integer(required=True)
    ledger_seq = fields.Integer(required=True)
    at = Instant(required=True)
    actor = fields.String(required=True)
    reason = fields.String(required=True, allow_none=True)


class VersionsOut(ResponseSchema):
    """Every version of the period's statements, the first one first."""

    period = fields.String(required=True)
    versions = fields.List(fields.Nested(VersionOut), required=True)


class DifferenceQuery(RequestSchema):
    """Which two versions."""

    before = Whole(1, 9999, required=True)
    after = Whole(1, 9999, required=True)


class ChangeOut(ResponseSchema):
    """One figure that differs."""

    statement = fields.String(required=True)
    key = fields.String(required=True)
    line = fields.Integer(required=True, allow_none=True)
    name_zh = fields.String(required=True)
    name_en = fields.String(required=True)
    column = fields.String(required=True)
    before = Money(required=True)
    after = Money(required=True)


class PostedOut(ResponseSchema):
    """A voucher posted between the two closes."""

    id = ObjectId("vch", required=True)
    date = fields.String(required=True)
    word = fields.String(required=True)
    number = fields.Integer(required=True)
    part = fields.Integer(required=True)
    parts = fields.Integer(required=True)
    source_type = fields.String(required=True, allow_none=True)
    source_rule = fields.String(required=True)
    reverses = ObjectId("vch", required=True, allow_none=True)
    post_seq = fields.Integer(required=True)
    posted_by = fields.String(required=True)


class DifferenceOut(ResponseSchema):
    """Two versions side by side: every figure that differs, and the vouchers that made it so."""

    period = fields.String(required=True)
    before = fields.Nested(VersionOut, required=True)
    after = fields.Nested(VersionOut, required=True)
    changes = fields.List(fields.Nested(ChangeOut), required=True)
    vouchers = fields.List(fields.Nested(PostedOut), required=True)
    more_vouchers = fields.Boolean(required=True)
