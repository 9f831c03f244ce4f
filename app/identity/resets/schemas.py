"""What changes and resets of passwords are read from."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from app.http.errors import FIELD_FORMAT
from app.http.fields import Instant, Pattern
from app.http.schemas import RequestSchema, ResponseSchema
from app.identity.factors.errors import PROOF_ONE
from app.identity.factors.schemas import Code, RecoveryCode
from app.identity.factors.types import Proof
from app.identity.rules import LINK_PATTERN
from app.identity.schemas import Password


class LinkSecret(Pattern):
    """The secret of a link."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(LINK_PATTERN, FIELD_FORMAT, **kwargs)


class PasswordChangeIn(RequestSchema):
    """The present password and the new one."""

    present = Password(minimum=1, required=True)
    password = Password(required=True)


class LinkOut(ResponseSchema):
    """The secret of a link, shown once; hand it over in person or by a channel you trust."""

    secret = fields.String(required=True, allow_none=True)
    expires_at = Instant(required=True)


class ResetIn(RequestSchema):
    """The link, the new password, and who has a second factor proves it by a code or a recovery code."""

    secret = LinkSecret(required=True)
    password = Password(required=True)
    code = Code()
    recovery_code = RecoveryCode()

    @validates_schema
    def one_proof(self, payload: dict[str, Any], **_: Any) -> None:
        """At most one."""
        if "code" in payload and "recovery_code" in payload:
            raise ValidationError([PROOF_ONE.at()])


def offered(payload: dict[str, Any]) -> Proof | None:
    """The second factor that a checked body offers, or None."""
    named = {name: payload[name] for name in ("code", "recovery_code") if name in payload}
    return Proof(**named) if named else None
