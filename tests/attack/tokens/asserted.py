"""Hostile client assertions (`private_key_jwt`): each says it is the signing client, none may be believed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from joserfc.jwk import ECKey

from tests.attack.tokens.jose import OWN, WIDE, by_hmac, by_key, repeated, segment, unsigned
from tests.attack.tokens.world import World

Assertion = Callable[[World], str]

_ES = {"alg": "ES256", "typ": "JWT"}


def _key(world: World) -> ECKey:
    assert world.signer.key is not None
    return world.signer.key


def _signed(header: dict[str, Any] | None = None, **changes: Any) -> Assertion:
    """Signed by the client's own key, but saying something else."""
    return lambda world: by_key(_key(world), {**_ES, **(header or {})}, world.signer.claims(**changes))


def _own(header: dict[str, Any]) -> Assertion:
    return lambda world: by_key(OWN, {**_ES, **header}, world.signer.claims())


def _pem(world: World) -> bytes:
    return _key(world).as_pem(private=False)


def _jwk(world: World) -> bytes:
    return json.dumps(_key(world).as_dict(private=False)).encode()


def _shown_before(world: World) -> str:
    shown = world.signer.assertion()
    assert world.signer.post("/oauth/token", **form(shown), proved=False).status_code == 200
    return shown


def _of_another(world: World) -> str:
    """Head and claims of one assertion with the signature of another."""
    return world.signer.assertion().rpartition(".")[0] + "." + world.signer.assertion().rpartition(".")[2]


def form(assertion: str) -> dict[str, str]:
    """The request that carries an assertion."""
    return {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    }


_NOW = int(time.time())

ASSERTED: dict[str, Assertion] = {
    "no algorithm": lambda world: unsigned({"alg": "none"}, world.signer.claims()),
    "no algorithm, a signature": lambda world: unsigned({"alg": "none"}, world.signer.claims(), b"s" * 64),
    "HS256 with the public PEM": lambda world: by_hmac(_pem(world), {"alg": "HS256"}, world.signer.claims()),
    "HS256 with the public JWK": lambda world: by_hmac(_jwk(world), {"alg": "HS256"}, world.signer.claims()),
    "HS256 that says ES256": lambda world: by_hmac(_pem(world), _ES, world.signer.claims()),
    "somebody's key": _own({}),
    "somebody's key in jwk": _own({"jwk": OWN.as_dict(private=False)}),
    "somebody's key by jku": _own({"jku": "https://evil.example.com/jwks.json"}),
    "somebody's key by x5u": _own({"x5u": "https://evil.example.com/cert.pem"}),
    "jku beside the own key": _signed({"jku": "https://evil.example.com/jwks.json"}),
    "kid is a path": _signed({"kid": "../../../../dev/null"}),
    "kid is SQL": _signed({"kid": "x' or '1'='1"}),
    "kid is a number": _signed({"kid": 1}),
    "crit": _signed({"crit": ["exp"]}),
    "b64 false": _signed({"crit": ["b64"], "b64": False}),
    "a huge header": _signed({"kid": "k" * 3_000}),
    "huge claims": _signed(junk="j" * 3_000),
    "typ at+jwt": _signed({"typ": "at+jwt"}),
    "over": _signed(exp=_NOW - 600),
    "over by a minute": lambda world: _signed(exp=int(time.time()) - 60)(world),
    "lives for a day": _signed(exp=_NOW + 86_400),
    "lives for ever": _signed(exp=10**30),
    "exp is a text": _signed(exp=str(_NOW + 60)),
    "exp is true": _signed(exp=True),
    "without exp": _signed(exp=None),
    "not yet": _signed(nbf=_NOW + 3_600),
    "made tomorrow": _signed(iat=_NOW + 86_400),
    "without aud": _signed(aud=None),
    "for somebody else": _signed(aud="https://elsewhere.example.com"),
    "for somebody else too": lambda world: _signed(aud=[world.issuer, "https://elsewhere.example.com"])(world),
    "for our userinfo": lambda world: _signed(aud=world.issuer + "/oauth/userinfo")(world),
    "for almost us": lambda world: _signed(aud=world.issuer + ".example.com")(world),
    "by somebody else": lambda world: _signed(iss=world.service.id)(world),
    "without iss": _signed(iss=None),
    "without sub": _signed(sub=None),
    "about another client": lambda world: _signed(sub=world.service.id, iss=world.service.id)(world),
    "about a client of another firm": lambda world: _signed(sub=world.foreign.id, iss=world.foreign.id)(world),
    "sub is a number": _signed(sub=7, iss=7),
    "sub is a list": lambda world: _signed(sub=[world.signer.id])(world),
    "without jti": _signed(jti=None),
    "jti is a number": _signed(jti=7),
    "jti is empty": _signed(jti=""),
    "jti is long": _signed(jti="j" * 500),
    "shown before": _shown_before,
    "another curve": lambda world: by_key(WIDE, {"alg": "ES384"}, world.signer.claims()),
    "half a signature": lambda world: world.signer.assertion()[:-43],
    "no signature": lambda world: world.signer.assertion().rpartition(".")[0] + ".",
    "a signature of zeros": lambda world: unsigned(_ES, world.signer.claims(), b"\0" * 64),
    "the signature of another": _of_another,
    "padded": lambda world: world.signer.assertion() + "=",
    "a line feed at the end": lambda world: world.signer.assertion() + "\n",
    "claims said twice": lambda world: by_key(
        _key(world), _ES, repeated(world.signer.claims(), "sub", world.service.id)
    ),
    "a header said twice": lambda world: by_key(_key(world), repeated(_ES, "alg", "none"), world.signer.claims()),
    "claims are a list": lambda world: by_key(_key(world), _ES, [world.signer.claims()]),
    "claims are deep": lambda world: f"{segment(_ES)}.{segment(b'[' * 2_000)}.{segment(b's' * 64)}",
    "claims are no JSON": lambda world: by_key(_key(world), _ES, b"\xff\xfe"),
    "an ID token": lambda world: str(world.web.tokens(world.owner.secret)["id_token"]),
    "not a token at all": lambda world: "a.b.c",
}
