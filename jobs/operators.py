"""The operators' tokens on the command line: issued with a role, listed, ended.

Invariant: a token is shown once, at its issuing, and is worthless from the moment it is ended.
"""

from __future__ import annotations

from typing import Any

from app.identity.break_glass.service import end_operator
from app.identity.tokens import queries
from app.identity.tokens.service import issue_operator_token
from app.kernel.permissions import BUILTIN
from infra.ids import encode
from infra.ports import Ports
from jobs.keys import end_proposals
from tenants.scope import Actor

ROLES = tuple(role.code for role in BUILTIN.values() if role.reach == "ops")


def issue(ports: Ports, name: str, role: str) -> dict[str, Any]:
    """A token of the ops plane with one of the operators' roles, for 90 days."""
    issued = issue_operator_token(ports.engine, name, ports.clock(), role)
    return {"token": issued.secret, "id": encode("tok", issued.id), "expires_at": issued.expires_at.isoformat()}


def listed(ports: Ports) -> list[dict[str, Any]]:
    """The operators' tokens that still hold, oldest first, without their secrets."""
    with ports.engine.connect() as connection:
        rows = queries.operator_tokens(connection, ports.clock())
    return [
        {"id": encode("tok", row["id"]), "name": row["name"], "role": row["role"], "expires_at": str(row["expires_at"])}
        for row in rows
    ]


def end(ports: Ports, name: str) -> int:
    """End every token of an operator, its visits and what it proposed (双人授权); how many tokens still held."""
    held = end_operator(ports, name)
    with ports.engine.connect() as connection:
        mine = queries.of_operator(connection, name)
    end_proposals(ports, {Actor("operator", one, name).key for one in mine})
    return held
