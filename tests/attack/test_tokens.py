"""A-TOK: forged, stolen, replayed and misdirected tokens, codes and assertions are refused; what is revoked is dead.

Every case stands beside a positive control: the same request made honestly goes well.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from infra.ports import Ports
from tenants.scope import TenantRef
from tests.api.conftest import PASSWORD, Caller
from tests.attack.tokens.asked import ASKED
from tests.attack.tokens.asserted import ASSERTED, form
from tests.attack.tokens.exchanged import EXCHANGED, PROVED
from tests.attack.tokens.forged import FORGED
from tests.attack.tokens.world import World
from tests.factories.oauth import Program, pkce, query_of

RACERS = 20


@pytest.fixture(scope="module")
def world(ports: Ports, app: Flask, firm: TenantRef, other_firm: TenantRef) -> World:
    return World(ports, app, firm, other_firm)


@pytest.fixture
def held(world: World) -> dict[str, Any]:
    """Good tokens of the web client for the owner."""
    return world.web.tokens(world.owner.secret)


def refused(said: TestResponse, *errors: str) -> bool:
    """Whether an endpoint of the protocol refused in the shape of RFC 6749, with one of these errors if any."""
    body = said.get_json()
    shaped = 400 <= said.status_code < 500 and {"error"} <= body.keys() and "access_token" not in body
    return shaped and (not errors or body["error"] in errors)


def lives(world: World, tokens: dict[str, Any]) -> tuple[bool, bool]:
    """Whether the access token opens anything, and whether the refresh token brings others."""
    access = Caller(world.browser, tokens["access_token"])("GET", "/v1/me").status_code == 200
    return access, world.web.refresh(tokens["refresh_token"]).status_code == 200


# ---- what is forged


@pytest.mark.parametrize("title", FORGED)
def test_a_forged_token_opens_nothing(world: World, title: str) -> None:
    assert world.opens(world.web.tokens(world.owner.secret)["access_token"])
    assert not world.opens(FORGED[title](world))


@pytest.mark.parametrize("title", ASSERTED)
def test_a_hostile_assertion_is_not_believed(world: World, title: str) -> None:
    said = world.signer.post("/oauth/token", **form(ASSERTED[title](world)), proved=False)
    assert refused(said, "invalid_client", "invalid_request"), said.text
    assert world.signer.post("/oauth/token", **form(world.signer.assertion()), proved=False).status_code == 200


@pytest.mark.parametrize("title", PROVED)
def test_a_client_that_does_not_prove_itself_in_one_way_gets_nothing(world: World, title: str) -> None:
    assert refused(PROVED[title](world), "invalid_client", "invalid_request", "unauthorized_client")
    assert world.service.post("/oauth/token", grant_type="client_credentials").status_code == 200


# ---- the authorization endpoint


@pytest.mark.parametrize("title", ASKED)
def test_a_hostile_request_for_a_code_sends_nobody_anywhere(world: World, title: str) -> None:
    challenge = pkce()[1]
    said = world.web.answer(world.owner.secret, challenge, **ASKED[title](world))
    assert said.status_code == 422, said.text
    assert said.json["code"] in ("oauth.request_rejected", "request.invalid")
    assert world.web.answer(world.owner.secret, challenge).status_code == 200


@given(state=st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=200))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_state_comes_back_as_it_went_and_the_issuer_with_it(world: World, state: str) -> None:
    for agreed in (True, False):
        said = world.web.answer(world.owner.secret, pkce()[1], state=state, agreed=agreed)
        sent = query_of(said.json["redirect_to"])
        assert (sent["state"], sent["iss"], "code" in sent) == (state, world.issuer, agreed)


def test_a_code_is_given_to_no_session_but_a_persons_own(world: World, held: dict[str, Any]) -> None:
    service = world.service.post("/oauth/token", grant_type="client_credentials").json["access_token"]
    for token in (held["access_token"], service):
        said = world.second.answer(token, pkce()[1])
        assert (said.status_code, said.json["code"]) == (403, "auth.person_required")
    assert world.web.answer("zf_s_" + "x" * 43, pkce()[1]).status_code == 401
    assert world.web.answer(world.stranger.secret, pkce()[1]).json["code"] == "oauth.request_rejected"


# ---- the token endpoint


@pytest.mark.parametrize("title", EXCHANGED)
def test_a_code_or_token_that_is_not_its_own_brings_nothing(world: World, title: str) -> None:
    assert refused(EXCHANGED[title](world)), title
    assert world.web.tokens(world.owner.secret)["access_token"]


def test_a_code_shown_twice_ends_what_it_brought_and_the_firm_is_told(world: World) -> None:
    verifier, challenge = pkce()
    code = world.web.code(world.owner.secret, challenge)
    tokens = world.web.exchange(code, verifier).json
    before = world.audited("oauth.replay")
    assert refused(world.web.exchange(code, verifier), "invalid_grant")
    assert lives(world, tokens) == (False, False)
    assert world.audited("oauth.replay") == before + 1


def test_of_twenty_who_show_one_code_at_once_at_most_one_gets_tokens(world: World) -> None:
    verifier, challenge = pkce()
    code = world.web.code(world.owner.secret, challenge)
    answers = _at_once(world, lambda own: own.exchange(code, verifier))
    got = [said.json for said in answers if said.status_code == 200]
    assert len(got) <= 1
    assert [lives(world, tokens) for tokens in got] in ([], [(False, False)])


def test_twenty_refreshers_at_once_all_hold_the_one_successor(world: World, held: dict[str, Any]) -> None:
    answers = _at_once(world, lambda own: own.refresh(held["refresh_token"]))
    assert {said.status_code for said in answers} == {200}
    assert len({said.json["refresh_token"] for said in answers}) == 1
    following = answers[0].json
    assert world.web.refresh(following["refresh_token"]).status_code == 200


def test_the_token_before_the_last_one_ends_the_family_after_the_grace(world: World, held: dict[str, Any]) -> None:
    following = world.web.refresh(held["refresh_token"]).json
    assert world.web.refresh(held["refresh_token"]).json["refresh_token"] == following["refresh_token"]
    before = world.audited("oauth.replay")
    late = _elsewhen(world, timedelta(seconds=31))
    assert refused(late.refresh(held["refresh_token"]), "invalid_grant")
    assert lives(world, following) == (False, False)
    assert world.audited("oauth.replay") == before + 1


def test_a_token_two_generations_old_ends_the_family_at_once(world: World, held: dict[str, Any]) -> None:
    second = world.web.refresh(held["refresh_token"]).json
    third = world.web.refresh(second["refresh_token"]).json
    assert refused(world.web.refresh(held["refresh_token"]), "invalid_grant")
    assert lives(world, third) == (False, False)


def test_a_made_up_token_of_a_known_family_ends_it_and_one_of_none_does_nothing(
    world: World, held: dict[str, Any]
) -> None:
    token: str = held["refresh_token"]
    assert refused(world.web.refresh(token[:5] + "A" * 64), "invalid_grant")
    assert lives(world, held) == (True, True)
    assert refused(world.web.refresh(token[:-4] + "AAAA"), "invalid_grant")
    assert lives(world, held) == (False, False)


@pytest.mark.parametrize(("days", "why"), [(31, "unused for a month"), (91, "older than a quarter")])
def test_a_family_does_not_live_for_ever(world: World, held: dict[str, Any], days: int, why: str) -> None:
    assert refused(_elsewhen(world, timedelta(days=days)).refresh(held["refresh_token"]), "invalid_grant"), why


def test_a_refresh_never_brings_more_than_was_agreed_to(world: World) -> None:
    tokens = world.web.tokens(world.owner.secret, scope="me.read offline_access")
    for scope in ("me.read book.list", "openid", "key.manage", "me.read me.read book.list"):
        assert refused(world.web.refresh(tokens["refresh_token"], scope=scope), "invalid_scope")
    narrow = world.web.refresh(tokens["refresh_token"], scope="offline_access").json
    me = Caller(world.browser, narrow["access_token"])
    assert me("GET", "/v1/me").json["code"] == "permission.missing"


def test_an_access_token_ends_after_a_quarter_of_an_hour(world: World, held: dict[str, Any]) -> None:
    late = world.later(timedelta(minutes=15, seconds=1))
    assert Caller(late, held["access_token"])("GET", "/v1/me").json["code"] == "token.invalid"


# ---- what is revoked is dead at the next request


def _deactivated(world: World, person: Caller) -> None:
    path = f"/v1/staff/{_member(world, person)}"
    tag = world.owner("GET", path).headers["ETag"]
    assert world.owner("PATCH", path, {"active": False}, If_Match=tag).status_code == 200


def _member(world: World, person: Caller) -> str:
    return str(Caller(world.browser, person.secret)("GET", "/v1/me").json["id"])


def _withdrawn(world: World, person: Caller) -> None:
    for row in person("GET", "/v1/me/consents").json["data"]:
        assert person("DELETE", f"/v1/me/consents/{row['id']}").status_code == 204


def _logged_out_elsewhere(world: World, person: Caller) -> None:
    assert person("POST", "/v1/me/sessions/revoke-others").status_code < 300


def _shown_out(world: World, person: Caller) -> None:
    assert world.owner("POST", f"/v1/staff/{_member(world, person)}/sessions/revoke").status_code < 300


def _new_password(world: World, person: Caller) -> None:
    change = {"present": PASSWORD, "password": "another horse and its battery"}
    assert person("POST", "/v1/me/password", change).status_code < 300


ENDINGS: dict[str, Callable[[World, Caller], None]] = {
    "the person is let go": _deactivated,
    "the person takes its consent back": _withdrawn,
    "the person ends all other sessions": _logged_out_elsewhere,
    "somebody ends all sessions of the person": _shown_out,
    "the person takes a new password": _new_password,
}


@pytest.mark.parametrize("title", ENDINGS)
def test_tokens_are_dead_at_the_next_request_when(world: World, title: str) -> None:
    person = world.person("manager")
    tokens = world.web.tokens(person.secret)
    assert Caller(world.browser, tokens["access_token"])("GET", "/v1/me").status_code == 200
    ENDINGS[title](world, person)
    assert lives(world, tokens) == (False, False)
    assert world.web.post("/oauth/introspect", token=tokens["access_token"]).json == {"active": False}


def test_a_role_taken_away_is_felt_by_tokens_at_the_next_request(world: World) -> None:
    app = world.client(world.owner, scopes=["staff.manage", "me.read"])
    person = world.person("manager")
    token = Caller(world.browser, app.tokens(person.secret, scope="staff.manage me.read")["access_token"])
    assert token("GET", "/v1/staff").status_code == 200
    path = f"/v1/staff/{_member(world, person)}"
    tag = world.owner("GET", path).headers["ETag"]
    assert world.owner("PATCH", path, {"role": "staff"}, If_Match=tag).status_code == 200
    assert token("GET", "/v1/staff").json["code"] == "permission.missing"


def test_an_ended_client_and_a_logout_leave_nothing(world: World) -> None:
    app = world.client(world.owner)
    tokens = app.tokens(world.owner.secret)
    assert world.owner("POST", f"/v1/oauth-clients/{app.id}/revoke").status_code == 200
    assert Caller(world.browser, tokens["access_token"])("GET", "/v1/me").status_code == 401
    assert refused(app.refresh(tokens["refresh_token"]), "invalid_client")
    person = world.person("staff")
    assert person("POST", "/v1/logout").status_code == 204
    assert world.web.answer(person.secret, pkce()[1]).status_code == 401


def test_a_token_of_another_firm_means_nothing_and_stays_alive(world: World, held: dict[str, Any]) -> None:
    for token in (held["access_token"], held["refresh_token"]):
        assert world.foreign.post("/oauth/introspect", token=token).json == {"active": False}
        assert world.foreign.post("/oauth/revoke", token=token).status_code == 200
    assert refused(world.second.post("/oauth/revoke", token=held["access_token"]), "invalid_grant")
    assert refused(world.native.post("/oauth/introspect", token=held["access_token"]), "invalid_client")
    assert lives(world, held) == (True, True)


def test_a_token_of_a_client_is_never_a_person_who_proves_itself(world: World) -> None:
    app = world.client(world.owner, scopes=["oauth_client.manage", "key.manage", "me.read"])
    scope = "oauth_client.manage key.manage me.read"
    token = Caller(world.browser, app.tokens(world.owner.secret, scope=scope)["access_token"])
    key = {"name": "k", "role": "manager", "days": 1}
    assert token("POST", "/v1/api-keys", key).json["code"] == "auth.step_up_required"
    assert token("POST", f"/v1/oauth-clients/{app.id}/secret").json["code"] == "auth.person_required"
    assert token("GET", "/v1/me/consents").json["code"] == "auth.person_required"


def _at_once(world: World, ask: Callable[[Program], TestResponse]) -> list[TestResponse]:
    """The answers to a request that twenty programs with the same client make at the same moment."""

    def one(_: int) -> TestResponse:
        own = world.web
        return ask(Program(world.app.test_client(), own.id, own.issuer, own.secret, own.key, own.redirect))

    with ThreadPoolExecutor(RACERS) as pool:
        return list(pool.map(one, range(RACERS)))


def _elsewhen(world: World, by: timedelta) -> Program:
    own = world.web
    return Program(world.later(by), own.id, own.issuer, own.secret, own.key, own.redirect)
