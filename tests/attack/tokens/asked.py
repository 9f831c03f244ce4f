"""Hostile requests to the authorization endpoint, as changes to a good one (None leaves a parameter out)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.attack.tokens.world import World
from tests.factories.oauth import REDIRECT

Changes = Callable[[World], dict[str, Any]]


def _to(uri: str | None) -> Changes:
    return lambda world: {"redirect_uri": uri}


def _with(**changes: Any) -> Changes:
    return lambda world: changes


ASKED: dict[str, Changes] = {
    "redirect: longer": _to(REDIRECT + "/more"),
    "redirect: shorter": _to("https://app.example.com/call"),
    "redirect: host as prefix": _to("https://app.example.com.evil.example/callback"),
    "redirect: host as user": _to("https://app.example.com@evil.example/callback"),
    "redirect: a user": _to("https://user@app.example.com/callback"),
    "redirect: host in capitals": _to("https://APP.example.com/callback"),
    "redirect: path in capitals": _to("https://app.example.com/Callback"),
    "redirect: a port": _to("https://app.example.com:8443/callback"),
    "redirect: the usual port": _to("https://app.example.com:443/callback"),
    "redirect: dot segments": _to("https://app.example.com/x/../callback"),
    "redirect: a fragment": _to(REDIRECT + "#x"),
    "redirect: a query": _to(REDIRECT + "?next=https://evil.example"),
    "redirect: percent-encoded": _to("https://app.example.com/%63allback"),
    "redirect: other script": _to("https://\u0430pp.example.com/callback"),
    "redirect: punycode": _to("https://xn--pp-6kc.example.com/callback"),
    "redirect: http": _to("http://app.example.com/callback"),
    "redirect: javascript": _to("javascript:alert(1)"),
    "redirect: no scheme": _to("//app.example.com/callback"),
    "redirect: backslash": _to("https://evil.example\\@app.example.com/callback"),
    "redirect: a slash at the end": _to(REDIRECT + "/"),
    "redirect: a line feed": _to(REDIRECT + "\n"),
    "redirect: a blank before": _to(" " + REDIRECT),
    "redirect: a host at the end": _to(REDIRECT + "@evil.example"),
    "redirect: this machine": _to("http://127.0.0.1/callback"),
    "redirect: none": _to(None),
    "redirect: two in a list": lambda world: {"redirect_uri": [REDIRECT, "https://evil.example/"]},
    "redirect: another client's": lambda world: {"redirect_uri": world.native.redirect},
    "PKCE: none": _with(code_challenge=None, code_challenge_method=None),
    "PKCE: no challenge": _with(code_challenge=None),
    "PKCE: no method": _with(code_challenge_method=None),
    "PKCE: plain": _with(code_challenge_method="plain"),
    "PKCE: method in small letters": _with(code_challenge_method="s256"),
    "PKCE: short": _with(code_challenge="short"),
    "PKCE: long": _with(code_challenge="A" * 44),
    "PKCE: strange letters": _with(code_challenge="+" * 43),
    "response type: token": _with(response_type="token"),
    "response type: code token": _with(response_type="code token"),
    "response type: id_token": _with(response_type="id_token"),
    "response type: none": _with(response_type=None),
    "scope: more than registered": _with(scope="me.read staff.manage"),
    "scope: of operators": _with(scope="firm.provision"),
    "scope: unknown": _with(scope="everything"),
    "scope: empty": _with(scope=" "),
    "client: of another firm": lambda world: {"client_id": world.foreign.id},
    "client: nobody": _with(client_id="cli_00000000000000000000000000"),
    "client: a service": lambda world: {"client_id": world.service.id, "redirect_uri": REDIRECT},
    "client: SQL": _with(client_id="x' or '1'='1"),
    "state: a line feed": _with(state="a\nb"),
    "a request object": _with(request="header.claims."),
}
