"""Pages of lists: `limit` and `cursor` in, `{"data": [...], "page": {...}}` and a `Link` out (API-060 to API-062)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, current_app, request

from app.http import cursors
from app.http.fields import Text, Whole
from app.http.gate import EXTENSION
from app.http.replies import dumps, rows
from app.http.schemas import RequestSchema
from app.http.types import Gate, Visit
from tenants.scope import TenantScope

DEFAULT_LIMIT = 50
MOST = 200

Row = TypeVar("Row")


class PageQuery(RequestSchema):
    """The query of a list; a room adds its typed filters."""

    limit = Whole(1, MOST, load_default=DEFAULT_LIMIT)
    cursor = Text(cursors.LONGEST, load_default=None)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One page of a list as its caller asks for it; `after` is the sort key of the last row it has, or None."""

    limit: int
    after: list[Any] | None
    owner: tuple[str, ...]

    @property
    def fetch(self) -> int:
        """How many rows to read: one more than the page shows says whether there is another."""
        return self.limit + 1

    @property
    def after_id(self) -> UUID | None:
        """The id after which the page begins, of a list in the order of its ids."""
        return UUID(self.after[0]) if self.after else None


def wanted(scope: TenantScope | Visit, query: Mapping[str, Any]) -> Wanted:
    """The page a query asks for; raises `CursorInvalid` when the cursor is another caller's, list's or filter's."""
    filters = {name: str(value) for name, value in sorted(query.items()) if name not in ("limit", "cursor")}
    digest = hashlib.sha256(dumps(filters)).hexdigest()
    firm = str(scope.tenant.id) if isinstance(scope, TenantScope) else "ops"
    owner = (firm, scope.actor.key if scope.actor else "", request.path, digest)
    cursor = query["cursor"]
    after = cursors.unseal(_secret(), owner, cursor, scope.now) if cursor else None
    return Wanted(query["limit"], after, owner)


def page(
    scope: TenantScope | Visit,
    asked: Wanted,
    found: Sequence[Row],
    key: Callable[[Row], Sequence[Any]],
    show: Callable[[Sequence[Row]], Sequence[Any]] = list,
    head: Mapping[str, Any] | None = None,
) -> Response:
    """The answer of a list: `found` holds up to `asked.fetch` rows in order, `key` gives a row's sort key.

    `head` are members that stand before the rows on every page. `show` makes the rows JSON-ready: dicts of texts, whole
    numbers, decimals and dates; ids are texts by then.
    """
    kept = found[: asked.limit]
    more = len(found) > asked.limit
    cursor = cursors.seal(_secret(), asked.owner, key(kept[-1]), scope.now) if more else None
    state = {"next_cursor": cursor, "has_more": more, "limit": asked.limit}
    response = rows({**(head or {}), "data": show(kept), "page": state})
    if cursor:
        query = request.args.to_dict() | {"cursor": cursor}
        response.headers["Link"] = f'<{request.path}?{urlencode(query)}>; rel="next"'
    return response


def _secret() -> str:
    gate: Gate = current_app.extensions[EXTENSION]
    return gate.ports.settings.secret_key
