"""A book's own statements: defined, checked like content, read with figures and with what each figure is made of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest

from app.books.types import BookRef
from app.ledger.vouchers.service import draft_vouchers, post_vouchers
from app.ledger.vouchers.types import Draft, Line
from tenants.scope import TenantRef
from tests.api.conftest import Caller, address
from tests.factories.doors import Doors

PLACE = "/own-statements"
COLUMNS = {
    "month": [
        {"id": "period", "title_zh": "本月", "title_en": "Month"},
        {"id": "year_to_date", "title_zh": "本年", "title_en": "Year"},
    ],
    "year": [{"id": "previous_year", "title_zh": "上年", "title_en": "Before"}],
}


def row(key: str, formula: str, **more: Any) -> dict[str, Any]:
    """A row."""
    return {"key": key, "name_zh": f"项目{key}", "name_en": f"Row {key}", "formula": formula, **more}


def statement(**changes: Any) -> dict[str, Any]:
    """毛利表：收入减成本，毛利为合计，客户数手工填列。"""
    rows = [
        row("sales", "turnover_cr(5001)"),
        row("costs", "turnover_dr(5401)"),
        row("margin", "line(sales) - line(costs)", kind="total"),
        row("received", "flow(1)"),
        row("customers", "hand"),
    ]
    checks = [{"code": "margin", "rule": "line(margin) = line(sales) - line(costs)"}]
    checks += [{"code": "paid", "rule": "line(received) >= line(sales)"}]
    titles = {"code": "own-margin", "title_zh": "毛利表", "title_en": "Margin"}
    return {**titles, "columns": COLUMNS, "rows": rows, "checks": checks, **changes}


@pytest.fixture
def book(doors: Doors) -> BookRef:
    """Sales of 100, half of them paid, at a cost of 30."""
    book = doors.new_book()
    lines = (
        (Line("1122", "销售", D("100.00"), counterparty="甲"), Line("5001", "销售", credit=D("100.00"))),
        (Line("1002", "收款", D("50.00")), Line("1122", "收款", credit=D("50.00"), counterparty="甲")),
        (Line("5401", "成本", D("30.00")), Line("1405", "成本", credit=D("30.00"))),
    )
    with doors.book(book.uid) as scope:
        done = draft_vouchers(scope, [Draft(book.id, date(2026, 1, 5), each) for each in lines])
        post_vouchers(scope, [(book.id, each.id) for each in done], review=True)
    return book


@pytest.fixture
def margin(owner: Caller, book: BookRef) -> str:
    """The statement, made; its ETag."""
    made = owner("POST", address(book.uid, PLACE), statement())
    assert made.status_code == 201, made.get_json()
    return str(made.headers["ETag"])


def test_a_statement_is_read_as_it_was_defined(owner: Caller, book: BookRef, margin: str) -> None:
    body = owner("GET", address(book.uid, "/statements/own/own-margin?period=2026-01")).get_json()
    assert (body["title_zh"], body["cycle"]) == ("毛利表", "month")
    amounts = {each["key"]: each["amounts"].get("period") for each in body["rows"]}
    assert amounts == {"sales": "100.00", "costs": "30.00", "margin": "70.00", "received": "50.00", "customers": None}
    assert [check["code"] for check in body["checks"] if not check["ok"]] == ["paid", "paid"]
    year = owner("GET", address(book.uid, "/statements/own/own-margin?period=2026-01&cycle=year")).get_json()
    assert year["rows"][2]["amounts"] == {"previous_year": "0.00"}
    for kind in ("xlsx", "pdf"):
        answer = owner("GET", address(book.uid, f"/statements/own/own-margin?period=2026-01&format={kind}"))
        assert answer.status_code == 200


def test_its_figures_lead_to_accounts_rows_and_items(owner: Caller, book: BookRef, margin: str) -> None:
    def cell(key: str) -> Any:
        return owner(
            "GET", address(book.uid, f"/statements/own/own-margin/cells/{key}/period?period=2026-01")
        ).get_json()

    assert [(each["account_code"], each["amount"]) for each in cell("costs")["accounts"]] == [("5401", "30.00")]
    assert [(each["row"], each["amount"]) for each in cell("margin")["rows"]] == [
        ("sales", "100.00"),
        ("costs", "-30.00"),
    ]
    assert [each["item"] for each in cell("received")["cash_items"]] == ["1"]
    assert cell("customers")["code"] == "statement.cell_not_found"


def test_it_is_changed_and_taken_away_by_who_saw_its_version(owner: Caller, book: BookRef, margin: str) -> None:
    place = address(book.uid, f"{PLACE}/own-margin")
    changed = {name: value for name, value in statement(title_zh="毛利").items() if name != "code"}
    assert owner("PUT", place, changed).status_code == 428
    answer = owner("PUT", place, changed, If_Match=margin)
    assert (answer.status_code, answer.get_json()["title_zh"]) == (200, "毛利")
    assert owner("PUT", place, changed, If_Match=margin).status_code == 412
    listed = owner("GET", address(book.uid, PLACE)).get_json()["items"]
    assert [(each["code"], each["title_zh"]) for each in listed] == [("own-margin", "毛利")]
    assert owner("DELETE", place, If_Match=answer.headers["ETag"]).status_code == 204
    assert owner("GET", place).get_json()["code"] == "statement.not_found"


def test_a_second_one_of_the_same_code_is_refused(owner: Caller, book: BookRef, margin: str) -> None:
    answer = owner("POST", address(book.uid, PLACE), statement())
    assert (answer.status_code, answer.get_json()["code"]) == (409, "own_statement.taken")


@pytest.mark.parametrize(
    ("changes", "path", "code"),
    [
        ({"rows": [row("a", "dr(9999)")]}, "/rows/0/formula", "own_statement.account_unknown"),
        ({"rows": [row("a", "flow(nothing)")]}, "/rows/0/formula", "own_statement.cash_item_unknown"),
        ({"rows": [row("a", "line(b)")]}, "/rows/0/formula", "own_statement.row_unknown"),
        ({"rows": [row("a", "dr(1001"), row("b", "")]}, "/rows/0/formula", "own_statement.formula"),
        ({"rows": [row("a", "__import__(os)")]}, "/rows/0/formula", "own_statement.formula"),
        ({"rows": [row("a", "(" * 900 + "dr(1001)" + ")" * 900)]}, "/rows/0/formula", "own_statement.formula"),
        ({"rows": [row("a", "line(b)"), row("b", "line(a)")]}, "/rows", "own_statement.formula"),
        ({"rows": [row("a", ""), row("a", "")]}, "/rows/1/key", "own_statement.row_twice"),
        ({"columns": {}}, "/columns", "own_statement.no_columns"),
        ({"columns": {"month": [COLUMNS["year"][0]]}}, "/columns/month/0/id", "own_statement.column_unfit"),
        ({"checks": [{"code": "x", "rule": "dr(1001) = line(sales)"}]}, "/checks/0/rule", "own_statement.formula"),
        ({"checks": [{"code": "x", "rule": "line(sales)"}]}, "/checks/0/rule", "own_statement.formula"),
        ({"checks": [{"code": "x", "rule": "line(z) = line(sales)"}]}, "/checks/0/rule", "own_statement.row_unknown"),
    ],
)
def test_what_cannot_be_evaluated_is_not_kept(
    owner: Caller, book: BookRef, changes: dict[str, Any], path: str, code: str
) -> None:
    answer = owner("POST", address(book.uid, PLACE), statement(**{"checks": [], **changes}))
    body = answer.get_json()
    assert (answer.status_code, body["code"]) == (422, "own_statement.rejected"), body
    assert (path, code) in [(each["pointer"], each["code"]) for each in body["errors"]]


def test_an_account_that_is_gone_is_named_and_never_read_as_nothing(
    owner: Caller, book: BookRef, margin: str, doors: Doors
) -> None:
    with doors.book(book.uid) as scope:
        scope.run(
            "UPDATE tenant.own_statement SET rows = jsonb_set(rows, '{1,formula}', cast(:f AS jsonb))"
            " WHERE book_id = :b",
            b=book.id,
            f='"dr(540199)"',
        )
    answer = owner("GET", address(book.uid, "/statements/own/own-margin?period=2026-01"))
    assert (answer.status_code, answer.get_json()["code"]) == (422, "own_statement.rejected")
    assert answer.get_json()["errors"][0]["params"] == {"account": "540199"}


def test_a_books_own_accounts_are_read_by_their_own_codes(owner: Caller, book: BookRef, doors: Doors) -> None:
    """收入下增设明细 500101 内销，自定义报表可直接取该明细。"""
    with doors.book(book.uid) as scope:
        scope.run(
            "INSERT INTO tenant.account (book_id, code, name_zh, name_en, class, normal_side, parent_code, leaf, cash,"
            " standard_code, pinyin, dimensions, currencies, monetary, cash_follows, active)"
            " SELECT book_id, '5051001', '内销', 'Domestic', class, normal_side, '5051', true, false, '5051', '',"
            " '{}', '{}', false, false, true FROM tenant.account WHERE book_id = :b AND code = '5051'",
            b=book.id,
        )
        scope.run("UPDATE tenant.account SET leaf = false WHERE book_id = :b AND code = '5051'", b=book.id)
        lines = Line("1002", "内销", D("9.00")), Line("5051001", "内销", credit=D("9.00"))
        done = draft_vouchers(scope, [Draft(book.id, date(2026, 1, 6), lines)])
        post_vouchers(scope, [(book.id, each.id) for each in done], review=True)
    rows = [row("own", "turnover_cr(5051001)"), row("all", "turnover_cr(5051)")]
    assert owner("POST", address(book.uid, PLACE), statement(rows=rows, checks=[])).status_code == 201
    body = owner("GET", address(book.uid, "/statements/own/own-margin?period=2026-01")).get_json()
    assert [each["amounts"]["period"] for each in body["rows"]] == ["9.00", "9.00"]
    income = owner("GET", address(book.uid, "/statements/income-statement?period=2026-01")).get_json()
    assert income["rows"][0]["amounts"]["period"] == "109.00"


def test_another_firm_finds_nothing(member: Callable[..., Caller], other_firm: TenantRef, book: BookRef) -> None:
    answer = member("owner", other_firm)("GET", address(book.uid, PLACE))
    assert (answer.status_code, answer.get_json()["code"]) == (404, "book.not_found")
