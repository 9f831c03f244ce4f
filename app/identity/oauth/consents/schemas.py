"""Consents as they are shown."""

from __future__ import annotations

from marshmallow import fields

from app.http.fields import Instant, ObjectId
from app.http.schemas import ResponseSchema


class ConsentOut(ResponseSchema):
    """What the acting person lets a client do."""

    id = ObjectId("cns", required=True)
    client_id = ObjectId("cli", required=True)
    client_name = fields.String(required=True)
    scopes = fields.List(fields.String(), required=True)
    granted_at = Instant(required=True)
