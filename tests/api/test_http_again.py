"""An answer given a second time to its idempotency key: for who may still have it, also where the books are named in
the body or by a job and not in the path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.books.types import BookRef
from app.factory import BLUEPRINTS
from app.kernel.permissions import OWNER_ONLY
from infra.ids import encode
from tests.api.conftest import Caller, Hired
from tests.api.test_documents_unread import grant_of, hand_in
from tests.api.test_jobs import close

KEY = "the-same-key-again-0001"
OF_THE_FIRM = {"path:invitation_id", "path:user_id"}
"""What a firm's routes name that lies in no book."""


def post(caller: Caller, path: str, body: Any = None) -> tuple[int, str | None, bool]:
    """What a request with always the same key is answered: the status, a refusal's code, whether it was a replay."""
    answer = caller("POST", path, body, Idempotency_Key=KEY)
    return answer.status_code, answer.json.get("code"), "Idempotency-Replayed" in answer.headers


def test_every_route_of_the_firm_that_names_what_lies_in_books_opens_their_doors_again() -> None:
    keyed = [op for blp in BLUEPRINTS for op in blp.operations.values() if op.scope == "firm" and op.idempotent]
    asked = [op for op in keyed if op.needs not in OWNER_ONLY and not set(op.refs) <= OF_THE_FIRM]  # owners enter all
    assert {op.name for op in asked} == {"closings_create", "invitations_create", "jobs_cancel"}
    assert [op.name for op in asked if op.again is None] == []


def test_a_closing_is_not_answered_again_to_who_may_not_close_one_of_its_books(
    owner: Caller,
    hired: Hired,
    books: list[BookRef],
) -> None:
    accountant = hired("accountant", *books)
    wanted = {"period": "2026-01", "books": [encode("bk", book.uid) for book in books]}
    assert post(accountant, "/v1/closings", wanted) == (202, None, False)
    assert post(accountant, "/v1/closings", wanted) == (202, None, True)
    owner("PUT", grant_of(books[1], accountant), {"role": "reviewer"})
    assert post(accountant, "/v1/closings", wanted) == (403, "permission.missing", False)
    owner("DELETE", grant_of(books[1], accountant))
    assert post(accountant, "/v1/closings", wanted) == (404, "book.not_found", False)
    owner("PUT", grant_of(books[1], accountant), {"role": "accountant"})
    assert post(accountant, "/v1/closings", wanted) == (202, None, True)


def test_that_a_job_was_stopped_is_not_told_again_to_who_may_not_stop_it_any_more(
    owner: Caller,
    hired: Hired,
    books: list[BookRef],
) -> None:
    cashier = hired("cashier", books[0])
    path = f"/v1/jobs/{hand_in(owner, books[0], b'<a/>')}/cancel"
    assert [post(cashier, path) for _ in range(2)] == [(200, None, False), (200, None, True)]
    owner("PUT", grant_of(books[0], cashier), {"role": "reviewer"})
    assert post(cashier, path) == (403, "permission.missing", False)
    owner("DELETE", grant_of(books[0], cashier))
    assert post(cashier, path) == (404, "job.not_found", False)


@pytest.mark.parametrize("lost", [0, 1])
def test_what_was_told_of_a_job_over_several_books_is_not_told_again_without_one_of_them(
    owner: Caller,
    hired: Hired,
    books: list[BookRef],
    lost: int,
) -> None:
    accountant = hired("accountant", *books)
    path = f"/v1/jobs/{close(accountant, *books)}/cancel"
    assert [post(accountant, path) for _ in range(2)] == [(200, None, False), (200, None, True)]
    owner("DELETE", grant_of(books[lost], accountant))
    assert post(accountant, path) == (404, "job.not_found", False)


def test_an_invitation_is_not_answered_again_to_who_may_not_give_its_books(
    owner: Caller,
    member: Callable[..., Caller],
    books: list[BookRef],
) -> None:
    role = {"code": "own_host", "name_zh": "人事", "name_en": "Host", "reach": "firm", "side": "staff"}
    assert owner("POST", "/v1/roles", {**role, "permissions": ["book.list", "staff.manage"]}).status_code == 201
    host = member("own_host")
    assert owner("PUT", grant_of(books[0], host), {"role": "accountant"}).status_code == 200
    offered = [{"book": encode("bk", books[0].uid), "role": "reviewer"}]
    wanted = {"email": "again@firm-a.test", "role": "own_host", "books": offered}
    assert post(host, "/v1/invitations", wanted) == (201, None, False)
    assert post(host, "/v1/invitations", wanted) == (201, None, True)
    owner("DELETE", grant_of(books[0], host))
    assert post(host, "/v1/invitations", wanted) == (422, "invitation.rejected", False)
    assert post(owner, "/v1/invitations", wanted) == (201, None, False)
