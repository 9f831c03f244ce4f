"""Login with a firm's own identity provider: a real TLS provider on loopback, honest, and then lying in every way."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from app.factory import create_app
from app.identity.models import user
from app.identity.outside.models import attempt
from app.identity.sessions.rules import SESSION_LIFE
from infra.egress import Egress
from infra.ids import encode
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.api.conftest import Caller
from tests.api.signing_in import World as SignIn
from tests.attack.test_egress import ELSEWHERE, Server
from tests.attack.tokens.jose import unsigned
from tests.factories.doors import Doors

HOST = "login.example.com"
ISSUER = f"https://{HOST}"
KEY = ECKey.generate_key("P-256", {"kid": "one", "use": "sig"}, auto_kid=False)
OIDC = {
    "kind": "oidc",
    "name": "总部统一登录",
    "issuer": ISSUER,
    "client_id": "zhangfang",
    "secret": "provider-secret-1",
    "redirect_uri": "https://desk.example.cn/back",
}
WECOM = {
    "kind": "wecom",
    "name": "企业微信",
    "client_id": "ww0123456789",
    "agent_id": "1000002",
    "secret": "wecom-secret-1",
    "redirect_uri": "https://desk.example.cn/back",
}


@dataclass
class Provider:
    """What the provider answers: its documents, its token's claims and how it signs; a test bends one thing."""

    now: int = 0
    subject: str = "subject-1"
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)
    key: Any = field(default_factory=lambda: KEY)
    nonce: str = ""
    status: int = 200
    wecom: dict[str, Any] = field(default_factory=lambda: {"errcode": 0, "userid": "zhangsan"})
    server: Server | None = None

    def __call__(self, end: ssl.SSLSocket) -> None:
        assert self.server
        asked = self.server.asked[-1].split(b" ")[1].decode()
        body = orjson.dumps(self.answer(urlsplit(asked).path))
        head = f"HTTP/1.1 {self.status} X\r\nContent-Length: {len(body)}\r\nContent-Type: application/json\r\n\r\n"
        end.sendall(head.encode() + body)

    def answer(self, path: str) -> dict[str, Any]:
        """The document at a path."""
        if path == "/.well-known/openid-configuration":
            ends = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/jwks"}
            return {"issuer": ISSUER, **{name: ISSUER + end for name, end in ends.items()}, **self.document}
        if path == "/jwks":
            return {"keys": [KEY.as_dict(private=False)]}
        if path == "/cgi-bin/gettoken":
            return {"errcode": 0, "access_token": "wecom-access"}
        if path == "/cgi-bin/auth/getuserinfo":
            return self.wecom
        usual = {"iss": ISSUER, "aud": "zhangfang", "sub": self.subject, "nonce": self.nonce}
        times = {"iat": self.now, "exp": self.now + 300}
        claims = {name: value for name, value in {**usual, **times, **self.claims}.items() if value is not None}
        header = {"alg": "ES256", "kid": "one", **self.header}
        if self.key is None:
            return {"id_token": unsigned({"alg": "none"}, claims), "token_type": "Bearer"}
        return {"id_token": jwt.encode(header, claims, self.key, algorithms=[header["alg"]]), "token_type": "Bearer"}


@pytest.fixture
def provider(ports: Ports) -> Provider:
    """An honest provider."""
    return Provider(now=int(ports.clock().timestamp()))


@pytest.fixture
def desk(ports: Ports, provider: Provider, tmp_path: Path) -> Iterator[FlaskClient]:
    """A client of an application whose way out leads to the provider, under every name."""
    server = Server(tmp_path, provider, HOST)
    provider.server = server
    server.tls.check_hostname = False  # one certificate stands for both providers' names
    egress = Egress(seconds=5, tls=server.tls, resolve=lambda *_: [ELSEWHERE], connect=server.connect)
    yield create_app(replace(ports, egress=egress)).test_client()
    server.close()


@pytest.fixture
def boss(owner: Caller, desk: FlaskClient) -> Caller:
    """The owner, at the application that can reach the provider."""
    return replace(owner, client=desk)


def _registered(boss: Caller, new: dict[str, Any]) -> str:
    made = boss("POST", "/v1/outside-providers", {**new, "name": f"{new['name']}{boss.email}"})
    assert made.status_code == 201, made.json
    assert "secret" not in made.json
    return str(made.json["id"])


