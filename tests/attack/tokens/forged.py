"""Forged tokens: JSON web tokens that say they are access tokens, and secrets of another kind shown as one.

Each case makes a token from the world; none may open anything, whoever signed it: what opens something is a row.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from joserfc.jwk import ECKey

from app.identity.oauth.keys import service as keys
from infra.ids import encode
from tests.attack.tokens.jose import OWN, WIDE, by_hmac, by_key, repeated, unsigned
from tests.attack.tokens.world import World
from tests.factories.oauth import pkce

Forgery = Callable[[World], str]

_AT = {"alg": "ES256", "typ": "at+jwt"}


def said(world: World, **changes: Any) -> dict[str, Any]:
    """What an access token of the owner would say if access tokens were JWTs."""
    now = int(time.time())
    claims = {
        "iss": world.issuer,
        "aud": world.issuer,
        "sub": encode("usr", world.owner.id) if world.owner.id else "",
        "client_id": world.web.id,
        "scope": "openid me.read",
        "iat": now,
        "exp": now + 600,
        "jti": "forged",
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}


def house(world: World) -> ECKey:
    """The key that really signs here: even what it signs opens nothing."""
    return keys.current(world.ports, world.ports.clock())


def _pem(world: World) -> bytes:
    return house(world).as_pem(private=False)


def _id_token(world: World) -> str:
    return str(world.web.tokens(world.owner.secret)["id_token"])


def _swapped(header: dict[str, Any] | None = None, **changes: Any) -> Forgery:
    return lambda world: by_key(
        house(world), {**_AT, "kid": house(world).kid, **(header or {})}, said(world, **changes)
    )


def _own(header: dict[str, Any]) -> Forgery:
    return lambda world: by_key(OWN, {**_AT, **header}, said(world))


def _code(world: World) -> str:
    return world.web.code(world.owner.secret, pkce()[1])


FORGED: dict[str, Forgery] = {
    "no algorithm": lambda world: unsigned({"alg": "none", "typ": "at+jwt"}, said(world)),
    "no algorithm in other letters": lambda world: unsigned({"alg": "nOnE", "typ": "at+jwt"}, said(world)),
    "no algorithm member": lambda world: unsigned({"typ": "at+jwt"}, said(world)),
    "HS256 with the public PEM": lambda world: by_hmac(_pem(world), {"alg": "HS256", "typ": "at+jwt"}, said(world)),
    "HS256 with an empty key": lambda world: by_hmac(b"", {"alg": "HS256", "typ": "at+jwt"}, said(world)),
    "a key of its own": _own({}),
    "a key of its own under the house's kid": lambda world: by_key(OWN, {**_AT, "kid": house(world).kid}, said(world)),
    "its key in jwk": _own({"jwk": OWN.as_dict(private=False)}),
    "its key by jku": _own({"jku": "https://evil.example.com/jwks.json"}),
    "its key by x5u": _own({"x5u": "https://evil.example.com/cert.pem"}),
    "its key in x5c": _own({"x5c": ["MIIB"]}),
    "kid is a path": lambda world: by_hmac(b"", {"alg": "HS256", "kid": "../../../../dev/null"}, said(world)),
    "kid is SQL": _own({"kid": "x' union select hash from platform.token --"}),
    "crit": _own({"crit": ["exp"], "exp": 0}),
    "crit with b64": _own({"crit": ["b64"], "b64": False}),
    "compressed": _own({"zip": "DEF"}),
    "a huge header": _own({"kid": "k" * 6_000}),
    "huge claims": lambda world: unsigned(_AT, said(world, junk="j" * 6_000), b"s" * 64),
    "over": _swapped(exp=1),
    "not yet": _swapped(nbf=int(time.time()) + 3_600),
    "made tomorrow": _swapped(iat=int(time.time()) + 86_400),
    "for somebody else": _swapped(aud="https://elsewhere.example.com"),
    "by somebody else": _swapped(iss="https://elsewhere.example.com"),
    "typ is JWT": _swapped({"typ": "JWT"}),
    "typ is id_token+jwt": _swapped({"typ": "id_token+jwt"}),
    "signed by the house, all as it should be": _swapped(),
    "without exp": _swapped(exp=None),
    "without sub": _swapped(sub=None),
    "without iss": _swapped(iss=None),
    "the scopes of an owner": _swapped(scope="key.manage staff.manage"),
    "the ID token": _id_token,
    "another curve": lambda world: by_key(WIDE, {"alg": "ES384", "typ": "at+jwt"}, said(world)),
    "another curve that says ES256": lambda world: by_key(WIDE, _AT, said(world)),
    "half a signature": lambda world: _id_token(world)[:-43],
    "no signature": lambda world: _id_token(world).rpartition(".")[0] + ".",
    "a signature of zeros": lambda world: unsigned(_AT, said(world), b"\0" * 64),
    "claims said twice": lambda world: by_key(house(world), _AT, repeated(said(world), "sub", "usr_other")),
    "five segments": lambda world: _id_token(world) + ".AAAA.AAAA",
    "claims are a list": lambda world: by_key(house(world), _AT, [said(world)]),
    "a refresh token": lambda world: str(world.web.tokens(world.owner.secret)["refresh_token"]),
    "an authorization code": _code,
    "a client's secret": lambda world: str(world.web.secret),
    "a client's id": lambda world: world.web.id,
    "an access token with one letter more": lambda world: world.web.tokens(world.owner.secret)["access_token"] + "A",
    "an access token in other letters": lambda world: world.web.tokens(world.owner.secret)["access_token"].upper(),
    "an access token as a session": lambda world: (
        "zf_s_" + world.web.tokens(world.owner.secret)["access_token"].removeprefix("zf_a_")
    ),
}
