"""Routes of roles and teams (岗位与团队), and of who holds which role in a book (授权)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy import RowMapping

from app.books.access.queries import standing
from app.books.types import BookScope
from app.http import etags, pages
from app.http.blueprint import Blueprint
from app.http.pages import PageQuery
from app.http.replies import Tagged, created, tagged
from app.http.schemas import page_of
from app.identity.roles import queries, service
from app.identity.roles.errors import RoleNotFound
from app.identity.roles.schemas import (
    GrantIn,
    GrantOut,
    RoleIn,
    RoleOut,
    RolePatch,
    RolesOut,
    TeamGrantOut,
    TeamIn,
    TeamMemberOut,
    TeamOut,
)
from app.identity.roles.types import OwnRole
from app.kernel.permissions import BUILTIN, Permission, Role
from infra.ids import encode
from tenants.scope import TenantScope

blp = Blueprint("roles", __name__, url_prefix="/v1", tag_zh="岗位与团队")


# ---- roles


@blp.route(
    "/roles",
    needs=Permission.ME_READ,
    scope="firm",
    operation="roles_list",
    summary_zh="角色列表",
    summary_en="Every role one can hold in the firm or its books, built-in or own; to a client's people their side's.",
)
@blp.response(200, RolesOut)
def list_roles(scope: TenantScope) -> dict[str, Any]:
    """Built-in roles first, then the firm's own in the order of their codes."""
    builtin = [_builtin(role) for role in BUILTIN.values() if role.side != "ops"]
    known = builtin + [_own(row) for row in queries.own_roles(scope)]
    return {"data": [role for role in known if _told(scope, role["side"])]}


@blp.route(
    "/roles",
    methods=["POST"],
    needs=Permission.ROLE_MANAGE,
    scope="firm",
    operation="roles_create",
    summary_zh="新建自定义角色",
    summary_en="Make a role of the firm's own from permissions.",
    idempotent=True,
    step_up=True,
    audit="role.make",
)
@blp.arguments(RoleIn)
@blp.response(201, RoleOut)
def make_role(scope: TenantScope, payload: dict[str, Any]) -> Tagged:
    """The new role; raises `RoleRejected`, `RoleBeyond` or `RoleTaken`."""
    row = service.make_role(scope, OwnRole(**payload))
    return created(_own(row), f"/v1/roles/{row['code']}", row["row_version"], _view(scope))


@blp.route(
    "/roles/<code>",
    needs=Permission.ME_READ,
    scope="firm",
    operation="roles_read",
    summary_zh="自定义角色",
    summary_en="One role of the firm's own.",
    refs=("path:code",),
)
@blp.response(200, RoleOut)
def read_role(scope: TenantScope, code: str) -> Tagged:
    """One own role; raises `RoleNotFound`."""
    row = service.own_role(scope, code)
    if not _told(scope, row["side"]):
        raise RoleNotFound
    return tagged(_own(row), row["row_version"], _view(scope))


@blp.route(
    "/roles/<code>",
    methods=["PATCH"],
    needs=Permission.ROLE_MANAGE,
    scope="firm",
    operation="roles_update",
    summary_zh="修改自定义角色",
    summary_en="Change an own role, or retire it; it holds for everybody at the next request.",
    refs=("path:code",),
    if_match=True,
    step_up=True,
    audit="role.change",
)
@blp.arguments(RolePatch)
@blp.response(200, RoleOut)
def change_role(scope: TenantScope, payload: dict[str, Any], code: str) -> Tagged:
    """The role after the change; raises `RoleNotFound`, `EtagMismatch`, `RoleRejected` or `RoleBeyond`."""
    before = service.own_role(scope, code, lock=True)
    etags.match(before["row_version"], _view(scope))
    names = ("code", "name_zh", "name_en", "reach", "side", "permissions", "all_books", "active")
    after = service.change_role(scope, before, OwnRole(**{name: before[name] for name in names} | payload))
    return tagged(_own(after), after["row_version"], _view(scope))


