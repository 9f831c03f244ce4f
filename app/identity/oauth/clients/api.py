"""Routes of the firm's OAuth clients."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy import RowMapping

from app.http import etags, pages
from app.http.blueprint import Blueprint
from app.http.pages import PageQuery
from app.http.replies import Tagged, created, tagged
from app.http.schemas import page_of
from app.identity.oauth.clients import queries, service
from app.identity.oauth.clients.schemas import ClientCreated, ClientIn, ClientOut, ClientPatch
from app.identity.oauth.clients.types import NewClient
from app.kernel.permissions import Permission
from infra.ids import encode
from tenants.scope import TenantScope

blp = Blueprint("oauth_clients", __name__, url_prefix="/v1/oauth-clients", tag_zh="OAuth 客户端")


@blp.route(
    "",
    needs=Permission.OAUTH_CLIENT_MANAGE,
    scope="firm",
    operation="oauth_clients_list",
    summary_zh="OAuth 客户端列表",
    summary_en="The firm's OAuth clients, without their secrets.",
)
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_of(ClientOut))
def list_clients(scope: TenantScope, query: dict[str, Any]) -> Response:
    """The clients of the firm, revoked ones included."""
    asked = pages.wanted(scope, query)
    found = queries.clients(scope, asked.after_id, asked.fetch)
    return pages.page(scope, asked, found, lambda row: [str(row["id"])], ClientOut(many=True).dump)


@blp.route(
    "",
    methods=["POST"],
    needs=Permission.OAUTH_CLIENT_MANAGE,
    scope="firm",
    operation="oauth_clients_create",
    summary_zh="登记 OAuth 客户端",
    summary_en="Register an OAuth client; its secret is shown once.",
    refs=("body:/books",),
    idempotent=True,
    step_up=True,
    person=True,
    audit="oauth_client.create",
    once=("client_secret",),
)
@blp.arguments(ClientIn)
@blp.response(201, ClientCreated)
def register_client(scope: TenantScope, payload: dict[str, Any]) -> Tagged:
    """A new client with its secret."""
    made = service.register_client(scope, NewClient(**payload))
    row = service.client(scope, made.id)
    shown = {**row, "client_secret": made.secret}
    return created(shown, f"/v1/oauth-clients/{encode('cli', made.id)}", row["row_version"], "oauth-client")


@blp.route(
    '/<id("cli"):client_id>',
    needs=Permission.OAUTH_CLIENT_MANAGE,
    scope="firm",
    operation="oauth_clients_read",
    summary_zh="OAuth 客户端",
    summary_en="One OAuth client of the firm, without its secret.",
    refs=("path:client_id",),
)
@blp.response(200, ClientOut)
def read_client(scope: TenantScope, client_id: UUID) -> Tagged:
    """One client; raises `ClientNotFound`."""
    row = service.client(scope, client_id)
    return tagged(row, row["row_version"], "oauth-client")


@blp.route(
    '/<id("cli"):client_id>',
    methods=["PATCH"],
    needs=Permission.OAUTH_CLIENT_MANAGE,
    scope="firm",
    operation="oauth_clients_update",
    summary_zh="修改 OAuth 客户端",
    summary_en="Change a client's name, redirect URIs or public keys; what it may do stays.",
    refs=("path:client_id",),
    if_match=True,
    step_up=True,
    person=True,
    audit="oauth_client.change",
)
@blp.arguments(ClientPatch)
@blp.response(200, ClientOut)
def change_client(scope: TenantScope, payload: dict[str, Any], client_id: UUID) -> Tagged:
    """The client after the change; raises `ClientNotFound`, `EtagMismatch` or `ClientRejected`."""
    before = service.client(scope, client_id, lock=True)
    etags.match(before["row_version"], "oauth-client")
    row = service.change_client(scope, before, payload)
    return tagged(row, row["row_version"], "oauth-client")


@blp.route(
    '/<id("cli"):client_id>/secret',
    methods=["POST"],
    needs=Permission.OAUTH_CLIENT_MANAGE,
    scope="firm",
    operation="oauth_clients_renew_secret",
    summary_zh="更换客户端密钥",
    summary_en="A new secret, shown once, instead of the old one, which is worthless at once.",
    refs=("path:client_id",),
    idempotent=True,
    step_up=True,
    person=True,
    audit="oauth_client.renew",
    once=("client_secret",),
)
@blp.response(200, ClientCreated)
def renew_secret(scope: TenantScope, client_id: UUID) -> dict[str, Any]:
    """The client with its new secret."""
    secret = service.renew_secret(scope, client_id)
    return {**service.client(scope, client_id), "client_secret": secret}


@blp.route(
    '/<id("cli"):client_id>/revoke',
    methods=["POST"],
    needs=Permission.OAUTH_CLIENT_MANAGE,
    scope="firm",
    operation="oauth_clients_revoke",
    summary_zh="停用 OAuth 客户端",
    summary_en="End a client and every token it holds.",
    refs=("path:client_id",),
    idempotent=True,
    step_up=True,
    person=True,
    audit="oauth_client.revoke",
)
@blp.response(200, ClientOut)
def revoke_client(scope: TenantScope, client_id: UUID) -> RowMapping:
    """The client after its end."""
    return service.revoke_client(scope, client_id)
