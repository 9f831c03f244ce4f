"""Hostile requests to the token endpoint: codes and tokens that are not one's own, and clients that prove nothing."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from werkzeug.test import TestResponse

from tests.attack.tokens.world import World
from tests.factories.oauth import Program, pkce

Attack = Callable[[World], TestResponse]


def _code(**changes: Any) -> Attack:
    """A good code of the web client with something wrong in its exchange."""

    def attack(world: World) -> TestResponse:
        verifier, challenge = pkce()
        code = world.web.code(world.owner.secret, challenge)
        form = {"redirect_uri": world.web.redirect, "code": code, "code_verifier": verifier, **changes}
        return world.web.post("/oauth/token", grant_type="authorization_code", **form)

    return attack


def _verifier(make: Callable[[str, str], str | None]) -> Attack:
    """A good code with another verifier, made from the good one and its challenge."""

    def attack(world: World) -> TestResponse:
        verifier, challenge = pkce()
        return world.web.exchange(world.web.code(world.owner.secret, challenge), make(verifier, challenge))

    return attack


def _by(thief: Callable[[World], Program]) -> Attack:
    """A good code shown by another client."""

    def attack(world: World) -> TestResponse:
        verifier, challenge = pkce()
        return thief(world).exchange(world.web.code(world.owner.secret, challenge), verifier)

    return attack


def _refreshed_by(thief: Callable[[World], Program]) -> Attack:
    """A good refresh token shown by another client."""
    return lambda world: thief(world).refresh(world.web.tokens(world.owner.secret)["refresh_token"])


def _granted(grant_type: str, **more: Any) -> Attack:
    return lambda world: world.web.post("/oauth/token", grant_type=grant_type, **more)


def _late(world: World) -> TestResponse:
    verifier, challenge = pkce()
    code = world.web.code(world.owner.secret, challenge)
    own = world.web
    late = Program(world.later(timedelta(seconds=61)), own.id, own.issuer, own.secret, None, own.redirect)
    return late.exchange(code, verifier)


def _twice(name: str, second: Callable[[World], str]) -> Attack:
    """A good request in which one parameter comes twice."""

    def attack(world: World) -> TestResponse:
        verifier, challenge = pkce()
        code = world.web.code(world.owner.secret, challenge)
        pairs = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": world.web.redirect,
            "code_verifier": verifier,
            "client_id": world.web.id,
        }
        return world.browser.post(
            "/oauth/token", data={**pairs, name: [pairs[name], second(world)]}, headers=_basic(world.web)
        )

    return attack


def _basic(program: Program, secret: str | None = None) -> dict[str, str]:
    word = f"{program.id}:{secret if secret is not None else program.secret}"
    return {"Authorization": "Basic " + base64.b64encode(word.encode()).decode()}


EXCHANGED: dict[str, Attack] = {
    "code: made up": _code(code="zf_g_" + "A" * 43),
    "code: empty": _code(code=""),
    "code: none": _code(code=None),
    "code: SQL": _code(code="x' or '1'='1"),
    "code: after a minute": _late,
    "code: shown by another client of the firm": _by(lambda world: world.second),
    "code: shown by a native client of the firm": _by(lambda world: world.native),
    "code: shown by a service of the firm": _by(lambda world: world.service),
    "code: shown by a client of another firm": _by(lambda world: world.foreign),
    "PKCE: no verifier": _verifier(lambda verifier, challenge: None),
    "PKCE: empty verifier": _verifier(lambda verifier, challenge: ""),
    "PKCE: the challenge as verifier": _verifier(lambda verifier, challenge: challenge),
    "PKCE: another verifier": _verifier(lambda verifier, challenge: pkce()[0]),
    "PKCE: a short verifier": _verifier(lambda verifier, challenge: verifier[:42]),
    "PKCE: a long verifier": _verifier(lambda verifier, challenge: verifier + "A" * 80),
    "PKCE: in other letters": _verifier(lambda verifier, challenge: verifier.swapcase()),
    "PKCE: a blank at the end": _verifier(lambda verifier, challenge: verifier + " "),
    "PKCE: a line feed at the end": _verifier(lambda verifier, challenge: verifier + "\n"),
    "redirect: none": _code(redirect_uri=None),
    "redirect: another one": _code(redirect_uri="https://app.example.com/other"),
    "redirect: longer": _code(redirect_uri="https://app.example.com/callback/"),
    "refresh: shown by another client of the firm": _refreshed_by(lambda world: world.second),
    "refresh: shown by a native client of the firm": _refreshed_by(lambda world: world.native),
    "refresh: shown by a client of another firm": _refreshed_by(lambda world: world.foreign),
    "refresh: made up": _granted("refresh_token", refresh_token="zf_r_" + "A" * 64),
    "refresh: none": _granted("refresh_token"),
    "refresh: an access token": lambda world: world.web.refresh(world.web.tokens(world.owner.secret)["access_token"]),
    "refresh: an ID token": lambda world: world.web.refresh(world.web.tokens(world.owner.secret)["id_token"][:100]),
    "grant: password": _granted("password", username="owner", password="correct horse battery"),
    "grant: implicit": _granted("implicit"),
    "grant: a JWT": _granted("urn:ietf:params:oauth:grant-type:jwt-bearer", assertion="a.b.c"),
    "grant: a device code": _granted("urn:ietf:params:oauth:grant-type:device_code", device_code="x"),
    "grant: token exchange": _granted("urn:ietf:params:oauth:grant-type:token-exchange", subject_token="x"),
    "grant: client credentials of a web client": _granted("client_credentials"),
    "grant: none": lambda world: world.web.post("/oauth/token"),
    "grant: unknown": _granted("everything"),
    "twice: grant_type": _twice("grant_type", lambda world: "client_credentials"),
    "twice: code": _twice("code", lambda world: "zf_g_" + "A" * 43),
    "twice: client_id": _twice("client_id", lambda world: world.second.id),
    "twice: redirect_uri": _twice("redirect_uri", lambda world: "https://evil.example/"),
    "twice: code_verifier": _twice("code_verifier", lambda world: pkce()[0]),
}


def _service(headers: Callable[[World], dict[str, str]], **form: Any) -> Attack:
    """Client credentials asked for with these headers and this form."""
    return lambda world: world.browser.post(
        "/oauth/token",
        data={"grant_type": "client_credentials", **{name: make(world) for name, make in form.items()}},
        headers=headers(world),
    )


def _raw(value: str) -> Callable[[World], dict[str, str]]:
    return lambda world: {"Authorization": value}


PROVED: dict[str, Attack] = {
    "nothing": _service(lambda world: {}),
    "only its id": _service(lambda world: {}, client_id=lambda world: world.service.id),
    "no secret": _service(lambda world: _basic(world.service, "")),
    "a wrong secret": _service(lambda world: _basic(world.service, "zf_c_" + "A" * 43)),
    "the secret of another client": _service(lambda world: _basic(world.service, world.second.secret)),
    "the secret of a client of another firm": _service(
        lambda world: _basic(world.service, world.foreign_service.secret)
    ),
    "the secret's hash": _service(lambda world: _basic(world.service, "0" * 64)),
    "the secret in the form": _service(
        lambda world: {},
        client_id=lambda world: world.service.id,
        client_secret=lambda world: str(world.service.secret),
    ),
    "the secret twice": _service(
        lambda world: _basic(world.service), client_secret=lambda world: str(world.service.secret)
    ),
    "two clients": _service(lambda world: _basic(world.service), client_id=lambda world: world.foreign_service.id),
    "a wrong secret and a native client's id": _service(
        lambda world: _basic(world.service, "x"), client_id=lambda world: world.native.id
    ),
    "a secret and an assertion": _service(
        lambda world: _basic(world.service),
        client_assertion=lambda world: world.signer.assertion(),
        client_assertion_type=lambda world: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    ),
    "an assertion of another kind": _service(
        lambda world: {},
        client_assertion=lambda world: world.signer.assertion(),
        client_assertion_type=lambda world: "urn:ietf:params:oauth:client-assertion-type:saml2-bearer",
    ),
    "a native client": _service(lambda world: {}, client_id=lambda world: world.native.id),
    "a session": _service(lambda world: {"Authorization": f"Bearer {world.owner.secret}"}),
    "Basic that is no base64": _service(_raw("Basic !!!!")),
    "Basic that is no UTF-8": _service(_raw("Basic /////w==")),
    "Basic without a colon": _service(_raw("Basic YWJj")),
    "Basic of nobody": _service(_raw("Basic " + base64.b64encode(b"cli_x:y").decode())),
    "Basic with SQL": _service(_raw("Basic " + base64.b64encode(b"' or 1=1 --:x").decode())),
}
