"""The endpoints of the protocol that programs call: token, revocation, introspection, userinfo.

Invariant: they refuse as RFC 6749 says, in `application/json`, whoever refuses; only userinfo, which is an ordinary
operation under a bearer token, refuses as the rest of the API does.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

from flask import Response, request

from app.http import problem
from app.http.blueprint import Blueprint
from app.http.headers import came_from
from app.http.replies import rows
from app.http.types import PUBLIC, Visit
from app.identity.oauth.authorizations.queries import person
from app.identity.oauth.errors import PersonOnly
from app.identity.oauth.rules import OPENID, identity_claims
from app.identity.oauth.schemas import IntrospectionOut, RevokedOut, ShownTokenIn, TokenIn, TokenOut, UserinfoOut
from app.identity.oauth.service import issuer
from app.identity.oauth.tokens import service
from app.identity.oauth.types import Answer, Asked
from app.kernel.permissions import Permission
from infra.errors import render
from tenants.scope import Origin, TenantScope

log = logging.getLogger(__name__)

blp = Blueprint("oauth_tokens", __name__, url_prefix="/oauth", tag_zh="OAuth 令牌")
userinfo_blp = Blueprint("oauth_userinfo", __name__, url_prefix="/oauth", tag_zh="OAuth 用户信息")

_CHALLENGE = 'Basic realm="zhangfang", '
_FOREIGN = re.compile(r"[^\x20\x21\x23-\x5B\x5D-\x7E]")
_MOST_BYTES = {"max_bytes": 20_000}
_ERRORS = {401: "invalid_client", 403: "access_denied", 429: "temporarily_unavailable", 503: "temporarily_unavailable"}


@blp.errorhandler(Exception)  # type: ignore[untyped-decorator]
def refused(failure: Exception) -> Response:
    """Any refusal in the shape of RFC 6749, 5.2; the description is our sentence in its letters."""
    usual = problem.answer(failure)
    status = 400 if usual.status_code == 422 else usual.status_code
    error = _ERRORS.get(status, "server_error" if status >= 500 else "invalid_request")
    told = usual.get_json(force=True)
    sentence = _FOREIGN.sub("", render(told["code"], told.get("params", {}), "en"))
    said = rows({"error": error, "error_description": sentence}, status)
    for name, value in usual.headers:
        if name not in ("Content-Type", "Content-Length"):
            said.headers[name] = value
    return said


@blp.route(
    "/token",
    methods=["POST"],
    needs=PUBLIC,
    scope="public",
    operation="oauth_token",
    summary_zh="换取令牌",
    summary_en="Tokens for a code, a refresh token or a service's own credentials (RFC 6749, 3.2).",
    tolerant=True,
    errors="oauth",
    limits=_MOST_BYTES,
)
@blp.arguments(TokenIn, location="form")
@blp.response(200, TokenOut)
def give(visit: Visit, asked: dict[str, str]) -> Response:
    """Tokens."""
    return _answered(visit, asked, service.give)


@blp.route(
    "/revoke",
    methods=["POST"],
    needs=PUBLIC,
    scope="public",
    operation="oauth_revoke",
    summary_zh="吊销令牌",
    summary_en="Make a token worthless, a refresh token with everything that grew from it (RFC 7009).",
    tolerant=True,
    errors="oauth",
    limits=_MOST_BYTES,
    audit="oauth.revoke",
)
@blp.arguments(ShownTokenIn, location="form")
@blp.response(200, RevokedOut)
def revoke(visit: Visit, asked: dict[str, str]) -> Response:
    """The token is worthless, if it was one."""
    return _answered(visit, asked, service.revoke)


@blp.route(
    "/introspect",
    methods=["POST"],
    needs=PUBLIC,
    scope="public",
    operation="oauth_introspect",
    summary_zh="查询令牌",
    summary_en="What a token of the client itself means (RFC 7662); any other is not active.",
    tolerant=True,
    errors="oauth",
    limits=_MOST_BYTES,
)
@blp.arguments(ShownTokenIn, location="form")
@blp.response(200, IntrospectionOut)
def introspect(visit: Visit, asked: dict[str, str]) -> Response:
    """What the token means."""
    return _answered(visit, asked, service.introspect)


@userinfo_blp.route(
    "/userinfo",
    needs=Permission.ME_READ,
    scope="firm",
    operation="oauth_userinfo",
    summary_zh="用户信息",
    summary_en="Whom the access token stands for (OpenID Connect Core 1.0, 5.3).",
    by_oauth_scope=OPENID,
)
@userinfo_blp.response(200, UserinfoOut)
def userinfo(scope: TenantScope) -> dict[str, str]:
    """The claims the token's scopes open; raises `PersonOnly` when it stands for no person."""
    return _claims(scope)


@userinfo_blp.route(
    "/userinfo",
    methods=["POST"],
    needs=Permission.ME_READ,
    scope="firm",
    operation="oauth_userinfo_post",
    summary_zh="用户信息",
    summary_en="The same, asked by POST without a body (OpenID Connect Core 1.0, 5.3.1).",
    by_oauth_scope=OPENID,
)
@userinfo_blp.response(200, UserinfoOut)
def userinfo_posted(scope: TenantScope) -> dict[str, str]:
    """The claims the token's scopes open; raises `PersonOnly` when it stands for no person."""
    return _claims(scope)


def _claims(scope: TenantScope) -> dict[str, str]:
    row = person(scope, scope.actor.id) if scope.actor.kind == "user" and scope.actor.id else None
    if row is None:
        raise PersonOnly
    opened = scope.actor.ceiling if scope.actor.ceiling is not None else ("profile", "email")
    return identity_claims(row["id"], row["name"], row["email"], opened)


def _answered(visit: Visit, asked: dict[str, str], verb: Callable[..., Answer]) -> Response:
    uri = issuer(visit.ports) + request.path
    origin = Origin(*came_from())
    said = verb(visit.ports, Asked("POST", uri, dict(request.headers), asked), visit.request_id, origin)
    if said.status == 401:
        told = (said.content["error"], origin.address, visit.request_id)
        log.warning("login refused: way=client code=%s from=%s request=%s", *told)
    response = rows(said.content, said.status)
    for name, value in said.headers.items():
        response.headers[name] = value.replace("Basic ", _CHALLENGE, 1) if name == "WWW-Authenticate" else value
    return response
