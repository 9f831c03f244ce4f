"""Rules of own roles: which permissions fit where, and that nobody makes a role beyond its own rights."""

from __future__ import annotations

from app.identity.roles.errors import ALL_BOOKS_MISFIT, PERMISSION_MISFIT
from app.identity.roles.types import OwnRole
from app.kernel.permissions import CLIENT_MOST, CLIENT_ONLY, FIRM_ONLY, OPS_ONLY, OWNER_ONLY, Permission
from infra.errors import Violation

_NOT_FOR_STAFF = OPS_ONLY | CLIENT_ONLY | OWNER_ONLY
_ANYBODYS = frozenset({Permission.ME_READ, Permission.BOOK_LIST, Permission.JOB_READ})


def allowed(role: OwnRole) -> frozenset[Permission]:
    """What an own role may hold at most; an owner's rights and an operator's cannot be part of one."""
    if role.side == "client":
        return CLIENT_MOST if role.reach == "book" else _ANYBODYS
    if role.reach == "book":
        return frozenset(Permission) - FIRM_ONLY - _NOT_FOR_STAFF
    return (frozenset(Permission) if role.all_books else FIRM_ONLY) - _NOT_FOR_STAFF


def violations(role: OwnRole) -> list[Violation]:
    """Everything wrong with an own role."""
    most = allowed(role)
    found = [
        PERMISSION_MISFIT.at(f"/permissions/{i}", permission=name)
        for i, name in enumerate(role.permissions)
        if Permission(name) not in most
    ]
    if role.all_books and (role.reach != "firm" or role.side != "staff"):
        found.append(ALL_BOOKS_MISFIT.at("/all_books"))
    return found
