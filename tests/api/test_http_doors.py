"""The doors of the API: who may come in, and what a closed door says."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient

from app.http.problem import MEDIA_TYPE
from infra.ids import encode, new_id
from tenants.scope import TenantRef
from tests.api.conftest import Caller, address
from tests.factories.doors import Doors


def test_without_a_token_the_answer_is_401_and_says_how_to_log_in(client: FlaskClient) -> None:
    answer = client.get("/v1/me")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.mimetype == MEDIA_TYPE
    assert answer.json["code"] == "token.missing"
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]


def test_a_token_opens_exactly_its_firm(owner: Caller, firm: TenantRef) -> None:
    me = owner("GET", "/v1/me")
    assert me.status_code == 200
    shown = {"id": encode("firm", firm.id), "short_name": "firm-a", "name": firm.name, "state": "active"}
    assert me.json["firm"] == shown
    assert me.json["email"] == owner.email
    assert "staff.manage" in me.json["permissions"]


def test_unknown_foreign_and_not_granted_books_answer_with_the_same_bytes(
    doors: Doors, owner: Caller, member: Callable[..., Caller], other_firm: TenantRef
) -> None:
    book = doors.new_book()
    foreigner, clerk = member("owner", other_firm), member("staff")
    answers = [
        owner("GET", address(new_id(), "/grants")),
        foreigner("GET", address(book.uid, "/grants")),
        clerk("GET", address(book.uid, "/grants")),
        owner("GET", "/v1/books/bk_nonsense/grants"),
    ]
    assert {answer.status_code for answer in answers} == {404}
    shown = {answer.data.replace(answer.headers["X-Request-Id"].encode(), b"") for answer in answers}
    assert len(shown) == 1
    headers = {tuple((k, v) for k, v in a.headers if k != "X-Request-Id") for a in answers}
    assert len(headers) == 1
