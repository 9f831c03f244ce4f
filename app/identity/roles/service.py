"""The verbs of roles: make own roles, make teams, give and take roles in books.

Invariant: nobody makes or gives a role beyond what it may do itself, its ceiling included; a client's people hold a
client's roles only, and nobody else holds them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from app.audit import service as audit
from app.audit.service import Act
from app.books.access.queries import in_books, on_firm, roles
from app.books.types import BookScope
from app.identity.errors import RoleUnknown
from app.identity.people.errors import UserNotFound
from app.identity.people.service import member
from app.identity.roles import queries
from app.identity.roles.errors import (
    UNTIL_FAR,
    UNTIL_PAST,
    UNTIL_REQUIRED,
    GrantMisfit,
    GrantNotFound,
    GrantRejected,
    RoleBeyond,
    RoleNotFound,
    RoleRejected,
    RoleTaken,
    TeamMisfit,
    TeamNotFound,
    TeamTaken,
)
from app.identity.roles.rules import violations
from app.identity.roles.types import OwnRole
from app.identity.rules import differing
from app.kernel.permissions import CLIENT_ONLY, LONGEST_BOX, TIME_BOXED, Role, fits, within
from infra.ids import encode, new_id
from tenants.scope import TenantScope

_MAKE_ROLE = """
insert into tenant.role (code, name_zh, name_en, reach, side, permissions, all_books, active, created_at, updated_at)
values (:code, :name_zh, :name_en, :reach, :side, :permissions, :all_books, :active, :now, :now)
    on conflict (code) do nothing returning code
"""
_CHANGE_ROLE = """
update tenant.role
   set name_zh = :name_zh, name_en = :name_en, reach = :reach, side = :side, permissions = :permissions,
       all_books = :all_books, active = :active, row_version = row_version + 1, updated_at = :now
 where code = :code
"""
_MAKE_TEAM = """
insert into tenant.team (id, name, created_at) values (:id, :name, :now) on conflict (name) do nothing returning id
"""
_JOIN = """
insert into tenant.team_member (team_id, user_id, joined_at) values (:team_id, :user_id, :now)
    on conflict (team_id, user_id) do nothing returning user_id
"""
_LEAVE = "delete from tenant.team_member where team_id = :team_id and user_id = :user_id"


# ---- own roles


def make_role(scope: TenantScope, new: OwnRole) -> RowMapping:
    """Make a role of the firm's own (自定义角色); raises `RoleRejected`, `RoleBeyond` or `RoleTaken`."""
    _check_role(scope, new)
    if scope.run(_MAKE_ROLE, **_columns(new), now=scope.now).first() is None:
        raise RoleTaken(role=new.code)
    audit.record(scope, [Act("role.make", "role", new.code, _columns(new))])
    return own_role(scope, new.code)


def own_role(scope: TenantScope, code: str, *, lock: bool = False) -> RowMapping:
    """A role of the firm's own; raises `RoleNotFound`."""
    row = queries.own_role(scope, code, lock=lock)
    if row is None:
        raise RoleNotFound
    return row


def change_role(scope: TenantScope, before: RowMapping, new: OwnRole) -> RowMapping:
    """Change a locked own role, or retire it: who holds a retired role holds nothing by it; no change is no act.

    Raises `RoleRejected` or `RoleBeyond`.
    """
    _check_role(scope, new)
    details = differing(dict(before), _columns(new))
    if not details:
        return before
    scope.run(_CHANGE_ROLE, **_columns(new), now=scope.now)
    audit.record(scope, [Act("role.change", "role", new.code, details)])
    return own_role(scope, new.code)


def _columns(new: OwnRole) -> dict[str, Any]:
    return {**asdict(new), "permissions": sorted(set(new.permissions))}


def _check_role(scope: TenantScope, new: OwnRole) -> None:
    found = violations(new)
    if found:
        raise RoleRejected(violations=found)
    if set(new.permissions) - {one.value for one in on_firm(scope) | CLIENT_ONLY}:
        raise RoleBeyond(role=new.code)


# ---- teams


