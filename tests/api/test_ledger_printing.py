"""Printing over HTTP: vouchers, covers and bound ledgers as PDF, in limits, and only for those who may read them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest

from app.books.types import BookRef
from app.closing import service as closing
from app.kernel.periods import Period
from app.ledger.dimensions import service as dimensions
from app.ledger.printing import service
from app.ledger.reports.service import Span, subsidiary_ledger
from app.ledger.vouchers.service import draft_vouchers, post_vouchers, void_voucher
from app.ledger.vouchers.types import Draft, Line
from tenants.scope import TenantRef
from tests.api.conftest import Caller, address
from tests.factories.doors import Doors
from tests.unit.ledger_printing.reading import sizes, texts

MONTHS = "first_period=2026-01&last_period=2026-02"
ROUTES = {
    "vouchers": f"/printouts/vouchers?{MONTHS}",
    "cover": f"/printouts/cover?{MONTHS}",
    "general": "/printouts/ledger?kind=general&year=2026",
    "subsidiary": "/printouts/ledger?kind=subsidiary&year=2026",
    "cash": "/printouts/ledger?kind=cash_journal&year=2026",
    "bank": "/printouts/ledger?kind=bank_journal&year=2026",
}
EACH = pytest.mark.parametrize("route", ROUTES.values(), ids=ROUTES)


def sale(counterparty: str) -> tuple[Line, ...]:
    """113.00 sold on credit."""
    return (
        Line("1122", "=销售 #x[]", D("113.00"), counterparty=counterparty),
        Line("5001", "销售", credit=D("100.00")),
        Line("22210107", "销项税额", credit=D("13.00")),
    )


@pytest.fixture
def book(doors: Doors) -> BookRef:
    """A book with two months of sales and money received, long vouchers, a draft and a voided one."""
    book = doors.new_book(name="#strong[甲] =1+1 有限公司")
    paid = Line("1002", "收款", D("50.00")), Line("1122", "收款", credit=D("50.00"), counterparty="甲公司")
    cash = Line("1001", "提现", D("9.00")), Line("1002", "提现", credit=D("9.00"))
    many = [Line("1002", f"收款{n}", D("1.00")) for n in range(30)]
    many += [Line("1122", f"收款{n}", credit=D("1.00"), counterparty="乙公司") for n in range(30)]
    with doors.book(book.uid) as scope:
        days = [
            (date(2026, 1, 5), sale("甲公司")),
            (date(2026, 1, 9), paid),
            (date(2026, 1, 10), cash),
            (date(2026, 1, 11), tuple(many)),
            (date(2026, 2, 3), sale("乙公司")),
            (date(2026, 2, 4), sale("甲公司")),
            (date(2026, 2, 5), sale("丙公司")),
        ]
        done = draft_vouchers(scope, [Draft(book.id, day, lines, attachments=2) for day, lines in days])
        post_vouchers(scope, [(book.id, each.id) for each in done[:5]], review=True)
        void_voucher(scope, done[6].id, "重复")
    return book


def printed(owner: Caller, book: BookRef, route: str) -> list[str]:
    """The pages of a printed file as texts."""
    answer = owner("GET", address(book.uid, route))
    assert answer.status_code == 200, answer.get_json()
    return texts(answer.data)


@EACH
def test_a_print_is_a_pdf_that_is_saved_under_a_name_and_always_the_same(
    owner: Caller, book: BookRef, route: str
) -> None:
    answer = owner("GET", address(book.uid, route))
    assert (answer.status_code, answer.mimetype, answer.data[:5]) == (200, "application/pdf", b"%PDF-")
    assert re.fullmatch(r"attachment; filename\*=UTF-8''[A-Za-z0-9%_.-]+\.pdf", answer.headers["Content-Disposition"])
    assert answer.data == owner("GET", address(book.uid, route)).data


def test_vouchers_are_printed_in_order_with_their_state_and_the_names_of_their_accounts(
    owner: Caller, book: BookRef
) -> None:
    whole = "".join(printed(owner, book, ROUTES["vouchers"]))
    labels = re.findall(r"凭证号：(记-\d+(?: \d/\d)?) ", whole)
    assert labels == ["记-1", "记-2", "记-3", *(f"记-4 {sheet}/8" for sheet in range(1, 9)), "记-1", "记-2", "记-3"]
    assert whole.count("单位：#strong[甲] =1+1 有限公司") == len(labels)
    assert whole.count("=销售 #x[]1122 应收账款 甲公司113.00") == 2
    assert whole.count("22210107 应交税费-应交增值税-销项税额13.00") == 4
    assert whole.count("（人民币大写）：壹佰壹拾叁元整113.00113.00") == 4
    assert re.findall("未记账|作废", whole) == ["未记账", "作废"]


def test_foreign_money_quantities_items_and_parts_are_printed(owner: Caller, doors: Doors) -> None:
    book = doors.new_book()
    with doors.book(book.uid) as scope:
        scope.run(
            "UPDATE tenant.account SET currencies = CASE WHEN code = '1002' THEN cast('{CNY,USD}' AS text[])"
            " ELSE currencies END, unit = CASE WHEN code = '1405' THEN '吨' END,"
            " dimensions = CASE WHEN code = '1405' THEN cast('{stock_item}' AS text[]) ELSE dimensions END"
            " WHERE book_id = :book AND code IN ('1002', '1405')",
            book=book.id,
        )
        dimensions.ensure_items(scope, [(book.id, "stock_item", "钢材")], {})
        bought = (
            Line(
                "1405",
                "购入",
                D("713.00"),
                items=(("stock_item", "钢材"),),
                quantity=D("3.5"),
                unit_price=D("203.714286"),
            ),
            Line("1002", "购入", credit=D("713.00"), currency="USD", foreign_amount=D("100.00"), rate=D("7.13")),
        )
        drafts = [Draft(book.id, date(2026, 1, 5), bought, part=part, parts=2) for part in (1, 2)]
        draft_vouchers(scope, drafts)
    first, second = printed(owner, book, f"{ROUTES['vouchers']}&layout=a5")
    assert "凭证号：记-1-1/2 " in first and "凭证号：记-1-2/2 " in second
    assert "购入1405 库存商品 钢材3.5203.714286713.00" in first
    assert "购入1002 银行存款USD 100.007.13713.00" in first


@pytest.mark.parametrize(
    ("more", "labels"),
    [
        ("&from=2&to=3", ["记-2", "记-3", "记-2", "记-3"]),
        ("&from=7", None),
        ("&word=收", None),
        ("&word=记&to=1", ["记-1", "记-1"]),
    ],
)
def test_a_word_and_a_range_of_numbers_narrow_what_is_printed(
    owner: Caller, book: BookRef, more: str, labels: list[str] | None
) -> None:
    answer = owner("GET", address(book.uid, ROUTES["vouchers"] + more))
    if labels is None:
        assert (answer.status_code, answer.get_json()["code"]) == (404, "print.empty")
    else:
        assert re.findall(r"凭证号：(记-\d+) ", "".join(texts(answer.data))) == labels


@pytest.mark.parametrize(
    ("layout", "size", "pages"),
    [("a4_two", (210, 297), 7), ("a4_three", (210, 297), 6), ("a5", (210, 148), 14), ("form_240x140", (240, 140), 14)],
)
def test_each_layout_has_its_paper(
    owner: Caller, book: BookRef, layout: str, size: tuple[int, int], pages: int
) -> None:
    answer = owner("GET", address(book.uid, f"{ROUTES['vouchers']}&layout={layout}"))
    assert sizes(answer.data) == [size] * pages


def test_covers_count_what_is_bound(owner: Caller, book: BookRef) -> None:
    first, second, third = printed(owner, book, f"{ROUTES['cover']}&volume=3")
    assert "2026年01月凭证字记起止号记-1 至 记-3册数第 1 册　共 2 册凭证份数3 份凭证张数3 张附单据数6 张" in first
    assert "起止号记-4 至 记-4册数第 2 册　共 2 册凭证份数1 份凭证张数8 张附单据数2 张" in second
    assert "2026年02月凭证字记起止号记-1 至 记-3册数第 1 册　共 1 册" in third


def test_a_subsidiary_ledger_prints_every_posted_line_of_every_account(
    owner: Caller, book: BookRef, doors: Doors
) -> None:
    cover, form, directory, *pages = printed(owner, book, ROUTES["subsidiary"])
    assert cover.startswith("明细账2026 年度")
    assert f"本账簿共计 {len(pages)} 页" in form
    assert [re.findall(r"第 (\d+) 页　共 (\d+) 页", page) for page in pages] == [
        [(str(number), str(len(pages)))] for number in range(1, len(pages) + 1)
    ]
    for code in ("1001", "1002", "1122", "22210107", "5001"):
        begins, name = next(
            (number, found[1])
            for number, page in enumerate(pages, 1)
            if (found := re.search(f"科目：{code} (.+?)2026 年度", page))
        )
        assert f"{code}{name}{begins}" in directory
        with doors.book(book.uid, read_only=True) as scope:
            span = Span(book.start_period, book.start_period.plus(1))
            rows = subsidiary_ledger(scope, book, span, code, None, 500)
        said = "".join(page for page in pages if f"科目：{code} " in page)
        lines = [row for row in rows if row["kind"] == "line"]
        assert len(re.findall(r"\d{4}-\d\d-\d\d记-\d", said)) == len(lines)
        rest = said
        for row in rows:  # the same figures in the same order
            rest = rest.partition(row["summary"])[2].partition(f"{row['balance']:,.2f}")[2]
            assert rest, row


def test_pages_of_an_account_are_carried(owner: Caller, book: BookRef) -> None:
    pages = printed(owner, book, ROUTES["bank"])[3:]
    assert [("承前页" in page, "过次页" in page) for page in pages] == [(False, True), (True, False)]
    carried, brought = (
        re.search(f"{word}([\\d.]+借\\d+[.]\\d\\d)", page)
        for page, word in zip(pages, ("过次页", "承前页"), strict=True)
    )
    assert carried and brought and carried[1] == brought[1]
    # opening 0, 50 received, 9 drawn, then 1.00 a line: 18 of the 20 lines before 过次页 are of the long voucher
    assert carried[1] == "68.009.00借59.00"


def test_journals_hold_money_only_and_a_general_ledger_the_first_level(owner: Caller, book: BookRef) -> None:
    codes = {
        name: set(re.findall(r"科目：(\d+) ", "".join(printed(owner, book, ROUTES[name]))))
        for name in ("cash", "bank", "general")
    }
    assert codes == {"cash": {"1001"}, "bank": {"1002"}, "general": {"1001", "1002", "1122", "2221", "5001"}}


def test_a_ledger_holds_posted_vouchers_only(owner: Caller, book: BookRef) -> None:
    whole = "".join(printed(owner, book, ROUTES["subsidiary"]))
    assert "乙公司" in whole and "丙公司" not in whole and "2026-02-04" not in whole


@pytest.mark.parametrize(
    ("name", "limit"),
    [("vouchers", "MOST_VOUCHERS"), ("vouchers", "MOST_LINES"), ("bank", "MOST_LINES"), ("cash", "MOST_PAGES")],
)
def test_what_is_too_long_for_one_file_is_refused(
    owner: Caller, book: BookRef, monkeypatch: pytest.MonkeyPatch, name: str, limit: str
) -> None:
    monkeypatch.setattr(service, limit, {"MOST_LINES": 31, "MOST_PAGES": 0}.get(limit, 6))
    answer = owner("GET", address(book.uid, ROUTES[name]))
    assert (answer.status_code, answer.get_json()["code"]) == (413, "print.too_large")


@pytest.mark.parametrize(
    ("route", "status", "code"),
    [
        ("/printouts/vouchers", 422, "request.invalid"),
        ("/printouts/vouchers?first_period=2026-02&last_period=2026-01", 404, "print.empty"),
        (f"/printouts/vouchers?{MONTHS}&layout=a0", 422, "request.invalid"),
        (f"/printouts/vouchers?{MONTHS}&from=0", 422, "request.invalid"),
        (f"/printouts/cover?{MONTHS}&volume=0", 422, "request.invalid"),
        ("/printouts/ledger?kind=poem&year=2026", 422, "request.invalid"),
        ("/printouts/ledger?kind=general&year=2025", 404, "period.not_found"),
        (f"/printouts/vouchers?{MONTHS}&colour=red", 400, "request.unknown_parameter"),
    ],
)
def test_what_cannot_be_printed_says_why(owner: Caller, book: BookRef, route: str, status: int, code: str) -> None:
    answer = owner("GET", address(book.uid, route))
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)


@EACH
def test_another_firm_and_a_clerk_without_a_grant_find_nothing(
    member: Callable[..., Caller], other_firm: TenantRef, book: BookRef, route: str
) -> None:
    for stranger in (member("owner", other_firm), member("staff")):
        answer = stranger("GET", address(book.uid, route))
        assert (answer.status_code, answer.get_json()["code"]) == (404, "book.not_found")


@EACH
def test_an_uploader_prints_nothing(member: Callable[..., Caller], book: BookRef, doors: Doors, route: str) -> None:
    uploader = member("client")
    with doors.firm() as scope:
        scope.run(
            "INSERT INTO tenant.book_grant (book_id, holder_id, role, granted_at, granted_by)"
            " VALUES (:book, :user, 'client_uploader', :now, 'tests')",
            book=book.id,
            user=uploader.id,
            now=scope.now,
        )
    assert uploader("GET", address(book.uid, route)).status_code == 403


def statements_of(doors: Doors, book: BookRef, monkeypatch: pytest.MonkeyPatch, read: Callable[[Any], Any]) -> int:
    """How many statements a read issues."""
    with doors.book(book.uid, read_only=True) as scope:
        asked: list[str] = []
        run = type(scope).run
        monkeypatch.setattr(type(scope), "run", lambda self, sql, **more: asked.append(sql) or run(self, sql, **more))
        read(scope)
    monkeypatch.undo()
    return len(asked)


@pytest.mark.parametrize("kind", ["subsidiary", "bank_journal"])
def test_a_ledger_is_read_in_the_same_statements_at_any_length(
    doors: Doors, book: BookRef, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def read(scope: Any) -> Any:
        return service.bound_ledger(scope, book, kind, 2026)

    before = statements_of(doors, book, monkeypatch, read)
    with doors.book(book.uid) as scope:
        drafts = [Draft(book.id, date(2026, 2, 9), sale(f"客户{n}")) for n in range(60)]
        drafts += [
            Draft(book.id, date(2026, 2, 9), (Line("1002", "x", D("1.00")), Line("3001", "x", credit=D("1.00"))))
        ] * 60
        done = draft_vouchers(scope, drafts)
        post_vouchers(scope, [(book.id, each.id) for each in done], review=True)
    assert statements_of(doors, book, monkeypatch, read) == before < 10


def test_a_bound_ledger_carries_the_hash_of_the_years_latest_seal(owner: Caller, doors: Doors, book: BookRef) -> None:
    assert "结账封存校验值" not in "".join(printed(owner, book, ROUTES["general"]))
    with doors.book(book.uid) as scope:
        closing.close_period(scope, Period(2026, 1))
        seal = scope.run(
            "SELECT encode(hash, 'hex') FROM tenant.closing_seal WHERE book_id = :b", b=book.id
        ).scalar_one()
    assert seal in "".join("".join(printed(owner, book, ROUTES["general"])).split())
