"""Routes of identity: logging in and out, me, staff, grants, API keys; and the ops plane's firms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response, request
from sqlalchemy import RowMapping

from app.books.types import BookScope
from app.http import etags, pages
from app.http.blueprint import Blueprint
from app.http.gate import bearer
from app.http.pages import PageQuery
from app.http.replies import created, tagged
from app.http.schemas import page_of
from app.http.types import PUBLIC, Visit
from app.identity import queries, service
from app.identity.schemas import (
    ApiKeyCreated,
    ApiKeyIn,
    ApiKeyOut,
    FirmIn,
    FirmOut,
    GrantIn,
    GrantOut,
    LoginIn,
    LoginOut,
    MeOut,
    StaffIn,
    StaffOut,
    StaffPatch,
)
from app.identity.types import NewUser
from app.kernel.permissions import Permission, firm_permissions
from infra.ids import encode
from tenants.scope import TenantRef, TenantScope

blp = Blueprint("identity", __name__, url_prefix="", tag_zh="身份与权限")

Tagged = tuple[Any, dict[str, str]]
_OWN_ID = {"user": "usr", "api_key": "key"}


# ---- sessions


@blp.route(
    "/v1/login",
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
    address = request.remote_addr or ""
    issued = service.log_in(visit.ports.engine, visit.ports.redis, address=address, now=visit.now, **payload)
    return {"token": issued.secret, "expires_at": issued.expires_at}


@blp.route(
    "/v1/logout",
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
    "/v1/me",
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
    email = queries.email_of(scope, actor.id) if actor.kind == "user" and actor.id else None
    return {
        "id": encode(_OWN_ID[actor.kind], actor.id) if actor.id else "",
        "kind": actor.kind,
        "name": actor.name,
        "email": email,
        "role": actor.role,
        "firm": scope.tenant,
        "permissions": sorted(firm_permissions(actor.role)),
    }


# ---- staff


@blp.route(
    "/v1/staff",
    needs=Permission.STAFF_MANAGE,
    scope="firm",
    operation="staff_list",
    summary_zh="员工列表",
    summary_en="The people of the firm.",
)
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_of(StaffOut))
def list_staff(scope: TenantScope, query: dict[str, Any]) -> Response:
    """The people of the firm in the order they came."""
    asked = pages.wanted(scope, query)
    found = queries.staff(scope, _after(asked), asked.fetch)
    return pages.page(scope, asked, found, _by_id, StaffOut(many=True).dump)


@blp.route(
    "/v1/staff",
    methods=["POST"],
    needs=Permission.STAFF_MANAGE,
    scope="firm",
    operation="staff_create",
    summary_zh="新增员工",
    summary_en="Make a person a member of the firm, with a first password.",
    idempotent=True,
    audit="staff.invite",
)
@blp.arguments(StaffIn)
@blp.response(201, StaffOut)
def invite(scope: TenantScope, payload: dict[str, Any]) -> Tagged:
    """A new member."""
    role = payload.pop("role")
    row = service.invite(scope, NewUser(**payload), role)
    return created(row, f"/v1/staff/{encode('usr', row['id'])}", _version(row), "staff")


@blp.route(
    '/v1/staff/<id("usr"):user_id>',
    needs=Permission.STAFF_MANAGE,
    scope="firm",
    operation="staff_read",
    summary_zh="员工",
    summary_en="One member of the firm.",
    refs=("path:user_id",),
)
@blp.response(200, StaffOut)
def read_member(scope: TenantScope, user_id: UUID) -> Tagged:
    """One member; raises `UserNotFound`."""
    row = service.member(scope, user_id)
    return tagged(row, _version(row), "staff")


@blp.route(
    '/v1/staff/<id("usr"):user_id>',
    methods=["PATCH"],
    needs=Permission.STAFF_MANAGE,
    scope="firm",
    operation="staff_update",
    summary_zh="修改员工",
    summary_en="Change a member's role, or let the person go or come back.",
    refs=("path:user_id",),
    if_match=True,
    audit="staff.change",
)
@blp.arguments(StaffPatch)
@blp.response(200, StaffOut)
def change_member(scope: TenantScope, payload: dict[str, Any], user_id: UUID) -> Tagged:
    """The member after the change; raises `UserNotFound`, `EtagMismatch`, `OwnerOnly` or `LastOwner`."""
    row = service.member(scope, user_id, lock=True)
    etags.match(_version(row), "staff")
    after = service.change_member(scope, row, payload.get("role", row["role"]), payload.get("active", row["active"]))
    return tagged(after, _version(after), "staff")


# ---- grants in a book


@blp.route(
    "/v1/books/<book_id>/grants",
    needs=Permission.STAFF_MANAGE,
    scope="book",
    operation="grants_list",
    summary_zh="账套授权列表",
    summary_en="Who holds which role in the book.",
)
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_of(GrantOut))
def list_grants(scope: BookScope, query: dict[str, Any]) -> Response:
    """The grants of the book."""
    asked = pages.wanted(scope, query)
    found = queries.grants(scope, scope.book.id, _after(asked), asked.fetch)
    return pages.page(scope, asked, found, _by_id, GrantOut(many=True).dump)


@blp.route(
    '/v1/books/<book_id>/grants/<id("usr"):user_id>',
    methods=["PUT"],
    needs=Permission.STAFF_MANAGE,
    scope="book",
    operation="grants_put",
    summary_zh="账套授权",
    summary_en="Give a person a role in the book, instead of the one held.",
    refs=("path:user_id",),
    audit="grant.give",
)
@blp.arguments(GrantIn)
@blp.response(200, GrantOut)
def grant(scope: BookScope, payload: dict[str, Any], user_id: UUID) -> Mapping[str, Any]:
    """The grant as it now is."""
    return service.grant(scope, user_id, payload["role"])


@blp.route(
    '/v1/books/<book_id>/grants/<id("usr"):user_id>',
    methods=["DELETE"],
    needs=Permission.STAFF_MANAGE,
    scope="book",
    operation="grants_delete",
    summary_zh="撤销账套授权",
    summary_en="Take a person's role in the book away.",
    refs=("path:user_id",),
    audit="grant.withdraw",
)
@blp.response(204)
def withdraw(scope: BookScope, user_id: UUID) -> None:
    """The person may no longer enter the book."""
    service.withdraw(scope, user_id)


# ---- API keys


@blp.route(
    "/v1/api-keys",
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
    found = queries.api_keys(scope, _after(asked), asked.fetch)
    return pages.page(scope, asked, found, _by_id, ApiKeyOut(many=True).dump)


@blp.route(
    "/v1/api-keys",
    methods=["POST"],
    needs=Permission.KEY_MANAGE,
    scope="firm",
    operation="api_keys_create",
    summary_zh="新建 API 密钥",
    summary_en="Make an API key; its secret is shown once.",
    refs=("body:/books",),
    idempotent=True,
    audit="api_key.create",
    once=("secret",),
)
@blp.arguments(ApiKeyIn)
@blp.response(201, ApiKeyCreated)
def create_api_key(scope: TenantScope, payload: dict[str, Any]) -> Tagged:
    """A new key with its secret."""
    issued = service.create_api_key(scope, payload["name"], payload["role"], payload["books"], payload["days"])
    row = service.api_key(scope, issued.id)
    return created(
        {**row, "secret": issued.secret}, f"/v1/api-keys/{encode('key', issued.id)}", _key_version(row), "api-key"
    )


@blp.route(
    '/v1/api-keys/<id("key"):key_id>',
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
    '/v1/api-keys/<id("key"):key_id>/revoke',
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


# ---- the ops plane


@blp.route(
    "/ops/v1/firms",
    methods=["POST"],
    needs=Permission.FIRM_PROVISION,
    scope="ops",
    operation="ops_firms_create",
    summary_zh="开通代账公司",
    summary_en="Make a firm with its first owner; the same short name and name again complete or find it.",
)
@blp.arguments(FirmIn)
@blp.response(201, FirmOut)
def open_firm(visit: Visit, payload: dict[str, Any]) -> TenantRef:
    """The firm, ready to be entered."""
    return service.open_firm(visit.ports, payload["short_name"], payload["name"], NewUser(**payload["owner"]))


@blp.route(
    "/ops/v1/firms",
    needs=Permission.FIRM_PROVISION,
    scope="ops",
    operation="ops_firms_list",
    summary_zh="代账公司列表",
    summary_en="The firms of this installation and their states.",
)
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_of(FirmOut))
def list_firms(visit: Visit, query: dict[str, Any]) -> Response:
    """The firms in the order of their ids."""
    asked = pages.wanted(visit, query)
    found = service.firms(visit.ports.engine, _after(asked), asked.fetch)
    return pages.page(visit, asked, found, lambda firm: [str(firm.id)], FirmOut(many=True).dump)


def _after(asked: pages.Wanted) -> UUID | None:
    return UUID(asked.after[0]) if asked.after else None


def _by_id(row: RowMapping) -> list[str]:
    return [str(row["id"])]


def _version(row: RowMapping) -> str:
    """A membership has no counter; what may change of it is its version."""
    return f"{row['role']}.{int(row['active'])}"


def _key_version(row: RowMapping) -> int:
    return 1 if row["revoked_at"] is None else 2
