"""What outside identity providers are read from and written as."""

from __future__ import annotations

from marshmallow import ValidationError, fields, validates_schema

from app.http.fields import Choice, Instant, ObjectId, Pattern, Visible
from app.http.schemas import RequestSchema, ResponseSchema
from app.identity.outside.providers.errors import PROVIDER_URL

_URL = r"https://(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,63}(?:/[A-Za-z0-9._~/-]{0,200})?"


class ProviderIn(RequestSchema):
    """An OpenID Connect provider by its issuer, or a WeCom corporation with its agent."""

    kind = Choice(("oidc", "wecom"), required=True)
    name = Visible(50, required=True)
    issuer = Pattern(f"({_URL})?", PROVIDER_URL, load_default="")
    client_id = Pattern(r"[\x21-\x7e]{1,200}", required=True)
    agent_id = Pattern(r"[0-9]{0,20}", load_default="")
    secret = Pattern(r"[\x21-\x7e]{1,400}", required=True)
    redirect_uri = Pattern(_URL, PROVIDER_URL, required=True)

    @validates_schema
    def check_kind(self, given: dict[str, str], **kwargs: object) -> None:
        """An issuer for the one kind, an agent for the other."""
        missing = "issuer" if given.get("kind") == "oidc" else "agent_id"
        if "kind" in given and not given.get(missing):
            raise ValidationError("Missing data for required field.", missing)


class ProviderOut(ResponseSchema):
    """A provider without its secret."""

    id = ObjectId("idp", required=True)
    kind = fields.String(required=True)
    name = fields.String(required=True)
    issuer = fields.String(required=True)
    client_id = fields.String(required=True)
    agent_id = fields.String(required=True)
    redirect_uri = fields.String(required=True)
    active = fields.Boolean(required=True)
    created_at = Instant(required=True)


class ProvidersOut(ResponseSchema):
    """The providers of the firm."""

    data = fields.List(fields.Nested(ProviderOut), required=True)
