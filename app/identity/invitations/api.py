"""Routes of invitations (邀请)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy import RowMapping

from app.http import pages
from app.http.blueprint import Blueprint
from app.http.headers import came_from
from app.http.pages import PageQuery
from app.http.replies import Tagged
from app.http.schemas import page_of
from app.http.types import PUBLIC, Visit
from app.identity.invitations import queries, service
from app.identity.invitations.schemas import AcceptIn, AcceptOut, InvitationIn, InvitationMade, InvitationOut
from app.identity.invitations.types import Acceptance, NewInvitation
from app.identity.sessions.types import Place
from app.kernel.permissions import Permission
from infra.ids import encode
from tenants.scope import TenantScope

blp = Blueprint("invitations", __name__, url_prefix="/v1/invitations", tag_zh="邀请")


@blp.route(
    "",
    needs=Permission.STAFF_MANAGE,
    scope="firm",
    operation="invitations_list",
    summary_zh="邀请列表",
    summary_en="The firm's invitations, without their secrets and without books the caller may not enter.",
)
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_of(InvitationOut))
def list_invitations(scope: TenantScope, query: dict[str, Any]) -> Response:
    """The invitations in the order they were made."""
    asked = pages.wanted(scope, query)
    found = queries.invitations(scope, asked.after_id, asked.fetch)
    rows = _shown(scope, found)
    return pages.page(scope, asked, rows, lambda row: [str(row["id"])], InvitationOut(many=True).dump)


def _wanted(payload: dict[str, Any]) -> NewInvitation:
    wanted = [(one["book"], one["role"]) for one in payload["books"]]
    return NewInvitation(payload["email"], payload["role"], wanted)


def _offer_again(scope: TenantScope, payload: dict[str, Any]) -> None:
    service.check_offer(scope, _wanted(payload))


@blp.route(
    "",
    methods=["POST"],
    needs=Permission.STAFF_MANAGE,
    scope="firm",
    operation="invitations_create",
    summary_zh="邀请员工",
    summary_en="Invite somebody by e-mail, with books and roles; the link is shown once and holds 72 hours.",
    refs=("body:/books/*/book",),
    idempotent=True,
    again=blp.arguments(InvitationIn)(_offer_again),
    once=("secret",),
    audit="invitation.make",
    person=True,
    step_up=True,
)
@blp.arguments(InvitationIn)
@blp.response(201, InvitationMade)
def invite(scope: TenantScope, payload: dict[str, Any]) -> Tagged:
    """The invitation with its secret."""
    invitation_id, secret = service.invite(scope, _wanted(payload))
    (row,) = _shown(scope, [service.one_invitation(scope, invitation_id)])
    return {**row, "secret": secret}, {"Location": f"/v1/invitations/{encode('inv', invitation_id)}"}


@blp.route(
    '/<id("inv"):invitation_id>',
    needs=Permission.STAFF_MANAGE,
    scope="firm",
    operation="invitations_read",
    summary_zh="邀请",
    summary_en="One invitation of the firm, without its secret.",
    refs=("path:invitation_id",),
)
@blp.response(200, InvitationOut)
def read(scope: TenantScope, invitation_id: UUID) -> dict[str, Any]:
    """One invitation; raises `InvitationNotFound`."""
    (row,) = _shown(scope, [service.one_invitation(scope, invitation_id)])
    return row


@blp.route(
    '/<id("inv"):invitation_id>/revoke',
    methods=["POST"],
    needs=Permission.STAFF_MANAGE,
    scope="firm",
    operation="invitations_revoke",
    summary_zh="撤回邀请",
    summary_en="Take an invitation back; its link is worthless from now on.",
    refs=("path:invitation_id",),
    idempotent=True,
    audit="invitation.revoke",
)
@blp.response(200, InvitationOut)
def revoke(scope: TenantScope, invitation_id: UUID) -> dict[str, Any]:
    """The invitation after its end; raises `InvitationNotFound`."""
    (row,) = _shown(scope, [service.revoke(scope, invitation_id)])
    return row


@blp.route(
    "/accept",
    methods=["POST"],
    needs=PUBLIC,
    scope="public",
    operation="invitations_accept",
    summary_zh="接受邀请",
    summary_en="Become a member by an invitation, with a name and a first password in this firm.",
    rate_class="login",
)
@blp.arguments(AcceptIn)
@blp.response(200, AcceptOut)
def accept(visit: Visit, payload: dict[str, Any]) -> dict[str, Any]:
    """The firm one now belongs to."""
    who = Acceptance(**payload)
    firm = service.accept(visit.ports, who, Place(*came_from(), visit.request_id), visit.now)
    return {"firm": firm.short_name, "name": firm.name}


def _shown(scope: TenantScope, rows: Sequence[RowMapping]) -> list[dict[str, Any]]:
    """The invitations as the caller may see them: a book it may not enter is none of its business."""
    mine = service.enterable(scope, rows)
    return [
        {
            **row,
            "books": [{**one, "book": UUID(one["book"])} for one in row["books"] if UUID(one["book"]) in mine],
            "state": _state(row, scope.now),
        }
        for row in rows
    ]


def _state(row: RowMapping, now: datetime) -> str:
    if row["accepted_at"] is not None:
        return "accepted"
    if row["revoked_at"] is not None:
        return "revoked"
    return "open" if row["expires_at"] > now else "expired"
