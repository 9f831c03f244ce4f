"""Routes of the entrance: log in and out, and who one is."""

from __future__ import annotations

from typing import Any

from flask import request

from app.books.access.queries import on_firm
from app.http.blueprint import Blueprint
from app.http.gate import bearer
from app.http.types import PUBLIC, Visit
from app.identity.people.queries import email_of
from app.identity.sessions import service
from app.identity.sessions.schemas import LoginIn, LoginOut, MeOut
from app.kernel.permissions import Permission
from infra.ids import encode
from tenants.scope import TenantScope

blp = Blueprint("sessions", __name__, url_prefix="/v1", tag_zh="登录与身份")

_OWN_ID = {"user": "usr", "api_key": "key", "client": "tok", "visitor": "tok"}
_AGENT_LENGTH = 200


@blp.route(
    "/login",
    methods=["POST"],
    needs=PUBLIC,
    scope="public",
    operation="sessions_create",
    summary_zh="登录",
    summary_en="Log in to one firm; the token is bound to it for 12 hours.",
    rate_class="login",
)
@blp.arguments(LoginIn)
@blp.response(200, LoginOut)
def log_in(visit: Visit, payload: dict[str, Any]) -> dict[str, Any]:
    """A token for an e-mail and a password."""
    issued = service.log_in(
        visit.ports.engine,
        visit.ports.redis,
        address=request.remote_addr or "",
        agent=(request.user_agent.string or "")[:_AGENT_LENGTH],
        now=visit.now,
        **payload,
    )
    return {"token": issued.secret, "expires_at": issued.expires_at}


@blp.route(
    "/logout",
    methods=["POST"],
    needs=Permission.ME_READ,
    scope="firm",
    operation="sessions_revoke",
    summary_zh="退出",
    summary_en="Revoke the session that asks; asking twice is harmless.",
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
