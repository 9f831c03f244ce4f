"""What break-glass visits are read from and written as."""

from __future__ import annotations

from marshmallow import fields

from app.http.fields import Instant, ObjectId, Reason, Whole
from app.http.schemas import RequestSchema, ResponseSchema
from app.identity.schemas import ShortName


class VisitIn(RequestSchema):
    """The firm to look into, why, and for how many minutes."""

    firm = ShortName(required=True)
    reason = Reason(500, required=True)
    minutes = Whole(1, 60, load_default=60)


class VisitOut(ResponseSchema):
    """A request for a visit and what became of it; `actor` is the name its lines have in the log of acts."""

    id = ObjectId("brk", required=True)
    firm = fields.String(required=True)
    operator = fields.String(required=True, attribute="operator_name")
    reason = fields.String(required=True)
    minutes = fields.Integer(required=True)
    state = fields.String(required=True)
    requested_at = Instant(required=True)
    decided_at = Instant(required=True, allow_none=True)
    decided_by = fields.String(required=True, allow_none=True)
    opened_at = Instant(required=True, allow_none=True)
    ends_at = Instant(required=True)
    actor = fields.Function(
        lambda row: f"visitor:{row['token_id']}" if row["token_id"] else None,
        required=True,
        metadata={"type": ["string", "null"]},
    )


class VisitToken(ResponseSchema):
    """The token of a visit, shown once."""

    token = fields.String(required=True)
    expires_at = Instant(required=True)
