"""The page of the authorization endpoint: a browser logs a person in there, and goes to the client with the answer."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import update
from werkzeug.test import TestResponse

from app.identity.models import token
from app.identity.oauth.pages.rules import title
from app.identity.tokens.rules import digest
from app.kernel.permissions import OPS_ONLY, Permission
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.api.conftest import PASSWORD, Caller
from tests.api.signing_in import World
from tests.factories.oauth import NATIVE, Program, pkce, query_of, register


class Browser:
    """A browser that keeps cookies and fills in the form it was last shown."""

    def __init__(self, app: Flask, issuer: str) -> None:
        self.client = app.test_client()
        self.issuer = issuer
        self.shown: TestResponse | None = None

    def open(self, asked: dict[str, Any]) -> TestResponse:
        """Follow a client's link."""
        self.shown = self.client.get(f"/oauth/authorize?{urlencode(asked)}", base_url=self.issuer)
        return self.shown

    def fields(self) -> dict[str, str]:
        """The hidden fields of the form that is shown."""
        assert self.shown is not None
        found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', self.shown.text)
        return {name: html.unescape(value) for name, value in found}

    def send(self, **filled: str) -> TestResponse:
        """Send the form that is shown."""
        self.shown = self.client.post("/oauth/authorize", data={**self.fields(), **filled}, base_url=self.issuer)
        return self.shown


@pytest.fixture
def browser(app: Flask, ports: Ports) -> Browser:
    return Browser(app, ports.settings.public_url)


@pytest.fixture
def web(client: FlaskClient, owner: Caller, ports: Ports) -> Program:
    return register(client, owner.secret, ports.settings.public_url, name="<b>助手</b>")