def _view(scope: TenantScope) -> str:
    """Two firms may use one code, and so one address: the tag of one is not the other's."""
    return f"role-{scope.tenant.short_name}"


def _told(scope: TenantScope, side: str) -> bool:
    """Whether roles of this side are the caller's business: a client's people learn of their own side's only."""
    return side == "client" or standing(scope).side != "client"


def _builtin(role: Role) -> dict[str, Any]:
    names = ("code", "reach", "side", "all_books")
    shown = {name: getattr(role, name) for name in names}
    told = {"name_zh": role.zh, "name_en": role.en, "active": True, "builtin": True}
    return {**shown, **told, "permissions": sorted(role.permissions)}


def _own(row: RowMapping) -> dict[str, Any]:
    return {**row, "builtin": False}


# ---- teams


@blp.route(
    "/teams",
    needs=Permission.TEAM_MANAGE,
    scope="firm",
    operation="teams_list",
    summary_zh="团队列表",
    summary_en="The teams of the firm.",
)
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_of(TeamOut))
def list_teams(scope: TenantScope, query: dict[str, Any]) -> Response:
    """The teams in the order they came."""
    asked = pages.wanted(scope, query)
    found = queries.teams(scope, asked.after_id, asked.fetch)
    return pages.page(scope, asked, found, _by_id, TeamOut(many=True).dump)


@blp.route(
    "/teams",
    methods=["POST"],
    needs=Permission.TEAM_MANAGE,
    scope="firm",
    operation="teams_create",
    summary_zh="新建团队",
    summary_en="Make a team; roles in books are then given to it as to a person.",
    idempotent=True,
    audit="team.make",
)
@blp.arguments(TeamIn)
@blp.response(201, TeamOut)
def make_team(scope: TenantScope, payload: dict[str, Any]) -> Tagged:
    """The new team; raises `TeamTaken`."""
    row = service.make_team(scope, payload["name"])
    return created(row, f"/v1/teams/{encode('team', row['id'])}", row["row_version"], "team")


@blp.route(
    '/teams/<id("team"):team_id>',
    needs=Permission.TEAM_MANAGE,
    scope="firm",
    operation="teams_read",
    summary_zh="团队",
    summary_en="One team of the firm.",
    refs=("path:team_id",),
)
@blp.response(200, TeamOut)
def read_team(scope: TenantScope, team_id: UUID) -> Tagged:
    """One team; raises `TeamNotFound`."""
    row = service.one_team(scope, team_id)
    return tagged(row, row["row_version"], "team")


@blp.route(
    '/teams/<id("team"):team_id>',
    methods=["DELETE"],
    needs=Permission.TEAM_MANAGE,
    scope="firm",
    operation="teams_delete",
    summary_zh="解散团队",
    summary_en="Dissolve a team with the roles it held in books.",
    refs=("path:team_id",),
    audit="team.end",
)
@blp.response(204)
def end_team(scope: TenantScope, team_id: UUID) -> None:
    """The team is no more."""
    service.end_team(scope, team_id)


@blp.route(
    '/teams/<id("team"):team_id>/members',
    needs=Permission.TEAM_MANAGE,
    scope="firm",
    operation="team_members_list",
    summary_zh="团队成员",
    summary_en="The people of a team.",
    refs=("path:team_id",),
)
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_of(TeamMemberOut))
def list_members(scope: TenantScope, query: dict[str, Any], team_id: UUID) -> Response:
    """The people of a team; raises `TeamNotFound`."""
    service.one_team(scope, team_id)
    asked = pages.wanted(scope, query)
    found = queries.members(scope, team_id, asked.after_id, asked.fetch)
    return pages.page(scope, asked, found, _by_id, TeamMemberOut(many=True).dump)


@blp.route(
    '/teams/<id("team"):team_id>/members/<id("usr"):user_id>',
    methods=["PUT"],
    needs=Permission.TEAM_MANAGE,
    scope="firm",
    operation="team_members_put",
    summary_zh="加入团队",
    summary_en="Take a person of the staff into a team, which gives it the team's roles in books.",
    refs=("path:team_id", "path:user_id"),
    step_up=True,
    audit="team.join",
)
@blp.response(204)
def join(scope: TenantScope, team_id: UUID, user_id: UUID) -> None:
    """The person is in the team; raises `TeamNotFound`, `UserNotFound` or `TeamMisfit`."""
    service.join(scope, team_id, user_id)


