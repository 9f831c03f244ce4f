"""Routes of the books of account that run over lines: pages, and all of a book as NDJSON, xlsx or PDF."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from flask import Response, request

from app.books.types import BookScope
from app.http import pages
from app.http.blueprint import Blueprint
from app.http.schemas import page_of
from app.kernel.permissions import Permission
from app.ledger.rendering import rules
from app.ledger.rendering.answers.schemas import DayRowOut, JournalRowOut, LedgerRowOut, MultiColumnOut
from app.ledger.rendering.files.rules import PDF, XLSX
from app.ledger.rendering.rules import Heading
from app.ledger.rendering.schemas import DayJournalQuery, JournalQuery, MultiColumnQuery, SubsidiaryLedgerQuery
from app.ledger.rendering.service import BY_MEDIA, JSON, MOST_ROWS, NDJSON, answer_file, answer_stream, heading
from app.ledger.rendering.types import Table
from app.ledger.reports import service as reports
from app.ledger.reports.columns import service as columns
from app.ledger.reports.days import service as days
from app.ledger.reports.service import Span
from app.ledger.reports.types import LAYOUTS, LedgerPlace, LineKey, Only, Row
from infra.ids import encode

blp = Blueprint("ledgers", __name__, url_prefix="/v1/books/<book_id>", tag_zh="明细账、日记账与序时账")

PRODUCES = (JSON, NDJSON, XLSX, PDF)
_LIMITS = {f"{kind}_rows": most for kind, most in MOST_ROWS.items()}

Query = Mapping[str, Any]
Read = Callable[[Any, int | None], Iterator[Row]]
"""The rows after a place: at most so many, or all of them."""


def _span(query: Query) -> Span:
    return Span(query["period_from"], query["period_to"], query["include_unposted"])


def _only(query: Query) -> Only:
    return Only(query["currency"], query["dimension"], query["item"])


def _answer(
    scope: BookScope,
    query: Query,
    read: Read,
    table: Callable[[Heading, Iterator[Row]], Table],
    *,
    by_line: bool = False,
    head: Query | None = None,
) -> Response:
    """A page of a book, or all of it in a file or a stream; `by_line`: its places are lines, not rows of a ledger."""
    kind = query.get("format") or BY_MEDIA[request.accept_mimetypes.best_match(PRODUCES, JSON)]
    if kind == "json":
        asked = pages.wanted(scope, query)
        place_of = _line_key if by_line else _place
        key_of: Callable[[Row], list[Any]] = (lambda row: _key(LineKey.of(row))) if by_line else _key_of
        found = list(read(place_of(asked.after) if asked.after else None, asked.fetch))
        return pages.page(scope, asked, found, key_of, _sent, head)
    if kind == "ndjson":
        return answer_stream(scope, map(_named, read(None, None)))
    span = _span(query)
    above = heading(scope, rules.months(span.first, span.last), span.unposted)
    return answer_file(scope, kind, table(above, read(None, None)))


def _named(row: Row) -> Row:
    if "voucher_id" in row:
        row["voucher_id"] = encode("vch", row["voucher_id"])
    return row


def _sent(found: Sequence[Row]) -> list[Row]:
    return [_named(row) for row in found]


def _key_of(row: Row) -> list[Any]:
    place = LedgerPlace.of(row)
    return [place.period, place.stage, *_key(place.line)]


def _place(sent: Sequence[Any]) -> LedgerPlace:
    return LedgerPlace(sent[0], sent[1], _line_key(sent[2:]))


def _key(key: LineKey) -> list[Any]:
    return [key.date.isoformat(), *key[1:]]


def _line_key(sent: Sequence[Any]) -> LineKey:
    return LineKey(date.fromisoformat(sent[0]), *sent[1:])


@blp.route(
    "/subsidiary-ledger",
    needs=Permission.LEDGER_READ,
    scope="book",
    operation="subsidiary_ledger_read",
    summary_zh="明细账、辅助明细账",
    summary_en="Every line of an account or an item with its running balance, and the totals of each month.",
    rate_class="heavy",
    limits=_LIMITS,
    export="ledger.export",
    produces=PRODUCES,
)
@blp.arguments(SubsidiaryLedgerQuery, location="query")
@blp.response(200, page_of(LedgerRowOut))
def read_subsidiary_ledger(scope: BookScope, query: dict[str, Any]) -> Response:
    """A page of the subsidiary ledger, or all of it."""
    account, layout = query["account_code"], LAYOUTS[query["layout"]]
    ledger = reports.open_ledger(scope, scope.book, _span(query), account, layout=layout, only=_only(query))
    subject = " ".join(filter(None, (account, query["item"])))
    return _answer(
        scope,
        query,
        lambda after, limit: reports.ledger_rows(scope, scope.book, ledger, after, limit),
        lambda above, found: rules.subsidiary_ledger(above, subject, found, layout),
    )


@blp.route(
    "/day-journal",
    needs=Permission.LEDGER_READ,
    scope="book",
    operation="day_journal_read",
    summary_zh="日记账",
    summary_en="Every line of a cash or bank account with its counterparts and running balance, and each day's totals.",
    rate_class="heavy",
    limits=_LIMITS,
    export="ledger.export",
    produces=PRODUCES,
)
@blp.arguments(DayJournalQuery, location="query")
@blp.response(200, page_of(DayRowOut))
def read_day_journal(scope: BookScope, query: dict[str, Any]) -> Response:
    """A page of the day journal, or all of it."""
    account, layout = query["account_code"], LAYOUTS[query["layout"]]
    ledger = days.open_journal(scope, scope.book, _span(query), account, layout=layout, only=_only(query))
    return _answer(
        scope,
        query,
        lambda after, limit: days.journal_rows(scope, scope.book, ledger, after, limit),
        lambda above, found: rules.day_journal(above, account, found, layout),
    )


@blp.route(
    "/multi-column-ledger",
    needs=Permission.LEDGER_READ,
    scope="book",
    operation="multi_column_ledger_read",
    summary_zh="多栏账",
    summary_en="The lines of an account with a column for each account right below it, or each item of a dimension.",
    rate_class="heavy",
    limits={**_LIMITS, "columns": columns.MOST_COLUMNS},
    export="ledger.export",
    produces=PRODUCES,
)
@blp.arguments(MultiColumnQuery, location="query")
@blp.response(200, MultiColumnOut)
def read_multi_column_ledger(scope: BookScope, query: dict[str, Any]) -> Response:
    """A page of the multi-column ledger, or all of it."""
    account = query["account_code"]
    found = columns.open_analysis(
        scope, scope.book, _span(query), account, dimension=query["dimension"], side=query["side"]
    )
    return _answer(
        scope,
        query,
        lambda after, limit: columns.analysis_rows(scope, scope.book, found, after, limit),
        lambda above, each: rules.multi_column(above, account, found.side, found.columns, each),
        head={"analysed": found.side, "columns": [column._asdict() for column in found.columns]},
    )


@blp.route(
    "/journal",
    needs=Permission.LEDGER_READ,
    scope="book",
    operation="journal_read",
    summary_zh="序时账",
    summary_en="Every line in the order of date and voucher number.",
    rate_class="heavy",
    limits=_LIMITS,
    export="ledger.export",
    produces=PRODUCES,
)
@blp.arguments(JournalQuery, location="query")
@blp.response(200, page_of(JournalRowOut))
def read_journal(scope: BookScope, query: dict[str, Any]) -> Response:
    """A page of the journal, or all of it."""
    span, word = _span(query), query["word"]
    return _answer(
        scope,
        query,
        lambda after, limit: reports.journal_rows(scope, scope.book, span, after, limit, word=word),
        rules.journal,
        by_line=True,
    )
