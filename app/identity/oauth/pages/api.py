"""The authorization endpoint for browsers (RFC 6749, 3.1): one page that logs a person in and asks for its answer.

Invariant: a form is believed only with the seal of this browser and this request, and the session lies in a cookie
that no script, no other site's form and no other host can read or send.
"""

from __future__ import annotations

import secrets
from typing import Any

from flask import Response, current_app, redirect, request
from werkzeug.wrappers import Response as Redirect

from app.http.blueprint import Blueprint
from app.http.gate import EXTENSION
from app.http.headers import request_id
from app.http.types import PUBLIC, Authenticated, Gate, Visit
from app.identity.oauth.errors import AuthorizationRejected, FormForeign
from app.identity.oauth.pages import rules, service
from app.identity.oauth.pages.rules import Shown
from app.identity.oauth.schemas import AuthorizeForm, AuthorizeQuery
from app.identity.oauth.types import Answer, Client
from app.identity.sessions.types import Place
from app.identity.tokens.types import Issued
from infra.errors import Refusal
from tenants.scope import TenantRef

blp = Blueprint("oauth_page", __name__, url_prefix="/oauth", tag_zh="OAuth 授权页")

HTML = "text/html"
SESSION, FORM = "__Host-zf_session", "__Host-zf_form"
_OWN = ("step", "csrf", "email", "password", "challenge", "proof", "agreed")
_AGENT_LENGTH = 200


@blp.route(
    "/authorize",
    needs=PUBLIC,
    scope="public",
    operation="oauth_authorize",
    summary_zh="授权页",
    summary_en="Considers a client's request and shows the page on which a person logs in and answers.",
    produces=(HTML,),
    tolerant=True,
)
@blp.arguments(AuthorizeQuery, location="query")
@blp.response(200)
@blp.alt_response(303, description="To the client, with an error")  # type: ignore[untyped-decorator]
def show(visit: Visit, asked: dict[str, str]) -> Response | Redirect:
    """The page; raises `AuthorizationRejected` when nobody may be sent anywhere."""
    tenant, client, found = _considered(visit, asked)
    if isinstance(found, Answer):
        return redirect(str(found.location), 303)
    return _page(visit, tenant, client, found, asked, "answer" if _session(visit, tenant) else "login")


@blp.route(
    "/authorize",
    methods=["POST"],
    needs=PUBLIC,
    scope="public",
    operation="oauth_authorize_answer",
    summary_zh="提交授权页",
    summary_en="A step of the page: password, second factor, or the person's yes or no, which sends it to the client.",
    produces=(HTML,),
    tolerant=True,
    rate_class="login",
    audit="oauth.consent",
)
@blp.arguments(AuthorizeForm, location="form")
@blp.response(200)
@blp.alt_response(303, description="Back to the page, or to the client")  # type: ignore[untyped-decorator]
def step(visit: Visit, form: dict[str, str]) -> Response | Redirect:
    """The next page, or the way to the client; raises `FormForeign`, `AuthorizationRejected`."""
    asked = {name: value for name, value in form.items() if name not in _OWN}
    secret = visit.ports.settings.secret_key
    if not rules.sealed(secret, request.cookies.get(FORM, ""), asked, form["csrf"]):
        raise FormForeign
    tenant, client, found = _considered(visit, asked)
    if isinstance(found, Answer):
        return redirect(str(found.location), 303)
    caller = _session(visit, tenant)
    if form["step"] != "answer":
        return _entered(visit, tenant, client, found, asked, form)
    if caller is None:
        return _page(visit, tenant, client, found, asked, "login")
    if form.get("agreed") == "leave":
        service.leave(visit.ports, caller, request.cookies[SESSION], visit.request_id, _place())
        left = _page(visit, tenant, client, found, asked, "login")
        left.delete_cookie(SESSION, secure=True, httponly=True, samesite="Lax", path="/")
        return left
    agreed = form.get("agreed") == "true"
    said = service.answer(visit.ports, caller, asked, agreed, visit.request_id, _place())
    return redirect(str(said.location), 303)


def _considered(visit: Visit, asked: dict[str, str]) -> tuple[TenantRef, Client, Answer | list[str]]:
    tenant, client = service.firm_of(visit.ports, asked.get("client_id", ""))
    if "request" in asked or "request_uri" in asked:
        raise AuthorizationRejected(error="request_not_supported", reason="no request objects")
    return tenant, client, service.consider(visit.ports, tenant, client, asked, visit.request_id)


def _entered(
    visit: Visit, tenant: TenantRef, client: Client, scopes: list[str], asked: dict[str, str], form: dict[str, str]
) -> Response:
    """The page after a password or a second factor; what is refused is told on the same page."""
    try:
        if form["step"] == "code":
            found: Any = service.complete(visit.ports, form, _place())
        else:
            found = service.enter(visit.ports, tenant, form, _place())
    except Refusal as refusal:
        return _page(visit, tenant, client, scopes, asked, "login", told=refusal.message())
    if not isinstance(found, Issued):
        return _page(visit, tenant, client, scopes, asked, "code", challenge=found.secret)
    caller = _known(visit, tenant, found.secret)
    if caller is None or caller.pending is not None:
        told = caller.pending.message() if caller and caller.pending else ""
        return _page(visit, tenant, client, scopes, asked, "login", told=told)
    response = _page(visit, tenant, client, scopes, asked, "answer", person=caller.actor.name)
    _keep(response, SESSION, found.secret)
    return response


def _page(
    visit: Visit, tenant: TenantRef, client: Client, scopes: list[str], asked: dict[str, str], at: str, **more: str
) -> Response:
    cookie = request.cookies.get(FORM) or secrets.token_urlsafe(32)
    hidden = {**asked, "csrf": rules.seal(visit.ports.settings.secret_key, cookie, asked)}
    caller = _session(visit, tenant) if at == "answer" and "person" not in more else None
    person = {"person": caller.actor.name} if caller else {}
    shown = Shown(at, tenant.name, client.name, asked["redirect_uri"], scopes, hidden, **{**person, **more})
    response = Response(rules.render(shown), mimetype=HTML)
    response.headers["Content-Security-Policy"] = rules.policy(asked["redirect_uri"])
    _keep(response, FORM, cookie)
    return response


def _keep(response: Response, name: str, value: str) -> None:
    response.set_cookie(name, value, secure=True, httponly=True, samesite="Lax", path="/")


def _session(visit: Visit, tenant: TenantRef) -> Authenticated | None:
    """The person's session in the client's firm, when the browser brings one that may do everything."""
    secret = request.cookies.get(SESSION)
    caller = _known(visit, tenant, secret) if secret else None
    return caller if caller is not None and caller.pending is None else None


def _known(visit: Visit, tenant: TenantRef, secret: str) -> Authenticated | None:
    gate: Gate = current_app.extensions[EXTENSION]
    caller = gate.authenticate(visit.ports.engine, secret, visit.now)
    if caller is None or caller.tenant is None or caller.tenant.id != tenant.id:
        return None
    return caller if caller.actor.kind == "user" and not caller.on_behalf else None


def _place() -> Place:
    return Place(request.remote_addr or "", (request.user_agent.string or "")[:_AGENT_LENGTH], request_id())
