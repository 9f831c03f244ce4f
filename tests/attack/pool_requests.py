"""The same attack through the whole application: a request fails at each stage between the socket and the commit.

The room here has one route; a header says at which stage of the request something goes wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from flask import Flask, Response, g, request
from sqlalchemy import Engine
from sqlalchemy.exc import InvalidRequestError

from app.books.types import BookScope
from app.factory import create_app
from app.http.blueprint import Blueprint
from app.http.gate import EXTENSION
from app.http.replies import rows
from app.http.types import Authenticated
from app.kernel.permissions import Permission
from infra.ids import encode
from infra.ports import Ports
from tenants.scope import SYSTEM, TenantScope
from tests.attack.pool_field import SCENARIOS, TOUCH, UNFILTERED, Field, Home, Thrown

STAGE = "X-Stage"
STAGES = (
    "before_the_request", "authentication", "view", "after_writing", "swallowed", "before_commit", "answer", "after",
    "teardown", "stream", "stream_left",
)  # fmt: skip
room = Blueprint("pool", __name__, url_prefix="/v1/books/<book_id>/pool", tag_zh="连接池")


def _throw(stage: str) -> None:
    if request.headers.get(STAGE) == stage:
        raise Thrown


def _late(scope: BookScope, first: str) -> Iterator[str]:
    yield first
    yield str([tuple(row) for row in scope.run(UNFILTERED)])


def _verb(scope: TenantScope) -> None:
    raise Thrown


@room.route(
    "",
    methods=["POST"],
    needs=Permission.BOOK_READ,
    scope="book",
    operation="pool_read",
    summary_zh="连接池",
    summary_en="Pool.",
)
@room.response(200)
def read(scope: BookScope) -> Response:
    """What an unfiltered read shows, unless the request is to fail."""
    stage = request.headers.get(STAGE, "")
    found = [tuple(row) for row in scope.run(UNFILTERED)]
    _throw("view")
    scope.run(TOUCH)
    _throw("after_writing")
    if stage == "swallowed":
        with suppress(Exception):
            scope.run("SELECT 1 / 0")
    if stage == "before_commit":
        scope.before_commit("attack", _verb)
    if stage == "answer":
        return object()  # type: ignore[return-value]
    return Response(_late(scope, "first")) if stage.startswith("stream") else rows({"rows": found})


def application(ports: Ports, field: Field) -> Flask:
    """The application over a field's engine; a caller is known by the number of its firm."""
    homes = {str(number): home for number, home in enumerate(field.homes)}

    def authenticate(engine: Engine, secret: str, now: datetime) -> Authenticated:
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
            _throw("authentication")
        return Authenticated(SYSTEM, homes[secret].tenant)

    def after(answer: Response) -> Response:
        _throw("after")
        return answer

    def teardown(error: BaseException | None) -> None:
        if g.pop("thrown", None) is None and request.headers.get(STAGE) == "teardown":
            g.thrown = True
            raise Thrown

    app = create_app(replace(ports, engine=field.engine), (room,))
    app.extensions[EXTENSION] = replace(app.extensions[EXTENSION], authenticate=authenticate)
    app.before_request(lambda: _throw("before_the_request"))
    app.after_request(after)
    app.teardown_request(teardown)
    return app


def ask(field: Field, home: Home, book: int, stage: str = "") -> None:
    """One request of a firm about one of its books; who gets an answer gets its own row, who gets none gets none."""
    assert field.app is not None
    headers = {"Authorization": f"Bearer {field.homes.index(home)}", STAGE: stage}
    body, status = "", 500
    with suppress(Thrown, InvalidRequestError):
        path = f"/v1/books/{encode('bk', home.uids[book])}/pool"
        with field.app.test_client().post(path, headers=headers, buffered=False) as answer:
            status = answer.status_code
            body = "" if stage == "stream_left" else answer.get_data(as_text=True)
            if not stage:
                field.same(map(tuple, answer.get_json()["rows"]), home.rows(book), home)
    assert bool(stage) == (status == 500 or stage.startswith("stream")), (stage, status, body)
    foreign = [one for one in field.homes if one is not home and any(canary in body for canary in one.canaries)]
    field.same([(0, one.tenant.short_name) for one in foreign], [], home)


def _failing(stage: str) -> Callable[[Field, Home, Home], None]:
    def scenario(field: Field, home: Home, other: Home) -> None:
        ask(field, home, 0, stage)
        ask(field, other, 1)
        ask(field, home, 1)

    return scenario


SCENARIOS.update({f"a_request_that_fails_at_{stage}": _failing(stage) for stage in STAGES})
