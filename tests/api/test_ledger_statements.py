"""Statements over HTTP: columns by cycle, tables beside them, and every cell with what it is made of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal as D
from io import BytesIO
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from app.books.types import BookRef
from app.ledger.vouchers.service import draft_vouchers, post_vouchers
from app.ledger.vouchers.types import Draft, Line
from tenants.scope import TenantRef
from tests.api.conftest import Caller, address
from tests.factories.doors import Doors

SHEET = "/statements/balance-sheet"


@pytest.fixture
def book(doors: Doors) -> BookRef:
    """A company that sells in February and March, is paid in part, and is paid in advance by another customer."""
    book = doors.new_book()
    sale = (Line("1122", "销售", D("113.00"), counterparty="甲"), Line("5001", "销售", credit=D("113.00")))
    paid = Line("1002", "收款", D("50.00")), Line("1122", "收款", credit=D("50.00"), counterparty="甲")
    early = Line("1002", "预收", D("20.00")), Line("1122", "预收", credit=D("20.00"), counterparty="乙")
    months = [(date(2026, 2, 5), sale), (date(2026, 3, 9), paid), (date(2026, 3, 10), early)]
    with doors.book(book.uid) as scope:
        done = draft_vouchers(
            scope, [Draft(book.id, day, lines) for day, lines in [*months, (date(2026, 3, 11), sale)]]
        )
        post_vouchers(scope, [(book.id, each.id) for each in done[:3]], review=True)
    return book


def asked(caller: Caller, book: BookRef, rest: str) -> Any:
    """The body of an answer that went well."""
    answer = caller("GET", address(book.uid, rest))
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()


def test_a_quarter_has_its_own_columns_in_every_format(owner: Caller, book: BookRef) -> None:
    place = "/statements/income-statement?period=2026-03&cycle=quarter"
    body = asked(owner, book, place)
    assert (body["cycle"], [column["id"] for column in body["columns"]]) == ("quarter", ["year_to_date", "quarter"])
    assert body["rows"][0]["amounts"] == {"year_to_date": "113.00", "quarter": "113.00"}
    month = asked(owner, book, "/statements/income-statement?period=2026-03")
    assert (month["cycle"], month["rows"][0]["amounts"]) == ("month", {"year_to_date": "113.00", "period": "0.00"})
    answer = owner("GET", address(book.uid, f"{place}&format=xlsx"))
    cells: list[list[Any]] = CalamineWorkbook.from_filelike(BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    assert "2026年第1季度" in "".join(map(str, cells[1] + cells[2]))
    assert cells[3][-2:] == ["本年累计金额", "本季金额"]
    assert owner("GET", address(book.uid, f"{place}&format=pdf")).data[:5] == b"%PDF-"


def test_a_figure_leads_to_its_accounts_and_they_to_their_ledgers(owner: Caller, book: BookRef) -> None:
    """预收账款 20：应收账款的贷方余额；它的明细账就在给出的地址。"""
    cell = asked(owner, book, f"{SHEET}/cells/34/closing?period=2026-03")
    assert (cell["amount"], cell["formula"], cell["rows"]) == ("20.00", "cr_side(2203) + cr_side(1122)", [])
    (share,) = cell["accounts"]
    assert (share["account_code"], share["amount"]) == ("1122", "20.00")
    assert (share["period_from"], share["period_to"]) == ("2026-01", "2026-03")
    ledger = owner("GET", share["ledger"]).get_json()
    assert "乙" in str(ledger)


def test_a_total_leads_to_its_rows_and_a_flow_to_its_items(owner: Caller, book: BookRef) -> None:
    total = asked(owner, book, f"{SHEET}/cells/15/closing?period=2026-03")
    shares = {share["row"]: share["amount"] for share in total["rows"]}
    assert (shares["1"], shares["4"], total["amount"]) == ("70.00", "63.00", "133.00")
    assert sum(map(D, shares.values())) == D(total["amount"])
    flow = asked(owner, book, "/statements/cash-flow/cells/1/period?period=2026-03")
    assert [(item["item"], item["amount"]) for item in flow["cash_items"]] == [("1", "70.00")]


def test_drafts_count_in_a_cell_as_in_its_statement(owner: Caller, book: BookRef) -> None:
    rest = "period=2026-03&include_unposted=true"
    rows = {row["key"]: row["amounts"] for row in asked(owner, book, f"{SHEET}?{rest}")["rows"]}
    cell = asked(owner, book, f"{SHEET}/cells/4/closing?{rest}")
    assert cell["amount"] == rows["4"]["closing"] == "176.00"
    assert cell["accounts"][0]["ledger"].endswith("include_unposted=true")


def test_tables_beside_the_statements_are_listed_and_read(owner: Caller, book: BookRef) -> None:
    listed = {form["statement"]: form for form in asked(owner, book, "/statements")["items"]}
    assert list(listed)[:3] == ["balance-sheet", "income-statement", "cash-flow"]
    assert list(listed["profit-appropriation"]["cycles"]) == ["year"]
    for name in list(listed)[3:]:
        place = f"/statements/notes/{name}?period=2026-03"
        body = asked(owner, book, place)
        assert (body["statement"], body["cycle"]) == (name, next(iter(listed[name]["cycles"])))
        for kind in ("xlsx", "pdf"):
            assert owner("GET", address(book.uid, f"{place}&format={kind}")).status_code == 200
    profit = asked(owner, book, "/statements/notes/profit-appropriation/cells/1/year_to_date?period=2026-03")
    assert {share["account_code"]: share["amount"] for share in profit["accounts"]} == {"5001": "113.00"}


def test_a_row_by_hand_has_no_amount_and_the_printed_table_says_why(owner: Caller, book: BookRef) -> None:
    place = "/statements/notes/receivables-ageing?period=2026-03"
    rows = {row["key"]: row for row in asked(owner, book, place)["rows"]}
    assert (rows["1"]["kind"], rows["1"]["amounts"]) == ("hand", {})
    assert rows["total"]["amounts"]["closing"] == "63.00"
    answer = owner("GET", address(book.uid, f"{place}&format=xlsx"))
    assert "由编制人填列" in str(CalamineWorkbook.from_filelike(BytesIO(answer.data)).get_sheet_by_index(0).to_python())


@pytest.mark.parametrize(
    ("rest", "status", "code"),
    [
        (f"{SHEET}?period=2026-03&cycle=week", 422, "request.invalid"),
        (f"{SHEET}?period=2026-09&cycle=year", 404, "period.not_found"),
        ("/statements/notes/equity-statement?period=2026-03", 404, "statement.not_found"),
        ("/statements/notes/profit-appropriation?period=2026-03&cycle=month", 422, "statement.cycle_unknown"),
        (f"{SHEET}/cells/99/closing?period=2026-03", 404, "statement.cell_not_found"),
        (f"{SHEET}/cells/h.assets/closing?period=2026-03", 404, "statement.cell_not_found"),
        (f"{SHEET}/cells/1/quarter?period=2026-03", 404, "statement.cell_not_found"),
        (f"{SHEET}/cells/%E8%A1%8C/%F0%9F%98%80?period=2026-03", 404, "statement.cell_not_found"),
        (f"{SHEET}/cells/1/closing?period=2026-03&cycle=era", 422, "request.invalid"),
        ("/statements/trial-balance?period=2026-03", 404, "route.not_found"),
    ],
)
def test_what_is_not_there_says_so(owner: Caller, book: BookRef, rest: str, status: int, code: str) -> None:
    answer = owner("GET", address(book.uid, rest))
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)


def test_another_firm_finds_nothing(member: Callable[..., Caller], other_firm: TenantRef, book: BookRef) -> None:
    stranger = member("owner", other_firm)
    for rest in ("/statements", f"{SHEET}?period=2026-03", f"{SHEET}/cells/1/closing?period=2026-03"):
        answer = stranger("GET", address(book.uid, rest))
        assert (answer.status_code, answer.get_json()["code"]) == (404, "book.not_found")
