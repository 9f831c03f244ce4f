"""What second factors are read from and written as; a passkey travels in the JSON form of WebAuthn."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from app.http.errors import FIELD_FORMAT
from app.http.fields import Choice, Instant, ObjectId, Pattern, Text, Visible, Whole
from app.http.schemas import RequestSchema, ResponseSchema
from app.identity.factors.errors import CODE_FORMAT, PROOF_ONE, RECOVERY_FORMAT
from app.identity.factors.rules import CODE, RECOVERY, challenge_bytes
from app.identity.factors.types import Proof

PROOFS = ("code", "recovery_code", "passkey")


class Base64Url(Pattern):
    """Bytes in base64url without padding."""

    def __init__(self, most: int, **kwargs: Any) -> None:
        super().__init__(rf"[A-Za-z0-9_-]{{1,{most}}}", FIELD_FORMAT, **kwargs)


class Code(Pattern):
    """A code of six digits from an authenticator app."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(CODE.pattern, CODE_FORMAT, **kwargs)


class ChallengeText(Pattern):
    """A challenge as it was given, 43 letters for 32 bytes."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"[A-Za-z0-9_-]{43}", FIELD_FORMAT, **kwargs)


class RecoveryCode(Pattern):
    """A recovery code."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(RECOVERY.pattern, RECOVERY_FORMAT, **kwargs)


class _Credential(RequestSchema):
    id = Base64Url(1400, required=True)
    rawId = Base64Url(1400, required=True)
    type = Choice(("public-key",), required=True)
    authenticatorAttachment = Choice(("platform", "cross-platform"), allow_none=True)
    clientExtensionResults = fields.Dict(keys=fields.String())


class AssertionResponse(RequestSchema):
    """What an authenticator answers when it signs."""

    clientDataJSON = Base64Url(4000, required=True)
    authenticatorData = Base64Url(4000, required=True)
    signature = Base64Url(2000, required=True)
    userHandle = Base64Url(100, allow_none=True)


class Assertion(_Credential):
    """`PublicKeyCredential.toJSON()` of `navigator.credentials.get()`."""

    response = fields.Nested(AssertionResponse, required=True)


class AttestationResponse(RequestSchema):
    """What an authenticator answers when it makes a passkey."""

    clientDataJSON = Base64Url(4000, required=True)
    attestationObject = Base64Url(20_000, required=True)
    transports = fields.List(Text(20))
    authenticatorData = Base64Url(4000)
    publicKey = Base64Url(4000, allow_none=True)
    publicKeyAlgorithm = Whole(-65_536, 65_536)


class Attestation(_Credential):
    """`PublicKeyCredential.toJSON()` of `navigator.credentials.create()`."""

    response = fields.Nested(AttestationResponse, required=True)


class TotpIn(RequestSchema):
    """What the app is called among one's factors."""

    name = Visible(60, required=True)


class TotpOut(ResponseSchema):
    """An app to be confirmed: its seed in base32, and the same as the text of a QR code; both shown once."""

    id = ObjectId("fct", required=True)
    seed = fields.String(required=True, allow_none=True)
    uri = fields.String(required=True, allow_none=True)


class ConfirmIn(RequestSchema):
    """The first code of the app."""

    code = Code(required=True)


class PasskeyIn(RequestSchema):
    """A passkey that was made for a challenge of this session."""

    name = Visible(60, required=True)
    challenge = ChallengeText(required=True)
    passkey = fields.Nested(Attestation, required=True)


class FactorOut(ResponseSchema):
    """One second factor of one's own."""

    id = ObjectId("fct", required=True)
    kind = fields.String(required=True)
    name = fields.String(required=True)
    created_at = Instant(required=True)
    used_at = Instant(required=True, allow_none=True)


class FactorAdded(FactorOut):
    """A new factor; with the first one come ten recovery codes, shown once."""

    recovery_codes = fields.List(fields.String(), required=True, allow_none=True)


class FactorsOut(ResponseSchema):
    """One's second factors, the recovery codes left, and whether this firm requires a factor."""

    factors = fields.List(fields.Nested(FactorOut), required=True)
    recovery_codes_left = fields.Integer(required=True)
    required = fields.Boolean(required=True)


class RecoveryCodesOut(ResponseSchema):
    """Ten recovery codes, shown once."""

    recovery_codes = fields.List(fields.String(), required=True, allow_none=True)


class ChallengeOut(ResponseSchema):
    """A question that waits five minutes; `passkey` is what the browser's WebAuthn call takes as `publicKey`."""

    challenge = fields.String(required=True, attribute="secret")
    kinds = fields.List(fields.String(), required=True)
    passkey = fields.Dict(required=True, allow_none=True)
    expires_at = Instant(required=True)


class ProofIn(RequestSchema):
    """Exactly one kind of second factor."""

    challenge = ChallengeText(required=True)
    code = Code()
    recovery_code = RecoveryCode()
    passkey = fields.Nested(Assertion)

    @validates_schema
    def one_kind(self, payload: dict[str, Any], **_: Any) -> None:
        """Exactly one."""
        if sum(name in payload for name in PROOFS) != 1:
            raise ValidationError([PROOF_ONE.at()])


def proof(payload: dict[str, Any]) -> Proof:
    """The proof that a checked body offers."""
    asked = payload.get("challenge")
    offered = {name: payload[name] for name in PROOFS if name in payload}
    return Proof(**offered, challenge=challenge_bytes(asked) if asked else b"")
