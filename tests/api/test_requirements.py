"""What the rules ask of the API and no other test says: posted stays posted, the log tells, Chinese comes first."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.books.types import BookRef
from app.documents import service as documents
from app.documents.types import Incoming, Vault
from app.http.openapi import DOCUMENT
from infra.ids import encode
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.api.conftest import Caller, address
from tests.api.test_ledger_vouchers import SALE, act, draft
from tests.api.test_ledger_vouchers_desk import PAID, post
from tests.api.test_ledger_vouchers_import import hand_in
from tests.factories.doors import Doors
from tests.unit.ledger_vouchers.sheets import workbook

DESK = "/v1/books/{book_id}/vouchers"
DAY = {"date": "2026-01-31"}
RIGHT = [{**line, **{side: "5.00" for side in ("debit", "credit") if side in line}} for line in PAID]
EACH = {"mode": "partial", "ids": ["VOUCHER"]}
# Every route of the desk that writes, what is said to it of a posted voucher, and what it answers.
ROUTES: dict[tuple[str, str], tuple[Any, int]] = {
    ("PATCH", "/{voucher_id}"): ({"note": "改", **DAY, "lines": RIGHT}, 409),
    ("POST", "/{voucher_id}/insert-before"): ({"before": "DRAFT"}, 409),
    ("POST", "/{voucher_id}/review"): (None, 409),
    ("POST", "/{voucher_id}/sign"): (None, 409),
    ("POST", "/{voucher_id}/unreview"): (None, 409),
    ("POST", "/{voucher_id}/unsign"): (None, 409),
    ("POST", "/{voucher_id}/void"): ({"reason": "重复"}, 409),
    ("DELETE", "/{voucher_id}/documents/{document_id}"): (None, 409),
    ("POST", "/{voucher_id}/post"): (None, 200),  # it is posted: nothing to do
    ("POST", "/{voucher_id}/documents"): ({"documents": ["DOCUMENT"]}, 200),
    ("POST", "/{voucher_id}/copy"): (DAY, 201),
    ("POST", "/{voucher_id}/correct"): ({**DAY, "how": "difference", "lines": RIGHT}, 201),
    ("POST", "/{voucher_id}/reverse"): (DAY, 201),
    ("POST", "/bulk-post"): ({**EACH, "review": True}, 200),
    ("POST", "/bulk-review"): (EACH, 200),
    ("POST", "/bulk-sign"): (EACH, 200),
    ("POST", "/bulk-void"): ({**EACH, "reason": "重复"}, 200),
    ("POST", "/renumber"): ({"period": "2026-01"}, 200),
    ("POST", "/review-by-rule"): ({"period": "2026-01"}, 200),
    ("POST", ""): (SALE, 201),
    ("POST", "/bulk"): ({"mode": "partial", "items": [{"data": SALE}]}, 200),
    ("POST", "/import"): (workbook([(date(2026, 1, 5), "记", 1, "错", 1001, 0, 1), ("", "", "", "", 1002, 1, 0)]), 200),
    ("POST", "/parts"): ({**DAY, "parts": [{"lines": PAID}, {"lines": PAID}]}, 201),
}


@pytest.fixture
def book(doors: Doors) -> BookRef:
    """A fresh book."""
    return doors.new_book()


@pytest.fixture
def document(doors: Doors, book: BookRef, ports: Ports, firm: TenantRef) -> str:
    """A document of the book."""
    with doors.book(book.uid) as scope:
        (kept,) = documents.store(scope, Vault.of(ports, firm), [Incoming("a.xml", "text/xml", b"<a/>")])
    return encode("doc", kept.document_id)


def written(doors: Doors, book: BookRef) -> list[str]:
    """The posted vouchers and their lines as they stand in the database."""
    with doors.book(book.uid, read_only=True) as scope:
        return list(
            scope.run(
                "SELECT v::text || l::text FROM tenant.voucher v JOIN tenant.voucher_line l"
                " ON l.book_id = v.book_id AND l.voucher_id = v.id"
                " WHERE v.book_id = :b AND v.status = 'posted' ORDER BY v.post_seq, l.line_no",
                b=book.id,
            ).scalars()
        )


def test_every_route_of_the_desk_that_writes_is_tried_on_a_posted_voucher(client: FlaskClient) -> None:
    paths = client.get(DOCUMENT).get_json()["paths"]
    assert ROUTES.keys() == {
        (method.upper(), path.removeprefix(DESK))
        for path, item in paths.items()
        for method in item.keys() & {"post", "put", "patch", "delete"}
        if path == DESK or path.startswith(f"{DESK}/")
    }


@pytest.mark.parametrize(("method", "route"), ROUTES, ids=lambda part: part or "draft")
def test_no_route_of_the_desk_takes_a_posted_voucher_back_or_changes_it(
    owner: Caller, book: BookRef, doors: Doors, document: str, method: str, route: str
) -> None:
    """财会〔2024〕12号 Art. 5 and 21(3): there is no un-posting, no deletion, no insertion before what is posted."""
    posted, waiting = post(owner, book, lines=PAID), draft(owner, book)
    attached = act(owner, book, posted, "documents", {"documents": [document]})
    before = written(doors, book)
    body, status = ROUTES[method, route]
    if isinstance(body, bytes):
        answer = hand_in(owner, book, body)
    else:
        names = {"VOUCHER": posted["id"], "DRAFT": waiting["id"], "DOCUMENT": document}
        said = json.dumps(body)
        for name, value in names.items():
            said = said.replace(name, value)
        place = route.replace("{voucher_id}", posted["id"]).replace("{document_id}", document)
        answer = owner(
            method, address(book.uid, f"/vouchers{place}"), json.loads(said), If_Match=attached.get_json()["etag"]
        )
    assert (answer.status_code, len(before)) == (status, 2), answer.json
    assert written(doors, book) == before


def test_a_changed_method_stays_in_the_log_as_it_was_and_as_it_is(owner: Caller, doors: Doors) -> None:
    """财会〔2024〕12号 Art. 20(1): a change of the method of accounting leaves its record, with who and when."""
    book = doors.new_book(settings={"cost_method": "quantity"})
    place = address(book.uid)
    etag = owner("GET", place).get_json()["etag"]
    assert owner("PATCH", place, {"settings": {"cost_method": "ratio"}}, If_Match=etag).status_code == 200
    with doors.book(book.uid, read_only=True) as scope:
        logged = scope.run(
            "SELECT actor, actor_name, at, details FROM tenant.audit_event"
            " WHERE book_id = :b AND action = 'book.change'",
            b=book.id,
        ).one()
        assert logged.at <= scope.now
    assert logged.actor == f"user:{owner.id}" and logged.actor_name.startswith("owner")
    assert logged.details == {"settings": {"before": {"cost_method": "quantity"}, "after": {"cost_method": "ratio"}}}


def test_who_names_no_language_is_answered_in_chinese(owner: Caller, book: BookRef) -> None:
    """财会〔2024〕12号 Art. 13."""
    answer = owner("POST", address(book.uid, "/vouchers"), {"date": "2026-01-05", "lines": PAID[:1]})
    assert (answer.status_code, answer.headers["Content-Language"]) == (422, "zh-CN")
    assert {each["message"] for each in answer.get_json()["errors"] if each["code"] == "voucher.unbalanced"} == {
        "借方合计 50.00，贷方合计 0.00，差额 50.00。"
    }
