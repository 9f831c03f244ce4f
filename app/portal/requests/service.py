"""The verbs of requests: ask, answer, send back, close.

Invariant: the firm asks, sends back and closes; only the client answers, and with documents of its own book.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError

from app.audit import service as audit
from app.audit.service import Act
from app.books.types import BookScope
from app.documents.errors import DocumentNotFound
from app.portal.models import client_request as table
from app.portal.requests import queries
from app.portal.requests.errors import RequestState
from infra.db import constraint
from infra.ids import encode, new_id

_NAME = """
INSERT INTO tenant.client_request_document (book_id, request_id, document_id)
SELECT :book, :request, d FROM unnest(cast(:documents AS uuid[])) AS k (d) ORDER BY d
ON CONFLICT (book_id, request_id, document_id) DO NOTHING
"""


def ask(scope: BookScope, title: str, body: str, due: date | None) -> dict[str, Any]:
    """Ask the client for something (资料催收), perhaps by a day."""
    request_id = new_id()
    row = {"title": title, "body": body, "due": due, "state": "open"}
    who = {"book_id": scope.book.id, "id": request_id, "asked_by": scope.actor.name, "asked_at": scope.now}
    scope.execute(insert(table).values(**row, **who))
    _log(scope, "client_request.ask", request_id, title=title, due=due.isoformat() if due else None)
    return queries.find(scope, request_id)


def answer(scope: BookScope, request_id: UUID, words: str, documents: Sequence[UUID]) -> dict[str, Any]:
    """The client's answer to an open request, in words and with documents it uploaded.

    Raises `RequestNotFound`, `RequestState` or `DocumentNotFound`.
    """
    _held(scope, request_id, "open")
    try:
        scope.run(_NAME, book=scope.book.id, request=request_id, documents=sorted(set(documents)))
    except IntegrityError as error:
        if constraint(error) == "client_request_document_document_fk":
            raise DocumentNotFound from error
        raise
    who = {"answered_by": scope.actor.name, "answered_at": scope.now}
    _write(scope, request_id, state="answered", answer=words, returned=None, **who)
    _log(scope, "client_request.answer", request_id, documents=[encode("doc", one) for one in documents])
    return queries.find(scope, request_id)


def send_back(scope: BookScope, request_id: UUID, why: str) -> dict[str, Any]:
    """Ask again after an answer that will not do (退回补充); raises `RequestNotFound` or `RequestState`."""
    _held(scope, request_id, "answered")
    _write(scope, request_id, state="open", returned=why)
    _log(scope, "client_request.return", request_id, why=why)
    return queries.find(scope, request_id)


def close(scope: BookScope, request_id: UUID) -> dict[str, Any]:
    """Be done with a request; closing twice is no error; raises `RequestNotFound`."""
    if _held(scope, request_id)["state"] != "closed":
        _write(scope, request_id, state="closed")
        _log(scope, "client_request.close", request_id)
    return queries.find(scope, request_id)


def _held(scope: BookScope, request_id: UUID, state: str | None = None) -> dict[str, Any]:
    row = queries.find(scope, request_id, lock=True)
    if state is not None and row["state"] != state:
        raise RequestState(state=row["state"])
    return row


def _write(scope: BookScope, request_id: UUID, **values: object) -> None:
    mine = (table.c.book_id == scope.book.id) & (table.c.id == request_id)
    scope.execute(update(table).where(mine).values(**values, row_version=table.c.row_version + 1))


def _log(scope: BookScope, action: str, request_id: UUID, **details: object) -> None:
    audit.record(scope, [Act(action, "client_request", encode("ask", request_id), details, scope.book.id)])