def _begun(desk: FlaskClient, idp: str, provider: Provider, ticket: str | None = None) -> dict[str, Any]:
    answer = desk.post("/v1/outside-logins", json={"provider": idp, "ticket": ticket})
    assert answer.status_code == 201, answer.json
    asked = parse_qs(urlsplit(answer.json["url"]).query)
    provider.nonce = asked.get("nonce", [""])[0]
    assert asked["state"] == [answer.json["state"]] and answer.json["binding"] not in answer.json["url"]
    return dict(answer.json)


def _complete(desk: FlaskClient, begun: dict[str, Any], **changes: Any) -> Any:
    body = {"state": begun["state"], "binding": begun["binding"], "code": "code-1", **changes}
    return desk.post("/v1/outside-logins/complete", json=body)


def _link(who: Caller, idp: str, provider: Provider) -> Any:
    ticket = who("POST", "/v1/me/outside-links", {"provider": idp})
    assert ticket.status_code == 201, ticket.json
    return _complete(who.client, _begun(who.client, idp, provider, ticket.json["ticket"]))


@pytest.mark.parametrize("kind", [OIDC, WECOM], ids=["oidc", "wecom"])
def test_who_has_linked_itself_logs_in_by_the_provider_and_nobody_else_does(
    boss: Caller, desk: FlaskClient, provider: Provider, kind: dict[str, Any], firm: TenantRef
) -> None:
    idp = _registered(boss, kind)
    shown = desk.get(f"/v1/outside-logins/providers?firm={firm.short_name}").json["data"]
    assert idp in {row["id"] for row in shown}
    stranger = _complete(desk, _begun(desk, idp, provider))
    assert (stranger.status_code, stranger.json["code"]) == (401, "outside_login.unknown")
    assert _link(boss, idp, provider).json["linked"] is True
    entered = _complete(desk, _begun(desk, idp, provider))
    assert entered.status_code == 200, entered.json
    me = Caller(desk, entered.json["token"])("GET", "/v1/me").json
    assert me["email"] == boss.email
    listed = Caller(desk, entered.json["token"])("GET", "/v1/me/sessions").json["data"]
    [own] = [row for row in listed if row["current"]]
    assert datetime.fromisoformat(own["expires_at"]) - datetime.fromisoformat(own["created_at"]) == SESSION_LIFE
    assert [row["id"] for row in boss("GET", "/v1/me/outside-links").json["data"]] == [idp]
    assert boss("DELETE", f"/v1/me/outside-links/{idp}").status_code == 204
    assert _complete(desk, _begun(desk, idp, provider)).status_code == 401


