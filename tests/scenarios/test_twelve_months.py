"""江城文具批发有限公司：一般纳税人，2026 年十二个月一个接一个结账，年结，再做 2027 年一月；每月三张报表都到分相符。

每月进一批、卖一批，收上月货款、付上月货款，缴上月税费；另有三月买车、六月借款、每季所得税、十二月还款与分红；
底稿见 twelve_months_tables。
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest

from app.kernel.periods import Period
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.scenarios import twelve_months_tables as hand
from tests.scenarios.clerk import Clerk
from tests.scenarios.tables import Figures, by_hand, differences, unequal

FIRST, DECEMBER, JANUARY = Period(2026, 1), Period(2026, 12), Period(2027, 1)
MONTHS = [FIRST.plus(number) for number in range(12)]
NAMES = [f"{number}月" for number in range(1, 13)]


class Told:
    """讲完的故事：每月的报表，每季的季报，年报，次年一月的月报和年报。"""

    def __init__(self, clerk: Clerk) -> None:
        self.clerk = clerk
        self.months: dict[Period, dict[str, Figures]] = {}
        self.quarters: dict[Period, dict[str, Figures]] = {}


@pytest.fixture(scope="module")
def told(ports: Ports, firm: TenantRef) -> Told:
    """从年初建账讲到次年一月。"""
    clerk = Clerk(ports, firm, "江城文具批发有限公司", "91420100MA0C00001G")
    assert clerk.opens_with(hand.OPENING, {}) == (D("0.00"), D("0.00"))
    story = Told(clerk)
    for period in [*MONTHS, JANUARY]:
        tells(clerk, period)
        clerk.post()
        outcome = clerk.close(period)
        assert outcome.fate == "closed", (period, outcome.blockers)
        story.months[period] = clerk.reads(period)
        if period.ends_quarter:
            story.quarters[period] = clerk.reads(period, "quarter")
    return story


def tells(clerk: Clerk, period: Period) -> None:
    """一个月：进货、销售、结转成本，收付上月货款，工资、房租、折旧、手续费，再加这个月自己的事。"""

    def on(day: int) -> date:
        return date(period.year, period.month, day)

    month = hand.MONTHS_OF_TRADE[str(period)]
    clerk.books(
        on(5), "购进文具", f"借 1405 {month.bought}", f"借 22210101 {month.input_vat}", f"贷 220201/文具厂 {month.owed}"
    )
    clerk.books(
        on(12),
        "销售文具",
        f"借 1122/新华书店 {month.due}",
        f"贷 5001 {month.sold}",
        f"贷 22210107 {month.output_vat}",
    )
    clerk.books(on(15), "收回上月货款", f"借 1002 {month.received}", f"贷 1122/新华书店 {month.received}")
    clerk.books(on(16), "支付上月货款", f"借 220201/文具厂 {month.paid}", f"贷 1002 {month.paid}")
    clerk.books(on(10), "发放上月工资", "借 221101 18,000.00", "贷 1002 18,000.00")
    clerk.books(on(20), "支付房租", "借 560205 5,000.00", "借 22210101 450.00", "贷 1002 5,450.00")
    clerk.books(on(28), "计提工资", "借 560201 12,000.00", "借 560101 6,000.00", "贷 221101 18,000.00")
    clerk.books(on(28), "银行手续费", "借 560304 25.00", "贷 1002 25.00")
    clerk.books(on(28), "结转销售成本", f"借 5401 {month.cost}", f"贷 1405 {month.cost}")
    if month.depreciation:
        clerk.books(on(28), "计提折旧", f"借 560207 {month.depreciation}", f"贷 1602 {month.depreciation}")
    for text in hand.HAPPENINGS.split("\n"):
        if text.startswith(str(period)):
            said, *entries = text.split("；")
            day, summary = said.split()
            clerk.books(date.fromisoformat(day), summary, *entries)


@pytest.mark.parametrize("period", MONTHS, ids=NAMES)
def test_每月的资产负债表_每一行都等于手算_年初都是上年末(told: Told, period: Period) -> None:
    table, place = (hand.FIRST_HALF, period.month) if period.month <= 6 else (hand.SECOND_HALF, period.month - 7)
    made = told.months[period]["balance_sheet"]
    assert differences(made, "closing", by_hand(table["balance_sheet"], place)) == []
    assert differences(made, "year_opening", by_hand(hand.FIRST_HALF["balance_sheet"], 0)) == []


@pytest.mark.parametrize("period", MONTHS, ids=NAMES)
@pytest.mark.parametrize("statement", ["income_statement", "cash_flow"], ids=["利润表", "现金流量表"])
def test_每月的利润表和现金流量表_每一行都等于手算(told: Told, statement: str, period: Period) -> None:
    table, place = (hand.FIRST_HALF, period.month - 1) if period.month <= 6 else (hand.SECOND_HALF, period.month - 7)
    assert differences(told.months[period][statement], "period", by_hand(table[statement], place)) == []


@pytest.mark.parametrize("place", [0, 1, 2, 3], ids=["一季度", "二季度", "三季度", "四季度"])
@pytest.mark.parametrize("statement", ["income_statement", "cash_flow"], ids=["利润表", "现金流量表"])
def test_每季的季报_本季与本年累计每一行都等于手算(told: Told, statement: str, place: int) -> None:
    made = told.quarters[Period(2026, 3 * place + 3)][statement]
    assert differences(made, "quarter", by_hand(hand.QUARTERS[statement], place)) == []
    assert differences(made, "year_to_date", by_hand(hand.YEAR_TO_DATE[statement], place)) == []


def test_年报_本年累计等于手算_年末只剩未分配利润和盈余公积(told: Told) -> None:
    made = told.clerk.reads(DECEMBER, "year")
    for statement in ("income_statement", "cash_flow"):
        assert differences(made[statement], "year_to_date", by_hand(hand.YEAR_TO_DATE[statement], 3)) == []
    assert differences(made["balance_sheet"], "closing", by_hand(hand.SECOND_HALF["balance_sheet"], 5)) == []
    assert told.clerk.balances(DECEMBER, "31", "5") == {"310101": D(hand.RESERVE), "310401": D(hand.UNDISTRIBUTED)}


def test_次年一月_年初就是上年末_累计从一月算起_上年金额就是全年(told: Told) -> None:
    month, year = told.months[JANUARY], told.clerk.reads(JANUARY, "year")
    opening = by_hand(hand.SECOND_HALF["balance_sheet"], 5)
    assert differences(month["balance_sheet"], "year_opening", opening) == []
    assert differences(month["balance_sheet"], "closing", by_hand(hand.NEXT_JANUARY["balance_sheet"], 0)) == []
    for statement in ("income_statement", "cash_flow"):
        january = by_hand(hand.NEXT_JANUARY[statement], 0)
        assert differences(month[statement], "period", january) == []
        assert differences(month[statement], "year_to_date", january) == []
        assert differences(year[statement], "previous_year", by_hand(hand.YEAR_TO_DATE[statement], 3)) == []


def test_年结以后再看每个月的报表_一分也没变(told: Told) -> None:
    for period in MONTHS:
        again = told.clerk.reads(period)
        assert unequal(list(told.months[period].values()), list(again.values())) == []
