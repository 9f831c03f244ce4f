"""The shape of the firm's public keys."""

from __future__ import annotations

from marshmallow import fields

from app.http.schemas import ResponseSchema


class ProofKeyOut(ResponseSchema):
    """A public key (公钥): Ed25519, 32 bytes in hexadecimal; its fingerprint is their SHA-256. One signs now."""

    fingerprint = fields.String(required=True)
    public_key = fields.String(required=True)
    signs = fields.Boolean(required=True)


class ProofKeysOut(ResponseSchema):
    """Every public key of the firm, oldest first; write the fingerprint down outside of the product."""

    keys = fields.List(fields.Nested(ProofKeyOut), required=True)
