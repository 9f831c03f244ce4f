"""OAuth 2.1 as an integrator lives it: a code with PKCE, tokens that turn over, a service by itself, and the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata  # type: ignore[import-untyped]
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from sqlalchemy import update

from app.identity.models import token
from app.identity.oauth.keys import service as keys
from app.identity.tokens.rules import digest
from infra.ids import encode
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.api.conftest import PASSWORD, Caller, address
from tests.api.signing_in import World
from tests.factories.doors import Doors
from tests.factories.oauth import NATIVE, REDIRECT, SERVICE, Program, pkce, query_of, register

Register = Callable[..., Program]


@pytest.fixture
def program(client: FlaskClient, owner: Caller, ports: Ports) -> Register:
    """Register a client of the shared firm: `program()`, `program(**NATIVE)`."""
    return lambda by=owner, **changes: register(client, by.secret, ports.settings.public_url, **changes)


def test_an_id_token_says_by_what_its_person_proved_itself_and_no_more(ports: Ports, firm: TenantRef) -> None:
    world = World(ports, firm)
    person = world.person("owner")
    app = register(world.client, person.secret, ports.settings.public_url)
    person.secret = person.log_in().json["token"]
    early = replace(person)
    person.enrol_totp()
    own = KeySet.import_key_set(world.client.get("/oauth/jwks").json)

    def told(session: str) -> tuple[list[str], str]:
        verifier, challenge = pkce()
        tokens = app.exchange(app.code(session, challenge, scope="openid"), verifier).json
        claims = jwt.decode(tokens["id_token"], own, ["ES256"]).claims
        return claims["amr"], claims["acr"]

    assert told(early.secret) == (["pwd"], "aal1"), "the factor came after the proof"
    assert person.step_up(code=person.next_code()).status_code == 200
    assert told(person.secret) == (["otp", "mfa"], "aal2")
    entered = person.complete(challenge=person.ask()["challenge"], recovery_code=person.recovery_codes[0])
    assert told(entered.json["token"]) == (["mfa"], "aal2")


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


@pytest.mark.parametrize("ends", ["logout", "revoke"])
def test_a_code_is_over_with_the_session_that_said_yes(
    program: Register, member: Callable[..., Caller], client: FlaskClient, firm: TenantRef, ends: str
) -> None:
    person, app, (verifier, challenge) = member("staff"), program(), pkce()
    who = {"firm": firm.short_name, "email": person.email, "password": PASSWORD}
    mine = Caller(client, client.post("/v1/login", json=who).json["token"])
    code = app.code(mine.secret, challenge)
    kept = app.code(person.secret, challenge)
    if ends == "logout":
        assert mine("POST", "/v1/logout").status_code == 204
    else:
        session = next(row["id"] for row in mine("GET", "/v1/me/sessions").json["data"] if row["current"])
        assert person("POST", f"/v1/me/sessions/{session}/revoke").status_code < 300
    assert app.exchange(code, verifier).json["error"] == "invalid_grant"
    assert app.exchange(kept, verifier).status_code == 200


@pytest.mark.parametrize(
    ("scope", "claims"),
    [("openid", {"sub"}), ("openid profile", {"sub", "name"}), ("openid email profile", {"sub", "name", "email"})],
)
def test_an_identity_scope_opens_its_claims_at_userinfo_and_nothing_else(
    program: Register, owner: Caller, client: FlaskClient, scope: str, claims: set[str]
) -> None:
    app = program()
    held = app.tokens(owner.secret, scope=scope)
    told = app.post("/oauth/introspect", token=held["access_token"]).json
    assert held["scope"] == scope and set(told["scope"].split()) == set(scope.split())
    mine = Caller(client, held["access_token"])
    for method in ("GET", "POST"):
        said = mine(method, "/oauth/userinfo")
        assert (said.status_code, said.json.keys()) == (200, claims), said.text
    refused = mine("GET", "/v1/me")
    assert (refused.status_code, refused.json["code"]) == (403, "permission.missing")
    assert (
        refused.headers["WWW-Authenticate"] == 'Bearer realm="zhangfang", error="insufficient_scope", scope="me.read"'
    )


def test_only_an_oauth_token_whose_scope_is_missing_is_told_which_one(
    program: Register, owner: Caller, client: FlaskClient, member: Callable[..., Caller]
) -> None:
    staff = member("staff")
    assert "WWW-Authenticate" not in staff("GET", "/v1/staff").headers
    app = program(scopes=["staff.manage", "me.read"])
    held = Caller(client, app.tokens(staff.secret, scope="staff.manage")["access_token"])
    said = held("GET", "/v1/staff")
    assert said.json["code"] == "permission.missing" and "WWW-Authenticate" not in said.headers
    assert 'scope="me.read"' in held("GET", "/v1/me").headers["WWW-Authenticate"]


def test_a_refresh_token_turns_over_and_its_racers_hold_the_same_successor(program: Register, owner: Caller) -> None:
    app = program()
    first = app.tokens(owner.secret)
    second = app.refresh(first["refresh_token"]).json
    again = app.refresh(first["refresh_token"]).json
    assert second["refresh_token"] == again["refresh_token"] != first["refresh_token"]
    assert len({first["access_token"], second["access_token"], again["access_token"]}) == 3
    third = app.refresh(second["refresh_token"], scope="me.read").json
    assert third["scope"] == "me.read"


def test_without_offline_access_nothing_is_to_be_refreshed(program: Register, owner: Caller) -> None:
    assert "refresh_token" not in program().tokens(owner.secret, scope="me.read")


def test_a_native_client_listens_on_whatever_port_of_this_machine(program: Register, owner: Caller) -> None:
    app = program(**NATIVE)
    app.redirect = "http://127.0.0.1:51234/callback"
    assert app.tokens(owner.secret)["scope"] == "openid offline_access me.read"


@pytest.mark.parametrize("auth", ["client_secret_basic", "private_key_jwt"])
def test_a_service_acts_by_its_own_role_under_its_scopes(
    program: Register, owner: Caller, client: FlaskClient, doors: Doors, auth: str
) -> None:
    app = program(**SERVICE, auth=auth)
    said = app.post("/oauth/token", grant_type="client_credentials")
    assert said.status_code == 200, said.text
    assert (said.json["expires_in"], said.json["scope"]) == (600, "book.list me.read")
    assert "refresh_token" not in said.json
    service = Caller(client, said.json["access_token"])
    me = service("GET", "/v1/me").json
    assert (me["kind"], me["id"], me["permissions"]) == ("client", app.id, ["book.list", "me.read"])
    assert service("GET", "/v1/books").status_code == 200
    assert service("GET", "/v1/staff").json["code"] == "permission.missing"


def test_a_service_limited_to_books_sees_no_other_book(
    program: Register, owner: Caller, client: FlaskClient, doors: Doors
) -> None:
    mine, other = doors.new_book(), doors.new_book()
    wanted = {"role": "accountant", "books": [encode("bk", mine.uid)], "scopes": ["book.list", "book.read"]}
    app = program(**{**SERVICE, **wanted})
    service = Caller(client, app.post("/oauth/token", grant_type="client_credentials").json["access_token"])
    assert [row["id"] for row in service("GET", "/v1/books").json["data"]] == [encode("bk", mine.uid)]
    assert service("GET", address(mine.uid)).status_code == 200
    assert service("GET", address(other.uid)).json["code"] == "book.not_found"
    assert service("GET", address(mine.uid, "/vouchers")).json["code"] == "permission.missing"


def test_what_a_person_lets_in_is_listed_and_shown_out(program: Register, owner: Caller, client: FlaskClient) -> None:
    app = program()
    held = app.tokens(owner.secret)
    [mine] = [row for row in owner("GET", "/v1/me/consents").json["data"] if row["client_id"] == app.id]
    assert (mine["client_name"], mine["scopes"]) == ("记账助手", ["me.read", "offline_access", "openid"])
    assert owner("DELETE", f"/v1/me/consents/{mine['id']}").status_code == 204
    assert Caller(client, held["access_token"])("GET", "/v1/me").json["code"] == "token.invalid"
    assert app.refresh(held["refresh_token"]).json["error"] == "invalid_grant"
    assert mine["id"] not in [row["id"] for row in owner("GET", "/v1/me/consents").json["data"]]
    assert app.tokens(owner.secret, scope="me.read")["scope"] == "me.read"
    [anew] = [row for row in owner("GET", "/v1/me/consents").json["data"] if row["client_id"] == app.id]
    assert anew["scopes"] == ["me.read"]


def test_who_was_let_go_and_comes_back_finds_nothing_open_of_before(
    program: Register, owner: Caller, member: Callable[..., Caller], client: FlaskClient
) -> None:
    app, clerk = program(), member("staff")
    held, staff = app.tokens(clerk.secret), f"/v1/staff/{encode('usr', clerk.id)}"
    for active in (False, True):
        tag = owner("GET", staff).headers["ETag"]
        assert owner("PATCH", staff, {"active": active}, If_Match=tag).status_code == 200
        assert clerk("GET", "/v1/me").json["code"] == "token.invalid"
        assert Caller(client, held["access_token"])("GET", "/v1/me").json["code"] == "token.invalid"
    assert app.refresh(held["refresh_token"]).json["error"] == "invalid_grant"
    again = client.post("/v1/login", json={"firm": "firm-a", "email": clerk.email, "password": PASSWORD})
    assert again.status_code == 200
    assert Caller(client, again.json["token"])("GET", "/v1/me/consents").json["data"] == []


def test_tokens_are_explained_and_given_back(program: Register, owner: Caller, client: FlaskClient) -> None:
    app = program()
    held = app.tokens(owner.secret)
    other = program()
    assert other.post("/oauth/introspect", token=held["access_token"]).json == {"active": False}
    told = app.post("/oauth/introspect", token=held["access_token"]).json
    assert (told["active"], told["client_id"], told["sub"]) == (True, app.id, encode("usr", owner.id))
    assert app.post("/oauth/introspect", token=held["refresh_token"]).json["active"] is True
    assert app.post("/oauth/revoke", token=held["access_token"]).status_code == 200
    assert Caller(client, held["access_token"])("GET", "/v1/me").status_code == 401
    assert app.post("/oauth/introspect", token=held["access_token"]).json == {"active": False}
    following = app.refresh(held["refresh_token"]).json
    assert app.post("/oauth/revoke", token=following["refresh_token"]).status_code == 200
    assert Caller(client, following["access_token"])("GET", "/v1/me").status_code == 401
    assert app.refresh(following["refresh_token"]).json["error"] == "invalid_grant"
    assert app.post("/oauth/revoke", token="zf_a_nobody").status_code == 200
    said = owner("GET", f"/v1/audit-events?action=oauth.revoke&object_id={app.id}").json["data"]
    assert len(said) == 2


def test_a_front_end_of_our_own_has_an_old_proof_made_anew_when_the_client_wants_it(
    program: Register, owner: Caller, ports: Ports
) -> None:
    app = program()
    with ports.engine.begin() as connection:
        old = ports.clock() - timedelta(minutes=30)
        connection.execute(update(token).where(token.c.hash == digest(owner.secret)).values(strong_at=old))
    said = app.answer(owner.secret, pkce()[1], max_age=1700)
    assert (said.status_code, said.json["code"]) == (401, "auth.step_up_required")
    assert 'error="insufficient_user_authentication", max_age="1700"' in said.headers["WWW-Authenticate"]
    assert app.answer(owner.secret, pkce()[1], max_age=1900).status_code == 200
    assert owner("POST", "/v1/me/step-up", {"password": PASSWORD}).status_code == 200
    assert app.answer(owner.secret, pkce()[1], max_age=0).status_code == 200


def test_the_endpoints_refuse_in_sentences_and_name_their_realm(program: Register, client: FlaskClient) -> None:
    app = program()
    said = app.post("/oauth/token", auth=(app.id, "wrong"), grant_type="refresh_token")
    assert said.headers["WWW-Authenticate"].startswith('Basic realm="zhangfang", error="invalid_client"')
    said = client.post("/oauth/token", json={"grant_type": "refresh_token"})
    assert said.json["error"] == "invalid_request"
    assert " " in said.json["error_description"] and said.json["error_description"].isascii()


def test_a_no_is_a_no_and_the_client_is_told(program: Register, owner: Caller) -> None:
    app = program()
    said = app.answer(owner.secret, pkce()[1], agreed=False)
    sent = query_of(said.json["redirect_to"])
    assert (sent["error"], sent["state"], sent["iss"]) == ("access_denied", "s-1", app.issuer)
    assert "code" not in sent


def test_the_metadata_is_good_to_a_library_and_names_what_is_served(client: FlaskClient, ports: Ports) -> None:
    told = client.get("/.well-known/oauth-authorization-server").json
    assert client.get("/.well-known/openid-configuration").json == told
    AuthorizationServerMetadata({name: _https(value) for name, value in told.items()}).validate()
    served = {name: told[name].removeprefix(ports.settings.public_url) for name in told if name.endswith("_endpoint")}
    missing = {name for name, path in served.items() if client.get(path).json["code"] == "route.not_found"}
    assert (missing, len(served)) == (set(), 5)
    assert client.get(told["jwks_uri"].removeprefix(told["issuer"])).status_code == 200


def _https(value: Any) -> Any:
    return "https" + value.removeprefix("http") if isinstance(value, str) and value.startswith("http:") else value


def test_a_client_is_registered_by_its_kind_and_misfits_are_all_told(owner: Caller) -> None:
    wrong = {
        "name": "x",
        "kind": "service",
        "auth": "none",
        "scopes": ["openid"],
        "redirect_uris": ["http://app.example.com/cb"],
        "jwks": None,
    }
    said = owner("POST", "/v1/oauth-clients", wrong)
    assert said.json["code"] == "oauth_client.rejected"
    told = {error["pointer"] for error in said.json["errors"]}
    assert told == {"/auth", "/redirect_uris", "/redirect_uris/0", "/scopes", "/role"}
    assert owner("POST", "/v1/oauth-clients", {**wrong, "scopes": ["firm.provision"]}).json["code"] == "request.invalid"


def test_only_who_manages_clients_registers_them_and_each_firm_sees_its_own(
    program: Register, member: Callable[..., Caller], other_firm: TenantRef
) -> None:
    app = program()
    assert member("manager")("GET", "/v1/oauth-clients").json["code"] == "permission.missing"
    stranger = member("owner", other_firm)
    assert stranger("GET", f"/v1/oauth-clients/{app.id}").json["code"] == "oauth_client.not_found"
    assert app.id not in [row["id"] for row in stranger("GET", "/v1/oauth-clients").json["data"]]


def test_a_client_changes_its_addresses_and_keys_and_keeps_its_name_among_programs(
    program: Register, owner: Caller
) -> None:
    app = program(**SERVICE, auth="private_key_jwt")
    place = f"/v1/oauth-clients/{app.id}"
    assert app.post("/oauth/token", grant_type="client_credentials").status_code == 200
    tag = owner("GET", place).headers["ETag"]
    other = ECKey.generate_key("P-256", auto_kid=True)
    changes = {"name": "改名", "jwks": {"keys": [other.as_dict(private=False)]}}
    assert owner("PATCH", place, changes, If_Match=tag).json["name"] == "改名"
    assert owner("PATCH", place, changes, If_Match=tag).json["code"] == "etag.mismatch"
    assert app.post("/oauth/token", grant_type="client_credentials").json["error"] == "invalid_client"
    app.key = other
    assert app.post("/oauth/token", grant_type="client_credentials").status_code == 200
    tag = owner("GET", place).headers["ETag"]
    assert owner("PATCH", place, {"redirect_uris": ["https://a.example/cb"]}, If_Match=tag).status_code == 422
    web = program()
    tag = owner("GET", f"/v1/oauth-clients/{web.id}").headers["ETag"]
    moved = {"redirect_uris": ["https://new.example.com/callback"]}
    assert owner("PATCH", f"/v1/oauth-clients/{web.id}", moved, If_Match=tag).json["scopes"]
    _, challenge = pkce()
    assert web.answer(owner.secret, challenge).status_code == 422
    (line,) = owner("GET", f"/v1/audit-events?action=oauth_client.change&object_id={web.id}").json["data"]
    assert line["details"]["after"]["redirect_uris"] == moved["redirect_uris"]


def test_the_line_of_a_registration_says_all_that_the_line_of_a_change_says_was_before(
    program: Register, owner: Caller, doors: Doors
) -> None:
    def line(action: str, app: Program) -> Any:
        (found,) = owner("GET", f"/v1/audit-events?action=oauth_client.{action}&object_id={app.id}").json["data"]
        return found["details"]

    book = encode("bk", doors.new_book().uid)
    apps = [program(), program(**SERVICE | {"role": "accountant"}, auth="private_key_jwt", books=[book])]
    for app in apps:
        place = f"/v1/oauth-clients/{app.id}"
        tag = owner("GET", place).headers["ETag"]
        assert owner("PATCH", place, {"name": "改名"}, If_Match=tag).status_code == 200
        before = line("change", app)["before"]
        assert {name: line("create", app)[name] for name in before} == before
    web, service = (line("create", app) for app in apps)
    assert (web["auth"], web["redirect_uris"], web["books"]) == ("client_secret_basic", [REDIRECT], [])
    assert (service["auth"], service["books"]) == ("private_key_jwt", [book])
    assert apps[0].secret and apps[0].secret not in str(web)


def test_a_new_secret_ends_the_old_one_and_an_ended_client_is_nobody(program: Register, owner: Caller) -> None:
    app = program(**SERVICE)
    old = app.secret
    app.secret = owner("POST", f"/v1/oauth-clients/{app.id}/secret").json["client_secret"]
    assert app.post("/oauth/token", grant_type="client_credentials").status_code == 200
    assert app.post("/oauth/token", auth=(app.id, str(old)), grant_type="client_credentials").status_code == 401
    assert owner("POST", f"/v1/oauth-clients/{app.id}/revoke").json["revoked_at"]
    assert app.post("/oauth/token", grant_type="client_credentials").json["error"] == "invalid_client"


def test_a_client_that_does_not_prove_itself_is_said_to_the_log_of_the_process(
    program: Register, owner: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    app = program(**SERVICE)
    said = app.post("/oauth/token", auth=(app.id, "zf_c_wrong"), grant_type="client_credentials")
    assert said.status_code == 401
    [line] = [record.getMessage() for record in caplog.records if "login refused" in record.getMessage()]
    assert line.startswith("login refused: way=client code=invalid_client from=127.0.0.1 request=req_")
    assert "zf_c_wrong" not in caplog.text


def test_the_next_signing_key_is_published_a_day_before_it_signs(ports: Ports, client: FlaskClient) -> None:
    now = ports.clock()
    before = keys.current(ports, now).kid
    due = now + keys.SIGNS_FOR
    known = {key.kid for key in keys.published(ports, due)}
    assert keys.current(ports, due).kid == before
    after = keys.current(ports, due + timedelta(days=1)).kid
    assert after != before and {before, after} <= known
    assert known == {key["kid"] for key in client.get("/oauth/jwks").json["keys"]}
    late = {key.kid for key in keys.published(ports, due + timedelta(days=2))}
    assert before not in late and after in late
    assert all("d" not in key for key in client.get("/oauth/jwks").json["keys"])


def test_signing_keys_that_may_have_got_out_are_withdrawn_at_once(ports: Ports, client: FlaskClient) -> None:
    now = ports.clock()
    before = keys.current(ports, now).kid
    new = keys.withdraw(ports, now)
    assert [key["kid"] for key in client.get("/oauth/jwks").json["keys"]] == [new] != [before]
    assert keys.current(ports, now).kid == new
    due = {key.kid for key in keys.published(ports, now + keys.SIGNS_FOR)}
    assert new in due and before not in due and len(due) == 2
