"""Routes of what a firm asks of its client (资料催收)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response

from app.books.types import BookScope
from app.http import pages
from app.http.blueprint import Blueprint
from app.http.replies import Tagged, created, tagged
from app.http.schemas import page_of
from app.kernel.permissions import Permission
from app.portal.requests import queries, service
from app.portal.requests.schemas import MOST_DOCUMENTS, AnswerIn, AskedOut, AskIn, RequestsQuery, ReturnIn
from infra.ids import encode

blp = Blueprint("client-requests", __name__, url_prefix="/v1/books/<book_id>/requests", tag_zh="资料催收")

_ONE = '/<id("ask"):request_id>'
_VIEW = "client-request"


@blp.route(
    "",
    needs=Permission.REQUEST_READ,
    scope="book",
    operation="client_requests_list",
    summary_zh="资料请求列表",
    summary_en="What the firm asked of the client, newest first.",
)
@blp.arguments(RequestsQuery, location="query")
@blp.response(200, page_of(AskedOut))
def list_requests(scope: BookScope, query: dict[str, Any]) -> Response:
    """One page of the requests."""
    asked = pages.wanted(scope, query)
    found = queries.page(scope, query["state"], asked.after_id, asked.fetch)
    return pages.page(scope, asked, found, lambda row: [str(row["id"])], AskedOut(many=True).dump)


@blp.route(
    "",
    methods=["POST"],
    needs=Permission.REQUEST_ASK,
    scope="book",
    operation="client_requests_create",
    summary_zh="发起资料请求",
    summary_en="Ask the client for something, perhaps by a day.",
    idempotent=True,
    audit="client_request.ask",
)
@blp.arguments(AskIn)
@blp.response(201, AskedOut)
def ask(scope: BookScope, payload: dict[str, Any]) -> Tagged:
    """The request."""
    row = service.ask(scope, payload["title"], payload["body"], payload["due"])
    place = f"/v1/books/{encode('bk', scope.book.uid)}/requests/{encode('ask', row['id'])}"
    return created(row, place, row["row_version"], _VIEW)


@blp.route(
    _ONE,
    needs=Permission.REQUEST_READ,
    scope="book",
    operation="client_requests_read",
    summary_zh="资料请求",
    summary_en="One request with its answer.",
    refs=("path:request_id",),
)
@blp.response(200, AskedOut)
def read(scope: BookScope, request_id: UUID) -> Tagged:
    """One request; raises `RequestNotFound`."""
    return _tagged(queries.find(scope, request_id))


@blp.route(
    f"{_ONE}/answer",
    methods=["POST"],
    needs=Permission.REQUEST_ANSWER,
    scope="book",
    operation="client_requests_answer",
    summary_zh="答复资料请求",
    summary_en="The client's answer, in words and with documents uploaded before.",
    refs=("path:request_id", "body:/documents/*"),
    idempotent=True,
    audit="client_request.answer",
    limits={"documents": MOST_DOCUMENTS},
)
@blp.arguments(AnswerIn)
@blp.response(200, AskedOut)
def answer(scope: BookScope, payload: dict[str, Any], request_id: UUID) -> Tagged:
    """The request, answered; raises `RequestNotFound`, `RequestState` or `DocumentNotFound`."""
    return _tagged(service.answer(scope, request_id, payload["answer"], payload["documents"]))


@blp.route(
    f"{_ONE}/return",
    methods=["POST"],
    needs=Permission.REQUEST_ASK,
    scope="book",
    operation="client_requests_return",
    summary_zh="退回资料答复",
    summary_en="Ask again, with what is missing.",
    refs=("path:request_id",),
    idempotent=True,
    audit="client_request.return",
)
@blp.arguments(ReturnIn)
@blp.response(200, AskedOut)
def send_back(scope: BookScope, payload: dict[str, Any], request_id: UUID) -> Tagged:
    """The request, open again; raises `RequestNotFound` or `RequestState`."""
    return _tagged(service.send_back(scope, request_id, payload["reason"]))


@blp.route(
    f"{_ONE}/close",
    methods=["POST"],
    needs=Permission.REQUEST_ASK,
    scope="book",
    operation="client_requests_close",
    summary_zh="关闭资料请求",
    summary_en="Be done with a request.",
    refs=("path:request_id",),
    idempotent=True,
    audit="client_request.close",
)
@blp.response(200, AskedOut)
def close(scope: BookScope, request_id: UUID) -> Tagged:
    """The request, closed; raises `RequestNotFound`."""
    return _tagged(service.close(scope, request_id))


def _tagged(row: dict[str, Any]) -> Tagged:
    return tagged(row, row["row_version"], _VIEW)
