"""The import of vouchers over HTTP: every violation by row, each voucher once."""

from __future__ import annotations

import io
from datetime import date

import pytest
from werkzeug.test import TestResponse

from app.books.types import BookRef
from infra.ids import new_id
from tests.api.conftest import Caller, address
from tests.api.test_ledger_vouchers import draft
from tests.factories.doors import Doors
from tests.unit.ledger_vouchers.sheets import HEADERS, workbook


@pytest.fixture
def book(doors: Doors) -> BookRef:
    """A fresh book."""
    return doors.new_book()


def hand_in(owner: Caller, book: BookRef, content: bytes, query: str = "") -> TestResponse:
    """A workbook handed in."""
    return owner.client.post(
        f"{address(book.uid, '/vouchers/import')}{query}",
        data={"file": (io.BytesIO(content), "凭证.xlsx")},
        headers={"Authorization": f"Bearer {owner.secret}", "Idempotency-Key": f"import-{new_id()}"},
    )


ROWS = [
    (date(2026, 1, 5), "记", 1, "办公费", 560202, 50, None),
    (None, None, None, None, "银行存款", None, 50),
    (date(2026, 1, 6), "记", 2, "错", 9999, 1, None),
    (None, None, None, None, 1002, None, 2.005),
]


def test_an_import_says_every_violation_by_row_and_drafts_each_voucher_once(owner: Caller, book: BookRef) -> None:
    rehearsed = hand_in(owner, book, workbook(ROWS), "?dry_run=true").json
    assert rehearsed["summary"] == {"total": 2, "created": 1, "unchanged": 0, "failed": 1, "not_applied": 0}
    assert owner("GET", address(book.uid, "/vouchers")).json["data"] == []
    done = hand_in(owner, book, workbook(ROWS)).json
    good, bad = done["results"]
    assert (good["status"], good["named"], good["rows"], bad["rows"]) == ("created", "记-1", [2, 3], [4, 5])
    assert [(each["pointer"], each["code"]) for each in bad["problem"]["errors"]] == [
        ("/rows/5/credit", "money.format")
    ]
    mended = [*ROWS[:2], *[(*row[:4], 1002 if row[5] is None else 560202, row[5], row[6] and 1) for row in ROWS[2:]]]
    again = hand_in(owner, book, workbook(mended)).json
    assert [each["status"] for each in again["results"]] == ["unchanged", "created"]
    assert [each["number_text"] for each in owner("GET", address(book.uid, "/vouchers")).json["data"]] == [
        "记-1",
        "记-2",
    ]


def test_an_atomic_import_with_one_bad_voucher_leaves_nothing(owner: Caller, book: BookRef) -> None:
    refused = hand_in(owner, book, workbook(ROWS), "?mode=atomic")
    assert (refused.status_code, [each["status"] for each in refused.json["results"]]) == (
        422, ["not_applied", "failed"],
    )  # fmt: skip
    assert owner("GET", address(book.uid, "/vouchers")).json["data"] == []
    assert draft(owner, book)["number"] == 1


def test_what_is_no_workbook_of_vouchers_is_refused_by_code(owner: Caller, book: BookRef) -> None:
    for content, code in (
        (b"", "import.unreadable"),
        (b"PK\x03\x04 not a zip", "import.unreadable"),
        (workbook(ROWS, HEADERS[:5]), "import.headers_missing"),
        (workbook(ROWS, (*HEADERS[:6], "借方")), "import.headers_missing"),
        (workbook([ROWS[0]] * 2001), "import.too_many_rows"),
    ):
        answer = hand_in(owner, book, content)
        assert (answer.json["code"], answer.status_code in (413, 422)) == (code, True), answer.json
    empty = owner("GET", address(book.uid, "/vouchers/import-template"))
    assert empty.status_code == 200
    assert hand_in(owner, book, empty.data).json["results"] == []
