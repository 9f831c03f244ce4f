"""Routes of break-glass visits (应急访问): operators ask and open, the firm decides and ends."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy import RowMapping

from app.http import pages
from app.http.blueprint import Blueprint
from app.http.headers import came_from
from app.http.pages import PageQuery
from app.http.schemas import page_of
from app.http.types import Visit
from app.identity.break_glass import queries, service
from app.identity.break_glass.schemas import VisitIn, VisitOut, VisitToken
from app.kernel.permissions import Permission
from tenants.door import retrying
from tenants.scope import Actor, Origin, TenantScope

blp = Blueprint("break_glass", __name__, url_prefix="", tag_zh="应急访问")

_PLACE = '/v1/break-glass/<id("brk"):visit_id>'


@blp.route(
    "/ops/v1/break-glass",
    methods=["POST"],
    needs=Permission.BREAK_GLASS_REQUEST,
    scope="ops",
    operation="ops_break_glass_create",
    summary_zh="申请应急访问",
    summary_en="Ask a firm to let the operator look into its books; the firm decides, and its log says who asked.",
    audit="break_glass.request",
)
@blp.arguments(VisitIn)
@blp.response(201, VisitOut)
def ask(visit: Visit, payload: dict[str, Any]) -> RowMapping:
    """The request, waiting for the firm; raises `FirmUnknown`."""
    asking = _asking(visit)
    return retrying(lambda: service.ask(visit.ports, asking, payload["firm"], payload["reason"], payload["minutes"]))


@blp.route(
    "/ops/v1/break-glass",
    needs=Permission.BREAK_GLASS_REQUEST,
    scope="ops",
    operation="ops_break_glass_list",
    summary_zh="我的应急访问申请",
    summary_en="The visits the operator asked for.",
)
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_of(VisitOut))
def list_asked(visit: Visit, query: dict[str, Any]) -> Response:
    """The operator's own requests and what became of them."""
    asked = pages.wanted(visit, query)
    with visit.ports.engine.connect() as connection:
        found = queries.of_operator(connection, _operator_id(visit), visit.now, asked.after_id, asked.fetch)
    return pages.page(visit, asked, found, _by_id, VisitOut(many=True).dump)


@blp.route(
    '/ops/v1/break-glass/<id("brk"):visit_id>/open',
    methods=["POST"],
    needs=Permission.BREAK_GLASS_REQUEST,
    scope="ops",
    operation="ops_break_glass_open",
    summary_zh="开始应急访问",
    summary_en="Take the token of an approved visit; it reads the firm's books until its minutes are over.",
    refs=("path:visit_id",),
    audit="break_glass.open",
)
@blp.response(200, VisitToken)
def open_visit(visit: Visit, visit_id: UUID) -> dict[str, Any]:
    """The token, once; raises `VisitNotFound` or `VisitDecided`."""
    asking = _asking(visit)
    issued = retrying(lambda: service.open_visit(visit.ports, asking, visit_id))
    return {"token": issued.secret, "expires_at": issued.expires_at}


@blp.route(
    "/v1/break-glass",
    needs=Permission.BREAK_GLASS_APPROVE,
    scope="firm",
    operation="break_glass_list",
    summary_zh="应急访问申请列表",
    summary_en="What operators asked to see of this firm, and what became of it.",
)
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_of(VisitOut))
def list_visits(scope: TenantScope, query: dict[str, Any]) -> Response:
    """The requests in the order they came."""
    asked = pages.wanted(scope, query)
    found = queries.of_firm(scope.connection, scope.tenant.id, scope.now, asked.after_id, asked.fetch)
    return pages.page(scope, asked, found, _by_id, VisitOut(many=True).dump)


@blp.route(
    f"{_PLACE}/approve",
    methods=["POST"],
    needs=Permission.BREAK_GLASS_APPROVE,
    scope="firm",
    operation="break_glass_approve",
    summary_zh="批准应急访问",
    summary_en="Let the operator in: reading only, for the minutes asked, every look in the log of acts.",
    refs=("path:visit_id",),
    idempotent=True,
    step_up=True,
    person=True,
    audit="break_glass.approve",
)
@blp.response(200, VisitOut)
def approve(scope: TenantScope, visit_id: UUID) -> RowMapping:
    """The request, approved; raises `VisitNotFound` or `VisitDecided`."""
    return service.approve(scope, visit_id)


@blp.route(
    f"{_PLACE}/refuse",
    methods=["POST"],
    needs=Permission.BREAK_GLASS_APPROVE,
    scope="firm",
    operation="break_glass_refuse",
    summary_zh="拒绝应急访问",
    summary_en="Do not let the operator in.",
    refs=("path:visit_id",),
    idempotent=True,
    person=True,
    audit="break_glass.refuse",
)
@blp.response(200, VisitOut)
def refuse(scope: TenantScope, visit_id: UUID) -> RowMapping:
    """The request, refused; raises `VisitNotFound` or `VisitDecided`."""
    return service.refuse(scope, visit_id)


@blp.route(
    f"{_PLACE}/end",
    methods=["POST"],
    needs=Permission.BREAK_GLASS_APPROVE,
    scope="firm",
    operation="break_glass_end",
    summary_zh="终止应急访问",
    summary_en="End a visit or an unused approval at once.",
    refs=("path:visit_id",),
    idempotent=True,
    person=True,
    audit="break_glass.end",
)
@blp.response(200, VisitOut)
def end(scope: TenantScope, visit_id: UUID) -> RowMapping:
    """The visit, ended; raises `VisitNotFound`."""
    return service.end(scope, visit_id)


def _asking(visit: Visit) -> service.Asking:
    return service.Asking(_operator(visit), Origin(*came_from()), visit.request_id)


def _operator(visit: Visit) -> Actor:
    assert visit.actor is not None  # noqa: S101  (the gate made sure: the plane knows its operators)
    return visit.actor


def _operator_id(visit: Visit) -> UUID:
    operator = _operator(visit).id
    assert operator is not None  # noqa: S101  (every operator's token has an id)
    return operator


def _by_id(row: RowMapping) -> list[str]:
    return [str(row["id"])]
