"""What a firm of the world holds besides its books: people, roles, teams, keys, devices, invitations, visits."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any

from infra.ids import encode
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.bola import principals as people
from tests.bola.canaries import Canaries
from tests.bola.principals import Caller
from tests.bola.recipes_books import BODIES, CALLBACK, PROVIDER

_PROVIDERS = "/v1/outside-providers"
_SECRET = {"login": "bola", "secret": "a secret of another system"}


@dataclass
class Firm:
    """A firm of the world: `objects` are those of its own, by kind; `names` is what others may read of it."""

    letter: str
    tenant: TenantRef
    canaries: Canaries
    maker: Caller
    checker: Caller
    objects: dict[str, str] = field(default_factory=dict)
    users: dict[str, Any] = field(default_factory=dict)
    names: Canaries = field(default_factory=lambda: Canaries(""))


def furnish_firm(ports: Ports, firm: Firm, support: Caller) -> None:
    """Everything of a firm that a route may name."""
    _roles_and_teams(firm)
    _ways_in(ports, firm)
    _programs(firm)
    _visits(firm, support)
    if any(rule.rule == _PROVIDERS for rule in firm.maker.client.application.url_map.iter_rules()):
        firm.objects["provider"] = firm.maker("POST", _PROVIDERS, PROVIDER).json["id"]
    word = firm.canaries
    body = {"system": "etax", "name": word(), **_SECRET}
    firm.objects["firm_credential"] = firm.maker("POST", "/v1/credentials", body).json["id"]
    for _ in range(10):
        firm.maker("POST", "/v1/api-keys", {"name": word(), "role": "manager", "days": 9})


def _roles_and_teams(firm: Firm) -> None:
    word = firm.canaries
    role = {"code": f"own_{word().lower()}", "name_zh": word(), "name_en": word(), "reach": "book"}
    firm.objects["role"] = firm.maker("POST", "/v1/roles", {**role, "permissions": ["book.read"]}).json["code"]
    for kind in ("team", "team_free"):
        firm.objects[kind] = firm.maker("POST", "/v1/teams", {"name": word()}).json["id"]
    firm.objects["team_mate"] = encode("usr", firm.users["staff_more"])
    firm.maker("PUT", f"/v1/teams/{firm.objects['team']}/members/{firm.objects['team_mate']}")
    firm.maker("PUT", f"/v1/teams/{firm.objects['team']}/members/{firm.objects['user']}")


def _ways_in(ports: Ports, firm: Firm) -> None:
    """Devices, invitations and a reset: one for each verb."""
    word = firm.canaries
    firm.objects["session"] = people.device(ports, firm.tenant, firm.users["spare"])
    firm.objects["my_factor"] = people.passkey(ports, firm.users["staff_more"])
    firm.objects["my_session"] = people.device(ports, firm.tenant, firm.users["maker"])
    for kind in ("invitation", "invitation_more"):
        asked = {"email": f"{word().lower()}@bola.test", "role": "staff"}
        made = firm.maker("POST", "/v1/invitations", asked).json
        firm.objects |= {kind: made["id"], f"{kind}_secret": made["secret"]}
    reset = firm.maker("POST", f"/v1/staff/{firm.objects['user']}/password-reset").json
    firm.objects["reset_secret"] = reset["secret"]


def _programs(firm: Firm) -> None:
    """A program that people let act for them, and one that acts for itself."""
    word = firm.canaries
    told = {"auth": "client_secret_basic", "scopes": ["openid", "me.read", "book.list"]}
    web = {**told, "name": firm.names(), "kind": "web", "redirect_uris": [CALLBACK]}
    service = {**told, "name": word(), "kind": "service", "role": "manager", "scopes": ["me.read", "book.list"]}
    firm.objects["oauth_client"] = firm.maker("POST", "/v1/oauth-clients", web).json["id"]
    made = firm.maker("POST", "/v1/oauth-clients", service).json
    basic = b64encode(f"{made['id']}:{made['client_secret']}".encode()).decode()
    firm.objects["oauth_secret"] = f"Basic {basic}"
    firm.objects["my_consent"] = consent(firm.maker, firm.objects["oauth_client"])


def consent(who: Caller, program: str) -> str:
    """Let a program act for a person; the consent by its id."""
    asked = {**BODIES["oauth_authorizations_create"], "client_id": program}
    who("POST", "/v1/oauth/authorizations", asked)
    found: str = who("GET", "/v1/me/consents").json["data"][0]["id"]
    return found


def _visits(firm: Firm, support: Caller) -> None:
    """What an operator asked for: one visit to be decided, one approved."""
    asked = {"firm": firm.tenant.short_name, "reason": firm.names(), "minutes": 30}
    for kind in ("visit", "visit_approved"):
        firm.objects[kind] = support("POST", "/ops/v1/break-glass", asked).json["id"]
    firm.maker("POST", f"/v1/break-glass/{firm.objects['visit_approved']}/approve")