def make_team(scope: TenantScope, name: str) -> RowMapping:
    """Make a team (团队) without members; raises `TeamTaken`."""
    team_id = new_id()
    if scope.run(_MAKE_TEAM, id=team_id, name=name, now=scope.now).first() is None:
        raise TeamTaken(name=name)
    audit.record(scope, [Act("team.make", "team", encode("team", team_id), {"name": name})])
    return one_team(scope, team_id)


def one_team(scope: TenantScope, team_id: UUID, *, lock: bool = False) -> RowMapping:
    """A team of the firm; raises `TeamNotFound`."""
    row = queries.one_team(scope, team_id, lock=lock)
    if row is None:
        raise TeamNotFound
    return row


def end_team(scope: TenantScope, team_id: UUID) -> None:
    """Dissolve a team: its members keep only what they hold themselves; raises `TeamNotFound`."""
    ended, key = one_team(scope, team_id, lock=True), encode("team", team_id)
    withdraw_all(scope, "team", key, team_id)
    left = scope.run("delete from tenant.team_member where team_id = :team_id returning user_id", team_id=team_id)
    members = sorted(encode("usr", row.user_id) for row in left)
    scope.run("delete from tenant.team where id = :team_id", team_id=team_id)
    audit.record(scope, [Act("team.end", "team", key, {"name": ended["name"], "members": members})])


def join(scope: TenantScope, team_id: UUID, user_id: UUID) -> None:
    """Take a person of the staff into a team, and so give it the team's roles in books; twice is once.

    Raises `TeamNotFound`, `UserNotFound`, `TeamMisfit`, or `RoleBeyond` for a role that the actor could not give there.
    """
    one_team(scope, team_id, lock=True)
    holder = member(scope, user_id, lock=True)
    known = roles(scope, (holder["role"],)).get(holder["role"])
    if known is None or known.side != "staff":
        raise TeamMisfit
    check_held(scope, [team_id])
    if scope.run(_JOIN, team_id=team_id, user_id=user_id, now=scope.now).first():
        audit.record(scope, [Act("team.join", "team", encode("team", team_id), {"user": encode("usr", user_id)})])


def check_held(scope: TenantScope, holders: Sequence[UUID]) -> None:
    """Raise `RoleBeyond` for a role in a book that one of these holds and the actor could not give there."""
    given = queries.given(scope, holders)
    known = roles(scope, {row["role"] for row in given})
    mine = in_books(scope, {row["book_id"] for row in given})
    for row in given:
        if row["role"] in known and not within(known[row["role"]], mine[row["book_id"]]):
            raise RoleBeyond(role=row["role"])


def leave(scope: TenantScope, team_id: UUID, user_id: UUID) -> None:
    """Let a person leave a team; raises `TeamNotFound`, or `UserNotFound` when it is not in it."""
    one_team(scope, team_id)
    gone = scope.run(_LEAVE, team_id=team_id, user_id=user_id)
    if not gone.rowcount:
        raise UserNotFound
    audit.record(scope, [Act("team.leave", "team", encode("team", team_id), {"user": encode("usr", user_id)})])


# ---- roles in a book


def grant(scope: BookScope, user_id: UUID, code: str, until: datetime | None = None) -> Mapping[str, Any]:
    """Give a person of the firm a role in this book (授权), instead of the one held; `until` ends it by itself.

    Raises `UserNotFound`, `RoleUnknown`, `RoleBeyond`, `GrantRejected`, or `GrantMisfit` when a client's person is to
    hold a role of the staff, or one of the staff a client's.
    """
    _check_until(scope, code, until)
    holder = member(scope, user_id, lock=True)
    wanted = _grantable(scope, code)
    position = roles(scope, (holder["role"],)).get(holder["role"])
    if position is None or not fits(position, wanted):
        raise GrantMisfit(role=code)
    _give_here(scope, "user", encode("usr", user_id), user_id, code, until)
    return {**holder, "role": code, "granted_at": scope.now, "expires_at": until}


