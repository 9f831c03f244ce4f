"""Rules of the authorization server: where codes may be sent, and how one refresh token follows another."""

from __future__ import annotations

import string
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.identity.oauth.keys.rules import claims_of, key_set
from app.identity.oauth.rules import SCOPES, family_of, first_refresh, redirects_to, registrable, successor
from app.kernel.permissions import OPS_ONLY

URIS = st.text(string.ascii_letters + string.digits + ":/.@#?&%[]\\-_~ \n", min_size=1, max_size=60)
LOOPBACK = "http://127.0.0.1/callback"


@given(uri=URIS)
def test_only_the_registered_uri_itself_is_redirected_to(uri: str) -> None:
    registered = ["https://app.example.com/callback"]
    assert redirects_to(registered, "web", uri) == (uri == registered[0])


@given(
    port=st.integers(-5, 70_000), path=st.sampled_from(["/callback", "/Callback", "/callback/", "", "/callback?x=1"])
)
def test_of_this_machine_only_the_port_is_free(port: int, path: str) -> None:
    asked = f"http://127.0.0.1:{port}{path}"
    assert redirects_to([LOOPBACK], "native", asked) == (0 < port < 65_536 and path == "/callback")
    assert not redirects_to([LOOPBACK], "web", asked)


@pytest.mark.parametrize(
    ("uri", "web", "native"),
    [
        ("https://app.example.com/callback", True, True),
        ("https://app.example.com", True, True),
        ("https://localhost:8443/cb?x=1", True, True),
        (LOOPBACK, False, True),
        ("http://[::1]:51000/cb", False, True),
        ("http://localhost/cb", False, False),
        ("http://127.0.0.2/cb", False, False),
        ("http://app.example.com/cb", False, False),
        ("https://app.example.com/../cb", False, False),
        ("https://app.example.com/cb#x", False, False),
        ("https://u@app.example.com/cb", False, False),
        ("https://App.example.com/cb", False, False),
        ("https://app.example.com/cb\n", False, False),
        ("https://app.example.com:0/cb", False, False),
        ("https://app.example.com:65536/cb", False, False),
        ("com.example.app:/cb", False, False),
        ("javascript:alert(1)", False, False),
        ("https://app.example.com/" + "x" * 500, False, False),
    ],
)
def test_what_may_be_registered_depends_on_the_kind(uri: str, web: bool, native: bool) -> None:
    assert (registrable(uri, "web"), registrable(uri, "native")) == (web, native)


@given(family=st.uuids(), secret=st.text(min_size=1), other=st.text(min_size=1))
def test_a_successor_is_always_the_same_and_nobody_elses(family: UUID, secret: str, other: str) -> None:
    first = first_refresh(family)
    second = successor(secret, first)
    assert second == successor(secret, first) != first
    assert family_of(first) == family_of(second) == family
    assert (successor(other, first) == second) == (other == secret)
    assert successor(secret, first_refresh(family)) != second


@given(text=st.text(max_size=90))
def test_a_text_of_another_shape_names_no_family(text: str) -> None:
    assert family_of(text) is None
    assert family_of("zf_r_" + text) is None or len(text) == 64


def test_no_scope_reaches_the_operators() -> None:
    assert not set(SCOPES) & {one.value for one in OPS_ONLY}


@given(text=st.text(max_size=300))
def test_no_text_is_mistaken_for_an_assertion(text: str) -> None:
    assert claims_of(text) is None


@pytest.mark.parametrize(
    "keys", [None, [], {}, [1], [{}], [{"kty": "oct", "k": "AA"}], [{"kty": "EC", "crv": "P-256"}]]
)
def test_what_is_no_set_of_public_keys_is_none(keys: object) -> None:
    assert key_set({"keys": keys}) is None
