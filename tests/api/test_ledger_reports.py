"""Books of account and statements over HTTP: JSON, xlsx and PDF say the same, and only to those who may read them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from io import BytesIO
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from app.books.types import BookRef
from app.ledger.rendering.service import MOST_ROWS
from app.ledger.vouchers.service import draft_vouchers, post_vouchers
from app.ledger.vouchers.types import Draft, Line, Source
from tenants.scope import TenantRef
from tests.api.conftest import Caller, address
from tests.factories.doors import Doors
from tests.unit.ledger_rendering.printed import characters, unpacked

SPAN = "period_from=2026-01&period_to=2026-02"
ROUTES = {
    "trial": "/trial-balance?period=2026-02",
    "general": f"/general-ledger?{SPAN}",
    "subsidiary": f"/subsidiary-ledger?{SPAN}&account_code=1122",
    "journal": f"/journal?{SPAN}",
    "range": f"/trial-balance?{SPAN}&layout=both&items=true&level_from=2",
    "foreign": f"/general-ledger?{SPAN}&layout=both&currency=USD&account_code=1002",
    "day": f"/day-journal?{SPAN}&account_code=1002",
    "columns": f"/multi-column-ledger?{SPAN}&account_code=1122&dimension=customer",
    "item": f"/subsidiary-ledger?{SPAN}&dimension=customer&item=甲公司&layout=quantity",
    "items": f"/item-balances?{SPAN}&by=customer,account",
    "matrix": f"/item-matrix?{SPAN}&dimension=customer",
    "summary": f"/voucher-summary?{SPAN}&level=2",
    "sheet": "/statements/balance-sheet?period=2026-02",
    "income": "/statements/income-statement?period=2026-02",
    "cash": "/statements/cash-flow?period=2026-02",
}
EACH = pytest.mark.parametrize("route", ROUTES.values(), ids=ROUTES)
PAGED = ("subsidiary", "journal", "day", "columns", "item")
MONEY = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]{2}")


@pytest.fixture
def book(doors: Doors) -> BookRef:
    """A book with two months of sales and money received, and a draft in the second."""
    book = doors.new_book(name="#strong[甲] =1+1 有限公司")
    sale = (
        Line("1122", "=销售 #x[]", D("113.00"), counterparty="甲公司"),
        Line("5001", "销售", credit=D("100.00")),
        Line("22210107", "销项税额", credit=D("13.00")),
    )
    paid = Line("1002", "收款", D("50.00")), Line("1122", "收款", credit=D("50.00"), counterparty="甲公司")
    with doors.book(book.uid) as scope:
        days = [(date(2026, 1, 5), sale), (date(2026, 1, 9), paid), (date(2026, 2, 3), sale), (date(2026, 2, 4), sale)]
        drafts = [Draft(book.id, day, lines) for day, lines in days]
        drafts[0] = replace(drafts[0], source=Source("order", "7", "sale"), attachments=2)
        done = draft_vouchers(scope, drafts)
        post_vouchers(scope, [(book.id, each.id) for each in done[:3]], review=True)
    return book


def amounts(value: Any) -> Iterator[str]:
    """Every amount in a body, by the names of its members."""
    if isinstance(value, dict):
        for name, member in value.items():
            if name == "amounts":
                yield from member.values()
            elif name.endswith(("_quantity", "_price")):
                continue
            elif re.search(r"debit|credit|balance|opening$|closing$|^left$|^right$", name) and isinstance(member, str):
                yield member
            else:
                yield from amounts(member)
    elif isinstance(value, list):
        for member in value:
            yield from amounts(member)


@EACH
def test_every_amount_is_a_string_of_two_decimals(owner: Caller, book: BookRef, route: str) -> None:
    for unposted in ("false", "true"):
        answer = owner("GET", address(book.uid, f"{route}&include_unposted={unposted}"))
        assert answer.status_code == 200, answer.get_json()
        found = list(amounts(answer.get_json()))
        assert len(found) > 2
        assert [amount for amount in found if not MONEY.fullmatch(amount)] == []


@EACH
def test_the_same_ledger_gives_the_same_bytes(owner: Caller, book: BookRef, route: str) -> None:
    for kind in ("json", "xlsx", "pdf"):
        place = address(book.uid, f"{route}&format={kind}")
        assert owner("GET", place).data == owner("GET", place).data


@EACH
def test_a_pdf_is_a_pdf_with_its_font_inside(owner: Caller, book: BookRef, route: str) -> None:
    answer = owner("GET", address(book.uid, route), Accept="application/pdf")
    assert (answer.mimetype, answer.data[:5]) == ("application/pdf", b"%PDF-")
    assert b"/FontFile3" in unpacked(answer.data)
    assert set("编制单位制表日期") <= characters(answer.data)
    assert "filename*=UTF-8''" in answer.headers["Content-Disposition"]


def sheet(answer: Any) -> list[list[Any]]:
    """The cells of the one sheet of a workbook."""
    cells: list[list[Any]] = CalamineWorkbook.from_filelike(BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    return cells


def test_a_trial_balance_as_a_workbook_equals_its_json(owner: Caller, book: BookRef) -> None:
    place = address(book.uid, ROUTES["trial"])
    body, cells = owner("GET", place).get_json(), sheet(owner("GET", f"{place}&format=xlsx"))
    assert cells[0][0] == "科目余额表"
    assert "=1+1" in cells[1][0]
    rows = {row[0]: row for row in cells[4:-1]}
    assert list(rows) == [row["account_code"] for row in body["rows"]]
    for row in body["rows"]:
        shown = rows[row["account_code"]]
        assert shown[1].strip("　") == row["account_name"]
        assert [D(str(cell or 0)) for cell in shown[4:8]] == [
            D(row[name]) for name in ("debit", "credit", "year_debit", "year_credit")
        ]
        sides = {"debit": (D(row["closing"]), D(0)), "credit": (D(0), D(row["closing"])), "flat": (D(0), D(0))}
        assert tuple(D(str(cell or 0)) for cell in shown[8:10]) == sides[row["closing_side"]]
    assert [D(str(cell)) for cell in cells[-1][2:]] == [
        D(amount) for name, amount in body["totals"].items() if name != "balanced"
    ]


@pytest.mark.parametrize("statement", ["income", "cash"])
def test_a_statement_as_a_workbook_equals_its_json(owner: Caller, book: BookRef, statement: str) -> None:
    place = address(book.uid, ROUTES[statement])
    body, cells = owner("GET", place).get_json(), sheet(owner("GET", f"{place}&format=xlsx"))
    columns = [column["id"] for column in body["columns"]]
    assert [cell for cell in cells[3] if cell] == ["项目", "行次", *(column["title_zh"] for column in body["columns"])]
    for row, shown in zip(body["rows"], cells[4:], strict=True):
        assert shown[0].strip("　") == row["name_zh"]
        assert shown[1] == (row["line"] or "")
        assert [D(str(cell or 0)) for cell in shown[2:4]] == [D(row["amounts"].get(column, "0")) for column in columns]


def test_the_printed_balance_sheet_has_two_sides_that_agree(owner: Caller, book: BookRef) -> None:
    cells = sheet(owner("GET", address(book.uid, f"{ROUTES['sheet']}&format=xlsx")))
    assert (cells[-1][0], cells[-1][4]) == ("资产总计", "负债和所有者权益（或股东权益）总计")
    assert cells[-1][2] == cells[-1][6] == 226.0


def test_what_a_user_wrote_stays_a_text_in_a_workbook(owner: Caller, book: BookRef) -> None:
    cells = sheet(owner("GET", address(book.uid, f"{ROUTES['journal']}&format=xlsx")))
    assert cells[4][2] == "=销售 #x[]"


def test_a_statement_names_the_accounts_behind_each_figure(owner: Caller, book: BookRef) -> None:
    body = owner("GET", address(book.uid, ROUTES["sheet"])).get_json()
    cash = next(row for row in body["rows"] if row["key"] == "1")
    assert cash["accounts"] == ["1001", "1002", "1012"]
    assert cash["amounts"] == {"closing": "50.00", "year_opening": "0.00"}
    assert [check["code"] for check in body["checks"] if not check["ok"]] == []
    assert (body["ledger_seq"], body["form"], len(body["content"])) == (3, "会小企01表", 64)


def test_drafts_are_counted_in_on_request(owner: Caller, book: BookRef) -> None:
    place = address(book.uid, ROUTES["income"])
    figures = [
        next(row["amounts"] for row in owner("GET", f"{place}{more}").get_json()["rows"] if row["key"] == "1")
        for more in ("", "&include_unposted=true")
    ]
    assert figures == [
        {"period": "100.00", "year_to_date": "200.00"},
        {"period": "200.00", "year_to_date": "300.00"},
    ]


@pytest.mark.parametrize("report", ["subsidiary", "journal", "day", "columns", "item"])
def test_pages_go_on_where_the_last_one_ended(owner: Caller, book: BookRef, report: str) -> None:
    place = address(book.uid, ROUTES[report])
    whole = owner("GET", f"{place}&limit=200").get_json()
    assert whole["page"]["has_more"] is False
    found: list[Any] = []
    more: dict[str, Any] = {"next_cursor": "", "has_more": True}
    while more["has_more"]:
        cursor = f"&cursor={more['next_cursor']}" if more["next_cursor"] else ""
        page = owner("GET", f"{place}&limit=2{cursor}").get_json()
        found, more = found + page["data"], page["page"]
    assert found == whole["data"]
    assert len(found) > 5


@pytest.mark.parametrize("report", ["subsidiary", "journal", "day", "columns", "item", "general", "items", "range"])
def test_a_stream_has_the_rows_of_the_pages(owner: Caller, book: BookRef, report: str) -> None:
    place = address(book.uid, ROUTES[report])
    body = owner("GET", f"{place}&limit=200" if report in PAGED else place).get_json()
    for stream in (owner("GET", place, Accept="application/x-ndjson"), owner("GET", f"{place}&format=ndjson")):
        assert stream.mimetype == "application/x-ndjson"
        assert int(stream.headers["Content-Length"]) == len(stream.data)
        assert [json.loads(line) for line in stream.data.splitlines()] == body["data" if report in PAGED else "rows"]


def test_too_many_rows_refuse_a_file_before_its_first_byte(
    owner: Caller, book: BookRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in ("ndjson", "xlsx", "pdf"):
        monkeypatch.setitem(MOST_ROWS, kind, 3)
        answer = owner("GET", address(book.uid, f"{ROUTES['journal']}&format={kind}"))
        assert (answer.status_code, answer.get_json()["code"]) == (413, "report.too_large")


def test_a_row_leads_to_its_voucher_and_what_it_was_made_from(owner: Caller, book: BookRef) -> None:
    rows = owner("GET", address(book.uid, f"{ROUTES['subsidiary']}&limit=200")).get_json()["data"]
    line = next(row for row in rows if row["kind"] == "line")
    assert line["source"] == {"type": "order", "id": "7", "rule": "sale"}
    voucher = owner("GET", address(book.uid, f"/vouchers/{line['voucher_id']}")).get_json()
    assert (voucher["number"], voucher["source"]) == (line["number"], line["source"])
    assert voucher["lines"][line["line_no"] - 1]["debit"] == line["debit"]


def test_a_summary_by_days_and_numbers_counts_vouchers_and_attachments(owner: Caller, book: BookRef) -> None:
    days = "date_from=2026-01-05&date_to=2026-01-31&word=记&number_from=1&number_to=1"
    body = owner("GET", address(book.uid, f"/voucher-summary?{days}")).get_json()
    assert [(row["account_code"], row["debit"], row["credit"]) for row in body["rows"]] == [
        ("1122", "113.00", "0.00"),
        ("2221", "0.00", "13.00"),
        ("5001", "0.00", "100.00"),
    ]
    assert body["totals"] == {"debit": "113.00", "credit": "113.00", "vouchers": 1, "attachments": 2}


def test_a_cursor_is_worth_nothing_under_another_filter(owner: Caller, book: BookRef) -> None:
    cursor = owner("GET", address(book.uid, f"{ROUTES['journal']}&limit=1")).get_json()["page"]["next_cursor"]
    other = address(book.uid, f"/journal?period_from=2026-01&period_to=2026-01&cursor={cursor}")
    assert (owner("GET", other).status_code, owner("GET", other).get_json()["code"]) == (400, "cursor.invalid")


@pytest.mark.parametrize(
    ("route", "status", "code"),
    [
        ("/trial-balance?period=2026-09", 404, "period.not_found"),
        ("/trial-balance?period=2026-00", 422, "request.invalid"),
        ("/trial-balance", 422, "request.invalid"),
        ("/statements/balance-sheet?period=2026-02&format=docx", 422, "request.invalid"),
        ("/statements/poem?period=2026-02", 404, "route.not_found"),
        (f"/subsidiary-ledger?{SPAN}&account_code=9999", 404, "account.not_found"),
        ("/journal?period_from=2026-02&period_to=2026-01", 422, "report.span_rejected"),
        (f"/journal?{SPAN}&colour=red", 400, "request.unknown_parameter"),
        (f"/trial-balance?{SPAN}&account_from=5001&account_to=1001", 422, "report.range_rejected"),
        (f"/trial-balance?{SPAN}&level_from=3&level=2", 422, "report.range_rejected"),
        (f"/trial-balance?{SPAN}&period=2026-01", 422, "request.invalid"),
        (f"/general-ledger?{SPAN}&layout=foreign", 422, "report.currency_needed"),
        (f"/subsidiary-ledger?{SPAN}", 422, "request.invalid"),
        (f"/subsidiary-ledger?{SPAN}&dimension=customer&item=丁公司", 404, "report.item_not_found"),
        (f"/subsidiary-ledger?{SPAN}&dimension=colour&item=红", 404, "report.dimension_not_found"),
        (f"/subsidiary-ledger?{SPAN}&account_code=1122&dimension=customer", 422, "request.invalid"),
        (f"/day-journal?{SPAN}&account_code=1122", 422, "report.not_cash"),
        (f"/multi-column-ledger?{SPAN}&account_code=1001", 422, "report.no_columns"),
        (f"/item-balances?{SPAN}&by=account", 422, "report.keys_rejected"),
        (f"/item-balances?{SPAN}&by=customer,customer", 422, "report.keys_rejected"),
        (f"/item-balances?{SPAN}&by=colour", 404, "report.dimension_not_found"),
        (f"/item-balances?{SPAN}&by=customer&layout=foreign", 422, "report.currency_needed"),
        (f"/item-matrix?{SPAN}&dimension=colour", 404, "report.dimension_not_found"),
        ("/voucher-summary?date_from=2026-02-01&date_to=2026-01-01", 422, "report.range_rejected"),
        (f"/voucher-summary?{SPAN}&number_from=1&number_to=2", 422, "report.range_rejected"),
        (f"/voucher-summary?{SPAN}&date_from=2026-01-01", 422, "request.invalid"),
    ],
)
def test_what_cannot_be_shown_says_why(owner: Caller, book: BookRef, route: str, status: int, code: str) -> None:
    answer = owner("GET", address(book.uid, route))
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)


@EACH
def test_another_firm_and_a_clerk_without_a_grant_find_nothing(
    member: Callable[..., Caller], other_firm: TenantRef, book: BookRef, route: str
) -> None:
    for stranger in (member("owner", other_firm), member("staff")):
        for kind in ("json", "pdf"):
            answer = stranger("GET", address(book.uid, f"{route}&format={kind}"))
            assert (answer.status_code, answer.get_json()["code"]) == (404, "book.not_found")


def test_an_uploader_reads_no_ledger_and_no_statement(
    member: Callable[..., Caller], book: BookRef, doors: Doors
) -> None:
    uploader = member("client")
    with doors.firm() as scope:
        scope.run(
            "INSERT INTO tenant.book_grant (book_id, holder_id, role, granted_at, granted_by)"
            " VALUES (:book, :user, 'client_uploader', :now, 'tests')",
            book=book.id,
            user=uploader.id,
            now=scope.now,
        )
    assert {uploader("GET", address(book.uid, route)).status_code for route in ROUTES.values()} == {403}
