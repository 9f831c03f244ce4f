"""Routes of logging in with an outside identity provider (外部身份登录), and of linking oneself to one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.http.blueprint import Blueprint
from app.http.headers import came_from
from app.http.types import PUBLIC, Visit
from app.identity.outside.logins import queries, service
from app.identity.outside.logins.schemas import (
    BeginIn,
    BegunOut,
    ChoicesOut,
    CompletedOut,
    CompleteIn,
    FirmQuery,
    LinkIn,
    LinksOut,
    TicketOut,
)
from app.identity.outside.logins.service import Begun, Ticket
from app.identity.outside.providers import queries as providers
from app.identity.sessions.types import Place
from app.identity.tokens.types import Issued
from app.kernel.permissions import Permission
from tenants.scope import TenantScope

blp = Blueprint("outside_logins", __name__, url_prefix="/v1", tag_zh="外部身份登录")


@blp.route(
    "/outside-logins/providers",
    needs=PUBLIC,
    scope="public",
    operation="outside_logins_choices",
    summary_zh="可用的外部身份源",
    summary_en="The providers one may log in to a firm with; an unknown firm has none.",
    rate_class="login",
)
@blp.arguments(FirmQuery, location="query")
@blp.response(200, ChoicesOut)
def choices(visit: Visit, query: dict[str, Any]) -> dict[str, Any]:
    """Ids, kinds and names."""
    with visit.ports.engine.connect() as connection:
        return {"data": providers.by_firm_name(connection, query["firm"])}


@blp.route(
    "/outside-logins",
    methods=["POST"],
    needs=PUBLIC,
    scope="public",
    operation="outside_logins_begin",
    summary_zh="发起外部登录",
    summary_en="Begin a login with a provider: send the person to `url`, keep `binding`.",
    refs=("body:/provider",),
    rate_class="login",
)
@blp.arguments(BeginIn)
@blp.response(201, BegunOut)
def begin(visit: Visit, payload: dict[str, Any]) -> Begun:
    """A login under way; raises `ProviderNotFound`, `OutsideRefused`, or what the way out refuses."""
    return service.begin(visit.ports, payload["provider"], payload["ticket"], visit.now)


@blp.route(
    "/outside-logins/complete",
    methods=["POST"],
    needs=PUBLIC,
    scope="public",
    operation="outside_logins_complete",
    summary_zh="完成外部登录",
    summary_en="Complete a login or a linking with what the provider sent back; once, and only by who began it.",
    rate_class="login",
)
@blp.arguments(CompleteIn)
@blp.response(200, CompletedOut)
def complete(visit: Visit, payload: dict[str, Any]) -> dict[str, Any]:
    """A token, a question, or the word that one is linked now."""
    place = Place(*came_from(), visit.request_id)
    found = service.complete(visit.ports, place=place, now=visit.now, **payload)
    token = found.secret if isinstance(found, Issued) else None
    expires = found.expires_at if isinstance(found, Issued) else None
    question = found if found is not None and token is None else None
    return {"token": token, "expires_at": expires, "second_factor": question, "linked": found is None}


@blp.route(
    "/me/outside-links",
    needs=Permission.ME_READ,
    scope="firm",
    operation="outside_links_list",
    summary_zh="已绑定的外部身份",
    summary_en="The providers one is linked with in this firm.",
    person=True,
)
@blp.response(200, LinksOut)
def list_links(scope: TenantScope) -> dict[str, Any]:
    """One's own links."""
    assert scope.actor.id is not None  # noqa: S101  (a person has an id)
    return {"data": queries.links_of(scope, scope.actor.id)}


@blp.route(
    '/me/outside-links/<id("idp"):provider_id>',
    methods=["DELETE"],
    needs=Permission.ME_READ,
    scope="firm",
    operation="outside_links_delete",
    summary_zh="解除外部身份绑定",
    summary_en="End one's own link with a provider.",
    refs=("path:provider_id",),
    step_up=True,
    person=True,
    audit="outside_link.end",
)
@blp.response(204)
def unlink(scope: TenantScope, provider_id: UUID) -> None:
    """The link is no more; raises `ProviderNotFound`."""
    service.unlink(scope, provider_id)


@blp.route(
    "/me/outside-links",
    methods=["POST"],
    needs=Permission.ME_READ,
    scope="firm",
    operation="outside_links_begin",
    summary_zh="绑定外部身份",
    summary_en="A ticket to link oneself with the provider: the linking is begun with it and completed like a login.",
    refs=("body:/provider",),
    step_up=True,
    person=True,
    audit="outside_link.begin",
)
@blp.arguments(LinkIn)
@blp.response(201, TicketOut)
def begin_link(scope: TenantScope, payload: dict[str, Any]) -> Ticket:
    """The ticket; raises `ProviderNotFound`."""
    return service.give_ticket(scope, payload["provider"])
