"""Routes of a firm's sign-in policy (登录策略)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.http import etags
from app.http.blueprint import Blueprint
from app.http.replies import Tagged, tagged
from app.identity.policy import queries, service
from app.identity.policy.schemas import SignInPolicyOut, SignInPolicyPatch
from app.kernel.permissions import Permission
from tenants.scope import TenantScope

blp = Blueprint("sign_in_policy", __name__, url_prefix="/v1/sign-in-policy", tag_zh="登录策略")


@blp.route(
    "",
    needs=Permission.POLICY_MANAGE,
    scope="firm",
    operation="sign_in_policy_read",
    summary_zh="登录策略",
    summary_en="What the firm demands when its people sign in, beyond what the installation demands.",
)
@blp.response(200, SignInPolicyOut)
def read(scope: TenantScope) -> Tagged:
    """The policy."""
    found = queries.policy(scope.connection, scope.tenant.id)
    return tagged(found, found.row_version, _tag(scope))


@blp.route(
    "",
    methods=["PATCH"],
    needs=Permission.POLICY_MANAGE,
    scope="firm",
    operation="sign_in_policy_update",
    summary_zh="修改登录策略",
    summary_en="Demand a second factor, or a new password every so many days, or stop demanding it.",
    if_match=True,
    audit="sign_in_policy.change",
    step_up=True,
)
@blp.arguments(SignInPolicyPatch)
@blp.response(200, SignInPolicyOut)
def change(scope: TenantScope, payload: dict[str, Any]) -> Tagged:
    """The policy after the change; raises `EtagMismatch`."""
    before = queries.policy(scope.connection, scope.tenant.id, lock=True)
    etags.match(before.row_version, _tag(scope))
    after = service.demand(scope, before, replace(before, **payload))
    return tagged(after, after.row_version, _tag(scope))


def _tag(scope: TenantScope) -> str:
    """Every firm's policy has the same address: the tag of one is not the other's."""
    return f"sign-in-policy-{scope.tenant.short_name}"
