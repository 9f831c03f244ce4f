"""Routes of one's own second factors (两步验证)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import current_app

from app.http.blueprint import Blueprint
from app.http.gate import EXTENSION
from app.http.replies import Tagged
from app.http.types import Gate
from app.identity.factors import queries, service
from app.identity.factors.schemas import (
    ChallengeOut,
    ConfirmIn,
    FactorAdded,
    FactorsOut,
    PasskeyIn,
    RecoveryCodesOut,
    TotpIn,
    TotpOut,
    proof,
)
from app.identity.factors.types import Challenge, RelyingParty
from app.identity.people.queries import email_of
from app.identity.policy.queries import requires_factor
from app.kernel.permissions import Permission
from infra.ids import encode
from infra.ports import Ports
from tenants.scope import TenantScope

blp = Blueprint("factors", __name__, url_prefix="/v1/me/factors", tag_zh="两步验证")


@blp.route(
    "",
    needs=Permission.ME_READ,
    scope="firm",
    operation="factors_list",
    summary_zh="我的验证方式",
    summary_en="One's second factors.",
    person=True,
    enrolling=True,
)
@blp.response(200, FactorsOut)
def list_factors(scope: TenantScope) -> dict[str, Any]:
    """One's own factors."""
    return {
        "factors": queries.confirmed(scope.connection, _me(scope)),
        "recovery_codes_left": queries.codes_left(scope.connection, _me(scope)),
        "required": requires_factor(scope.connection, _ports().settings, scope.tenant.id),
    }


@blp.route(
    "/totp",
    methods=["POST"],
    needs=Permission.ME_READ,
    scope="firm",
    operation="factors_totp_begin",
    summary_zh="绑定验证器",
    summary_en="Begin to enrol an authenticator app: its seed is shown once, and holds nothing before it is confirmed.",
    idempotent=True,
    once=("seed", "uri"),
    person=True,
    enrolling=True,
    step_up=True,
)
@blp.arguments(TotpIn)
@blp.response(201, TotpOut)
def begin_totp(scope: TenantScope, payload: dict[str, Any]) -> Tagged:
    """A seed to be confirmed."""
    begun = service.begin_totp(scope, _ports().keyring.platform(), email_of(scope, _me(scope)), payload["name"])
    return begun, {"Location": "/v1/me/factors/totp/confirm"}


@blp.route(
    "/totp/confirm",
    methods=["POST"],
    needs=Permission.ME_READ,
    scope="firm",
    operation="factors_totp_confirm",
    summary_zh="确认验证器",
    summary_en="Confirm the app with its first code; it takes the place of an older app.",
    idempotent=True,
    once=("recovery_codes",),
    audit="factor.add",
    person=True,
    enrolling=True,
    step_up=True,
)
@blp.arguments(ConfirmIn)
@blp.response(201, FactorAdded)
def confirm_totp(scope: TenantScope, payload: dict[str, Any]) -> Tagged:
    """The app, which proves from now on."""
    return _added(service.confirm_totp(scope, _ports().keyring.platform(), payload["code"]))


@blp.route(
    "/passkeys/challenge",
    methods=["POST"],
    needs=Permission.ME_READ,
    scope="firm",
    operation="factors_passkey_begin",
    summary_zh="创建通行密钥的质询",
    summary_en="Begin to make a passkey: `passkey` is what `navigator.credentials.create` takes.",
    person=True,
    enrolling=True,
    step_up=True,
)
@blp.response(200, ChallengeOut)
def begin_passkey(scope: TenantScope) -> Challenge:
    """A challenge for this session."""
    return service.begin_passkey(scope, RelyingParty.of(_ports().settings), email_of(scope, _me(scope)))


@blp.route(
    "/passkeys",
    methods=["POST"],
    needs=Permission.ME_READ,
    scope="firm",
    operation="factors_passkey_add",
    summary_zh="绑定通行密钥",
    summary_en="Keep the passkey that answers the challenge.",
    idempotent=True,
    once=("recovery_codes",),
    audit="factor.add",
    person=True,
    enrolling=True,
    step_up=True,
)
@blp.arguments(PasskeyIn)
@blp.response(201, FactorAdded)
def add_passkey(scope: TenantScope, payload: dict[str, Any]) -> Tagged:
    """The passkey, which proves from now on."""
    return _added(service.add_passkey(scope, RelyingParty.of(_ports().settings), payload["name"], proof(payload)))


@blp.route(
    '/<id("fct"):factor_id>',
    methods=["DELETE"],
    needs=Permission.ME_READ,
    scope="firm",
    operation="factors_delete",
    summary_zh="删除验证方式",
    summary_en="Take one of one's own factors away; where a factor is required, the last one stays.",
    refs=("path:factor_id",),
    audit="factor.remove",
    person=True,
    enrolling=True,
    step_up=True,
)
@blp.response(204)
def remove(scope: TenantScope, factor_id: UUID) -> None:
    """The factor proves nothing any more."""
    required = requires_factor(scope.connection, _ports().settings, scope.tenant.id)
    service.remove(scope, factor_id, required=required)


@blp.route(
    "/recovery-codes",
    methods=["POST"],
    needs=Permission.ME_READ,
    scope="firm",
    operation="factors_recovery_codes",
    summary_zh="重新生成恢复码",
    summary_en="Ten new recovery codes, shown once; the old ones end.",
    idempotent=True,
    once=("recovery_codes",),
    audit="recovery_codes.renew",
    person=True,
    enrolling=True,
    step_up=True,
)
@blp.response(200, RecoveryCodesOut)
def renew_recovery_codes(scope: TenantScope) -> dict[str, Any]:
    """The new codes."""
    return {"recovery_codes": service.renew_recovery_codes(scope)}


def _added(row: dict[str, Any]) -> Tagged:
    return row, {"Location": f"/v1/me/factors/{encode('fct', row['id'])}"}


def _me(scope: TenantScope) -> UUID:
    assert scope.actor.id is not None  # noqa: S101  (the routes let only people in)
    return scope.actor.id


def _ports() -> Ports:
    gate: Gate = current_app.extensions[EXTENSION]
    return gate.ports
