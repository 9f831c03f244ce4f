"""OAuth 2.1 as an integrator lives it: a code with PKCE, tokens that turn over, a service by itself, and the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from infra.ids import encode
from infra.ports import Ports
from tests.api.conftest import Caller
from tests.factories.oauth import Program, pkce, query_of

Register = Callable[..., Program]

WEB = {
    "name": "记账助手",
    "kind": "web",
    "auth": "client_secret_basic",
    "scopes": ["openid", "profile", "email", "offline_access", "me.read", "book.list"],
    "redirect_uris": ["https://app.example.com/callback"],
}


@pytest.fixture
def program(client: FlaskClient, owner: Caller, ports: Ports) -> Register:
    """Register a client of the shared firm: `program()`, `program(kind="native", auth="none")`."""

    def make(by: Caller = owner, key: ECKey | None = None, **changes: Any) -> Program:
        said = by("POST", "/v1/oauth-clients", {**WEB, **changes})
        assert said.status_code == 201, said.text
        redirect = (said.json["redirect_uris"] or [""])[0]
        return Program(client, said.json["id"], ports.settings.public_url, said.json["client_secret"], key, redirect)

    return make


def test_a_code_with_pkce_becomes_tokens_that_stand_for_the_person_and_no_more(
    program: Register, owner: Caller, client: FlaskClient
) -> None:
    app = program()
    verifier, challenge = pkce()
    said = app.answer(
        owner.secret, challenge, state="a b&c=d", nonce="n-1", scope="openid email me.read offline_access"
    )
    sent = query_of(said.json["redirect_to"])
    assert said.json["redirect_to"].startswith("https://app.example.com/callback?")
    assert (sent["state"], sent["iss"]) == ("a b&c=d", app.issuer)
    tokens = app.exchange(sent["code"], verifier)
    assert tokens.status_code == 200, tokens.text
    held = tokens.json
    assert (held["token_type"], held["expires_in"]) == ("Bearer", 900)
    me = Caller(client, held["access_token"])
    assert me("GET", "/v1/me").json["permissions"] == ["me.read"]
    assert me("GET", "/v1/books").json["code"] == "permission.missing"
    assert me("GET", "/oauth/userinfo").json == {"sub": encode("usr", owner.id), "email": owner.email}
    keys = KeySet.import_key_set(client.get("/oauth/jwks").json)
    claims = jwt.decode(held["id_token"], keys, ["ES256"]).claims
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (app.issuer, app.id, "n-1")
    assert claims["sub"] == encode("usr", owner.id)
    assert {"auth_time", "acr", "amr", "at_hash", "exp", "iat"} <= claims.keys()
