"""Reads of own roles, teams and grants."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import RowMapping

from tenants.scope import TenantScope

_ROLE = """
select code, name_zh, name_en, reach, side, permissions, all_books, active, row_version
  from tenant.role where code = :code
"""
_ROLES = """
select code, name_zh, name_en, reach, side, permissions, all_books, active, row_version
  from tenant.role order by code
"""
_TEAM = "select id, name, row_version, created_at from tenant.team where id = :team_id"
_LOCKED_ROLE = f"{_ROLE} for update"
_LOCKED_TEAM = f"{_TEAM} for update"
_TEAMS = """
select id, name, row_version, created_at from tenant.team
 where cast(:after as uuid) is null or id > :after order by id limit :limit
"""


def own_roles(scope: TenantScope) -> Sequence[RowMapping]:
    """The firm's own roles in the order of their codes, retired ones included."""
    return scope.run(_ROLES).mappings().all()


def own_role(scope: TenantScope, code: str, *, lock: bool = False) -> RowMapping | None:
    """One own role of the firm; locked until the end of the transaction when it is to be changed."""
    return scope.run(_LOCKED_ROLE if lock else _ROLE, code=code).mappings().first()


def teams(scope: TenantScope, after: UUID | None, limit: int) -> Sequence[RowMapping]:
    """The teams of the firm in the order of their ids."""
    return scope.run(_TEAMS, after=after, limit=limit).mappings().all()


def one_team(scope: TenantScope, team_id: UUID, *, lock: bool = False) -> RowMapping | None:
    """One team of the firm; locked until the end of the transaction when it is to be changed."""
    return scope.run(_LOCKED_TEAM if lock else _TEAM, team_id=team_id).mappings().first()


def members(scope: TenantScope, team_id: UUID, after: UUID | None, limit: int) -> Sequence[RowMapping]:
    """The people of a team in the order of their ids."""
    found = scope.run(
        """
        select m.user_id as id, u.email, u.name, m.joined_at
          from tenant.team_member m join platform.app_user u on u.tenant_id = :tenant_id and u.id = m.user_id
         where m.team_id = :team_id and (cast(:after as uuid) is null or m.user_id > :after)
         order by m.user_id limit :limit
        """,
        tenant_id=scope.tenant.id,
        team_id=team_id,
        after=after,
        limit=limit,
    )
    return found.mappings().all()


def given(scope: TenantScope, holders: Sequence[UUID]) -> Sequence[RowMapping]:
    """In which books (by internal id) people and teams hold which role now."""
    found = scope.run(
        """
        select book_id, role from tenant.book_grant
         where holder_id = any(cast(:holders as uuid[])) and (expires_at is null or expires_at > :now)
         order by book_id, holder_id
        """,
        holders=list(holders),
        now=scope.now,
    )
    return found.mappings().all()


def held_here(scope: TenantScope, book_id: int, holder: UUID) -> dict[str, str | None]:
    """The role a holder has in a book, and until when; nothing of both when it holds none."""
    found = scope.run(
        "select role, expires_at from tenant.book_grant where book_id = :book_id and holder_id = :holder",
        book_id=book_id,
        holder=holder,
    ).first()
    until = found.expires_at if found else None
    return {"role": found.role if found else None, "until": until.isoformat() if until else None}


def grants(scope: TenantScope, book_id: int, after: UUID | None, limit: int) -> Sequence[RowMapping]:
    """Which people hold which role in a book, in the order of their ids; the keys' own grants are not people's."""
    found = scope.run(
        """
        select g.holder_id as id, u.email, u.name, g.role, g.granted_at, g.expires_at
          from tenant.book_grant g join platform.app_user u on u.tenant_id = :tenant_id and u.id = g.holder_id
         where g.book_id = :book_id and (cast(:after as uuid) is null or g.holder_id > :after)
         order by g.holder_id limit :limit
        """,
        tenant_id=scope.tenant.id,
        book_id=book_id,
        after=after,
        limit=limit,
    )
    return found.mappings().all()


def team_grants(scope: TenantScope, book_id: int, after: UUID | None, limit: int) -> Sequence[RowMapping]:
    """Which teams hold which role in a book, in the order of their ids."""
    found = scope.run(
        """
        select g.holder_id as id, t.name, g.role, g.granted_at, g.expires_at
          from tenant.book_grant g join tenant.team t on t.id = g.holder_id
         where g.book_id = :book_id and (cast(:after as uuid) is null or g.holder_id > :after)
         order by g.holder_id limit :limit
        """,
        book_id=book_id,
        after=after,
        limit=limit,
    )
    return found.mappings().all()


def teams_of(scope: TenantScope, user_id: UUID) -> list[UUID]:
    """The teams a person is in."""
    return list(scope.run("select team_id from tenant.team_member where user_id = :who", who=user_id).scalars())
