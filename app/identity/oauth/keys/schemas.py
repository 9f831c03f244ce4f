"""The metadata and keys as they are sent."""

from __future__ import annotations

from marshmallow import fields

from app.http.schemas import ResponseSchema


def _words() -> fields.List[str]:
    return fields.List(fields.String(), required=True)


class MetadataOut(ResponseSchema):
    """What the authorization server can do and where; more members may come."""

    issuer = fields.String(required=True)
    authorization_endpoint = fields.String(required=True)
    token_endpoint = fields.String(required=True)
    revocation_endpoint = fields.String(required=True)
    introspection_endpoint = fields.String(required=True)
    userinfo_endpoint = fields.String(required=True)
    jwks_uri = fields.String(required=True)
    scopes_supported = _words()
    response_types_supported = _words()
    grant_types_supported = _words()
    prompt_values_supported = _words()
    code_challenge_methods_supported = _words()
    token_endpoint_auth_methods_supported = _words()
    id_token_signing_alg_values_supported = _words()


class JwkOut(ResponseSchema):
    """A public key on P-256."""

    kty = fields.String(required=True)
    crv = fields.String(required=True)
    x = fields.String(required=True)
    y = fields.String(required=True)
    kid = fields.String(required=True)
    use = fields.String(required=True)
    alg = fields.String(required=True)


class JwksOut(ResponseSchema):
    """The public keys."""

    keys = fields.List(fields.Nested(JwkOut), required=True)
