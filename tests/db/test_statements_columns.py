"""The columns of a month, a quarter and a year, the sides counterparties stand on, and what each cell is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal as D

import pytest

from app.books.types import BookRef
from app.kernel.money import ZERO
from app.kernel.periods import Period
from app.ledger.opening.service import set_opening
from app.ledger.opening.types import OpeningRow
from app.ledger.statements import rules, service
from app.ledger.statements.errors import CellUnknown, CycleUnknown, StatementUnknown
from app.ledger.statements.types import CellSources, StatementSet
from app.ledger.vouchers.service import draft_vouchers, post_vouchers
from app.ledger.vouchers.types import Draft, Line
from app.standards.loader import STATEMENTS, load
from tests.factories.doors import Doors


@pytest.fixture(autouse=True)
def _open_for_years(monkeypatch: pytest.MonkeyPatch) -> None:
    """Months stay open, so that years pass without closing."""
    monkeypatch.setattr("app.ledger.periods.service.AHEAD", 40)


def post(doors: Doors, book: BookRef, *vouchers: tuple[date, tuple[Line, ...]]) -> None:
    """Draft and post these vouchers."""
    with doors.book(book.uid) as scope:
        written = draft_vouchers(scope, [Draft(book.id, day, lines) for day, lines in vouchers])
        post_vouchers(scope, [(book.id, one.id) for one in written], review=True)


def sale(day: date, amount: str) -> tuple[date, tuple[Line, ...]]:
    """A cash sale without tax."""
    return day, (Line("1002", "销售", D(amount)), Line("5001", "销售", credit=D(amount)))


def read(doors: Doors, book: BookRef, period: str, cycle: str = "month", *names: str) -> StatementSet:
    """The statements as a reader gets them."""
    with doors.book(book.uid, read_only=True) as scope:
        return service.statements(scope, scope.book, Period.parse(period), cycle=cycle, only=names or STATEMENTS)


def figures(found: StatementSet, statement: str, key: str) -> dict[str, D | None]:
    """A row, by column."""
    columns = found.made[statement].columns
    return {column: next(cell.amount for cell in cells if cell.key == key) for column, cells in columns.items()}


def yuan(**amounts: str) -> dict[str, D]:
    """Figures by column."""
    return {column: D(amount) for column, amount in amounts.items()}


@pytest.fixture
def book(doors: Doors) -> BookRef:
    """A company of two years: sales of 100 in each month of 2026, of 7 in January, April and May 2027."""
    book = doors.new_book()
    days = [date(2026, month, 5) for month in range(1, 13)]
    post(doors, book, *(sale(day, "100.00") for day in days))
    post(doors, book, *(sale(date(2027, month, 5), "7.00") for month in (1, 4, 5)))
    return book


def test_a_quarter_reads_from_its_first_month_and_a_year_beside_the_year_before(doors: Doors, book: BookRef) -> None:
    month, quarter, year = (read(doors, book, "2027-05", cycle) for cycle in ("month", "quarter", "year"))
    assert figures(month, "income_statement", "1") == yuan(year_to_date="21.00", period="7.00")
    assert figures(quarter, "income_statement", "1") == yuan(year_to_date="21.00", quarter="14.00")
    assert figures(year, "income_statement", "1") == yuan(year_to_date="21.00", previous_year="1200.00")
    for found in (month, quarter, year):
        assert figures(found, "balance_sheet", "1") == yuan(closing="1221.00", year_opening="1200.00")
        assert list(rules.failures(found.made)) == []
    assert figures(quarter, "cash_flow", "21") == yuan(year_to_date="1200.00", quarter="1207.00")
    assert figures(year, "cash_flow", "22") == yuan(year_to_date="1221.00", previous_year="1200.00")
    assert figures(year, "cash_flow", "21") == yuan(year_to_date="1200.00", previous_year="0.00")


def test_the_first_year_of_a_book_has_no_year_before(doors: Doors) -> None:
    book = doors.new_book(start_period=Period(2026, 8))
    rows = [OpeningRow("1002", D("500.00"), D("900.00"), D("100.00")), OpeningRow("3001", D("-500.00"))]
    rows += [OpeningRow("5001", ZERO, D("800.00"), D("800.00")), OpeningRow("3103", ZERO, ZERO, D("800.00"))]
    with doors.book(book.uid) as scope:
        set_opening(scope, rows, {"1": D("800.00")})
    post(doors, book, sale(date(2026, 8, 5), "7.00"), sale(date(2027, 1, 5), "1.00"))
    first, second = read(doors, book, "2026-12", "year"), read(doors, book, "2027-01", "year")
    assert figures(first, "income_statement", "1") == yuan(year_to_date="807.00", previous_year="0.00")
    assert figures(first, "cash_flow", "22") == yuan(year_to_date="1307.00", previous_year="0.00")
    assert figures(second, "income_statement", "1") == yuan(year_to_date="1.00", previous_year="807.00")
    assert figures(second, "cash_flow", "21") == yuan(year_to_date="1307.00", previous_year="500.00")
    assert [list(rules.failures(found.made)) for found in (first, second)] == [[], []]


def test_the_first_quarter_has_what_a_book_brought_along_from_it(doors: Doors) -> None:
    """二月建账，一月销售 800 由期初带入：一季度的本季数与本年累计数相同。"""
    book = doors.new_book(start_period=Period(2026, 2))
    rows = [OpeningRow("1002", ZERO, D("800.00"), ZERO), OpeningRow("5001", ZERO, D("800.00"), D("800.00"))]
    with doors.book(book.uid) as scope:
        set_opening(scope, [*rows, OpeningRow("3103", ZERO, ZERO, D("800.00"))], {"1": D("800.00")})
    post(doors, book, sale(date(2026, 3, 5), "7.00"), sale(date(2026, 4, 5), "5.00"))
    first, second = read(doors, book, "2026-03", "quarter"), read(doors, book, "2026-04", "quarter")
    assert figures(first, "income_statement", "1") == yuan(year_to_date="807.00", quarter="807.00")
    assert figures(second, "income_statement", "1") == yuan(year_to_date="812.00", quarter="5.00")
    assert figures(second, "cash_flow", "21") == yuan(year_to_date="0.00", quarter="807.00")
    assert [list(rules.failures(found.made)) for found in (first, second)] == [[], []]


def keeps(doors: Doors, book: BookRef, account: str, dimensions: list[str], currencies: list[str]) -> None:
    """Give an account these dimensions and currencies."""
    with doors.book(book.uid) as scope:
        scope.run(
            "UPDATE tenant.account SET dimensions = :d, currencies = :c WHERE book_id = :b AND code = :code",
            b=book.id,
            code=account,
            d=dimensions,
            c=currencies,
        )
        scope.run(
            "INSERT INTO tenant.dimension_item (book_id, dimension, name, pinyin, tax_id, active)"
            " SELECT :b, 'department', n, '', '', true FROM unnest(cast(:names AS text[])) AS k (n)"
            " ON CONFLICT DO NOTHING",
            b=book.id,
            names=["一部", "二部"],
        )


def owed(amount: str, customer: str, department: str, currency: str = "CNY") -> Line:
    """A receivable of a customer, named with a department, in RMB or in dollars at 7."""
    net = D(amount)
    foreign = {} if currency == "CNY" else {"currency": currency, "rate": D(7), "foreign_amount": abs(net) / 7}
    items = (("department", department),)
    return Line("1122", "往来", max(net, ZERO), max(-net, ZERO), customer, items=items, **foreign)


def test_a_customer_stands_on_one_side_over_all_departments_and_in_each_currency_by_itself(doors: Doors) -> None:
    """甲：人民币一部借 700、二部贷 300，净借 400，美元贷 70；乙：美元、人民币各贷 14；丙：借 5、贷 6，净贷 1。"""
    book = doors.new_book()
    post(doors, book, (date(2026, 1, 2), (Line("1122", "往来", D("5.00"), counterparty="丙"), credit("5.00"))))
    keeps(doors, book, "1122", ["customer", "department"], ["CNY", "USD"])
    lines = [
        owed("700.00", "甲", "一部"),
        owed("-300.00", "甲", "二部"),
        owed("-70.00", "甲", "二部", "USD"),
        owed("-14.00", "乙", "一部", "USD"),
        owed("-14.00", "乙", "二部"),
        owed("-6.00", "丙", "二部"),
    ]
    post(doors, book, (date(2026, 1, 5), (*lines, credit("296.00"))), sale(date(2026, 2, 5), "1.00"))
    for period, column in (("2026-01", "closing"), ("2026-02", "closing"), ("2027-01", "year_opening")):
        if column == "year_opening":
            post(doors, book, sale(date(2027, 1, 5), "1.00"))
        detail = read(doors, book, period)
        sides = [figures(detail, "balance_sheet", key)[column] for key in ("4", "34")]
        assert sides == [D("400.00"), D("99.00")]
    assert sources(doors, book, "2027-01", "balance_sheet", "34", "closing") == {"1122": D("99.00")}
    with doors.firm() as scope:
        scope.run('UPDATE tenant.book SET settings = \'{"reclass": "account"}\' WHERE id = :b', b=book.id)
    account = read(doors, book, "2027-01")
    assert [figures(account, "balance_sheet", key)["closing"] for key in ("4", "34")] == [D("301.00"), ZERO]


def credit(amount: str) -> Line:
    """The other side."""
    return Line("5001", "往来", credit=D(amount))


def cell(doors: Doors, book: BookRef, period: str, place: tuple[str, str, str], cycle: str = "month") -> CellSources:
    """What a cell is made of."""
    with doors.book(book.uid, read_only=True) as scope:
        return service.sources(scope, scope.book, Period.parse(period), place, cycle=cycle)


def sources(doors: Doors, book: BookRef, period: str, *place: str, cycle: str = "month") -> Mapping[str, D]:
    """The shares of accounts."""
    found = cell(doors, book, period, place, cycle)  # type: ignore[arg-type]
    return {share.code: share.amount for share in found.accounts}


def test_every_cell_of_every_form_is_the_sum_of_its_shares(doors: Doors, book: BookRef) -> None:
    with doors.book(book.uid, read_only=True) as scope:
        for form in load("sbe").statements.values():
            made = service.statements(scope, book, Period(2027, 5), only=(form.id,)).made[form.id]
            for column in ("year_to_date", "closing"):
                for each in made.columns.get(column, ()):
                    if each.amount is not None and each.kind != "hand":
                        found = service.sources(scope, book, Period(2027, 5), (form.id, each.key, column))
                        parts = [share.amount for share in (*found.accounts, *found.rows, *found.flows)]
                        assert (sum(parts, ZERO), found.cell) == (each.amount, each)


def test_a_cell_leads_to_the_ledgers_of_its_own_span(doors: Doors, book: BookRef) -> None:
    def span(cycle: str, *place: str) -> Iterator[tuple[str, str]]:
        found = cell(doors, book, "2027-05", place, cycle)  # type: ignore[arg-type]
        return ((str(share.first), str(share.last)) for share in found.accounts)

    assert list(span("month", "income_statement", "1", "period")) == [("2027-05", "2027-05")]
    assert list(span("quarter", "income_statement", "1", "quarter")) == [("2027-04", "2027-05")]
    assert list(span("year", "income_statement", "1", "year_to_date")) == [("2027-01", "2027-05")]
    assert list(span("year", "income_statement", "1", "previous_year")) == [("2026-01", "2026-12")]
    assert list(span("month", "balance_sheet", "1", "closing")) == [("2027-01", "2027-05")]
    assert list(span("month", "balance_sheet", "1", "year_opening")) == [("2026-01", "2026-12")]
    flow = cell(doors, book, "2027-05", ("cash_flow", "1", "period"))
    assert [(each.key, each.name_zh, each.amount) for each in flow.flows] == [
        ("1", "销售产成品、商品、提供劳务收到的现金", D("7.00"))
    ]


def test_tables_beside_the_statements_are_read_in_the_same_manner(doors: Doors, book: BookRef) -> None:
    found = read(doors, book, "2026-12", "year", "profit_appropriation", "receivables_ageing")
    assert figures(found, "profit_appropriation", "1") == yuan(year_to_date="1200.00", previous_year="0.00")
    assert figures(found, "receivables_ageing", "1") == {"closing": None, "year_opening": None}
    assert [result.ok for result in found.made["profit_appropriation"].checks["year_to_date"]] == [True, True]


def test_what_is_not_there_says_so(doors: Doors, book: BookRef) -> None:
    with pytest.raises(StatementUnknown):
        read(doors, book, "2026-12", "month", "equity_statement")
    with pytest.raises(CycleUnknown):
        read(doors, book, "2026-12", "month", "profit_appropriation")
    for place in (("99", "closing"), ("1", "period"), ("h.assets", "closing")):
        with pytest.raises(CellUnknown):
            cell(doors, book, "2026-12", ("balance_sheet", *place))
    with pytest.raises(CellUnknown):
        cell(doors, book, "2026-12", ("receivables_ageing", "1", "closing"), "year")


def test_the_supplement_of_the_cash_flow_shows_what_it_cannot_explain(doors: Doors) -> None:
    """销售 100 收现 60，赊销 40；折旧 9；购设备付现 25。经营现金 60 = 净利 91 + 折旧 9 - 应收增加 40。"""
    book = doors.new_book(standard="asbe")
    day = date(2026, 1, 8)
    post(
        doors,
        book,
        (day, (Line("1002", "收款", D("60.00")), Line("6001", "销售", credit=D("60.00")))),
        (day, (Line("1122", "销售", D("40.00"), counterparty="甲"), Line("6001", "销售", credit=D("40.00")))),
        (day, (Line("660207", "折旧", D("9.00")), Line("1602", "折旧", credit=D("9.00")))),
        (day, (Line("160103", "购置", D("25.00")), Line("1002", "购置", credit=D("25.00")))),
    )
    found = read(doors, book, "2026-01", "month", "cash_flow_supplement")
    rows = {key: figures(found, "cash_flow_supplement", key)["period"] for key in ("net_profit", "operating", "other")}
    assert rows == {"net_profit": D("91.00"), "operating": D("60.00"), "other": None}
    assert [check.ok for check in found.made["cash_flow_supplement"].checks["period"]] == [True, True, True]
    post(
        doors,
        book,
        (day, (Line("1002", "押金", D("3.00")), Line("4001", "押金", credit=D("3.00"), cash_item="sales_received"))),
    )
    checks = read(doors, book, "2026-01", "month", "cash_flow_supplement").made["cash_flow_supplement"].checks["period"]
    off = [(check.severity, check.left, check.right) for check in checks if not check.ok]
    assert off == [("warns", D("60.00"), D("63.00"))]


@pytest.mark.parametrize(("standard", "gain", "row"), [("asbe", "660303", "exchange_effect"), ("sbe", "530105", "6")])
def test_a_revaluation_of_cash_is_the_effect_of_exchange_rates_and_moves_nothing_between_accounts(
    doors: Doors, standard: str, gain: str, row: str
) -> None:
    """调汇：银行外币 10、应收外币 5，汇兑收益 15：只有银行的 10 进现金流量表；两个银行账户之间转账不进任何项目。"""
    book = doors.new_book(standard=standard)
    capital = "4001" if standard == "asbe" else "3001"
    post(
        doors,
        book,
        (date(2026, 1, 2), (Line("1002", "投资", D("100.00")), Line(capital, "投资", credit=D("100.00")))),
        (date(2026, 1, 3), (Line("1001", "提现", D("30.00")), Line("1002", "提现", credit=D("30.00")))),
        (
            date(2026, 1, 31),
            (
                Line("1002", "调汇", D("10.00")),
                Line("1122", "调汇", D("5.00"), counterparty="甲"),
                Line(gain, "调汇", credit=D("15.00")),
            ),
        ),
    )
    found = read(doors, book, "2026-01")
    sign = -1 if row == "6" else 1  # a line of payments shows money that came in as a negative
    assert figures(found, "cash_flow", row)["period"] == sign * D("10.00")
    assert list(rules.failures(found.made)) == []
    cash = {each.key: each.amount for each in found.made["balance_sheet"].columns["closing"]}
    assert cash["cash" if standard == "asbe" else "1"] == D("110.00")
