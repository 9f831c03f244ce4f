"""Rules of people: who may give which role on the firm."""

from __future__ import annotations

from app.kernel.permissions import Permission, Role


def may_assign(actor: Role, held: frozenset[Permission], before: Role | None, after: Role) -> bool:
    """Whether somebody may change a person's role so: only an owner makes or unmakes an owner, and nobody gives or
    takes away what goes beyond its own permissions."""
    if actor.code in ("owner", "system"):
        return True
    if "owner" in (before.code if before else "", after.code):
        return False
    return after.permissions <= held and (before is None or before.permissions <= held)
