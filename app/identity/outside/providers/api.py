"""Routes of a firm's outside identity providers (外部身份源)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import RowMapping

from app.http.blueprint import Blueprint
from app.http.gate import EXTENSION
from app.http.types import Gate
from app.identity.outside.providers import queries, service
from app.identity.outside.providers.schemas import ProviderIn, ProviderOut, ProvidersOut
from app.identity.outside.providers.types import NewProvider
from app.kernel.permissions import Permission
from tenants.scope import TenantScope

blp = Blueprint("outside_providers", __name__, url_prefix="/v1/outside-providers", tag_zh="外部身份源")


@blp.route(
    "",
    needs=Permission.OUTSIDE_LOGIN_MANAGE,
    scope="firm",
    operation="outside_providers_list",
    summary_zh="外部身份源列表",
    summary_en="The firm's identity providers, without their secrets.",
)
@blp.response(200, ProvidersOut)
def list_providers(scope: TenantScope) -> dict[str, Any]:
    """The providers, retired ones included."""
    return {"data": queries.of_firm(scope.connection, scope.tenant.id)}


@blp.route(
    "",
    methods=["POST"],
    needs=Permission.OUTSIDE_LOGIN_MANAGE,
    scope="firm",
    operation="outside_providers_create",
    summary_zh="登记外部身份源",
    summary_en="Register an OpenID Connect provider or a WeCom corporation; the secret is never shown again.",
    idempotent=True,
    step_up=True,
    person=True,
    audit="outside_provider.register",
)
@blp.arguments(ProviderIn)
@blp.response(201, ProviderOut)
def register(scope: TenantScope, payload: dict[str, Any]) -> RowMapping:
    """The provider; raises `ProviderTaken`."""
    gate: Gate = current_app.extensions[EXTENSION]
    return service.register(scope, gate.ports.keyring, NewProvider(**payload))


@blp.route(
    '/<id("idp"):provider_id>/retire',
    methods=["POST"],
    needs=Permission.OUTSIDE_LOGIN_MANAGE,
    scope="firm",
    operation="outside_providers_retire",
    summary_zh="停用外部身份源",
    summary_en="Let nobody in by this provider any more.",
    refs=("path:provider_id",),
    idempotent=True,
    step_up=True,
    person=True,
    audit="outside_provider.retire",
)
@blp.response(200, ProviderOut)
def retire(scope: TenantScope, provider_id: UUID) -> RowMapping:
    """The provider after its end; raises `ProviderNotFound`."""
    return service.retire(scope, provider_id)
