"""The authorization endpoint for browsers (RFC 6749, 3.1): one page that logs a person in and asks for its answer.

Invariant: a form is believed only with the seal of this browser and this request, and the session lies in a cookie
that no script, no other site's form and no other host can read or send.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import Response, current_app, redirect, request
from werkzeug.wrappers import Response as Redirect

from app.http.blueprint import Blueprint
from app.http.gate import EXTENSION
from app.http.headers import came_from, request_id
from app.http.types import PUBLIC, Authenticated, Gate, Visit
from app.identity.oauth.errors import FormForeign
from app.identity.oauth.pages import rules, service
from app.identity.oauth.pages.rules import Shown
from app.identity.oauth.prompts.rules import counts, silent
from app.identity.oauth.schemas import AuthorizeForm, AuthorizeQuery
from app.identity.oauth.types import Answer, Client
from app.identity.sessions.types import Place
from app.identity.tokens.types import Issued
from infra.errors import Refusal
from tenants.scope import TenantRef

blp = Blueprint("oauth_page", __name__, url_prefix="/oauth", tag_zh="OAuth 授权页")

HTML = "text/html"
SESSION, FORM = "__Host-zf_session", "__Host-zf_form"
_FOREIGN = ("cross-site", "same-site")  # what a browser says of a form that another page sent
_OWN = ("step", "begun", "csrf", "email", "password", "challenge", "proof", "agreed")


@dataclass(frozen=True, slots=True)
class _Turn:
    """A good request at one step of the page; `caller` is who may answer it: proved as lately as the request wants."""

    visit: Visit
    tenant: TenantRef
    client: Client
    scopes: list[str]
    asked: Mapping[str, str]
    begun: datetime
    caller: Authenticated | None


@blp.route(
    "/authorize",
    needs=PUBLIC,
    scope="public",
    operation="oauth_authorize",
    summary_zh="授权页",
    summary_en="Considers a client's request and shows the page on which a person logs in and answers; `prompt=none` "
    "sends the browser back at once.",
    produces=(HTML,),
    tolerant=True,
    audit="oauth.renew",
)
@blp.arguments(AuthorizeQuery, location="query")
@blp.response(200)
@blp.alt_response(303, description="To the client, with an error or, for prompt=none, a code")  # type: ignore[untyped-decorator]
def show(visit: Visit, asked: dict[str, str]) -> Response | Redirect:
    """The page; raises `AuthorizationRejected` when nobody may be sent anywhere."""
    turn = _turn(visit, asked, visit.now)
    if isinstance(turn, Answer):
        return _sent(turn)
    return _page(turn, "answer" if turn.caller else "login")


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
    ours = rules.sealed(secret, request.cookies.get(FORM, ""), {**asked, "begun": form["begun"]}, form["csrf"])
    if not ours or request.headers.get("Sec-Fetch-Site") in _FOREIGN:
        raise FormForeign
    turn = _turn(visit, asked, rules.begun(form["begun"], visit.now))
    if isinstance(turn, Answer):
        return _sent(turn)
    if form["step"] != "answer":
        return _entered(turn, form)
    if turn.caller is None:
        return _page(turn, "login")
    if form.get("agreed") == "leave":
        service.leave(visit.ports, turn.caller, request.cookies[SESSION], _place())
        left = _page(turn, "login")
        left.delete_cookie(SESSION, secure=True, httponly=True, samesite="Lax", path="/")
        return left
    return _sent(service.answer(visit.ports, turn.caller, asked, form.get("agreed") == "true", _place()))


def _turn(visit: Visit, asked: Mapping[str, str], begun: datetime) -> _Turn | Answer:
    """A good request that a person is to be asked about, or where the browser is sent at once."""
    tenant, client = service.firm_of(visit.ports, asked.get("client_id", ""))
    caller = _session(visit, tenant)
    if caller is not None and not counts(asked, begun, caller.strong_at):
        caller = None
    found = service.consider(visit.ports, tenant, client, asked, visit.request_id)
    if isinstance(found, Answer):
        return found
    if silent(asked):
        return service.repeat(visit.ports, tenant, client, caller, asked, _place())
    return _Turn(visit, tenant, client, found, asked, begun, caller)


def _sent(said: Answer) -> Redirect:
    return redirect(str(said.location), 303)


def _entered(turn: _Turn, form: Mapping[str, str]) -> Response:
    """The page after a password or a second factor; what is refused is told on the same page."""
    ports = turn.visit.ports
    try:
        if form["step"] == "code":
            found: Any = service.complete(ports, form, _place())
        else:
            found = service.enter(ports, turn.tenant, form, _place())
    except Refusal as refusal:
        return _again(turn, form, refusal)
    if not isinstance(found, Issued):
        return _page(turn, "code", challenge=found.secret)
    caller = _known(turn.visit, turn.tenant, found.secret)
    if caller is None or caller.pending is not None:
        told = caller.pending.message() if caller and caller.pending else ""
        return _page(turn, "login", told=told)
    if held := _session(turn.visit, turn.tenant):  # the session that the new one takes the place of
        service.leave(ports, held, request.cookies[SESSION], _place())
    response = _page(replace(turn, caller=caller), "answer")
    _keep(response, SESSION, found.secret)
    return response


def _again(turn: _Turn, form: Mapping[str, str], refusal: Refusal) -> Response:
    """The same step with what was wrong, as long as its question may be answered."""
    challenge = form.get("challenge", "") if form["step"] == "code" else ""
    if challenge and service.waits(turn.visit.ports, challenge):
        return _page(turn, "code", told=refusal.message(), challenge=challenge)
    return _page(turn, "login", told=refusal.message())


def _page(turn: _Turn, at: str, *, told: str = "", challenge: str = "") -> Response:
    cookie, begun = request.cookies.get(FORM) or secrets.token_urlsafe(32), rules.moment(turn.begun)
    sealed = rules.seal(turn.visit.ports.settings.secret_key, cookie, {**turn.asked, "begun": begun})
    shown = Shown(
        at,
        turn.tenant.name,
        turn.client.name,
        turn.asked["redirect_uri"],
        turn.scopes,
        {**turn.asked, "begun": begun, "csrf": sealed},
        person=turn.caller.actor.name if turn.caller else "",
        told=told,
        challenge=challenge,
    )
    response = Response(rules.render(shown), mimetype=HTML)
    response.headers["Content-Security-Policy"] = rules.policy(turn.asked["redirect_uri"])
    response.headers["Content-Language"] = "zh-CN"
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
    return Place(*came_from(), request_id())
