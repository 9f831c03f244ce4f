"""A software authenticator: makes passkeys and signs with them, rightly or as an attacker would."""

from __future__ import annotations

import hashlib
import json
import os
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import encode_cbor

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """One passkey of one domain; `origin` is where its browser believes to be."""

    domain: str = "localhost"
    origin: str = "http://localhost:8080"
    count: int = 0
    id: bytes = field(default_factory=lambda: os.urandom(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def make(self, challenge: str, /, **changes: Any) -> dict[str, Any]:
        """What `navigator.credentials.create` gives for a challenge."""
        numbers = self.key.public_key().public_numbers()
        public = encode_cbor({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
        credential = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public
        held = self._held(_PRESENT | _VERIFIED | _ATTESTED) + credential
        told = self._told("webauthn.create", challenge, changes)
        attested = encode_cbor({"fmt": "none", "attStmt": {}, "authData": held})
        return self._answer({"clientDataJSON": _text(told), "attestationObject": _text(attested)})

    def sign(self, challenge: str, /, **changes: Any) -> dict[str, Any]:
        """What `navigator.credentials.get` gives for a challenge; the counter grows unless it stands at 0 for ever."""
        self.count += 1
        held = self._held(changes.pop("flags", _PRESENT | _VERIFIED))
        told = self._told("webauthn.get", challenge, changes)
        signature = self.key.sign(held + hashlib.sha256(told).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {"clientDataJSON": _text(told), "authenticatorData": _text(held), "signature": _text(signature)}
        )

    def _held(self, flags: int) -> bytes:
        return hashlib.sha256(self.domain.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _told(self, kind: str, challenge: str, changes: dict[str, Any]) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False} | changes
        return json.dumps(told).encode()

    def _answer(self, response: dict[str, str]) -> dict[str, Any]:
        named = _text(self.id)
        return {"id": named, "rawId": named, "type": "public-key", "response": response}


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")
