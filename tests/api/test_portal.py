"""What a firm asks of its client and what the client confirms; a client's person sees its own book and no more."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from app.books.types import BookRef
from app.closing.service import reopen_period
from app.kernel.periods import Period
from app.kernel.permissions import Permission
from infra.ids import encode
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.api.conftest import Caller, address
from tests.factories.doors import Doors
from tests.factories.http import work_off

JANUARY = Period(2026, 1)
ASKED = {"title": "1 月银行回单", "body": "请上传基本户 1 月回单", "due": "2026-02-05"}


@pytest.fixture
def book(doors: Doors) -> BookRef:
    return doors.new_book()


@pytest.fixture
def boss(owner: Caller, member: Callable[..., Caller], book: BookRef) -> Caller:
    """The client's boss."""
    return _granted(owner, member("client"), book, "client_boss")


@pytest.fixture
def accountant(owner: Caller, member: Callable[..., Caller], book: BookRef) -> Caller:
    """The firm's accountant."""
    return _granted(owner, member("staff"), book, "accountant")


def _granted(owner: Caller, who: Caller, book: BookRef, role: str) -> Caller:
    assert who.id
    answer = owner("PUT", address(book.uid, f"/grants/{encode('usr', who.id)}"), {"role": role})
    assert answer.status_code == 200, answer.json
    return who


def _asked(accountant: Caller, book: BookRef) -> str:
    answer = accountant("POST", address(book.uid, "/requests"), ASKED)
    assert answer.status_code == 201, answer.json
    return address(book.uid, f"/requests/{answer.json['id']}")


def _uploaded(who: Caller, book: BookRef) -> str:
    headers = {"Authorization": f"Bearer {who.secret}", "Idempotency-Key": f"portal-upload-{book.uid.hex}"}
    sent = {"files": (io.BytesIO(b"%PDF-1.4 a receipt"), "receipt.pdf")}
    answer = who.client.post(address(book.uid, "/documents"), data=sent, headers=headers)
    assert answer.status_code == 202, answer.json
    return str(who("GET", address(book.uid, "/documents")).json["data"][0]["id"])


def test_a_request_goes_to_the_client_and_back_until_it_is_right(
    accountant: Caller, boss: Caller, book: BookRef
) -> None:
    place = _asked(accountant, book)
    document = _uploaded(boss, book)
    answered = boss("POST", f"{place}/answer", {"answer": "已上传", "documents": [document]})
    assert (answered.json["state"], answered.json["documents"]) == ("answered", [document]), answered.json
    again = boss("POST", f"{place}/answer", {"answer": "又一次"})
    assert (again.status_code, again.json["code"]) == (409, "client_request.state")
    back = accountant("POST", f"{place}/return", {"reason": "缺 1 月 31 日"})
    assert (back.json["state"], back.json["returned"]) == ("open", "缺 1 月 31 日")
    assert boss("POST", f"{place}/answer", {"answer": "已补"}).json["returned"] is None
    assert accountant("POST", f"{place}/close").json["state"] == "closed"
    assert accountant("POST", f"{place}/close").json["state"] == "closed"
    listed = boss("GET", address(book.uid, "/requests?state=closed")).json["data"]
    assert [row["documents"] for row in listed] == [[document]]


def test_each_side_says_only_its_own_part(accountant: Caller, boss: Caller, owner: Caller, book: BookRef) -> None:
    place = _asked(accountant, book)
    for who in (accountant, owner):
        assert who("POST", f"{place}/answer", {"answer": "x"}).json["code"] == "permission.missing"
    for rest in ("/return", "/close"):
        assert boss("POST", f"{place}{rest}", {"reason": "x"} if rest == "/return" else None).status_code == 403
    assert boss("POST", address(book.uid, "/requests"), ASKED).status_code == 403


def test_an_answer_names_only_documents_of_its_own_book(
    accountant: Caller, boss: Caller, owner: Caller, book: BookRef, doors: Doors
) -> None:
    foreign = _uploaded(owner, doors.new_book())
    refused = boss("POST", f"{_asked(accountant, book)}/answer", {"answer": "x", "documents": [foreign]})
    assert (refused.status_code, refused.json["code"]) == (404, "document.not_found")


def test_a_client_sees_its_own_book_and_nothing_of_its_neighbours(
    boss: Caller, accountant: Caller, book: BookRef, doors: Doors
) -> None:
    neighbour = doors.new_book()
    assert [row["id"] for row in boss("GET", "/v1/books").json["data"]] == [encode("bk", book.uid)]
    for rest in ("/requests", "/confirmations", "/documents", ""):
        assert boss("GET", address(book.uid, rest)).status_code == 200, rest
        assert boss("GET", address(neighbour.uid, rest)).status_code == 404, rest
    for rest in ("/vouchers", "/accounts", "/grants"):
        assert boss("GET", address(book.uid, rest)).status_code == 403, rest