def test_a_person_logs_in_says_yes_and_is_sent_to_the_client_with_a_code(
    browser: Browser, web: Program, owner: Caller
) -> None:
    verifier, challenge = pkce()
    page = browser.open(web.request(challenge, state='a"b'))
    assert page.status_code == 200
    assert 'type="password" name="password" required autocomplete="current-password"' in page.text
    assert "&lt;b&gt;助手&lt;/b&gt;" in page.text and "<b>" not in page.text and "<script" not in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert "form-action 'self' https://app.example.com;" in policy
    assert "邮箱或密码不正确" in browser.send(email=owner.email, password="wrong wrong wrong").text
    asked = browser.send(email=owner.email, password=PASSWORD)
    assert "同意" in asked.text
    cookies = [cookie.split("; ") for shown in (page, asked) for cookie in shown.headers.getlist("Set-Cookie")]
    assert {cookie[0].partition("=")[0] for cookie in cookies} == {"__Host-zf_form", "__Host-zf_session"}
    assert all({"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie) for cookie in cookies)
    assert not any(cookie[0].partition("=")[2] in asked.text for cookie in cookies)
    sent = browser.send(agreed="true")
    assert sent.status_code == 303
    answer = query_of(sent.headers["Location"])
    assert (answer["state"], answer["iss"]) == ('a"b', web.issuer)
    assert web.exchange(answer["code"], verifier).status_code == 200


def test_who_is_logged_in_is_only_asked_and_may_say_no(browser: Browser, web: Program, owner: Caller) -> None:
    browser.open(web.request(pkce()[1]))
    browser.send(email=owner.email, password=PASSWORD)
    assert "同意" in browser.open(web.request(pkce()[1])).text
    answer = query_of(browser.send(agreed="false").headers["Location"])
    assert answer["error"] == "access_denied" and "code" not in answer


def test_the_page_says_to_what_and_for_how_long_one_agrees(
    browser: Browser, client: FlaskClient, owner: Caller, ports: Ports
) -> None:
    scopes = ["voucher.post", "book.read", "me.read", "offline_access"]
    app = register(client, owner.secret, ports.settings.public_url, scopes=scopes)
    browser.open(app.request(pkce()[1], scope="voucher.post book.read"))
    asked = browser.send(email=owner.email, password=PASSWORD).text
    for told in ("记账助手", "app.example.com", "凭证：记账", "账套：查看", "授权每次 15 分钟。"):
        assert told in asked, told
    assert "您的身份" not in asked and "续期" not in asked
    assert "最长 90 天" in browser.open(app.request(pkce()[1], scope="me.read offline_access")).text


def test_every_permission_a_client_may_be_given_is_told_in_words() -> None:
    given = set(Permission) - OPS_ONLY
    told = {title(one) for one in given}
    assert "" not in told and len(told) == len(given)


def test_a_person_leaves_on_the_page_and_its_session_is_over(
    browser: Browser, web: Program, owner: Caller, client: FlaskClient
) -> None:
    browser.open(web.request(pkce()[1]))
    browser.send(email=owner.email, password=PASSWORD)
    held = browser.client.get_cookie("__Host-zf_session", domain="localhost")
    assert held is not None and Caller(client, held.value)("GET", "/v1/me").status_code == 200
    assert 'name="password"' in browser.send(agreed="leave").text
    assert browser.client.get_cookie("__Host-zf_session", domain="localhost") is None
    assert Caller(client, held.value)("GET", "/v1/me").json["code"] == "token.invalid"
    assert 'name="password"' in browser.open(web.request(pkce()[1])).text


# ---- how a client wants its person asked (OpenID Connect Core 1.0, 3.1.2.1)


def told(browser: Browser, asked: dict[str, Any]) -> dict[str, str]:
    """What the client is told when the browser is sent back at once."""
    said = browser.open(asked)
    assert said.status_code == 303, said.text
    return query_of(said.headers["Location"])


@pytest.mark.parametrize("wish", [{"prompt": "login"}, {"prompt": "select_account consent"}, {"max_age": "0"}])
def test_who_is_to_prove_itself_anew_is_asked_for_its_password_whatever_its_session_says(
    browser: Browser, web: Program, owner: Caller, client: FlaskClient, wish: dict[str, str]
) -> None:
    browser.open(web.request(pkce()[1]))
    browser.send(email=owner.email, password=PASSWORD)
    old = browser.client.get_cookie("__Host-zf_session", domain="localhost")
    verifier, challenge = pkce()
    before = int(time.time())
    assert 'name="password"' in browser.open(web.request(challenge, **wish)).text
    assert 'name="password"' in browser.send(step="answer", agreed="true").text
    assert 'value="true"' in browser.send(email=owner.email, password=PASSWORD).text
    code = query_of(browser.send(agreed="true").headers["Location"])["code"]
    held = web.exchange(code, verifier).json
    claims = jwt.decode(held["id_token"], KeySet.import_key_set(client.get("/oauth/jwks").json), ["ES256"]).claims
    assert claims["auth_time"] >= before
    assert old is not None and Caller(client, old.value)("GET", "/v1/me").json["code"] == "token.invalid"


def test_a_proof_older_than_max_age_is_none_and_a_younger_one_is_told_as_it_is(
    browser: Browser, web: Program, owner: Caller, client: FlaskClient, ports: Ports
) -> None:
    browser.open(web.request(pkce()[1]))
    browser.send(email=owner.email, password=PASSWORD)
    held = browser.client.get_cookie("__Host-zf_session", domain="localhost")
    assert held is not None
    proved_at = ports.clock() - timedelta(minutes=30)
    with ports.engine.begin() as connection:
        connection.execute(update(token).where(token.c.hash == digest(held.value)).values(strong_at=proved_at))
    assert 'name="password"' in browser.open(web.request(pkce()[1], max_age="1700")).text
    verifier, challenge = pkce()
    assert 'value="true"' in browser.open(web.request(challenge, max_age="1900")).text
    code = query_of(browser.send(agreed="true").headers["Location"])["code"]
    signed = web.exchange(code, verifier).json["id_token"]
    claims = jwt.decode(signed, KeySet.import_key_set(client.get("/oauth/jwks").json), ["ES256"]).claims
    assert claims["auth_time"] == int(proved_at.timestamp())
    assert told(browser, web.request(pkce()[1], max_age="1700", prompt="none"))["error"] == "login_required"
    assert "code" in told(browser, web.request(pkce()[1], max_age="1900", prompt="none"))


def test_without_a_word_a_client_gets_a_code_for_what_was_agreed_to_before_and_nothing_more(
    browser: Browser, web: Program, owner: Caller
) -> None:
    verifier, challenge = pkce()
    silent = web.request(challenge, prompt="none", scope="openid me.read")
    assert told(browser, silent)["error"] == "login_required"
    browser.open(web.request(pkce()[1], scope="openid me.read"))
    browser.send(email=owner.email, password=PASSWORD)
    assert told(browser, silent)["error"] == "consent_required"
    browser.open(web.request(pkce()[1], scope="openid me.read"))
    browser.send(agreed="true")
    sent = told(browser, silent)
    assert (sent["state"], sent["iss"]) == ("s-1", web.issuer)
    assert web.exchange(sent["code"], verifier).json["scope"] == "openid me.read"
    more = web.request(pkce()[1], prompt="none", scope="openid me.read book.list")
    assert told(browser, more)["error"] == "consent_required"
    lines = owner("GET", f"/v1/audit-events?action=oauth.renew&object_id={web.id}").json["data"]
    assert [line["details"] for line in lines] == [{"scopes": ["me.read", "openid"]}]
    [mine] = [row for row in owner("GET", "/v1/me/consents").json["data"] if row["client_id"] == web.id]
    assert owner("DELETE", f"/v1/me/consents/{mine['id']}").status_code == 204
    assert told(browser, silent)["error"] == "consent_required"


def test_a_program_that_proves_nothing_about_itself_is_never_let_in_without_a_word(
    browser: Browser, client: FlaskClient, owner: Caller, ports: Ports
) -> None:
    app = register(client, owner.secret, ports.settings.public_url, **NATIVE)
    browser.open(app.request(pkce()[1]))
    browser.send(email=owner.email, password=PASSWORD)
    browser.send(agreed="true")
    assert told(browser, app.request(pkce()[1], prompt="none"))["error"] == "consent_required"


def test_prompt_consent_asks_again_what_was_agreed_to(browser: Browser, web: Program, owner: Caller) -> None:
    browser.open(web.request(pkce()[1]))
    browser.send(email=owner.email, password=PASSWORD)
    browser.send(agreed="true")
    assert 'value="true"' in browser.open(web.request(pkce()[1], prompt="consent")).text


@pytest.mark.parametrize(
    ("wish", "error"),
    [
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "create"}, "invalid_request"),
        ({"max_age": "abc"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "9999999999"}, "invalid_request"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"response_mode": "form_post", "prompt": "none"}, "invalid_request"),
        ({"request": "header.claims."}, "request_not_supported"),
        ({"request_uri": "https://app.example.com/request"}, "request_uri_not_supported"),
    ],
)
def test_a_wish_that_is_malformed_or_not_supported_is_told_to_the_client(
    browser: Browser, web: Program, wish: dict[str, str], error: str
) -> None:
    sent = told(browser, web.request(pkce()[1], **wish))
    assert (sent["error"], sent["state"], sent["iss"]) == (error, "s-1", web.issuer)
    nowhere = browser.open(web.request(pkce()[1], redirect_uri="https://evil.example/", **wish))
    assert (nowhere.status_code, nowhere.json["code"]) == (422, "oauth.request_rejected")


