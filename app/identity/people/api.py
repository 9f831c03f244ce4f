"""Routes of the firm's people (员工)."""

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
from app.identity.people import queries, service
from app.identity.people.schemas import StaffIn, StaffOut, StaffPatch
from app.identity.people.types import NewUser
from app.kernel.permissions import Permission
from infra.ids import encode
from tenants.scope import TenantScope

blp = Blueprint("staff", __name__, url_prefix="/v1/staff", tag_zh="员工")


@blp.route(
    "",
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
    found = queries.staff(scope, asked.after_id, asked.fetch)
    return pages.page(scope, asked, found, _by_id, StaffOut(many=True).dump)


@blp.route(
    "",
    methods=["POST"],
    needs=Permission.STAFF_MANAGE,
    scope="firm",
    operation="staff_create",
    summary_zh="新增员工",
    summary_en="Make a person a member of the firm, with a first password.",
    idempotent=True,
    step_up=True,
    person=True,
    audit="staff.invite",
)
@blp.arguments(StaffIn)
@blp.response(201, StaffOut)
def add(scope: TenantScope, payload: dict[str, Any]) -> Tagged:
    """A new member."""
    role = payload.pop("role")
    row = service.add_member(scope, NewUser(**payload), role)
    return created(row, f"/v1/staff/{encode('usr', row['id'])}", _version(row), "staff")


@blp.route(
    '/<id("usr"):user_id>',
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
    '/<id("usr"):user_id>',
    methods=["PATCH"],
    needs=Permission.STAFF_MANAGE,
    scope="firm",
    operation="staff_update",
    summary_zh="修改员工",
    summary_en="Change a member's role, or let the person go or come back.",
    refs=("path:user_id",),
    if_match=True,
    step_up=True,
    person=True,
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


def _by_id(row: RowMapping) -> list[str]:
    return [str(row["id"])]


def _version(row: RowMapping) -> str:
    """A member has no counter; what may change of it is its version."""
    return f"{row['role']}.{int(row['active'])}"