def grant_team(scope: BookScope, team_id: UUID, code: str, until: datetime | None = None) -> Mapping[str, Any]:
    """Give a team a role of the staff in this book.

    Raises `TeamNotFound`, `RoleUnknown`, `RoleBeyond`, `GrantRejected` or `GrantMisfit`.
    """
    _check_until(scope, code, until)
    found = one_team(scope, team_id)
    if _grantable(scope, code).side != "staff":
        raise GrantMisfit(role=code)
    _give_here(scope, "team", encode("team", team_id), team_id, code, until)
    return {**found, "role": code, "granted_at": scope.now, "expires_at": until}


def _check_until(scope: BookScope, code: str, until: datetime | None) -> None:
    if until is None and code in TIME_BOXED:
        raise GrantRejected(violations=[UNTIL_REQUIRED.at("/until")])
    if until is not None and until <= scope.now:
        raise GrantRejected(violations=[UNTIL_PAST.at("/until")])
    if until is not None and code in TIME_BOXED and until > scope.now + LONGEST_BOX:
        raise GrantRejected(violations=[UNTIL_FAR.at("/until", days=LONGEST_BOX.days)])


def _give_here(scope: BookScope, word: str, key: str, holder: UUID, code: str, until: datetime | None) -> None:
    """Give the role in this book; the line says what was held before."""
    held = queries.held_here(scope, scope.book.id, holder)
    give(scope, [scope.book.id], holder, code, until)
    new = {"role": code, "until": until.isoformat() if until else None}
    details = {name: {"before": held[name], "after": said} for name, said in new.items()}
    audit.record(scope, [Act("grant.give", word, key, details, scope.book.id)])


def _grantable(scope: BookScope, code: str) -> Role:
    wanted = roles(scope, (code,)).get(code)
    if wanted is None or wanted.reach != "book":
        raise RoleUnknown(role=code)
    if not within(wanted, scope.permissions):
        raise RoleBeyond(role=code)
    return wanted


def withdraw(scope: BookScope, kind: str, holder_id: UUID) -> None:
    """Take the role of a person (`usr`) or a team (`team`) in this book away; raises `GrantNotFound`."""
    taken = scope.run(
        """
        delete from tenant.book_grant
         where book_id = :book_id and holder_id = :holder
           and case :kind when 'team' then exists (select from tenant.team where id = :holder)
               else exists (select from platform.app_user where id = :holder and tenant_id = :firm) end
        returning role
        """,
        book_id=scope.book.id,
        holder=holder_id,
        kind=kind,
        firm=scope.tenant.id,
    ).first()
    if taken is None:
        raise GrantNotFound
    word = "team" if kind == "team" else "user"
    details = differing({"role": taken.role}, {"role": None})
    audit.record(scope, [Act("grant.withdraw", word, encode(kind, holder_id), details, scope.book.id)])


def withdraw_all(scope: TenantScope, word: str, key: str, holder: UUID) -> None:
    """Take every role in books from a team, a key or a client, each with its line in the log of its book."""
    taken = scope.run("delete from tenant.book_grant where holder_id = :holder returning book_id, role", holder=holder)
    acts = [
        Act("grant.withdraw", word, key, differing({"role": row.role}, {"role": None}), row.book_id) for row in taken
    ]
    audit.record(scope, acts)


def give_first(scope: TenantScope, word: str, key: str, holder: UUID, code: str, book_ids: Sequence[int]) -> None:
    """Give a role in books to who is new, each with its line in the log of its book; its caller checks."""
    give(scope, book_ids, holder, code)
    details = differing({"role": None}, {"role": code})
    audit.record(scope, [Act("grant.give", word, key, details, book_id) for book_id in book_ids])


def give(scope: TenantScope, book_ids: Sequence[int], holder: UUID, code: str, until: datetime | None = None) -> None:
    """Write one role of a holder in some books, whatever it held there before; its caller checks and logs."""
    scope.run(
        """
        insert into tenant.book_grant (book_id, holder_id, role, granted_at, granted_by, expires_at)
        select id, :holder, :role, :now, :actor, :until from unnest(cast(:book_ids as bigint[])) as id
            on conflict (book_id, holder_id) do update
           set role = excluded.role, granted_at = excluded.granted_at, granted_by = excluded.granted_by,
               expires_at = excluded.expires_at
        """,
        book_ids=list(book_ids),
        holder=holder,
        role=code,
        now=scope.now,
        actor=scope.actor.key,
        until=until,
    )
