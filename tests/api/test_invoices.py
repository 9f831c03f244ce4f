"""The register over HTTP: lists, one invoice, and the two acts that settle a work item."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from app.books.types import BookRef
from app.documents.types import Vault
from app.invoices.types import Fate
from infra.ids import encode, new_id
from infra.ports import Ports
from tests.api.conftest import Caller, address
from tests.db.invoice_desk import Desk
from tests.factories.doors import Doors
from tests.unit.invoices.faces import OTHER, OURS, line, parsed


@pytest.fixture
def desk(doors: Doors, ports: Ports) -> Desk:
    """The register of a general taxpayer in trade, from 2026-01."""
    return Desk(doors, Vault.of(ports, doors.tenant))


def path(book: BookRef, fate: Fate, act: str = "") -> str:
    """The address of an invoice or of an act on it."""
    return address(book.uid, f"/invoices/{encode('inv', fate.invoice_id)}{act}")


def test_an_invoice_shows_its_lines_problems_and_the_state_of_its_voucher(owner: Caller, desk: Desk) -> None:
    (fate,) = desk.register(parsed(issued_on=date(2025, 12, 3)))
    assert fate.voucher_id is not None
    answer = owner("GET", path(desk.book, fate), Accept_Language="en")
    one = answer.json
    assert (one["net"], one["tax"], one["gross"], one["issued_on"]) == ("100.00", "13.00", "113.00", "2025-12-03")
    assert (one["seller"], one["buyer"]["name"]) == ({"name": OTHER.name, "tax_id": OTHER.tax_id}, OURS.name)
    assert (one["state"], one["voucher_id"], one["voucher_status"]) == (
        "booked",
        encode("vch", fate.voucher_id),
        "draft",
    )
    assert one["lines"][0]["name"] == "*金属制品*螺丝"
    assert one["problems"] == [
        {
            "code": "invoice.prior_year",
            "detail": "2025",
            "message": "an invoice of an earlier year, booked in this one",
        }
    ]
    again = owner("GET", path(desk.book, fate), If_None_Match=answer.headers["ETag"])
    assert again.status_code == 304


def test_the_register_is_listed_by_date_and_filtered(owner: Caller, desk: Desk) -> None:
    days = [date(2026, 2, 3), date(2026, 1, 9), date(2026, 1, 5)]
    sale: dict[str, Any] = {"seller": OURS, "buyer": OTHER}
    bought, sold, strange = desk.register(
        parsed("26322000000000000001", issued_on=days[0]),
        parsed("26322000000000000002", issued_on=days[1], **sale),
        parsed("26322000000000000003", issued_on=days[2], kind="unknown"),
    )

    def listed(query: str) -> list[str]:
        return [row["id"] for row in owner("GET", address(desk.book.uid, f"/invoices{query}")).json["data"]]

    ids = {name: encode("inv", fate.invoice_id) for name, fate in
           (("bought", bought), ("sold", sold), ("strange", strange))}  # fmt: skip
    assert listed("") == [ids["strange"], ids["sold"], ids["bought"]]
    assert listed("?period=2026-01") == [ids["strange"], ids["sold"]]
    assert listed("?direction=sales") == [ids["sold"]]
    assert listed("?state=needs_attention") == [ids["strange"]]
    first = owner("GET", address(desk.book.uid, "/invoices?limit=2")).json
    assert listed(f"?limit=2&cursor={first['page']['next_cursor']}") == [ids["bought"]]


def test_a_work_item_is_booked_once_its_cause_is_cured(owner: Caller, desk: Desk) -> None:
    (fate,) = desk.register(parsed(lines=[line("*住宿服务*房费", "100.00", "6.00")], issued_on=date(2026, 6, 1)))
    tag = owner("GET", path(desk.book, fate)).headers["ETag"]
    refused = owner("POST", path(desk.book, fate, "/book"), If_Match=tag)
    assert (refused.status_code, refused.json["code"]) == (422, "invoice.not_bookable")
    assert [each["code"] for each in refused.json["errors"]] == ["invoice.future"]
    with desk.doors.book(desk.book.uid) as scope:
        scope.run("UPDATE tenant.invoice SET issued_on = '2026-02-01' WHERE book_id = :b", b=desk.book.id)
    booked = owner("POST", path(desk.book, fate, "/book"), If_Match=tag)
    assert (booked.status_code, booked.json["state"], booked.json["problems"]) == (200, "booked", [])
    assert booked.headers["ETag"] != tag
    again = owner("POST", path(desk.book, fate, "/book"), If_Match=booked.headers["ETag"])
    assert (again.status_code, again.json["code"]) == (409, "invoice.already_booked")


def test_a_work_item_is_dismissed_with_a_reason_and_the_version_seen(
    owner: Caller, member: Callable[..., Caller], desk: Desk
) -> None:
    (fate,) = desk.register(parsed(kind="unknown"))
    act = path(desk.book, fate, "/dismiss")
    tag = owner("GET", path(desk.book, fate)).headers["ETag"]
    assert owner("POST", act, {"reason": "x"}).status_code == 428
    assert owner("POST", act, {"reason": ""}, If_Match=tag).status_code == 422
    done = owner("POST", act, {"reason": "不是公司业务"}, If_Match=tag)
    assert (done.status_code, done.json["state"], done.json["problems"][0]) == (
        200,
        "not_booked",
        {"code": "invoice.dismissed", "detail": "不是公司业务", "message": "已决定不入账"},
    )
    assert owner("POST", act, {"reason": "又一次"}, If_Match=tag).status_code == 412
    reads = {"code": "own_invoice_reader", "name_zh": "查票", "name_en": "Invoices", "reach": "book", "side": "client"}
    made = owner("POST", "/v1/roles", {**reads, "permissions": ["invoice.read", "ledger.read"]})
    assert made.status_code == 201, made.json
    reader = member("client")
    assert reader.id
    place = address(desk.book.uid, f"/grants/{encode('usr', reader.id)}")
    assert owner("PUT", place, {"role": "own_invoice_reader"}).status_code == 200
    (shown,) = reader("GET", address(desk.book.uid, "/invoices")).json["data"]
    for invoice in (shown, reader("GET", path(desk.book, fate)).json):
        assert invoice["problems"][0] == {"code": "invoice.dismissed", "detail": "", "message": "已决定不入账"}


def test_an_invoice_of_another_book_is_not_there(owner: Caller, desk: Desk, doors: Doors) -> None:
    (fate,) = desk.register(parsed(kind="unknown"))
    neighbour = doors.new_book()
    strange = Fate(0, "created", new_id(), None)
    for book, one in ((neighbour, fate), (desk.book, strange)):
        assert owner("GET", path(book, one)).status_code == 404
        for act, body in (("/book", None), ("/dismiss", {"reason": "x"})):
            answer = owner("POST", path(book, one, act), body, If_Match='"1.none-invoice"')
            assert (answer.status_code, answer.json["code"]) == (404, "invoice.not_found")
    assert desk.row(fate)["state"] == "needs_attention"
