"""Routes of what one lets OAuth clients do for oneself."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response

from app.http import pages
from app.http.blueprint import Blueprint
from app.http.pages import PageQuery
from app.http.schemas import page_of
from app.identity.oauth.consents import queries, service
from app.identity.oauth.consents.schemas import ConsentOut
from app.kernel.permissions import Permission
from tenants.scope import TenantScope

blp = Blueprint("oauth_consents", __name__, url_prefix="/v1/me/consents", tag_zh="应用授权")


@blp.route(
    "",
    needs=Permission.ME_READ,
    scope="firm",
    operation="consents_list",
    summary_zh="我授权的应用",
    summary_en="What you let OAuth clients do for you.",
    person=True,
)
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_of(ConsentOut))
def list_consents(scope: TenantScope, query: dict[str, Any]) -> Response:
    """The consents of the acting person that stand."""
    asked = pages.wanted(scope, query)
    found = queries.consents(scope, asked.after_id, asked.fetch)
    return pages.page(scope, asked, found, lambda row: [str(row["id"])], ConsentOut(many=True).dump)


@blp.route(
    '/<id("cns"):consent_id>',
    methods=["DELETE"],
    needs=Permission.ME_READ,
    scope="firm",
    operation="consents_withdraw",
    summary_zh="撤回授权",
    summary_en="Take a consent back: the client's tokens for you are worthless at once. Doing it twice is harmless.",
    refs=("path:consent_id",),
    person=True,
    audit="oauth.withdraw",
)
@blp.response(204)
def withdraw(scope: TenantScope, consent_id: UUID) -> None:
    """The client is out; raises `ConsentNotFound`."""
    service.withdraw(scope, consent_id)
