"""What is said to a provider: where a login begins, and whom a code stands for.

Invariant: every call goes through the one checked way out; whatever comes back is hostile until it has been checked.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from app.http.reading import parse_json
from app.identity.outside.protocols import rules
from app.identity.outside.protocols.errors import OutsideRefused
from app.identity.outside.providers.types import Provider
from infra.egress import Egress
from infra.errors import Refusal

_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
_JSON = {"Accept": "application/json"}
_NAMES_ITSELF = "authorization_response_iss_parameter_supported"


def begin(egress: Egress, provider: Provider, state: str, nonce: str, verifier: str) -> str:
    """The address where a person logs in; raises `OutsideRefused` or what `Egress.send` raises."""
    if provider.kind == "wecom":
        return rules.wecom_login(provider, state)
    endpoint = _discovered(egress, provider)["authorization_endpoint"]
    return rules.oidc_login(endpoint, provider, state, nonce, verifier)


def subject(
    egress: Egress, provider: Provider, code: str, iss: str | None, nonce: str, verifier: str, now: datetime
) -> str:
    """Whom the provider vouches for with a code; raises `OutsideRefused` or what `Egress.send` raises.

    A code that came with another issuer's name, or without the name of one who says that it gives it (RFC 9207), is
    another provider's: it is not shown to this one, who would use it (mix-up).
    """
    if provider.kind == "wecom":
        return _wecom(egress, provider, code)
    told = _discovered(egress, provider)
    if iss != provider.issuer and (iss is not None or told[_NAMES_ITSELF]):
        raise OutsideRefused
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": provider.redirect_uri,
        "code_verifier": verifier,
    }
    headers = {**_FORM, "Authorization": f"Basic {_basic(provider)}"}
    answer = _json(egress, "POST", told["token_endpoint"], headers, urlencode(form).encode())
    keys = _json(egress, "GET", told["jwks_uri"], _JSON)
    found = rules.subject_of(answer.get("id_token"), keys, provider, nonce, now)
    if found is None:
        raise OutsideRefused
    return found


def _discovered(egress: Egress, provider: Provider) -> dict[str, Any]:
    """The provider's endpoints, believed only when the document names the very issuer it was asked of, and whether its
    answers name it too."""
    told = _json(egress, "GET", f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration", _JSON)
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    found = {name: told.get(name) for name in names}
    whole = all(isinstance(value, str) and value.startswith("https://") for value in found.values())
    if told.get("issuer") != provider.issuer or not whole:
        raise OutsideRefused
    return {**found, _NAMES_ITSELF: told.get(_NAMES_ITSELF) is True}


def _wecom(egress: Egress, provider: Provider, code: str) -> str:
    asked = {"corpid": provider.client_id, "corpsecret": provider.secret}
    access = _json(egress, "GET", f"{rules.WECOM}/gettoken?{urlencode(asked)}", _JSON)
    token = access.get("access_token")
    if access.get("errcode") != 0 or not isinstance(token, str):
        raise OutsideRefused
    asked = {"access_token": token, "code": code}
    told = _json(egress, "GET", f"{rules.WECOM}/auth/getuserinfo?{urlencode(asked)}", _JSON)
    user = told.get("userid")  # people outside the corporation have an openid only
    if told.get("errcode") != 0 or not isinstance(user, str) or not 0 < len(user) <= 64:
        raise OutsideRefused
    return user


def _basic(provider: Provider) -> str:
    pair = f"{quote(provider.client_id, safe='')}:{quote(provider.secret, safe='')}"
    return base64.b64encode(pair.encode()).decode()


def _json(egress: Egress, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> dict[str, Any]:
    answer = egress.send(method, url, headers, body)
    if answer.status != 200:
        raise OutsideRefused
    try:
        told = parse_json(answer.body)
    except Refusal:
        raise OutsideRefused from None
    if not isinstance(told, dict):
        raise OutsideRefused
    return told
