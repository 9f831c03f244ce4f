"""Reads of the book rows; what an actor may see is decided here and in `door`, from membership and grants."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import CompoundSelect, RowMapping, Select, Text, cast, false, func, null, or_, select, union_all

from app.books.access.queries import held, on_firm
from app.books.models import book
from app.books.types import BookRef
from app.kernel.periods import Period
from app.kernel.permissions import Permission, limited
from tenants.scope import TenantScope


def ref(row: RowMapping) -> BookRef:
    """The reference of a book row."""
    values: dict[str, Any] = {name: row[name] for name in BookRef.__slots__}
    values["start_period"] = Period.parse(values["start_period"])
    return BookRef(**values)


def _visible(scope: TenantScope) -> Select[Any]:
    own = held(scope)
    if own is None:
        return select(book, null().label("granted"))
    mine = own.subquery("held")
    return select(book, mine.c.roles.label("granted")).select_from(book.join(mine, mine.c.book_id == book.c.id))


def enterable(scope: TenantScope, needs: Permission) -> Select[Any] | None:
    """The ids of the books the actor may enter with a permission, for use inside another query; None is every book."""
    own = held(scope, needs)
    most = on_firm(scope) if own is None else limited(frozenset({needs}), scope.actor.ceiling)
    if needs not in most:
        return select(book.c.id).where(false())
    return None if own is None else select(own.subquery("held").c.book_id)


def names(scope: TenantScope, needs: Permission) -> CompoundSelect[Any]:
    """What the arguments of jobs call the `enterable` books (uids or ids, as texts), for use inside another query."""
    granted = enterable(scope, needs)
    called = [select(cast(column, Text)) for column in (book.c.uid, book.c.id)]
    return union_all(*(called if granted is None else [each.where(book.c.id.in_(granted)) for each in called]))


def uids(scope: TenantScope, ids: Iterable[int]) -> dict[int, UUID]:
    """What callers call these books, by internal id."""
    rows = scope.execute(select(book.c.id, book.c.uid).where(book.c.id.in_(set(ids))))
    return {row.id: row.uid for row in rows}


def named(scope: TenantScope, called: Iterable[str | int]) -> dict[str | int, int]:
    """The internal ids of the books that a job's arguments name, by those names (uids or ids), whoever asks."""
    wanted = set(called)
    ids = [name for name in wanted if isinstance(name, int)]
    uids = [UUID(name) for name in wanted if isinstance(name, str)]
    rows = scope.execute(select(book.c.id, book.c.uid).where(or_(book.c.id.in_(ids), book.c.uid.in_(uids))))
    return {name: row.id for row in rows for name in (row.id, str(row.uid)) if name in wanted}


def id_of(scope: TenantScope, uid: UUID) -> int | None:
    """The internal id of a book of this firm, whoever asks; for what is written about it, never for an answer."""
    found: int | None = scope.execute(select(book.c.id).where(book.c.uid == uid)).scalar_one_or_none()
    return found


def find(scope: TenantScope, uid: UUID) -> tuple[BookRef, list[str] | None] | None:
    """The book of a uid with the codes of the actor's roles there, or None when it is unknown or not granted."""
    row = scope.execute(_visible(scope).where(book.c.uid == uid)).mappings().first()
    return (ref(row), row["granted"]) if row else None


def by_code(scope: TenantScope, code: str) -> BookRef | None:
    """The book of a code, or None when there is none the actor may enter."""
    row = scope.execute(_visible(scope).where(book.c.code == code)).mappings().first()
    return ref(row) if row else None


def page(scope: TenantScope, after: str, limit: int) -> list[BookRef]:
    """The books the actor may enter, in the order of their codes, from the code after `after` on."""
    query = _visible(scope).where(book.c.code > after).order_by(book.c.code).limit(limit)
    return [ref(row) for row in scope.execute(query).mappings()]


def find_all(scope: TenantScope, uids: Iterable[UUID]) -> list[tuple[BookRef, list[str] | None]]:
    """Those of the named books that the actor may enter, with its roles there, in the order of their ids."""
    query = _visible(scope).where(book.c.uid.in_(list(uids))).order_by(book.c.id)
    return [(ref(row), row["granted"]) for row in scope.execute(query).mappings()]


def visible_range(scope: TenantScope) -> tuple[int, int] | None:
    """The first and last id among the books the actor may enter, or None when there is none."""
    ends = func.min(book.c.id).label("first"), func.max(book.c.id).label("last")
    row = scope.execute(_visible(scope).with_only_columns(*ends)).mappings().one()
    return None if row["first"] is None else (row["first"], row["last"])
