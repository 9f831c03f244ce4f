"""Reads of the log: by operator, time, action, object and content (财会〔2024〕12号 Art. 32), newest first.

Invariant: outside of a book's scope only lines of the firm itself and of books the actor may read the log of are seen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, and_, cast, or_, select, tuple_

from app.audit import rules
from app.audit.models import audit_event as lines
from app.audit.types import Line
from app.books import queries as books
from app.books.access.queries import held, in_book
from app.books.types import BookScope
from app.kernel.permissions import Permission
from infra.crypto import KeyMissing, KeyShredded, Unreadable
from tenants.scope import TenantScope

_COLUMNS = [lines.c[name] for name in Line._fields]
_YEAR = timedelta(days=366)


class Wanted(NamedTuple):
    """What is asked for; `since` is included, `until` is not, and an empty text or None asks for everything."""

    actor: str = ""
    since: datetime | None = None
    until: datetime | None = None
    action: str = ""
    object_type: str = ""
    object_id: str = ""
    q: str = ""


class Shown(NamedTuple):
    """A line with what callers call its book, and which personal values it holds, or None when there are none."""

    line: Line
    book: UUID | None
    personal: dict[str, str] | None


def page(scope: TenantScope, wanted: Wanted, after: tuple[datetime, UUID] | None, limit: int) -> list[Shown]:
    """Lines, newest first, behind the time and id of `after`."""
    query = _seen(scope).where(*_filters(scope, wanted))
    if after is not None:
        query = query.where(tuple_(lines.c.at, lines.c.id) < after)
    rows = scope.execute(query.order_by(lines.c.at.desc(), lines.c.id.desc()).limit(limit))
    return _shown(scope, [Line._make(row) for row in rows])


def line(scope: TenantScope, chain: int, seq: int) -> Line | None:
    """The line in a place of a chain."""
    row = scope.execute(select(*_COLUMNS).where(lines.c.chain == chain, lines.c.seq == seq)).first()
    return Line._make(row) if row else None


def told(scope: TenantScope, action: str, details: Mapping[str, Any]) -> bool:
    """Whether the firm's own chain has a line of this action with these details."""
    asked = select(lines.c.id).where(lines.c.chain == 0, lines.c.action == action, lines.c.details.contains(details))
    return scope.execute(asked.limit(1)).first() is not None


def digests(scope: TenantScope, chain: int, first: int, last: int) -> list[bytes]:
    """The digests of the bodies in these places of a chain, in order."""
    query = select(*_COLUMNS).where(lines.c.chain == chain, lines.c.seq.between(first, last)).order_by(lines.c.seq)
    return [rules.digest(Line._make(row)) for row in scope.execute(query)]


def _seen(scope: TenantScope) -> Select[Any]:
    """The lines the actor may read, the scope narrowed to their books."""
    query = select(*_COLUMNS)
    if isinstance(scope, BookScope):
        return query.where(lines.c.book_id == scope.book.id)
    granted = held(scope)
    if granted is None:
        found = books.visible_range(scope)
        scope.narrow(found or ())
        return query
    ids = [row.book_id for row in scope.execute(granted) if Permission.AUDIT_READ in in_book(scope, row.roles)]
    scope.narrow(ids)
    return query.where(or_(lines.c.book_id.is_(None), lines.c.book_id.in_(ids)))


def _filters(scope: TenantScope, wanted: Wanted) -> list[ColumnElement[bool]]:
    since = wanted.since
    if wanted.q and since is None:  # content has no index: a search without a beginning looks a year back
        since = (wanted.until or scope.now) - _YEAR
    found = [
        lines.c[name] == value
        for name, value in zip(("object_type", "object_id"), (wanted.object_type, wanted.object_id), strict=True)
        if value
    ]
    if wanted.action:
        found.append(
            or_(lines.c.action == wanted.action, lines.c.action.startswith(f"{wanted.action}.", autoescape=True))
        )
    if wanted.actor:
        found.append(_by(wanted.actor))
    if since is not None:
        found.append(lines.c.at >= since)
    if wanted.until is not None:
        found.append(lines.c.at < wanted.until)
    if wanted.q:
        texts = (lines.c.actor_name, lines.c.object_id, lines.c.reason, cast(lines.c.details, Text))
        found.append(or_(*(text.icontains(wanted.q, autoescape=True) for text in texts)))
    return [and_(*found)] if found else []


def _by(actor: str) -> ColumnElement[bool]:
    """Who it was: by its id in the API (of a client also what it did for people), by the word of the line, by name."""
    kept = rules.kept(actor)
    if kept == actor:
        return or_(lines.c.actor == actor, lines.c.actor_name == actor)
    acted = lines.c.actor == kept
    return or_(acted, lines.c.on_behalf == actor) if kept.startswith("client:") else acted


def _shown(scope: TenantScope, found: Sequence[Line]) -> list[Shown]:
    uids = books.uids(scope, {one.book_id for one in found if one.book_id})
    return [Shown(one, uids.get(one.book_id or 0), _personal(scope, one)) for one in found]


def _personal(scope: TenantScope, one: Line) -> dict[str, str] | None:
    """Names without values: which kinds an act touched, and no character of them, whoever asks.

    Values in the clear are read one by one where they stand, with a reason and a line; a list would go around that.
    """
    if one.personal is None:
        return None
    try:
        values = json.loads(scope.cipher.open(one.personal, rules.sealing(one.id)))
    except (Unreadable, KeyMissing, KeyShredded):
        return {}
    return dict.fromkeys(values, "***")
