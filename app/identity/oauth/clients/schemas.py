"""OAuth clients as they are registered and shown."""

from __future__ import annotations

from marshmallow import fields

from app.http.fields import Choice, Instant, ObjectId, Pattern, Text, Visible
from app.http.schemas import RequestSchema, ResponseSchema
from app.identity.oauth.rules import REDIRECT_LENGTH, SCOPES
from app.identity.schemas import RoleCode

_BASE64URL = r"[A-Za-z0-9_-]{42,44}"


class JwkIn(RequestSchema):
    """A public key on P-256 (RFC 7517)."""

    kty = Choice(("EC",), required=True)
    crv = Choice(("P-256",), required=True)
    x = Pattern(_BASE64URL, required=True)
    y = Pattern(_BASE64URL, required=True)
    kid = Pattern(r"[A-Za-z0-9._-]{1,100}")
    use = Choice(("sig",))
    alg = Choice(("ES256",))


class JwksIn(RequestSchema):
    """The public keys with which a client signs its assertions."""

    keys = fields.List(fields.Nested(JwkIn), required=True)


class ClientIn(RequestSchema):
    """A client to be registered; `role` and `books` only for a service, redirect URIs only for the others."""

    name = Visible(100, required=True)
    kind = Choice(("web", "native", "service"), required=True)
    auth = Choice(("none", "client_secret_basic", "private_key_jwt"), required=True)
    scopes = fields.List(Choice(SCOPES), required=True)
    redirect_uris = fields.List(Text(REDIRECT_LENGTH), load_default=list)
    role = RoleCode(load_default=None)
    books = fields.List(ObjectId("bk"), load_default=None)
    jwks = fields.Nested(JwksIn, load_default=None)


class ClientPatch(RequestSchema):
    """What may change of a client; what it may do, and how it proves itself, stays."""

    name = Visible(100)
    redirect_uris = fields.List(Text(REDIRECT_LENGTH))
    jwks = fields.Nested(JwksIn)


class ClientOut(ResponseSchema):
    """A client without its secret; `id` is its `client_id`."""

    id = ObjectId("cli", required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    auth = fields.String(required=True)
    scopes = fields.List(fields.String(), required=True)
    redirect_uris = fields.List(fields.String(), required=True)
    role = fields.String(required=True)
    books = fields.List(ObjectId("bk"), required=True, allow_none=True)
    created_at = Instant(required=True)
    revoked_at = Instant(required=True, allow_none=True)


class ClientCreated(ClientOut):
    """A client with its secret, which is shown once and is null in a replay."""

    client_secret = fields.String(required=True, allow_none=True)