def test_a_mistyped_second_factor_is_asked_for_again_until_five_tries_are_over(
    web: Program, ports: Ports, firm: TenantRef
) -> None:
    world = World(ports, firm)
    person = world.person()
    person.enrol_totp()
    browser = Browser(world.client.application, web.issuer)
    browser.open(web.request(pkce()[1]))
    assert 'name="proof"' in browser.send(email=person.email, password=PASSWORD).text
    for wrong in ("000000", "１２３", "nonsense", "x y"):
        again = browser.send(proof=wrong).text
        assert 'name="proof"' in again and 'role="alert"' in again, wrong
    shown = browser.shown
    assert 'name="password"' in browser.send(proof="000001").text
    browser.shown = shown
    assert 'name="password"' in browser.send(proof=person.next_code()).text


def test_after_a_mistyped_second_factor_the_right_one_opens(web: Program, ports: Ports, firm: TenantRef) -> None:
    world = World(ports, firm)
    person = world.person()
    person.enrol_totp()
    browser = Browser(world.client.application, web.issuer)
    browser.open(web.request(pkce()[1]))
    browser.send(email=person.email, password=PASSWORD)
    browser.send(proof="000000")
    assert 'value="true"' in browser.send(proof=person.next_code()).text


def test_the_page_says_in_which_language_it_is(browser: Browser, web: Program) -> None:
    asked = web.request(pkce()[1])
    page = browser.client.get("/oauth/authorize", query_string=asked, headers={"Accept-Language": "en"})
    assert page.headers["Content-Language"] == "zh-CN"