@blp.route(
    '/teams/<id("team"):team_id>/members/<id("usr"):user_id>',
    methods=["DELETE"],
    needs=Permission.TEAM_MANAGE,
    scope="firm",
    operation="team_members_delete",
    summary_zh="退出团队",
    summary_en="Let a person leave a team.",
    refs=("path:team_id", "path:user_id"),
    audit="team.leave",
)
@blp.response(204)
def leave(scope: TenantScope, team_id: UUID, user_id: UUID) -> None:
    """The person is no longer in the team; raises `TeamNotFound` or `UserNotFound`."""
    service.leave(scope, team_id, user_id)


# ---- roles in a book


@blp.route(
    "/books/<book_id>/grants",
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
    found = queries.grants(scope, scope.book.id, asked.after_id, asked.fetch)
    return pages.page(scope, asked, found, _by_id, GrantOut(many=True).dump)


@blp.route(
    '/books/<book_id>/grants/<id("usr"):user_id>',
    methods=["PUT"],
    needs=Permission.STAFF_MANAGE,
    scope="book",
    operation="grants_put",
    summary_zh="账套授权",
    summary_en="Give a person a role in the book, instead of the one held; for good or until a moment.",
    refs=("path:user_id",),
    step_up=True,
    audit="grant.give",
)
@blp.arguments(GrantIn)
@blp.response(200, GrantOut)
def grant(scope: BookScope, payload: dict[str, Any], user_id: UUID) -> Mapping[str, Any]:
    """The grant as it now is."""
    return service.grant(scope, user_id, payload["role"], payload["until"])


@blp.route(
    '/books/<book_id>/grants/<id("usr"):user_id>',
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
    service.withdraw(scope, "usr", user_id)


@blp.route(
    "/books/<book_id>/team-grants",
    needs=Permission.STAFF_MANAGE,
    scope="book",
    operation="team_grants_list",
    summary_zh="账套团队授权列表",
    summary_en="Which teams hold which role in the book.",
)
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_of(TeamGrantOut))
def list_team_grants(scope: BookScope, query: dict[str, Any]) -> Response:
    """The teams' roles in the book."""
    asked = pages.wanted(scope, query)
    found = queries.team_grants(scope, scope.book.id, asked.after_id, asked.fetch)
    return pages.page(scope, asked, found, _by_id, TeamGrantOut(many=True).dump)


@blp.route(
    '/books/<book_id>/team-grants/<id("team"):team_id>',
    methods=["PUT"],
    needs=Permission.STAFF_MANAGE,
    scope="book",
    operation="team_grants_put",
    summary_zh="账套团队授权",
    summary_en="Give a team a role in the book, instead of the one held.",
    refs=("path:team_id",),
    step_up=True,
    audit="grant.give",
)
@blp.arguments(GrantIn)
@blp.response(200, TeamGrantOut)
def grant_team(scope: BookScope, payload: dict[str, Any], team_id: UUID) -> Mapping[str, Any]:
    """The team's role as it now is."""
    return service.grant_team(scope, team_id, payload["role"], payload["until"])


@blp.route(
    '/books/<book_id>/team-grants/<id("team"):team_id>',
    methods=["DELETE"],
    needs=Permission.STAFF_MANAGE,
    scope="book",
    operation="team_grants_delete",
    summary_zh="撤销账套团队授权",
    summary_en="Take a team's role in the book away.",
    refs=("path:team_id",),
    audit="grant.withdraw",
)
@blp.response(204)
def withdraw_team(scope: BookScope, team_id: UUID) -> None:
    """The team may no longer enter the book."""
    service.withdraw(scope, "team", team_id)


def _by_id(row: RowMapping) -> list[str]:
    return [str(row["id"])]
