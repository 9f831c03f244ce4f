"""The JSON way through the authorization endpoint, for front ends of our own that hold the person's session."""

from __future__ import annotations

from typing import Any

from authlib.oauth2 import OAuth2Error  # type: ignore[import-untyped]
from flask import current_app

from app.http.blueprint import Blueprint
from app.http.gate import EXTENSION
from app.http.types import Gate
from app.identity.oauth.codes import service
from app.identity.oauth.errors import AuthorizationRejected
from app.identity.oauth.schemas import AuthorizationIn, AuthorizationOut
from app.identity.oauth.service import issuer
from app.identity.oauth.types import Asked
from app.kernel.permissions import Permission
from tenants.scope import TenantScope

blp = Blueprint("oauth_authorizations", __name__, url_prefix="/v1/oauth/authorizations", tag_zh="OAuth 授权")


@blp.route(
    "",
    methods=["POST"],
    needs=Permission.ME_READ,
    scope="firm",
    operation="oauth_authorizations_create",
    summary_zh="授权应用",
    summary_en="A person's yes or no to a client's request; answers where to send the browser, with the code.",
    refs=("body:/client_id",),
    person=True,
    audit="oauth.consent",
)
@blp.arguments(AuthorizationIn)
@blp.response(200, AuthorizationOut)
def authorize(scope: TenantScope, payload: dict[str, Any]) -> dict[str, Any]:
    """Where to send the browser; raises `PersonOnly`, `StepUpRequired`, `AuthorizationRejected`."""
    gate: Gate = current_app.extensions[EXTENSION]
    agreed = payload.pop("agreed")
    max_age = payload.pop("max_age", None)
    who = service.acting_person(scope, answering=True)
    if max_age is not None:
        service.demand_proof(scope, who, max_age)
    asked = Asked("GET", f"{issuer(gate.ports)}/oauth/authorize", {}, payload)
    try:
        said = service.answer(scope, gate.ports, asked, who, agreed)
    except OAuth2Error as error:
        raise AuthorizationRejected(error=error.error, reason=error.get_error_description()) from error
    return {"redirect_to": said.location}
