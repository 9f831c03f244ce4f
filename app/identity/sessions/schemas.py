"""What is read and written at the entrance."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from app.http.fields import Instant, ObjectId
from app.http.schemas import RequestSchema, ResponseSchema
from app.identity.factors.errors import PROOF_ONE
from app.identity.factors.rules import challenge_bytes
from app.identity.factors.schemas import Assertion, ChallengeOut, ChallengeText, Code
from app.identity.schemas import Email, Password, ShortName
from app.identity.sessions.types import FreshProof


class LoginIn(RequestSchema):
    """The firm by its short name, and who."""

    firm = ShortName(required=True)
    email = Email(required=True)
    password = Password(minimum=1, required=True)


class SessionIssued(ResponseSchema):
    """The bearer token of a session, shown once."""

    token = fields.String(required=True)
    expires_at = Instant(required=True)


class LoginOut(ResponseSchema):
    """The bearer token of a session, shown once; or no token yet, and the question for the second factor."""

    token = fields.String(required=True, allow_none=True)
    expires_at = Instant(required=True, allow_none=True)
    second_factor = fields.Nested(ChallengeOut, required=True, allow_none=True)


class StepUpIn(RequestSchema):
    """Exactly one proof: who has a second factor gives a code or a passkey, anybody else the password."""

    password = Password(minimum=1)
    code = Code()
    passkey = fields.Nested(Assertion)
    challenge = ChallengeText()

    @validates_schema
    def one_proof(self, payload: dict[str, Any], **_: Any) -> None:
        """Exactly one; a passkey comes with its challenge."""
        offered = {"password", "code", "passkey"} & payload.keys()
        if len(offered) != 1 or ("passkey" in payload) != ("challenge" in payload):
            raise ValidationError([PROOF_ONE.at()])


def fresh_proof(payload: dict[str, Any]) -> FreshProof:
    """The proof that a checked body offers."""
    offered = {name: payload[name] for name in ("password", "code", "passkey") if name in payload}
    asked = payload.get("challenge")
    return FreshProof(**offered, challenge=challenge_bytes(asked) if asked else b"")


class StepUpOut(ResponseSchema):
    """Since when this session is strong, and until when that is fresh."""

    strong_at = Instant(required=True)
    fresh_until = Instant(required=True)


class SessionOut(ResponseSchema):
    """One session: from where, since when, last used; `current` is the one that asks."""

    id = ObjectId("ses", required=True)
    address = fields.String(required=True)
    agent = fields.String(required=True)
    created_at = Instant(required=True)
    expires_at = Instant(required=True)
    seen_at = Instant(required=True, allow_none=True)
    strong_at = Instant(required=True, allow_none=True)
    current = fields.Boolean(required=True)


class OwnFirm(ResponseSchema):
    """The firm the caller is in."""

    id = ObjectId("firm", required=True)
    short_name = fields.String(required=True)
    name = fields.String(required=True)
    state = fields.String(required=True)


class MeOut(ResponseSchema):
    """Who asks, in which firm, and what that allows on the firm itself."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    name = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)
    role = fields.String(required=True)
    firm = fields.Nested(OwnFirm, required=True)
    permissions = fields.List(fields.String(), required=True)
