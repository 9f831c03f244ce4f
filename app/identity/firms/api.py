"""Routes of the ops plane: firms (代账公司) are made and listed."""

from __future__ import annotations

from typing import Any

from flask import Response

from app.http import pages
from app.http.blueprint import Blueprint
from app.http.headers import came_from
from app.http.pages import PageQuery
from app.http.schemas import page_of
from app.http.types import Visit
from app.identity.firms import service
from app.identity.firms.schemas import FirmIn, FirmOut
from app.identity.people.types import NewUser
from app.kernel.permissions import Permission
from tenants.scope import Origin, TenantRef

blp = Blueprint("firms", __name__, url_prefix="/ops/v1/firms", tag_zh="代账公司")


@blp.route(
    "",
    methods=["POST"],
    needs=Permission.FIRM_PROVISION,
    scope="ops",
    operation="ops_firms_create",
    summary_zh="开通代账公司",
    summary_en="Make a firm with its first owner; the same short name and name again complete or find it.",
    audit="firm.create",
)
@blp.arguments(FirmIn)
@blp.response(201, FirmOut)
def open_firm(visit: Visit, payload: dict[str, Any]) -> TenantRef:
    """The firm, ready to be entered."""
    assert visit.actor is not None  # noqa: S101  (the gate made sure: the plane knows its operators)
    return service.open_firm(
        *(visit.ports, payload["short_name"], payload["name"], NewUser(**payload["owner"])),
        actor=visit.actor,
        origin=Origin(*came_from()),
        request_id=visit.request_id,
    )


@blp.route(
    "",
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
    found = service.firms(visit.ports.engine, asked.after_id, asked.fetch)
    return pages.page(visit, asked, found, lambda firm: [str(firm.id)], FirmOut(many=True).dump)
