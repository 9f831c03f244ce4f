"""Routes of passwords: change one's own, give a member a link to set a new one, follow it; reset lost factors."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import current_app

from app.http.blueprint import Blueprint
from app.http.gate import EXTENSION
from app.http.headers import came_from
from app.http.types import PUBLIC, Gate, Visit
from app.identity.resets import service
from app.identity.resets.schemas import LinkOut, PasswordChangeIn, ResetIn, offered
from app.identity.resets.types import Link
from app.identity.sessions.types import Place
from app.kernel.permissions import Permission
from tenants.scope import TenantScope

blp = Blueprint("passwords", __name__, url_prefix="/v1", tag_zh="密码")


@blp.route(
    "/me/password",
    methods=["POST"],
    needs=Permission.ME_READ,
    scope="firm",
    operation="passwords_change",
    summary_zh="修改密码",
    summary_en="Change one's own password; every other session and token of the person ends.",
    rate_class="login",
    audit="password.change",
    person=True,
    enrolling=True,
)
@blp.arguments(PasswordChangeIn)
@blp.response(204)
def change_password(scope: TenantScope, payload: dict[str, Any]) -> None:
    """The new password holds; only this session stays."""
    gate: Gate = current_app.extensions[EXTENSION]
    service.change_password(scope, gate.ports.redis, payload["present"], payload["password"])


@blp.route(
    '/staff/<id("usr"):user_id>/password-reset',
    methods=["POST"],
    needs=Permission.STAFF_MANAGE,
    scope="firm",
    operation="passwords_give_reset",
    summary_zh="重置员工密码",
    summary_en="A link, shown once, by which a member sets a new password within 30 minutes.",
    refs=("path:user_id",),
    idempotent=True,
    once=("secret",),
    audit="password.reset_give",
    person=True,
    step_up=True,
)
@blp.response(201, LinkOut)
def give_reset(scope: TenantScope, user_id: UUID) -> Link:
    """The link; raises `UserNotFound`, `OwnerOnly` or `ResetOwn`."""
    return service.give_reset(scope, user_id)


@blp.route(
    '/staff/<id("usr"):user_id>/second-factor-reset',
    methods=["POST"],
    needs=Permission.POLICY_MANAGE,
    scope="firm",
    operation="passwords_reset_factors",
    summary_zh="重置员工的两步验证",
    summary_en="Take away all factors and recovery codes of a member who lost them; its sessions and tokens end.",
    refs=("path:user_id",),
    audit="factor.remove_all",
    person=True,
    step_up=True,
)
@blp.response(204)
def reset_factors(scope: TenantScope, user_id: UUID) -> None:
    """The member has no second factor; raises `UserNotFound`, `OwnerOnly`, `ResetOwn` or `RoleBeyond`."""
    service.reset_factors(scope, user_id)


@blp.route(
    "/password-reset",
    methods=["POST"],
    needs=PUBLIC,
    scope="public",
    operation="passwords_reset",
    summary_zh="凭链接设置新密码",
    summary_en="Set a new password by a link, once; who has a second factor proves it as well.",
    rate_class="login",
)
@blp.arguments(ResetIn)
@blp.response(204)
def follow_reset(visit: Visit, payload: dict[str, Any]) -> None:
    """The new password holds; every session of the person is over."""
    service.follow_reset(
        visit.ports,
        payload["secret"],
        payload["password"],
        offered(payload),
        Place(*came_from(), visit.request_id),
        visit.now,
    )