def test_a_form_of_another_browser_another_request_or_another_site_is_refused(
    browser: Browser, web: Program, owner: Caller, app: Flask
) -> None:
    browser.open(web.request(pkce()[1]))
    browser.send(email=owner.email, password=PASSWORD)
    good = browser.fields()
    other = Browser(app, browser.issuer)
    other.shown = browser.shown
    assert other.send(agreed="true").json["code"] == "oauth.form_foreign"
    for changed in ({"csrf": "0" * 64}, {"scope": "openid"}, {"state": "other"}, {"nonce": "more"}, {"begun": "1"}):
        browser.open(web.request(pkce()[1]))
        told = browser.client.post(
            "/oauth/authorize", data={**good, **changed, "agreed": "true"}, base_url=browser.issuer
        )
        assert (told.status_code, told.json["code"]) == (403, "oauth.form_foreign"), changed
    for site, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 303)):
        browser.open(web.request(pkce()[1]))
        sent = {"data": {**browser.fields(), "agreed": "true"}, "headers": {"Sec-Fetch-Site": site}}
        assert browser.client.post("/oauth/authorize", base_url=browser.issuer, **sent).status_code == status, site


def test_an_answer_without_a_session_only_asks_to_log_in(browser: Browser, web: Program) -> None:
    browser.open(web.request(pkce()[1]))
    said = browser.send(step="answer", agreed="true")
    assert said.status_code == 200 and 'name="password"' in said.text


def test_a_person_of_another_firm_does_not_get_in(
    browser: Browser, web: Program, member: Callable[..., Caller], other_firm: TenantRef
) -> None:
    stranger = member("owner", other_firm)
    browser.open(web.request(pkce()[1]))
    assert "邮箱或密码不正确" in browser.send(email=stranger.email, password=PASSWORD).text
    browser.client.set_cookie("__Host-zf_session", stranger.secret, domain="localhost", secure=True)
    assert 'name="password"' in browser.open(web.request(pkce()[1])).text


def test_a_bad_request_goes_to_the_client_only_when_its_address_is_good(browser: Browser, web: Program) -> None:
    told = browser.open(web.request(pkce()[1], code_challenge_method="plain"))
    assert told.status_code == 303
    answer = query_of(told.headers["Location"])
    assert (answer["error"], answer["state"], answer["iss"]) == ("invalid_request", "s-1", web.issuer)
    answer = query_of(browser.open(web.request(pkce()[1], response_type="token")).headers["Location"])
    assert answer["error_description"] == "response_type=token is not supported"
    for wrong in ({"redirect_uri": "https://evil.example/"}, {"client_id": "cli_x"}, {"redirect_uri": None}):
        page = browser.open(web.request(pkce()[1], **wrong))
        assert (page.status_code, page.json["code"]) == (422, "oauth.request_rejected"), wrong
        assert "Location" not in page.headers


def test_what_the_page_does_not_know_is_passed_over_and_what_comes_twice_is_refused(
    browser: Browser, web: Program
) -> None:
    asked = web.request(pkce()[1])
    assert browser.open({**asked, "utm_source": "x"}).status_code == 200
    twice = browser.client.get(f"/oauth/authorize?{urlencode(asked)}&client_id={web.id}", base_url=browser.issuer)
    assert twice.json["code"] == "request.unknown_parameter"
