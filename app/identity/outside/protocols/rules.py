"""Rules of what is sent to a provider and of what is believed of its answers: values in, values out."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from app.identity.outside.providers.types import Provider

ALGORITHMS = ["ES256", "RS256", "PS256"]  # public keys only: nothing that a secret or nobody could sign
LONGEST_TOKEN = 8_192
SKEW = 60
WECOM_LOGIN = "https://login.work.weixin.qq.com/wwlogin/sso/login"
WECOM = "https://qyapi.weixin.qq.com/cgi-bin"


def challenge(verifier: str) -> str:
    """The PKCE challenge of a verifier, S256 (RFC 7636)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def oidc_login(endpoint: str, provider: Provider, state: str, nonce: str, verifier: str) -> str:
    """Where a person goes to log in with an OpenID Connect provider."""
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": provider.redirect_uri,
        "scope": "openid",
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge(verifier),
        "code_challenge_method": "S256",
    }
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"


def wecom_login(provider: Provider, state: str) -> str:
    """Where a person goes to log in with WeCom (企业微信)."""
    asked = {
        "login_type": "CorpApp",
        "appid": provider.client_id,
        "agentid": provider.agent_id,
        "redirect_uri": provider.redirect_uri,
        "state": state,
    }
    return f"{WECOM_LOGIN}?{urlencode(asked)}"


def subject_of(token: object, keys: object, provider: Provider, nonce: str, now: datetime) -> str | None:
    """Whom an ID token vouches for, or None when anything about it is not exactly as it must be (OIDC Core 3.1.3.7)."""
    if not isinstance(token, str) or len(token) > LONGEST_TOKEN or not isinstance(keys, Mapping):
        return None
    try:
        read = jwt.decode(token, KeySet.import_key_set(dict(keys)), algorithms=ALGORITHMS)  # type: ignore[arg-type]
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        return None
    claims, header = read.claims, read.header
    if header.keys() & {"jwk", "jku", "x5u", "x5c", "crit"}:
        return None
    audience = claims.get("aud")
    audiences = [audience] if isinstance(audience, str) else audience
    authorized = claims.get("azp", provider.client_id)
    if claims.get("iss") != provider.issuer or audiences != [provider.client_id] or authorized != provider.client_id:
        return None
    if claims.get("nonce") != nonce or not _current(claims, now):
        return None
    subject = claims.get("sub")
    return subject if isinstance(subject, str) and 0 < len(subject) <= 255 else None


def _current(claims: Mapping[str, Any], now: datetime) -> bool:
    """Issued at most ten minutes ago, not expired, and not from the future."""
    moment = now.timestamp()
    issued, expires = claims.get("iat"), claims.get("exp")
    numbers = [value for value in (issued, expires) if isinstance(value, int) and not isinstance(value, bool)]
    if len(numbers) != 2:
        return False
    return numbers[0] - SKEW <= moment <= numbers[1] + SKEW and moment - numbers[0] <= 600 + SKEW
