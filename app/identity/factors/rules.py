"""Rules of second factors: codes of time, recovery codes, and the two ceremonies of a passkey.

Pure: secrets, challenges and the hour come in as values. A `None` says that a proof does not hold, and never why.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pyotp
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import options_to_json_dict
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.identity.factors.types import Passkey, RelyingParty

CODE = re.compile(r"[0-9]{6}")
RECOVERY = re.compile(r"[a-z2-7]{4}(-[a-z2-7]{4}){3}")

MOST_FACTORS = 8
RECOVERY_CODES = 10
RECOVERY_BYTES = 10
CHALLENGE_LIFE = timedelta(minutes=5)
CHALLENGE_TRIES = 5
STEP_SECONDS = 30
_ISSUER = "Zhangfang 账房"
# What the library and the decoders beneath it raise for an answer that is not one.
_UNREADABLE = (WebAuthnException, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)


# ---- codes of time (RFC 6238: SHA-1, 30 seconds, 6 digits, as every authenticator app has it)


def provisioning_uri(seed: str, account: str) -> str:
    """What an authenticator app reads from the QR code; `account` is what it shows beside the code."""
    return pyotp.TOTP(seed, interval=STEP_SECONDS).provisioning_uri(name=account, issuer_name=_ISSUER)


def matching_step(seed: str, code: str, now: datetime, last_step: int | None) -> int | None:
    """The step whose code this is: now, one before or one after, and later than the last one used; else None.

    All three are computed whatever matches, so the time it takes tells nothing.
    """
    clock = pyotp.TOTP(seed, interval=STEP_SECONDS)
    today = int(now.timestamp()) // STEP_SECONDS
    matching = [
        step for step in (today - 1, today, today + 1) if pyotp.utils.strings_equal(code, clock.generate_otp(step))
    ]
    fresh = [step for step in matching if last_step is None or step > last_step]
    return fresh[0] if fresh else None


# ---- recovery codes


def recovery_code(chance: bytes) -> str:
    """Ten random bytes as a code that people can copy from paper: `abcd-efgh-ijkl-mnop`."""
    letters = base64.b32encode(chance).decode().lower()
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def recovery_hash(code: str) -> bytes:
    """The SHA-256 under which a recovery code is kept; 80 bits of chance need no slow hash."""
    return hashlib.sha256(b"recovery|" + code.encode()).digest()


# ---- challenges


def challenge_text(chance: bytes) -> str:
    """A challenge as it travels: base64url without padding, as in WebAuthn."""
    return base64.urlsafe_b64encode(chance).decode().rstrip("=")


def challenge_bytes(text: str) -> bytes:
    """The bytes of a challenge of 43 letters."""
    return base64.urlsafe_b64decode(text + "=")


def challenge_hash(chance: bytes) -> bytes:
    """The SHA-256 under which a challenge is kept."""
    return hashlib.sha256(b"challenge|" + chance).digest()


# ---- passkeys (WebAuthn level 3)


def creation_options(
    party: RelyingParty, user_id: UUID, email: str, held: Sequence[bytes], challenge: bytes
) -> dict[str, Any]:
    """What a browser needs to make a passkey; an authenticator that holds one of `held` already refuses by itself."""
    options = generate_registration_options(
        rp_id=party.id,
        rp_name=party.name,
        user_id=user_id.bytes,
        user_name=email,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in held],
    )
    return options_to_json_dict(options)


def made_passkey(party: RelyingParty, answer: Mapping[str, Any], challenge: bytes) -> Passkey | None:
    """The passkey that an authenticator made for this challenge, domain and origin, or None."""
    try:
        made = verify_registration_response(
            credential=dict(answer),
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
        )
    except _UNREADABLE:
        return None
    return Passkey(made.credential_id, made.credential_public_key, made.sign_count)


def request_options(party: RelyingParty, held: Sequence[bytes], challenge: bytes) -> dict[str, Any]:
    """What a browser needs to answer a challenge with one of the passkeys held."""
    options = generate_authentication_options(
        rp_id=party.id,
        challenge=challenge,
        allow_credentials=[PublicKeyCredentialDescriptor(id=one) for one in held],
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return options_to_json_dict(options)


def credential_id(answer: Mapping[str, Any]) -> bytes:
    """The passkey that an answer names; bytes that name none when it is not readable."""
    try:
        named = str(answer["id"])
        return base64.urlsafe_b64decode(named + "=" * (-len(named) % 4))
    except (ValueError, KeyError):
        return b""


def signed_count(party: RelyingParty, answer: Mapping[str, Any], challenge: bytes, held: Passkey) -> int | None:
    """The counter of a passkey that signed this challenge for this domain and origin, or None.

    A counter that does not grow is a copy of the authenticator, and refused (WebAuthn 7.2, step 22).
    """
    try:
        signed = verify_authentication_response(
            credential=dict(answer),
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            credential_public_key=held.public_key,
            credential_current_sign_count=held.sign_count,
        )
    except _UNREADABLE:
        return None
    return signed.new_sign_count
