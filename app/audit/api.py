"""Routes of the log of acts: searching it, taking it away as a file; of the firm, and of one book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from flask import Response

from app.audit import queries, rules
from app.audit import service as audit
from app.audit.errors import TooManyLines
from app.audit.files import rules as files
from app.audit.queries import Shown, Wanted
from app.audit.schemas import EventOut, EventsFileQuery, EventsQuery
from app.audit.service import Act
from app.books.types import BookScope
from app.http import pages
from app.http.blueprint import Blueprint
from app.http.replies import instant
from app.http.schemas import page_of
from app.kernel.permissions import Permission
from infra.clock import SHANGHAI
from infra.ids import encode
from tenants.scope import TenantScope

firm_blp = Blueprint("audit", __name__, url_prefix="/v1/audit-events", tag_zh="操作日志")
book_blp = Blueprint("book_audit", __name__, url_prefix="/v1/books/<book_id>/audit-events", tag_zh="账套操作日志")

MOST = 20_000
"""Lines one file may hold."""
_FILE = {"type": "string", "format": "binary"}


def _wanted(query: Mapping[str, Any]) -> Wanted:
    since, until = query["since"], query["until"]
    return Wanted(
        query["actor"],
        datetime.combine(since, time(), SHANGHAI) if since else None,
        datetime.combine(until + timedelta(days=1), time(), SHANGHAI) if until else None,
        query["action"],
        query["object_type"],
        query["object_id"],
        query["q"],
    )


def _row(shown: Shown) -> dict[str, Any]:
    line = shown.line
    return {
        **line._asdict(),
        "id": encode("aud", line.id),
        "hash": line.hash.hex(),
        "prev": None,
        "book_id": encode("bk", shown.book) if shown.book else None,
        "at": instant(line.at),
        "session": encode("ses", line.session) if line.session else None,
        "personal": shown.personal,
    }


_SHOWN = tuple(EventOut().fields)


def _page(scope: TenantScope, query: dict[str, Any]) -> Response:
    asked = pages.wanted(scope, query)
    after = (datetime.fromisoformat(asked.after[0]), UUID(asked.after[1])) if asked.after else None
    found = queries.page(scope, _wanted(query), after, asked.fetch)

    def show(kept: Sequence[Shown]) -> list[dict[str, Any]]:
        return [{name: row[name] for name in _SHOWN} | {"actor": rules.shown(row["actor"])} for row in map(_row, kept)]

    return pages.page(scope, asked, found, lambda one: [one.line.at.isoformat(), str(one.line.id)], show)


def _file(scope: TenantScope, query: dict[str, Any], book_id: int | None) -> Response:
    """The lines as a file; that it was taken is a line itself, behind those it holds."""
    found = queries.page(scope, _wanted(query), None, MOST + 1)
    if len(found) > MOST:
        raise TooManyLines(most=MOST)
    asked = {name: str(value) for name, value in query.items() if value}
    audit.record(scope, [Act("audit.export", "audit", "", {"asked": asked, "lines": len(found)}, book_id)])
    kind = query["format"]
    return Response(
        files.written(kind, [_row(one) for one in found]),
        mimetype=files.KINDS[kind],
        headers={"Content-Disposition": f'attachment; filename="audit_{scope.now:%Y%m%d}.{kind}"'},
    )


@firm_blp.route(
    "",
    needs=Permission.AUDIT_READ,
    scope="firm",
    operation="audit_events_list",
    summary_zh="操作日志",
    summary_en="Who did what, when and from where, newest first; by operator, time, action, object and content.",
)
@firm_blp.arguments(EventsQuery, location="query")
@firm_blp.response(200, page_of(EventOut))
def list_events(scope: TenantScope, query: dict[str, Any]) -> Response:
    """Lines of the firm, and of the books whose log the caller may read."""
    return _page(scope, query)


@firm_blp.route(
    "/export",
    needs=Permission.AUDIT_READ,
    scope="firm",
    operation="audit_events_export",
    summary_zh="导出操作日志",
    summary_en="The lines asked for as a file that people read: xlsx, CSV or NDJSON; logged.",
    rate_class="heavy",
    step_up=True,
    audit="audit.export",
    limits={"max_lines": MOST},
    produces=tuple(files.KINDS.values()),
)
@firm_blp.arguments(EventsFileQuery, location="query")
@firm_blp.response(200, _FILE, content_type=files.XLSX)  # type: ignore[arg-type]  # a document only
def export_events(scope: TenantScope, query: dict[str, Any]) -> Response:
    """A file; raises `TooManyLines`."""
    return _file(scope, query, None)


@book_blp.route(
    "",
    needs=Permission.AUDIT_READ,
    scope="book",
    operation="book_audit_events_list",
    summary_zh="账套操作日志",
    summary_en="Who did what in this book, newest first; by operator, time, action, object and content.",
)
@book_blp.arguments(EventsQuery, location="query")
@book_blp.response(200, page_of(EventOut))
def list_book_events(scope: BookScope, query: dict[str, Any]) -> Response:
    """Lines of the book."""
    return _page(scope, query)


@book_blp.route(
    "/export",
    needs=Permission.AUDIT_READ,
    scope="book",
    operation="book_audit_events_export",
    summary_zh="导出账套操作日志",
    summary_en="The book's lines asked for as a file that people read: xlsx, CSV or NDJSON; logged.",
    rate_class="heavy",
    step_up=True,
    audit="audit.export",
    limits={"max_lines": MOST},
    produces=tuple(files.KINDS.values()),
)
@book_blp.arguments(EventsFileQuery, location="query")
@book_blp.response(200, _FILE, content_type=files.XLSX)  # type: ignore[arg-type]  # a document only
def export_book_events(scope: BookScope, query: dict[str, Any]) -> Response:
    """A file; raises `TooManyLines`."""
    return _file(scope, query, scope.book.id)
