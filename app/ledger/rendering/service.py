"""Answers that are not JSON objects: files of tables, and streams of rows as NDJSON.

Invariant: an answer begins when all of it is there. A stream is written to a spool (beyond a megabyte, to disk) inside
the request's transaction, so memory stays flat, a refusal never breaks off an answer, and a slow reader holds neither a
transaction nor a connection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import Any
from urllib.parse import quote

from flask import Response

from app.books.types import BookScope
from app.http.replies import dumps
from app.ledger.rendering.files.rules import PDF, XLSX, pdf, xlsx
from app.ledger.rendering.rules import Heading
from app.ledger.rendering.types import Table
from app.ledger.reports.errors import ReportTooLarge
from app.ledger.reports.types import Row
from infra.clock import business_date

JSON = "application/json"
NDJSON = "application/x-ndjson"
BY_MEDIA = {JSON: "json", NDJSON: "ndjson", XLSX: "xlsx", PDF: "pdf"}
MOST_ROWS = {"ndjson": 1_000_000, "xlsx": 100_000, "pdf": 5_000}
_MAKERS: Mapping[str, tuple[str, Callable[[Table], bytes]]] = {"xlsx": (XLSX, xlsx), "pdf": (PDF, pdf)}
_IN_MEMORY = 1_000_000
_CHUNK = 65_536


def heading(scope: BookScope, span: str, unposted: bool) -> Heading:
    """What stands above a table of the book."""
    return Heading(scope.book.name, span, business_date(scope.now), unposted)


def answer_file(scope: BookScope, kind: str, table: Table) -> Response:
    """A table as a workbook or a PDF; raises `ReportTooLarge`."""
    media, make = _MAKERS[kind]
    table = replace(table, rows=_limited(table.rows, MOST_ROWS[kind]))
    name = quote(f"{scope.book.code}_{table.title}_{table.span}.{kind}")
    return Response(
        make(table), mimetype=media, headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    )


def answer_stream(scope: BookScope, rows: Iterable[Row]) -> Response:
    """Rows as NDJSON, one a line; raises `ReportTooLarge`."""
    spool = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  (closed when the answer is)
    for row in _limited(rows, MOST_ROWS["ndjson"]):
        spool.write(dumps(row) + b"\n")
    length = spool.tell()
    spool.seek(0)
    response = Response(iter(partial(spool.read, _CHUNK), b""), mimetype=NDJSON)
    response.content_length = length
    response.call_on_close(spool.close)
    return response


def _limited(rows: Iterable[Any], most: int) -> Iterator[Any]:
    for number, row in enumerate(rows):
        if number == most:
            raise ReportTooLarge(limit=most)
        yield row
