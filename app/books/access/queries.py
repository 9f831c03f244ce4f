"""What an actor may do: its role on the firm, and the roles it holds in books, by itself or through its teams.

Invariant: a role is a built-in one or an active own one of the firm; a code nobody knows holds nothing. A grant that
has expired is none, and so is one of a retired role or of a role of the other side.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Select, func, or_, select

from app.books.models import book_grant, role, team_member
from app.kernel.permissions import BOOK_ROLES_OF, BUILTIN, NOBODY, Permission, Role, book_permissions, limited
from tenants.scope import TenantScope

_STANDING = "access.standing"
_PERMISSIONS = {one.value: one for one in Permission}


def roles(scope: TenantScope, codes: Iterable[str]) -> dict[str, Role]:
    """The roles of these codes; a firm's own ones cost one query, unknown or retired ones are not in the answer."""
    wanted = set(codes)
    found = {code: BUILTIN[code] for code in wanted & BUILTIN.keys()}
    own = wanted - BUILTIN.keys()
    if own:
        rows = scope.execute(select(role).where(role.c.code.in_(own), role.c.active)).mappings()
        found |= {row["code"]: _as_role(row) for row in rows}
    return found


def _as_role(row: Any) -> Role:
    """An own role of the firm as a value; names of permissions that no longer exist are left out."""
    known = frozenset(_PERMISSIONS[name] for name in row["permissions"] if name in _PERMISSIONS)
    return Role(row["code"], row["name_zh"], row["name_en"], row["reach"], row["side"], known, row["all_books"])


def standing(scope: TenantScope) -> Role:
    """The actor's role on the firm, read once a transaction; `NOBODY` when its code means nothing here."""
    if _STANDING not in scope.memo:
        code = scope.actor.role
        scope.memo[_STANDING] = roles(scope, (code,)).get(code, NOBODY)
    known: Role = scope.memo[_STANDING]
    return known


def on_firm(scope: TenantScope) -> frozenset[Permission]:
    """What the actor may do on the firm itself."""
    return limited(standing(scope).permissions, scope.actor.ceiling)


def in_book(scope: TenantScope, granted: Iterable[str] | None) -> frozenset[Permission]:
    """What the actor may do in a book where it was granted the roles of these codes."""
    codes = () if standing(scope).all_books else granted or ()
    return _by(scope, roles(scope, codes).values())


def in_books(scope: TenantScope, book_ids: Collection[int]) -> dict[int, frozenset[Permission]]:
    """What the actor may do in each of these books, by internal id; nothing where it holds no role."""
    mine = held(scope)
    if mine is None:
        return dict.fromkeys(book_ids, on_firm(scope))
    own = mine.subquery("held")
    rows = scope.execute(select(own).where(own.c.book_id.in_(book_ids))).all()
    known = roles(scope, {code for row in rows for code in row.roles})
    may = dict.fromkeys(book_ids, frozenset[Permission]())
    return may | {row.book_id: _by(scope, [known[code] for code in row.roles if code in known]) for row in rows}


def _by(scope: TenantScope, granted: Iterable[Role]) -> frozenset[Permission]:
    """What these roles in a book let the actor do there, within its role on the firm and its ceiling."""
    return limited(book_permissions(standing(scope), granted), scope.actor.ceiling)


def held(scope: TenantScope, needs: Permission | None = None) -> Select[Any] | None:
    """The actor's books and the codes of its roles there (`book_id`, `roles`); None means every book.

    With `needs` only those roles that hold this permission.
    """
    if standing(scope).all_books:
        return None
    me, side = scope.actor.id, standing(scope).side
    mine = select(team_member.c.team_id).where(team_member.c.user_id == me)
    builtin = [code for code in BOOK_ROLES_OF.get(side, ()) if needs is None or needs in BUILTIN[code].permissions]
    own = select(role.c.code).where(role.c.active, role.c.reach == "book", role.c.side == side)
    if needs is not None:
        own = own.where(role.c.permissions.contains([needs.value]))
    return (
        select(book_grant.c.book_id, func.array_agg(book_grant.c.role.distinct()).label("roles"))
        .where(or_(book_grant.c.holder_id == me, book_grant.c.holder_id.in_(mine)))
        .where(or_(book_grant.c.expires_at.is_(None), book_grant.c.expires_at > scope.now))
        .where(or_(book_grant.c.role.in_(builtin), book_grant.c.role.in_(own)))
        .group_by(book_grant.c.book_id)
    )