LIES: dict[str, dict[str, Any]] = {
    "another issuer": {"claims": {"iss": "https://evil.example.com"}},
    "another audience": {"claims": {"aud": "somebody"}},
    "two audiences": {"claims": {"aud": ["zhangfang", "somebody"]}},
    "another authorized party": {"claims": {"azp": "somebody"}},
    "another nonce": {"claims": {"nonce": "x"}},
    "no nonce": {"claims": {"nonce": None}},
    "expired": {"claims": {"exp": 1}},
    "no expiry": {"claims": {"exp": None}},
    "from the future": {"claims": {"iat": 99_999_999_999}},
    "issued long ago": {"claims": {"iat": 1}},
    "a float for a time": {"claims": {"exp": 9e12}},
    "no subject": {"claims": {"sub": None}},
    "a subject that is a number": {"claims": {"sub": 7}},
    "an endless subject": {"claims": {"sub": "x" * 300}},
    "another key": {"key": ECKey.generate_key("P-256", {"kid": "one"}, auto_kid=False)},
    "a key in the header": {"header": {"jwk": KEY.as_dict(private=False)}},
    "an unknown key": {"header": {"kid": "two"}},
    "signed by a secret": {"key": OctKey.import_key("provider-secret-1" * 3), "header": {"alg": "HS256"}},
    "a document of another issuer": {"document": {"issuer": "https://evil.example.com"}},
    "a token endpoint without TLS": {"document": {"token_endpoint": f"http://{HOST}/token"}},
    "an inner token endpoint": {"document": {"token_endpoint": "https://127.0.0.1/token"}},
    "keys from a file": {"document": {"jwks_uri": "file:///etc/passwd"}},
    "nobody's signature": {"key": None},
    "an error": {"status": 500},
    "a redirect": {"status": 302},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_provider_that_lies_lets_nobody_in(boss: Caller, desk: FlaskClient, provider: Provider, lie: str) -> None:
    idp = _registered(boss, OIDC)
    assert _link(boss, idp, provider).json["linked"] is True
    begun = _begun(desk, idp, provider)
    for name, value in LIES[lie].items():
        setattr(provider, name, value)
    answer = _complete(desk, begun)
    assert answer.status_code in (401, 422, 503), (lie, answer.status_code, answer.json)
    assert "token" not in answer.json


def test_a_code_is_shown_to_nobody_but_the_provider_that_gave_it(
    boss: Caller, desk: FlaskClient, provider: Provider
) -> None:
    """Mix-up: a provider sends the browser on to another one, and waits for the other's code (RFC 9207)."""
    idp = _registered(boss, OIDC)
    assert _link(boss, idp, provider).status_code == 200
    assert provider.server
    names = "authorization_response_iss_parameter_supported"
    for supported, iss, status in (
        (False, "https://honest.example.com", 401),
        (True, "https://honest.example.com", 401),
        (True, None, 401),
        (True, ISSUER, 200),
        (False, ISSUER, 200),
        (False, None, 200),
    ):
        provider.document = {names: supported}
        begun = _begun(desk, idp, provider)
        provider.server.asked.clear()
        assert _complete(desk, begun, iss=iss).status_code == status, (supported, iss)
        assert any(asked.startswith(b"POST /token") for asked in provider.server.asked) == (status == 200)


def test_one_provider_does_not_speak_for_another(boss: Caller, desk: FlaskClient, provider: Provider) -> None:
    mine, other = _registered(boss, OIDC), _registered(boss, {**OIDC, "name": "分部统一登录"})
    assert _link(boss, mine, provider).json["linked"] is True
    assert _complete(desk, _begun(desk, mine, provider)).status_code == 200
    same_subject = _complete(desk, _begun(desk, other, provider))
    assert (same_subject.status_code, same_subject.json["code"]) == (401, "outside_login.unknown")


def test_a_provider_is_one_factor_whatever_it_says_and_the_second_is_still_asked(
    ports: Ports, firm: TenantRef, boss: Caller, desk: FlaskClient, provider: Provider
) -> None:
    person = SignIn(ports, firm).person("owner")
    mine = replace(boss, secret=person.secret, id=person.id, email=person.email)
    idp = _registered(mine, OIDC)
    assert _link(mine, idp, provider).json["linked"] is True
    person.enrol_totp()
    provider.claims = {"acr": "phishing-resistant", "amr": ["mfa", "hwk"]}
    entered = _complete(desk, _begun(desk, idp, provider)).json
    assert (entered["token"], entered["second_factor"]["kinds"]) == (None, ["recovery_code", "totp"])


def test_a_linking_under_way_ends_with_everything_else_of_its_person_and_one_that_is_made_leaves_its_line(
    ports: Ports, firm: TenantRef, boss: Caller, desk: FlaskClient, provider: Provider, doors: Doors
) -> None:
    world = SignIn(ports, firm)
    person, idp = world.person(), _registered(boss, OIDC)
    mine = replace(boss, secret=person.secret, id=person.id, email=person.email)
    ticket = mine("POST", "/v1/me/outside-links", {"provider": idp}).json["ticket"]
    begun = _begun(desk, idp, provider, ticket)
    assert boss("POST", f"/v1/staff/{encode('usr', person.id)}/sessions/revoke").status_code == 204
    late = _complete(desk, begun)
    assert (late.status_code, late.json["code"]) == (401, "outside_login.unknown")
    again = replace(mine, secret=world.session_of(person).secret)
    assert _link(again, idp, provider).json["linked"] is True
    with doors.firm() as scope:
        query = "select actor, object_id from tenant.audit_event where action = 'outside_link.make' order by id desc"
        made = scope.run(f"{query} limit 1").one()
    assert tuple(made) == (f"user:{person.id}", idp)


def test_an_attempt_is_completed_once_by_who_began_it_and_within_ten_minutes(
    boss: Caller, desk: FlaskClient, provider: Provider, ports: Ports
) -> None:
    idp = _registered(boss, OIDC)
    assert _link(boss, idp, provider).status_code == 200
    mine, other = _begun(desk, idp, provider), _begun(desk, idp, provider)
    for planted in ({"binding": other["binding"]}, {"state": other["state"]}, {"state": "A" * 43}):
        refused = _complete(desk, mine, **planted)
        assert (refused.status_code, refused.json["code"]) == (401, "outside_login.unknown"), planted
    assert _complete(desk, other).status_code == 200
    assert _complete(desk, other).status_code == 401
    late = _begun(desk, idp, provider)
    with ports.engine.begin() as connection:
        connection.execute(attempt.update().values(expires_at=ports.clock() - timedelta(seconds=1)))
    assert _complete(desk, late).status_code == 401


def test_a_ticket_links_only_its_person_once_and_is_no_login(
    boss: Caller, desk: FlaskClient, provider: Provider, member: Callable[..., Caller]
) -> None:
    idp, other = _registered(boss, OIDC), _registered(boss, WECOM)
    ticket = boss("POST", "/v1/me/outside-links", {"provider": idp}).json["ticket"]
    as_login = _complete(desk, {"state": ticket, "binding": ticket})
    assert as_login.status_code == 401
    wrong = desk.post("/v1/outside-logins", json={"provider": other, "ticket": ticket})
    assert wrong.status_code == 401
    spent = desk.post("/v1/outside-logins", json={"provider": idp, "ticket": ticket})
    assert spent.status_code == 401
    assert _link(boss, idp, provider).status_code == 200
    second = _link(replace(member("staff"), client=desk), idp, provider)
    assert second.status_code == 409 and second.json["code"] == "outside_link.taken", second.json


def test_who_left_the_firm_does_not_come_back_by_a_provider(
    boss: Caller, desk: FlaskClient, provider: Provider, ports: Ports
) -> None:
    idp = _registered(boss, OIDC)
    assert _link(boss, idp, provider).status_code == 200
    with ports.engine.begin() as connection:
        connection.execute(user.update().where(user.c.id == boss.id).values(active=False))
    assert _complete(desk, _begun(desk, idp, provider)).status_code == 401


def test_a_name_is_given_to_one_provider_of_a_firm(boss: Caller, desk: FlaskClient) -> None:
    _registered(boss, OIDC)
    again = boss("POST", "/v1/outside-providers", {**OIDC, "name": f"{OIDC['name']}{boss.email}"})
    assert (again.status_code, again.json["code"]) == (409, "outside_provider.taken")


def test_a_retired_provider_and_another_firms_are_unknown(
    boss: Caller, desk: FlaskClient, provider: Provider, member: Callable[..., Caller], other_firm: TenantRef
) -> None:
    idp = _registered(boss, OIDC)
    foreigner = replace(member("owner", other_firm), client=desk)
    assert foreigner("POST", "/v1/me/outside-links", {"provider": idp}).status_code == 404
    assert foreigner("POST", f"/v1/outside-providers/{idp}/retire").status_code == 404
    assert boss("POST", f"/v1/outside-providers/{idp}/retire").json["active"] is False
    assert desk.post("/v1/outside-logins", json={"provider": idp}).status_code == 404
    assert desk.get("/v1/outside-logins/providers?firm=nobody").json == {"data": []}


@pytest.mark.parametrize("kind", [OIDC, WECOM], ids=["oidc", "wecom"])
def test_the_line_of_a_registration_says_all_of_the_provider_but_its_secret(
    boss: Caller, provider: Provider, kind: dict[str, Any]
) -> None:
    idp = _registered(boss, kind)
    asked = f"/v1/audit-events?action=outside_provider.register&object_id={idp}"
    (line,) = boss("GET", asked).json["data"]
    told = {"issuer": "", "agent_id": "", **kind, "name": f"{kind['name']}{boss.email}"}
    assert line["details"] == {name: value for name, value in told.items() if name != "secret"}


def test_the_secret_is_nowhere_but_with_the_provider(boss: Caller, provider: Provider, ports: Ports) -> None:
    idp = _registered(boss, OIDC)
    assert _link(boss, idp, provider).status_code == 200
    with ports.owner_engine.connect() as connection:
        rows = connection.exec_driver_sql("select t::text from platform.outside_provider t").scalars().all()
    assert rows and not any("provider-secret-1" in row for row in rows)
    assert provider.server and any(b"Authorization: Basic" in asked for asked in provider.server.asked)
