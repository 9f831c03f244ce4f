"""A natural person's identity number comes in with an invoice and stays in the sealed file, whoever asks or looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal as D

import psycopg
import pytest

from app.books.types import BookRef
from app.samples.einvoice.rules import xml
from app.samples.portal.rules import workbook
from app.samples.types import Party, SampleInvoice, SampleLine
from infra.ids import encode
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.api.conftest import Caller, address
from tests.api.test_documents import grant, upload
from tests.factories.doors import Doors
from tests.factories.http import work_off
from tests.unit.invoices import faces

IDENTITY, MASKED = "110105198807070122", "110105********0122"  # in no other test: one schema serves them all
BOTH = "110105198908080194"  # the check characters of a social credit code and of an identity number both hold
OURS = Party(faces.OURS.name, faces.OURS.tax_id)
OTHER = Party(faces.OTHER.name, faces.OTHER.tax_id)
PERSON, ANOTHER = Party("张三", IDENTITY), Party("李四", BOTH)
BOUGHT = SampleInvoice(
    direction="purchase",
    kind="ordinary",
    number="26322000000000000011",
    code="",
    seller=PERSON,
    buyer=OURS,
    issued_at=datetime.fromisoformat("2026-01-15T10:00:00"),
    lines=(
        SampleLine(
            "*劳务*设计费", "3040000000000000000", "", "次", D(1), D("100.00"), D("100.00"), D("0.03"), D("3.00")
        ),
    ),
)
STRANGE = replace(BOUGHT, number="26322000000000000012", buyer=OTHER)
SOLD = replace(BOUGHT, number="26322000000000000013", direction="sale", seller=OURS, buyer=ANOTHER)
OTHERWISE = replace(BOUGHT, seller=Party("张三", "440308199203030024"))
UNREADABLE = replace(BOUGHT, number=f"{IDENTITY}-1")
FILES = {
    "bought.xml": xml(BOUGHT),
    "strange.xml": xml(STRANGE),
    "table.xlsx": workbook([SOLD, BOUGHT]),
    "otherwise.xml": xml(OTHERWISE),
    "unreadable.xml": xml(UNREADABLE),
}
NUMBERS = (IDENTITY, BOTH, OTHERWISE.seller.tax_id)


@pytest.fixture
def book(doors: Doors) -> BookRef:
    """The book of the company that bought and sold."""
    return doors.new_book(name=OURS.name, tax_id=OURS.tax_id)


@pytest.fixture
def superuser(admin_url: str) -> Iterator[psycopg.Connection[tuple[str]]]:
    """Somebody who sees every row of every firm."""
    with psycopg.connect(admin_url) as connection:
        yield connection


def holding(superuser: psycopg.Connection[tuple[str]], firm: TenantRef, number: str) -> list[str]:
    """The tables of a firm with a row that says a number, as text or in bytes."""
    tables = superuser.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [firm.schema]).fetchall()
    asked = " OR ".join(f"strpos(cast(t AS text), '{form}') > 0" for form in (number, number.encode().hex()))
    assert tables
    return [
        name
        for (name,) in tables
        if superuser.execute(f"SELECT 1 FROM {firm.schema}.{name} t WHERE {asked}").fetchone()
    ]


def test_no_table_and_no_answer_says_the_identity_number_that_an_invoice_brought(
    owner: Caller,
    member: Callable[..., Caller],
    book: BookRef,
    ports: Ports,
    doors: Doors,
    superuser: psycopg.Connection[tuple[str]],
) -> None:
    client = member("client")
    grant(doors, book, client, "client_uploader")
    handed = upload(client, book, *FILES.items())
    work_off(ports, doors.tenant, handed.json["job_id"])
    job = f"/v1/jobs/{handed.json['job_id']}"
    items = client("GET", f"{job}/items")
    fates = {(each["subject"], each["fate"], tuple(p["code"] for p in each["problems"])) for each in items.json["data"]}
    assert fates == {
        (BOUGHT.number, "created", ()),
        (BOUGHT.number, "duplicate", ()),
        (BOUGHT.number, "needs_attention", ("invoice.conflict",)),
        (STRANGE.number, "needs_attention", ("invoice.not_ours",)),
        (SOLD.number, "created", ()),
        ("unreadable.xml", "needs_attention", ("invoice.bad_number",)),
    }
    listed = owner("GET", address(book.uid, "/invoices"))
    shown = {row["number"]: row for row in listed.json["data"]}
    assert shown[BOUGHT.number]["seller"] == {"name": "张三", "tax_id": MASKED}
    assert shown[SOLD.number]["buyer"] == {"name": "李四", "tax_id": "110105********0194"}
    assert [shown[number]["direction"] for number in (BOUGHT.number, STRANGE.number, SOLD.number)] == [
        "purchase",
        "unknown",
        "sales",
    ]
    strange = address(book.uid, f"/invoices/{shown[STRANGE.number]['id']}")
    tag = owner("GET", strange).headers["ETag"]
    refused = owner("POST", f"{strange}/book", If_Match=tag, Idempotency_Key="persons-book-00000001")
    dismissed = owner(
        "POST", f"{strange}/dismiss", {"reason": "他人的发票"}, If_Match=tag, Idempotency_Key="persons-dismiss-00001"
    )
    assert (refused.json["code"], dismissed.status_code) == ("invoice.not_bookable", 200)
    people = [owner("GET", address(book.uid, f"/dimensions/{each}/items")) for each in ("supplier", "customer")]
    assert [[item["name"] for item in each.json["data"]] for each in people] == [["张三"], ["李四"]]
    answers = [
        *(handed, items, listed, refused, dismissed, *people, client("GET", job)),
        *(owner("GET", address(book.uid, f"/invoices/{row['id']}")) for row in shown.values()),
        *(owner("GET", address(book.uid, path)) for path in ("/documents", "/vouchers", "/audit-events", "")),
    ]
    assert [answer.status_code for answer in answers if answer.status_code not in (200, 202, 422)] == []
    for number in NUMBERS:
        assert [answer.request.path for answer in answers if number in answer.text] == []
        assert holding(superuser, doors.tenant, number) == []
    original = next(each for each in handed.json["documents"] if each["filename"] == "bought.xml")
    content = owner("GET", address(book.uid, f"/documents/{original['document_id']}/content"))
    assert IDENTITY in content.text


@pytest.mark.parametrize("tax_id", [IDENTITY, f"{IDENTITY}01"])
def test_an_identity_number_is_no_tax_id_of_a_book(owner: Caller, book: BookRef, tax_id: str) -> None:
    new = {
        "code": f"person-{len(tax_id)}",
        "name": "张三",
        "tax_id": tax_id,
        "taxpayer": "small_scale",
        "industry": "service",
        "standard": "sbe",
        "start_period": "2026-01",
    }
    tag = owner("GET", address(book.uid)).headers["ETag"]
    for answer in (
        owner("POST", "/v1/books", new),
        owner("PATCH", address(book.uid), {"tax_id": tax_id}, If_Match=tag),
    ):
        (error,) = answer.json["errors"]
        assert (answer.status_code, error["pointer"], error["code"]) == (422, "/tax_id", "book.tax_id_is_identity")
        assert tax_id not in answer.text


def test_a_book_that_had_an_identity_number_loses_it_without_a_trace_in_the_log(
    owner: Caller, doors: Doors, superuser: psycopg.Connection[tuple[str]]
) -> None:
    lost = "440308199002020014"
    old = doors.new_book(name="王五", tax_id=lost)
    tag = owner("GET", address(old.uid)).headers["ETag"]
    changed = owner("PATCH", address(old.uid), {"tax_id": OURS.tax_id}, If_Match=tag)
    assert changed.json["tax_id"] == OURS.tax_id
    (act,) = [
        each
        for each in owner("GET", address(old.uid, "/audit-events")).json["data"]
        if each["action"] == "book.change" and each["object_id"] == encode("bk", old.uid)
    ]
    assert act["details"]["tax_id"] == {"before": "440308********0014", "after": OURS.tax_id}
    assert holding(superuser, doors.tenant, lost) == []
