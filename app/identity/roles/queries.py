"""Reads of own roles, teams and grants."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import RowMapping, select

from app.books.models import role, team
from tenants.scope import TenantScope


def own_roles(scope: TenantScope) -> Sequence[RowMapping]:
    """The firm's own roles in the order of their codes, retired ones included."""
    return scope.execute(select(role).order_by(role.c.code)).mappings().all()


def own_role(scope: TenantScope, code: str, *, lock: bool = False) -> RowMapping | None:
    """One own role of the firm; locked until the end of the transaction when it is to be changed."""
    query = select(role).where(role.c.code == code)
    return scope.execute(query.with_for_update() if lock else query).mappings().first()


def teams(scope: TenantScope, after: UUID | None, limit: int) -> Sequence[RowMapping]:
    """The teams of the firm in the order of their ids."""
    query = select(team).order_by(team.c.id).limit(limit)
    return scope.execute(query if after is None else query.where(team.c.id > after)).mappings().all()


def one_team(scope: TenantScope, team_id: UUID, *, lock: bool = False) -> RowMapping | None:
    """One team of the firm; locked until the end of the transaction when it is to be changed."""
    query = select(team).where(team.c.id == team_id)
    return scope.execute(query.with_for_update() if lock else query).mappings().first()


def members(scope: TenantScope, team_id: UUID, after: UUID | None, limit: int) -> Sequence[RowMapping]:
    """The people of a team in the order of their ids."""
    found = scope.run(
        """
        select m.user_id as id, u.email, coalesce(nullif(p.name, ''), u.name) as name, m.joined_at
          from tenant.team_member m join platform.app_user u on u.id = m.user_id
          left join platform.membership p on p.tenant_id = :tenant_id and p.user_id = m.user_id
         where m.team_id = :team_id and (cast(:after as uuid) is null or m.user_id > :after)
         order by m.user_id limit :limit
        """,
        tenant_id=scope.tenant.id,
        team_id=team_id,
        after=after,
        limit=limit,
    )
    return found.mappings().all()


def grants(scope: TenantScope, book_id: int, after: UUID | None, limit: int) -> Sequence[RowMapping]:
    """Which people hold which role in a book, in the order of their ids; the keys' own grants are not people's."""
    found = scope.run(
        """
        select g.holder_id as id, u.email, coalesce(nullif(p.name, ''), u.name) as name,
               g.role, g.granted_at, g.expires_at
          from tenant.book_grant g join platform.app_user u on u.id = g.holder_id
          left join platform.membership p on p.tenant_id = :tenant_id and p.user_id = g.holder_id
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
