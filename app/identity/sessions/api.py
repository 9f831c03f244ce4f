"""Routes of the entrance: log in and out, and who one is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Response, current_app
from sqlalchemy import RowMapping

from app.books.access.queries import on_firm
from app.http import pages
from app.http.blueprint import Blueprint
from app.http.gate import EXTENSION, bearer
from app.http.headers import came_from, request_id
from app.http.pages import PageQuery
from app.http.schemas import page_of
from app.http.types import PUBLIC, STEP_UP_LIFE, Gate, Visit
from app.identity.factors.schemas import ChallengeOut, ProofIn, proof
from app.identity.factors.types import Challenge, RelyingParty
from app.identity.people.queries import email_of
from app.identity.people.service import member
from app.identity.sessions import queries, service
from app.identity.sessions.rules import masked
from app.identity.sessions.schemas import (
    LoginIn,
    LoginOut,
    MeOut,
    SessionIssued,
    SessionOut,
    StepUpIn,
    StepUpOut,
    fresh_proof,
)
from app.identity.sessions.types import Place
from app.identity.tokens.types import Issued
from app.kernel.permissions import Permission
from infra.ids import encode
from infra.ports import Ports
from tenants.scope import TenantScope

blp = Blueprint("sessions", __name__, url_prefix="/v1", tag_zh="登录与身份")

_OWN_ID = {"user": "usr", "api_key": "key", "client": "cli", "visitor": "tok"}


@blp.route(
    "/login",
    methods=["POST"],
    needs=PUBLIC,
    scope="public",
    operation="sessions_create",
    summary_zh="登录",
    summary_en="Log in to one firm: a token for 12 hours, or the question for the second factor of who has one.",
    rate_class="login",
)
@blp.arguments(LoginIn)
@blp.response(200, LoginOut)
def log_in(visit: Visit, payload: dict[str, Any]) -> dict[str, Any]:
    """A token for an e-mail and a password, or a question."""
    found = service.log_in(visit.ports, place=_place(), now=visit.now, **payload)
    if isinstance(found, Issued):
        return {"token": found.secret, "expires_at": found.expires_at, "second_factor": None}
    return {"token": None, "expires_at": None, "second_factor": found}


@blp.route(
    "/login/second-factor",
    methods=["POST"],
    needs=PUBLIC,
    scope="public",
    operation="sessions_complete",
    summary_zh="两步验证登录",
    summary_en="Complete a login by a code, a passkey or a recovery code; a challenge is answered once.",
    rate_class="login",
)
@blp.arguments(ProofIn)
@blp.response(200, SessionIssued)
def complete_login(visit: Visit, payload: dict[str, Any]) -> dict[str, Any]:
    """A token for a second factor."""
    issued = service.complete_login(visit.ports, proof(payload), _place(), visit.now)
    return {"token": issued.secret, "expires_at": issued.expires_at}


@blp.route(
    "/logout",
    methods=["POST"],
    needs=Permission.ME_READ,
    scope="firm",
    operation="sessions_revoke",
    summary_zh="退出",
    summary_en="Revoke the session that asks.",
    person=True,
    enrolling=True,
    audit="session.end",
)
@blp.response(204)
def log_out(scope: TenantScope) -> None:
    """The token is worthless from now on."""
    service.log_out(scope, bearer())


@blp.route(
    "/me",
    needs=Permission.ME_READ,
    scope="firm",
    operation="me_read",
    summary_zh="当前身份",
    summary_en="Who asks, in which firm, with which permissions on it.",
    enrolling=True,
)
@blp.response(200, MeOut)
def me(scope: TenantScope) -> dict[str, Any]:
    """The caller as the house knows it."""
    actor = scope.actor
    return {
        "id": encode(_OWN_ID[actor.kind], actor.id) if actor.id else "",
        "kind": actor.kind,
        "name": actor.name,
        "email": email_of(scope, actor.id) if actor.kind == "user" and actor.id else None,
        "role": actor.role,
        "firm": scope.tenant,
        "permissions": sorted(on_firm(scope)),
    }


# ---- proving oneself anew


@blp.route(
    "/me/step-up",
    methods=["POST"],
    needs=Permission.ME_READ,
    scope="firm",
    operation="sessions_step_up",
    summary_zh="重新验证身份",
    summary_en="Prove anew who one is, by the second factor or, without one, by the password: this session is fresh.",
    rate_class="login",
    audit="session.step_up",
    person=True,
    enrolling=True,
)
@blp.arguments(StepUpIn)
@blp.response(200, StepUpOut)
def step_up(scope: TenantScope, payload: dict[str, Any]) -> dict[str, Any]:
    """Until when what asks for a fresh proof may be done."""
    strong_at = service.step_up(scope, _ports(), fresh_proof(payload))
    return {"strong_at": strong_at, "fresh_until": strong_at + STEP_UP_LIFE}


@blp.route(
    "/me/step-up/challenge",
    methods=["POST"],
    needs=Permission.ME_READ,
    scope="firm",
    operation="sessions_step_up_begin",
    summary_zh="重新验证的质询",
    summary_en="The question that a passkey answers in a step-up of this session.",
    rate_class="login",
    person=True,
    enrolling=True,
)
@blp.response(200, ChallengeOut)
def ask_step_up(scope: TenantScope) -> Challenge:
    """A challenge for this session."""
    return service.ask_step_up(scope, RelyingParty.of(_ports().settings))


# ---- sessions and devices


@blp.route(
    "/me/sessions",
    needs=Permission.ME_READ,
    scope="firm",
    operation="own_sessions_list",
    summary_zh="我的登录设备",
    summary_en="One's own live sessions in this firm.",
    person=True,
    enrolling=True,
)
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_of(SessionOut))
def list_own_sessions(scope: TenantScope, query: dict[str, Any]) -> Response:
    """One's own sessions in the order they began."""
    return _page(scope, query, _me(scope), lambda address: address)


