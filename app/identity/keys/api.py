"""Routes of the firm's API keys."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy import RowMapping

from app.http import pages
from app.http.blueprint import Blueprint
from app.http.pages import PageQuery
from app.http.replies import Tagged, created, tagged
from app.http.schemas import page_of
from app.identity.keys import queries, service
from app.identity.keys.schemas import ApiKeyCreated, ApiKeyIn, ApiKeyOut
from app.identity.keys.types import NewKey
from app.kernel.permissions import Permission
from infra.ids import encode
from tenants.scope import TenantScope

blp = Blueprint("api_keys", __name__, url_prefix="/v1/api-keys", tag_zh="API 密钥")


@blp.route(
    "",
    needs=Permission.KEY_MANAGE,
    scope="firm",
    operation="api_keys_list",
    summary_zh="API 密钥列表",
    summary_en="The firm's API keys, without their secrets.",
)
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_of(ApiKeyOut))
def list_api_keys(scope: TenantScope, query: dict[str, Any]) -> Response:
    """The keys of the firm, revoked ones included."""
    asked = pages.wanted(scope, query)
    found = queries.api_keys(scope, asked.after_id, asked.fetch)
    return pages.page(scope, asked, found, _by_id, ApiKeyOut(many=True).dump)


@blp.route(
    "",
    methods=["POST"],
    needs=Permission.KEY_MANAGE,
    scope="firm",
    operation="api_keys_create",
    summary_zh="新建 API 密钥",
    summary_en="Make an API key; its secret is shown once.",
    refs=("body:/books",),
    idempotent=True,
    step_up=True,
    audit="api_key.create",
    once=("secret",),
)
@blp.arguments(ApiKeyIn)
@blp.response(201, ApiKeyCreated)
def create_api_key(scope: TenantScope, payload: dict[str, Any]) -> Tagged:
    """A new key with its secret."""
    issued = service.create_api_key(scope, NewKey(**payload))
    row = service.api_key(scope, issued.id)
    return created(
        {**row, "secret": issued.secret}, f"/v1/api-keys/{encode('key', issued.id)}", _key_version(row), "api-key"
    )


@blp.route(
    '/<id("key"):key_id>',
    needs=Permission.KEY_MANAGE,
    scope="firm",
    operation="api_keys_read",
    summary_zh="API 密钥",
    summary_en="One API key of the firm, without its secret.",
    refs=("path:key_id",),
)
@blp.response(200, ApiKeyOut)
def read_api_key(scope: TenantScope, key_id: UUID) -> Tagged:
    """One key; raises `KeyNotFound`."""
    row = service.api_key(scope, key_id)
    return tagged(row, _key_version(row), "api-key")


@blp.route(
    '/<id("key"):key_id>/revoke',
    methods=["POST"],
    needs=Permission.KEY_MANAGE,
    scope="firm",
    operation="api_keys_revoke",
    summary_zh="吊销 API 密钥",
    summary_en="Make an API key worthless from now on.",
    refs=("path:key_id",),
    idempotent=True,
    audit="api_key.revoke",
)
@blp.response(200, ApiKeyOut)
def revoke_api_key(scope: TenantScope, key_id: UUID) -> RowMapping:
    """The key after its end."""
    return service.revoke_api_key(scope, key_id)


def _by_id(row: RowMapping) -> list[str]:
    return [str(row["id"])]


def _key_version(row: RowMapping) -> int:
    return 1 if row["revoked_at"] is None else 2
