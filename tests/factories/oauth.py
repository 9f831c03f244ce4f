"""A client at the authorization server: what an integrator's program and its person's browser do, step by step."""

from __future__ import annotations

import base64
import hashlib
import itertools
import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import ECKey
from werkzeug.test import TestResponse

REDIRECT = "https://app.example.com/callback"
_KEYS = itertools.count(1)


def pkce() -> tuple[str, str]:
    """A fresh verifier and its S256 challenge."""
    verifier = secrets.token_urlsafe(48)
    return verifier, challenge_of(verifier)


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def query_of(uri: str) -> dict[str, str]:
    """The parameters of a redirect, each once."""
    found = parse_qs(urlsplit(uri).query, keep_blank_values=True, strict_parsing=True)
    assert all(len(values) == 1 for values in found.values()), uri
    return {name: values[0] for name, values in found.items()}


WEB = {
    "name": "记账助手",
    "kind": "web",
    "auth": "client_secret_basic",
    "scopes": ["openid", "profile", "email", "offline_access", "me.read", "book.list"],
    "redirect_uris": [REDIRECT],
}
NATIVE = {"kind": "native", "auth": "none", "redirect_uris": ["http://127.0.0.1/callback"]}
SERVICE = {"kind": "service", "redirect_uris": [], "role": "manager", "scopes": ["book.list", "me.read"]}


def register(browser: FlaskClient, session: str, issuer: str, **changes: Any) -> Program:
    """A client that a person of the firm registered; `auth="private_key_jwt"` gets a key of its own."""
    key = ECKey.generate_key("P-256") if changes.get("auth") == "private_key_jwt" else None
    asked = {**WEB, **changes}
    if key is not None:
        asked["jwks"] = {"keys": [key.as_dict(private=False)]}
    headers = {"Authorization": f"Bearer {session}", "Idempotency-Key": f"register-{next(_KEYS):012d}"}
    said = browser.post("/v1/oauth-clients", json=asked, headers=headers)
    assert said.status_code == 201, said.text
    redirect = (said.json["redirect_uris"] or [""])[0]
    return Program(browser, said.json["id"], issuer, said.json["client_secret"], key, redirect)


@dataclass
class Program:
    """A registered client and how it proves who it is."""

    browser: FlaskClient
    id: str
    issuer: str
    secret: str | None = None
    key: ECKey | None = None
    redirect: str = REDIRECT

    def request(self, challenge: str, scope: str = "openid offline_access me.read", **changes: Any) -> dict[str, Any]:
        """What it asks of a person; a change to None leaves a parameter out."""
        asked = {
            "response_type": "code",
            "client_id": self.id,
            "redirect_uri": self.redirect,
            "scope": scope,
            "state": "s-1",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **changes,
        }
        return {name: value for name, value in asked.items() if value is not None}

    def answer(self, session: str, challenge: str, *, agreed: bool = True, **changes: Any) -> TestResponse:
        """The person's yes or no through the JSON way."""
        asked = {**self.request(challenge, **changes), "agreed": agreed}
        return self.browser.post("/v1/oauth/authorizations", json=asked, headers={"Authorization": f"Bearer {session}"})

    def code(self, session: str, challenge: str, **changes: Any) -> str:
        """A code the person let it have."""
        said = self.answer(session, challenge, **changes)
        assert said.status_code == 200, said.text
        return query_of(said.json["redirect_to"])["code"]

    def post(self, path: str, *, auth: tuple[str, str] | None = None, proved: bool = True, **form: Any) -> TestResponse:
        """One request to an endpoint of the protocol, proving who it is as it was registered."""
        sent = {name: value for name, value in form.items() if value is not None}
        basic = auth
        if proved and self.secret and auth is None:
            basic = (self.id, self.secret)
        elif proved and self.key and auth is None:
            sent |= {"client_assertion_type": ASSERTION_TYPE, "client_assertion": self.assertion()}
        elif proved and auth is None:
            sent.setdefault("client_id", self.id)
        headers = {}
        if basic:
            headers["Authorization"] = "Basic " + base64.b64encode(":".join(basic).encode()).decode()
        return self.browser.post(path, data=sent, headers=headers)

    def exchange(self, code: str, verifier: str | None, **changes: Any) -> TestResponse:
        """The code for tokens."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect,
            "code_verifier": verifier,
            **changes,
        }
        return self.post("/oauth/token", **form)

    def refresh(self, token: str, **changes: Any) -> TestResponse:
        """A refresh token for the next ones."""
        return self.post("/oauth/token", grant_type="refresh_token", refresh_token=token, **changes)

    def tokens(self, session: str, **changes: Any) -> dict[str, Any]:
        """Tokens a person let it have, from the beginning."""
        verifier, challenge = pkce()
        said = self.exchange(self.code(session, challenge, **changes), verifier)
        assert said.status_code == 200, said.text
        held: dict[str, Any] = said.json
        return held

    def claims(self, **changes: Any) -> dict[str, Any]:
        """The claims of a good assertion; a change to None leaves one out."""
        now = int(time.time())
        claims = {
            "iss": self.id,
            "sub": self.id,
            "aud": self.issuer,
            "iat": now,
            "exp": now + 60,
            "jti": f"jti-{next(_KEYS):012d}-{secrets.token_hex(4)}",
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def assertion(self, header: dict[str, Any] | None = None, **changes: Any) -> str:
        """An assertion signed by its own key."""
        assert self.key is not None
        return jwt.encode({"alg": "ES256", **(header or {})}, self.claims(**changes), self.key, ["ES256"])


ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
