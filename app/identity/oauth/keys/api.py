"""What programs read before they trust us: the metadata of the server and its public keys.

Invariant: every address begins with the issuer, which the installation names; nothing of a request is repeated.
"""

from __future__ import annotations

from typing import Any

from flask import Response

from app.http.blueprint import Blueprint
from app.http.replies import rows
from app.http.types import PUBLIC, Visit
from app.identity.oauth.keys.rules import ALGORITHM
from app.identity.oauth.keys.schemas import JwksOut, MetadataOut
from app.identity.oauth.keys.service import published
from app.identity.oauth.prompts.rules import PROMPTS
from app.identity.oauth.rules import SCOPES
from app.identity.oauth.types import AUTH_METHODS, CONFIDENTIAL_METHODS

blp = Blueprint("oauth_metadata", __name__, url_prefix="", tag_zh="OAuth 元数据")


@blp.route(
    "/.well-known/oauth-authorization-server",
    needs=PUBLIC,
    scope="public",
    operation="oauth_metadata",
    summary_zh="授权服务器元数据",
    summary_en="What the authorization server can do and where (RFC 8414).",
)
@blp.response(200, MetadataOut)
def metadata(visit: Visit) -> Response:
    """The metadata of RFC 8414."""
    return rows(_metadata(visit.ports.settings.public_url))


@blp.route(
    "/.well-known/openid-configuration",
    needs=PUBLIC,
    scope="public",
    operation="openid_configuration",
    summary_zh="OpenID 配置",
    summary_en="The same for OpenID Connect (Discovery 1.0).",
)
@blp.response(200, MetadataOut)
def discovery(visit: Visit) -> Response:
    """The metadata of OpenID Connect Discovery."""
    return rows(_metadata(visit.ports.settings.public_url))


@blp.route(
    "/oauth/jwks",
    needs=PUBLIC,
    scope="public",
    operation="oauth_jwks",
    summary_zh="公钥集",
    summary_en="The public keys that sign ID tokens (RFC 7517); the next one is here a day before it signs.",
)
@blp.response(200, JwksOut)
def jwks(visit: Visit) -> Response:
    """The public keys."""
    return rows(published(visit.ports, visit.now).as_dict(private=False, use="sig", alg=ALGORITHM))


def _metadata(issuer: str) -> dict[str, Any]:
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        "revocation_endpoint": f"{issuer}/oauth/revoke",
        "introspection_endpoint": f"{issuer}/oauth/introspect",
        "userinfo_endpoint": f"{issuer}/oauth/userinfo",
        "jwks_uri": f"{issuer}/oauth/jwks",
        "service_documentation": f"{issuer}/docs",
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "prompt_values_supported": list(PROMPTS),
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "token_endpoint_auth_signing_alg_values_supported": [ALGORITHM],
        "revocation_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "revocation_endpoint_auth_signing_alg_values_supported": [ALGORITHM],
        "introspection_endpoint_auth_methods_supported": list(CONFIDENTIAL_METHODS),
        "introspection_endpoint_auth_signing_alg_values_supported": [ALGORITHM],
        "authorization_response_iss_parameter_supported": True,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "claims_supported": ["sub", "name", "email", "auth_time", "acr", "amr", "nonce", "at_hash"],
        "acr_values_supported": ["aal1", "aal2"],
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "ui_locales_supported": ["zh-CN"],
    }
