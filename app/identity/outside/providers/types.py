"""Outside identity providers as the neighbouring rooms see them."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class NewProvider:
    """A provider to be registered: `issuer` is empty for WeCom, `agent_id` for OpenID Connect."""

    kind: str
    name: str
    issuer: str
    client_id: str
    agent_id: str
    secret: str = field(repr=False)
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Provider:
    """A registered provider with its secret opened."""

    id: UUID
    tenant_id: UUID
    kind: str
    issuer: str
    client_id: str
    agent_id: str
    redirect_uri: str
    secret: str = field(repr=False)
