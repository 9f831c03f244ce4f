"""The parameters of the protocol, and what its endpoints say.

Invariant: a parameter that Authlib may repeat in a sentence holds only the characters RFC 6749 lets stand there.
"""

from __future__ import annotations

from typing import Any

from marshmallow import EXCLUDE, Schema, fields

from app.http.fields import Choice, Flag, Pattern, Whole
from app.http.schemas import RequestSchema, ResponseSchema
from app.identity.oauth.prompts.rules import OLDEST_PROOF


def _word(longest: int, **kwargs: Any) -> Pattern:
    """Printable ASCII without quotes and backslashes (RFC 6749, appendix A)."""
    return Pattern(rf"[\x20\x21\x23-\x5B\x5D-\x7E]{{1,{longest}}}", **kwargs)


def _state() -> Pattern:
    return Pattern(r"[\x20-\x7E]{1,1000}")


class ProtocolIn(Schema):
    """A request of the protocol: what nobody knows is passed over (RFC 6749, 3.1 and 3.2)."""

    class Meta:
        """Unknown parameters are none of ours."""

        unknown = EXCLUDE


class AuthorizeQuery(ProtocolIn):
    """What a client asks of a person (RFC 6749, 4.1.1; RFC 7636; OpenID Connect Core 1.0, 3.1.2.1)."""

    response_type = _word(50)
    client_id = _word(100)
    redirect_uri = _word(500)
    scope = _word(2000)
    state = _state()
    code_challenge = _word(128)
    code_challenge_method = _word(10)
    nonce = _state()
    prompt = _word(50)
    max_age = _word(20)
    response_mode = _word(20)
    login_hint = _state()
    request = _word(4000)
    request_uri = _word(500)


class AuthorizeForm(AuthorizeQuery):
    """The same with one step of the page: a password, a second factor, a yes or no, or leaving."""

    step = Choice(("login", "code", "answer"), required=True)
    begun = Pattern(r"[0-9]{1,17}", required=True)
    csrf = Pattern(r"[0-9a-f]{64}", required=True)
    email = Pattern(r"[^\x00-\x1F]{1,200}")
    password = Pattern(r"[^\x00-\x1F]{1,128}")
    challenge = Pattern(r"[A-Za-z0-9_-]{43}")
    proof = Pattern(r"[^\x00-\x1F]{1,40}")
    agreed = Choice(("true", "false", "leave"))


class AuthorizationIn(RequestSchema):
    """A client's request as a first-party front end hands it on, with the person's answer to it."""

    response_type = _word(50, required=True)
    client_id = _word(100, required=True)
    redirect_uri = _word(500, required=True)
    scope = _word(2000, required=True)
    state = _state()
    code_challenge = _word(128, required=True)
    code_challenge_method = _word(10, required=True)
    nonce = _state()
    max_age = Whole(0, OLDEST_PROOF)
    agreed = Flag(required=True)


class AuthorizationOut(ResponseSchema):
    """Where to send the browser."""

    redirect_to = fields.String(required=True)


class TokenIn(ProtocolIn):
    """What is asked of the token endpoint, in the one form or another."""

    grant_type = _word(60)
    code = _word(100)
    redirect_uri = _word(500)
    code_verifier = _word(128)
    refresh_token = _word(100)
    scope = _word(2000)
    client_id = _word(100)
    client_secret = _word(100)
    client_assertion_type = _word(100)
    client_assertion = _word(4096)


class ShownTokenIn(ProtocolIn):
    """A token that is to be revoked or explained."""

    token = _word(4096)
    token_type_hint = _word(50)
    client_id = _word(100)
    client_secret = _word(100)
    client_assertion_type = _word(100)
    client_assertion = _word(4096)


class TokenOut(ResponseSchema):
    """Tokens (RFC 6749, 5.1)."""

    access_token = fields.String(required=True)
    token_type = fields.String(required=True)
    expires_in = fields.Integer(required=True)
    scope = fields.String(required=True)
    refresh_token = fields.String()
    id_token = fields.String()


class RevokedOut(ResponseSchema):
    """Nothing: the token is worthless."""


class IntrospectionOut(ResponseSchema):
    """What a token means (RFC 7662, 2.2); one that means nothing is only not active."""

    active = fields.Boolean(required=True)
    iss = fields.String()
    client_id = fields.String()
    sub = fields.String()
    scope = fields.String()
    token_type = fields.String()
    iat = fields.Integer()
    exp = fields.Integer()


class UserinfoOut(ResponseSchema):
    """Whom an access token stands for."""

    sub = fields.String(required=True)
    name = fields.String()
    email = fields.String()
