"""The tax bureau's upload workbook over HTTP: a book's own statements in the bureau's own cells."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal as D
from io import BytesIO
from urllib.parse import unquote

import pytest
from python_calamine import CalamineWorkbook

from app.books.types import BookRef
from app.kernel.periods import Period
from app.ledger.filing.files.rules import XLS, XLSX
from app.ledger.periods.service import reach
from app.ledger.vouchers.service import draft_vouchers, post_vouchers
from app.ledger.vouchers.types import Draft, Line
from tenants.scope import TenantRef
from tests.api.conftest import Caller, address
from tests.factories.doors import Doors
from tests.unit.ledger_filing.workbooks import day, differences, official, pages

ROUTE = "/filing-workbook?period=2026-02&cycle=month"
STATEMENTS = ("balance-sheet", "income-statement", "cash-flow")


@pytest.fixture
def book(doors: Doors) -> BookRef:
    """A small trading company: it sells in January and February, is paid in part, and has a draft nobody posted."""
    book = doors.new_book(name="=1+1 杭州甲商贸有限公司", standard="sbe", taxpayer="general")
    sale = (
        Line("1122", "销售", D("113.00"), counterparty="甲公司"),
        Line("5001", "销售", credit=D("100.00")),
        Line("22210107", "销项税额", credit=D("13.00")),
    )
    paid = Line("1002", "收款", D("50.05")), Line("1122", "收款", credit=D("50.05"), counterparty="甲公司")
    with doors.book(book.uid) as scope:
        days = [(date(2026, 1, 5), sale), (date(2026, 1, 9), paid), (date(2026, 2, 3), sale), (date(2026, 2, 4), sale)]
        done = draft_vouchers(scope, [Draft(book.id, day, lines) for day, lines in days])
        post_vouchers(scope, [(book.id, each.id) for each in done[:3]], review=True)
    return book


def shown(owner: Caller, book: BookRef, query: str) -> dict[str, dict[str, dict[str, str]]]:
    """The statements as their own routes show them: statement id, row key, column id."""
    bodies = [owner("GET", address(book.uid, f"/statements/{name}?{query}")).get_json() for name in STATEMENTS]
    return {
        body["statement"].replace("-", "_"): {row["key"]: row["amounts"] for row in body["rows"]} for body in bodies
    }


def filed_figures(owner: Caller, book: BookRef, period: str, cycle: str) -> set[D]:
    """The figures of a workbook, each in the cell of the form and as the statements of the cycle show it."""
    query = f"period={period}&cycle={cycle}"
    answer = owner("GET", address(book.uid, f"/filing-workbook?{query}"))
    assert (answer.status_code, answer.mimetype) == (200, XLS)
    form, ours = official(cycle), pages(answer.data)
    assert list(differences(form, ours)) == []
    amounts, filed = shown(owner, book, query), set()
    for empty, page in zip(form, ours, strict=True):
        for at, (line, column) in empty.asked(cycle).items():
            assert page.figures[at] == D(amounts[empty.statement][line][column]), (empty.name, at)
            filed.add(page.figures[at])
    return filed


def test_a_month_is_filed_as_the_statements_show_it(owner: Caller, book: BookRef) -> None:
    filed = filed_figures(owner, book, "2026-02", "month")
    assert {D("50.05"), D("100.00"), D("200.00"), D("226.00") - D("50.05")} <= filed


def test_a_quarter_and_a_year_are_filed_as_the_statements_of_their_cycle_show_them(
    owner: Caller, book: BookRef, doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """一季度销售 200，二季度 3，次年 1,000: 二季度报 3 与 203，年报报本年 1,000 与上年 203."""
    monkeypatch.setattr("app.ledger.periods.service.AHEAD", 40)  # months stay open, so that years pass
    with doors.book(book.uid) as scope:
        for day, amount in ((date(2026, 6, 30), "3.00"), (date(2026, 12, 31), "0.00"), (date(2027, 12, 1), "1000.00")):
            reach(scope, [(book.id, str(Period.of(day)))])
            if D(amount):
                lines = Line("1002", "销售", D(amount)), Line("5001", "销售", credit=D(amount))
                done = draft_vouchers(scope, [Draft(book.id, day, lines)])
                post_vouchers(scope, [(book.id, each.id) for each in done], review=True)
    assert {D("3.00"), D("203.00"), D("53.05")} <= filed_figures(owner, book, "2026-06", "quarter")
    assert {D("203.00"), D("0.00")} <= filed_figures(owner, book, "2026-12", "year")
    assert {D("1000.00"), D("203.00")} <= filed_figures(owner, book, "2027-12", "year")


def test_the_file_names_the_company_its_tax_id_and_the_days(owner: Caller, book: BookRef) -> None:
    answer = owner("GET", address(book.uid, ROUTE))
    for empty, page in zip(official("month"), pages(answer.data), strict=True):
        said = empty.said
        assert (page.texts[said["company"]], page.texts[said["tax_id"]]) == (book.name, book.tax_id)
        assert day(page.numbers[said["first_day"]]) == date(2026, 2, 1)
        assert day(page.numbers[said["last_day"]]) == date(2026, 2, 28)
    name = unquote(answer.headers["Content-Disposition"])
    assert name.endswith(f"{book.code}_财务报表报送与信息采集（小企业会计准则）月季报_2026-02.xls")


def test_xlsx_says_the_same_by_format_or_by_accept(owner: Caller, book: BookRef) -> None:
    old = CalamineWorkbook.from_filelike(BytesIO(owner("GET", address(book.uid, ROUTE)).data))
    by_format = owner("GET", address(book.uid, f"{ROUTE}&format=xlsx"))
    by_accept = owner("GET", address(book.uid, ROUTE), Accept=XLSX)
    assert by_format.mimetype == by_accept.mimetype == XLSX
    assert by_format.data == by_accept.data
    new = CalamineWorkbook.from_filelike(BytesIO(by_format.data))
    assert new.sheet_names == old.sheet_names
    for name in old.sheet_names:
        assert new.get_sheet_by_name(name).to_python() == old.get_sheet_by_name(name).to_python()


def test_the_same_ledger_gives_the_same_bytes(owner: Caller, book: BookRef) -> None:
    for kind in ("xls", "xlsx"):
        place = address(book.uid, f"{ROUTE}&format={kind}")
        assert owner("GET", place).data == owner("GET", place).data


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("period=2026-02&cycle=quarter", 422, "filing.period_rejected"),
        ("period=2026-11&cycle=year", 422, "filing.period_rejected"),
        ("period=2026-06&cycle=month", 404, "period.not_found"),
        ("period=2026-02&cycle=week", 422, "request.invalid"),
        ("period=2026-02", 422, "request.invalid"),
        ("period=2026-02&cycle=month&format=pdf", 422, "request.invalid"),
        ("period=2026-02&cycle=month&colour=red", 400, "request.unknown_parameter"),
    ],
)
def test_what_cannot_be_filed_says_why(owner: Caller, book: BookRef, query: str, status: int, code: str) -> None:
    answer = owner("GET", address(book.uid, f"/filing-workbook?{query}"))
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)


def test_a_standard_without_a_form_is_refused(owner: Caller, doors: Doors) -> None:
    general = doors.new_book(standard="asbe")
    answer = owner("GET", address(general.uid, "/filing-workbook?period=2026-01&cycle=month"))
    assert (answer.status_code, answer.get_json()["code"]) == (404, "filing.form_unknown")


def test_another_firm_and_a_clerk_without_a_grant_find_nothing(
    member: Callable[..., Caller], other_firm: TenantRef, book: BookRef
) -> None:
    for stranger in (member("owner", other_firm), member("staff")):
        answer = stranger("GET", address(book.uid, ROUTE))
        assert (answer.status_code, answer.get_json()["code"]) == (404, "book.not_found")


@pytest.mark.parametrize(("role", "status"), [("client_boss", 200), ("client_uploader", 403)])
def test_who_may_read_statements_may_read_their_workbook(
    member: Callable[..., Caller], book: BookRef, doors: Doors, role: str, status: int
) -> None:
    person = member("client")
    with doors.firm() as scope:
        scope.run(
            "INSERT INTO tenant.book_grant (book_id, holder_id, role, granted_at, granted_by)"
            " VALUES (:book, :user, :role, :now, 'tests')",
            book=book.id,
            user=person.id,
            role=role,
            now=scope.now,
        )
    assert person("GET", address(book.uid, ROUTE)).status_code == status