@blp.route(
    '/me/sessions/<id("ses"):session_id>/revoke',
    methods=["POST"],
    needs=Permission.ME_READ,
    scope="firm",
    operation="own_sessions_revoke",
    summary_zh="下线一台设备",
    summary_en="End one of one's own sessions; it is refused at its next request.",
    refs=("path:session_id",),
    audit="session.end",
    person=True,
    enrolling=True,
)
@blp.response(204)
def end_own_session(scope: TenantScope, session_id: UUID) -> None:
    """The session is over."""
    service.end_session(scope, _me(scope), session_id)


@blp.route(
    "/me/sessions/revoke-others",
    methods=["POST"],
    needs=Permission.ME_READ,
    scope="firm",
    operation="own_sessions_revoke_others",
    summary_zh="下线其他设备",
    summary_en="End every session of one's own in this firm but the one that asks, and what programs were given.",
    audit="session.end_all",
    person=True,
    enrolling=True,
)
@blp.response(204)
def end_other_sessions(scope: TenantScope) -> None:
    """Only this session is left."""
    service.end_sessions(scope, _me(scope))


@blp.route(
    '/staff/<id("usr"):user_id>/sessions',
    needs=Permission.SESSION_MANAGE,
    scope="firm",
    operation="staff_sessions_list",
    summary_zh="员工的登录设备",
    summary_en="The live sessions of a member; of the address only the network is shown.",
    refs=("path:user_id",),
)
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_of(SessionOut))
def list_members_sessions(scope: TenantScope, query: dict[str, Any], user_id: UUID) -> Response:
    """A member's sessions; raises `UserNotFound`."""
    return _page(scope, query, member(scope, user_id)["id"], masked)


@blp.route(
    '/staff/<id("usr"):user_id>/sessions/<id("ses"):session_id>/revoke',
    methods=["POST"],
    needs=Permission.SESSION_MANAGE,
    scope="firm",
    operation="staff_sessions_revoke",
    summary_zh="下线员工的一台设备",
    summary_en="End one session of a member; it is refused at its next request.",
    refs=("path:user_id", "path:session_id"),
    audit="session.end",
)
@blp.response(204)
def end_members_session(scope: TenantScope, user_id: UUID, session_id: UUID) -> None:
    """The session is over; raises `UserNotFound` or `SessionNotFound`."""
    service.end_session(scope, member(scope, user_id)["id"], session_id)


@blp.route(
    '/staff/<id("usr"):user_id>/sessions/revoke',
    methods=["POST"],
    needs=Permission.SESSION_MANAGE,
    scope="firm",
    operation="staff_sessions_revoke_all",
    summary_zh="下线员工的全部设备",
    summary_en="End every session of a member in this firm, and what programs were given in its name.",
    refs=("path:user_id",),
    audit="session.end_all",
)
@blp.response(204)
def end_members_sessions(scope: TenantScope, user_id: UUID) -> None:
    """The member must log in anew; raises `UserNotFound`."""
    service.end_sessions(scope, member(scope, user_id)["id"])


def _page(scope: TenantScope, query: dict[str, Any], user_id: UUID, shown: Callable[[str], str]) -> Response:
    asked = pages.wanted(scope, query)
    found = queries.sessions(scope, user_id, asked.after_id, asked.fetch)
    rows = [{**row, "address": shown(row["address"]), "current": row["id"] == scope.origin.session} for row in found]
    return pages.page(scope, asked, rows, _by_id, SessionOut(many=True).dump)


def _by_id(row: RowMapping | dict[str, Any]) -> list[str]:
    return [str(row["id"])]


def _place() -> Place:
    return Place(*came_from(), request_id())


def _me(scope: TenantScope) -> UUID:
    assert scope.actor.id is not None  # noqa: S101  (the routes let only people in)
    return scope.actor.id


def _ports() -> Ports:
    gate: Gate = current_app.extensions[EXTENSION]
    return gate.ports