def test_the_list_of_books_shows_no_more_of_a_book_than_reading_it_does(
    owner: Caller, boss: Caller, accountant: Caller, member: Callable[..., Caller], book: BookRef
) -> None:
    uploader = _granted(owner, member("client"), book, "client_uploader")
    assert uploader("GET", address(book.uid)).json["code"] == "permission.missing"
    assert uploader("GET", "/v1/books").json["data"] == [
        {"id": encode("bk", book.uid), "code": book.code, "name": book.name}
    ]
    for who, inner in ((boss, False), (accountant, True)):
        read = who("GET", address(book.uid)).json
        assert who("GET", "/v1/books").json["data"] == [read]
        assert (read["tax_id"], "settings" in read) == (book.tax_id, inner)


def test_a_clients_people_learn_of_their_own_sides_roles_only(owner: Caller, boss: Caller) -> None:
    for code, side in (("own_quality", "staff"), ("own_viewer", "client")):
        named = {"code": code, "name_zh": "自定", "name_en": "Own", "reach": "book", "side": side}
        assert owner("POST", "/v1/roles", {**named, "permissions": ["document.read"]}).status_code == 201
    known = boss("GET", "/v1/roles").json["data"]
    assert {role["code"] for role in known} >= {"client", "client_boss", "client_uploader", "own_viewer"}
    assert {role["side"] for role in known} == {"client"}
    assert boss("GET", "/v1/roles/own_viewer").status_code == 200
    assert boss("GET", "/v1/roles/own_quality").json["code"] == "role.not_found"


def test_figures_of_what_is_not_posted_are_for_who_may_see_it_in_the_ledgers(
    boss: Caller, accountant: Caller, book: BookRef
) -> None:
    for rest in ("/statements/balance-sheet", "/statements/notes/taxes_payable"):
        for shape in ("json", "xlsx", "pdf"):
            at = address(book.uid, f"{rest}?period=2026-01&format={shape}")
            assert boss("GET", at).status_code == 200, at
            refused = boss("GET", f"{at}&include_unposted=true")
            assert (refused.status_code, refused.json["code"]) == (403, "permission.missing"), at
            assert accountant("GET", f"{at}&include_unposted=true").status_code == 200, at


def _closed(accountant: Caller, ports: Ports, firm: TenantRef, book: BookRef) -> None:
    answer = accountant("POST", address(book.uid, "/periods/2026-01/close"))
    assert answer.status_code == 202, answer.json
    work_off(ports, firm, answer.json["job_id"])


def test_a_client_confirms_the_version_that_stands_once(
    accountant: Caller, boss: Caller, book: BookRef, ports: Ports, doors: Doors, firm: TenantRef
) -> None:
    place = address(book.uid, "/confirmations")
    early = accountant("POST", place, {"period": "2026-01"})
    assert (early.status_code, early.json["code"]) == (409, "confirmation.period_open")
    _closed(accountant, ports, firm, book)
    first = accountant("POST", place, {"period": "2026-01", "note": "请确认"}).json
    assert first == accountant("POST", place, {"period": "2026-01"}).json
    assert len(first["sha256"]) == 64 and first["state"] == "waiting"
    assert accountant("POST", f"{place}/{first['id']}/confirm", {}).status_code == 403
    with doors.book(book.uid, needs=Permission.PERIOD_REOPEN) as scope:
        reopen_period(scope, JANUARY, "漏记一张发票")
    stale = boss("POST", f"{place}/{first['id']}/confirm", {})
    assert (stale.status_code, stale.json["code"]) == (409, "confirmation.period_open")
    _closed(accountant, ports, firm, book)
    second = accountant("POST", place, {"period": "2026-01"}).json
    assert (second["version"], second["id"] == first["id"]) == (2, False)
    done = boss("POST", f"{place}/{second['id']}/dispute", {"remark": "收入少计"}).json
    assert (done["state"], done["remark"]) == ("disputed", "收入少计")
    again = boss("POST", f"{place}/{second['id']}/confirm", {})
    assert (again.status_code, again.json["code"]) == (409, "confirmation.decided")
    with doors.book(book.uid) as scope:
        query = "SELECT action, count(*) FROM tenant.audit_event WHERE book_id = :b GROUP BY action"
        acts = dict(scope.run(query, b=book.id).all())
    assert (acts["confirmation.submit"], acts["period.close"], acts["confirmation.disputed"]) == (2, 2, 1)
