"""What every route of the voucher desk answers with: vouchers as they stand, at a version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Response, request
from werkzeug.http import parse_etags

from app.books.types import BookScope
from app.http import etags
from app.http.replies import rows
from app.ledger.vouchers import errors, queries, service
from app.ledger.vouchers.answers import queries as relations
from app.ledger.vouchers.answers.rules import VIEW, means, shown
from infra.ids import encode


def several(scope: BookScope, found: Sequence[queries.Row]) -> list[dict[str, Any]]:
    """Voucher rows as they are sent, with what points at them."""
    related = relations.related(scope, scope.book.id, [row["id"] for row in found])
    return [shown(row, related.get(row["id"], ())) for row in found]


def answer(scope: BookScope, voucher_id: UUID, status: int = 200) -> Response:
    """One voucher with its tag; raises `VoucherNotFound`."""
    row = queries.one(scope, scope.book.id, voucher_id)
    if row is None:
        raise errors.VoucherNotFound
    (body,) = several(scope, [row])
    response = rows(body, status)
    response.headers["ETag"] = body["etag"]
    return response


def created(scope: BookScope, voucher_id: UUID) -> Response:
    """A new voucher with its address and its tag."""
    response = answer(scope, voucher_id, 201)
    response.headers["Location"] = f"/v1/books/{encode('bk', scope.book.uid)}/vouchers/{encode('vch', voucher_id)}"
    return response


def created_several(scope: BookScope, ids: Sequence[UUID]) -> Response:
    """New vouchers, in the order of their drafting."""
    return rows({"data": several(scope, queries.some(scope, scope.book.id, ids))}, 201)


def meant(scope: BookScope, voucher_id: UUID) -> queries.Row:
    """The voucher, locked, at the version the caller means; raises `VoucherNotFound`, `EtagMismatch`."""
    row = service.locked_row(scope, voucher_id)
    if not any(means(tag, row["row_version"]) for tag in parse_etags(request.headers.get("If-Match")).as_set()):
        etags.match(row["row_version"], VIEW)
    return row
