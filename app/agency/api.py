"""Routes of the client books (账套)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from flask import Response

from app.agency import service
from app.agency.schemas import BookIn, BookOut, BookPatch
from app.agency.service import BookChange, NewBook
from app.books import queries
from app.books import service as books
from app.books.access.queries import in_books, standing
from app.books.types import BookRef, BookScope
from app.http import etags, pages
from app.http.blueprint import Blueprint
from app.http.pages import PageQuery
from app.http.replies import rows
from app.http.schemas import page_of
from app.kernel.permissions import Permission
from infra.ids import encode
from tenants.scope import TenantScope

blp = Blueprint("books", __name__, url_prefix="/v1/books", tag_zh="账套")

_VIEW = "book"
_NAMES = ("code", "name")
_SHOWN = (
    *_NAMES,
    "tax_id",
    "taxpayer",
    "industry",
    "location",
    "small_low_profit",
    "standard",
    "edition",
    "settings",
    "state",
)


def _named(book: BookRef) -> dict[str, Any]:
    return {"id": encode("bk", book.uid), **{name: getattr(book, name) for name in _NAMES}}


def _shown(scope: TenantScope, book: BookRef) -> dict[str, Any]:
    """The particulars of a book; how the firm works there (`settings`) is not the client's business."""
    told = {name: getattr(book, name) for name in _SHOWN if name != "settings" or standing(scope).side != "client"}
    return {**_named(book), **told, "start_period": str(book.start_period), "etag": etags.tag(book.row_version, _VIEW)}


def _all_shown(scope: TenantScope, found: Sequence[BookRef]) -> list[dict[str, Any]]:
    """The books, each with what reading it alone would show; without `book.read` there only its names."""
    may = in_books(scope, [book.id for book in found])
    return [_shown(scope, book) if Permission.BOOK_READ in may[book.id] else _named(book) for book in found]


def _answer(scope: TenantScope, book: BookRef, status: int = 200) -> Response:
    response = rows(_shown(scope, book), status)
    response.headers["ETag"] = etags.tag(book.row_version, _VIEW)
    return response


@blp.route(
    "",
    needs=Permission.BOOK_LIST,
    scope="firm",
    operation="books_list",
    summary_zh="账套列表",
    summary_en="The client books the caller may enter, by code; without `book.read` there only id, code and name.",
)
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_of(BookOut))
def list_books(scope: TenantScope, query: dict[str, Any]) -> Response:
    """One page of the books."""
    asked = pages.wanted(scope, query)
    found = queries.page(scope, asked.after[0] if asked.after else "", asked.fetch)
    return pages.page(scope, asked, found, lambda book: (book.code,), partial(_all_shown, scope))


@blp.route(
    "",
    methods=["POST"],
    needs=Permission.BOOK_CREATE,
    scope="firm",
    operation="books_create",
    summary_zh="建账",
    summary_en="Open a client's book: the whole chart of its standard in the book's code widths, its first period.",
    idempotent=True,
    audit="book.create",
)
@blp.arguments(BookIn)
@blp.response(201, BookOut)
def create_book(scope: TenantScope, payload: dict[str, Any]) -> Response:
    """The book as opened."""
    settings = payload.pop("settings") | {"code_widths": payload.pop("code_widths")}
    payload["settings"] = {name: value for name, value in settings.items() if value is not None}
    response = _answer(scope, service.open_book(scope, NewBook(**payload)), 201)
    response.headers["Location"] = f"/v1/books/{response.get_json()['id']}"
    return response


@blp.route(
    "/<book_id>",
    needs=Permission.BOOK_READ,
    scope="book",
    operation="books_read",
    summary_zh="查看账套",
    summary_en="One book.",
)
@blp.response(200, BookOut)
def read_book(scope: BookScope) -> Response:
    """The book."""
    return _answer(scope, scope.book)


@blp.route(
    "/<book_id>",
    methods=["PATCH"],
    needs=Permission.BOOK_EDIT,
    scope="book",
    operation="books_change",
    summary_zh="修改账套",
    summary_en="Change a book by a JSON merge patch.",
    if_match=True,
    audit="book.change",
)
@blp.arguments(BookPatch)
@blp.response(200, BookOut)
def change_book(scope: BookScope, payload: dict[str, Any]) -> Response:
    """The book as changed."""
    etags.match(books.lock_book(scope).row_version, _VIEW)
    return _answer(scope, service.change_book(scope, BookChange(**payload)))
