"""北方家具制造有限公司：一般纳税人的生产企业，2026 年一、二两月，三张报表到分相符；一月再按企业会计准则做一遍。

领料进直接材料和制造费用，工资、社保、折旧在月末各步里给出金额，制造费用全部转入生产成本，完工产品按约当产量（材料一次投入、
人工和制造费用完工程度 50%）转入库存商品，产成品按全月一次加权平均结转销售成本，费用化研发支出月末转管理费用；
底稿见 manufacturer_tables。
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal as D

import pytest

from app.kernel.periods import Period
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.scenarios import manufacturer_tables as hand
from tests.scenarios.clerk import Clerk, yuan
from tests.scenarios.tables import Figures, by_hand, differences

JANUARY, FEBRUARY = Period(2026, 1), Period(2026, 2)
Codes = Callable[[str], str]


def small(entry: str) -> str:
    """故事按小企业会计准则的科目讲。"""
    return entry


def general(entry: str) -> str:
    """同一件事在企业会计准则的科目：权益 3→4，成本 4→5，损益 5→6，其余相同；现金流量表没有行次，用项目名。"""
    moved = re.sub(r"(?<=[借贷] )[345](?=\d)", lambda code: str(int(code[0]) + 1), entry)
    return moved.replace("@6", "@other_operating_paid")


class Told:
    """讲完的故事：每月的报表。"""

    def __init__(self, clerk: Clerk) -> None:
        self.clerk = clerk
        self.months: dict[Period, dict[str, Figures]] = {}
        self.profits: list[D] = []

    def ends(self, period: Period) -> None:
        """记账、结账、看报表。"""
        self.clerk.post()
        outcome = self.clerk.close(period)
        assert outcome.fate == "closed", outcome.blockers
        self.profits.append(outcome.net_profit)
        self.months[period] = self.clerk.reads(period)


def opened(ports: Ports, firm: TenantRef, standard: str, codes: Codes) -> Told:
    """建账：原材料按存货核算数量（张），库存商品和主营业务收入按存货核算数量（件）。"""
    clerk = Clerk(ports, firm, "北方家具制造有限公司", "91210100MA0800001R", standard=standard)
    clerk.names("存货", "板材", "办公桌")
    clerk.keeps("1403", dimensions=("stock_item",), unit="张")
    clerk.keeps("1405", dimensions=("stock_item",), unit="件")
    clerk.keeps(codes("贷 5001").split()[1], dimensions=("stock_item",), unit="件")
    opening = "\n".join(codes(f"借 {row}").removeprefix("借 ") for row in hand.OPENING.strip().splitlines())
    assert clerk.opens_with(opening, {}) == (D("0.00"), D("0.00"))
    return Told(clerk)


@pytest.fixture(scope="module")
def told(ports: Ports, firm: TenantRef) -> Told:
    """小企业会计准则的两个月。"""
    story = opened(ports, firm, "sbe", small)
    _january(story.clerk, small)
    story.ends(JANUARY)
    _february(story.clerk, small)
    story.ends(FEBRUARY)
    return story


@pytest.fixture(scope="module")
def told_by_asbe(ports: Ports, firm: TenantRef) -> Told:
    """企业会计准则的一月。"""
    story = opened(ports, firm, "asbe", general)
    _january(story.clerk, general)
    story.ends(JANUARY)
    return story


def _january(clerk: Clerk, codes: Codes) -> None:
    """购板材 500 张，领 900 张生产、30 张车间用；水电 4,500；完工 400 张、在产 20 张；售 350 张。"""

    def books(day: int, summary: str, *entries: str) -> None:
        clerk.books(date(2026, 1, day), summary, *map(codes, entries))

    books(
        5,
        "购进板材",
        "借 1403 62,000.00 存货:板材 数量:500*124.00",
        "借 22210101 8,060.00",
        "贷 220201/林海木业 70,060.00",
    )
    books(8, "支付货款", "借 220201/林海木业 67,800.00", "贷 1002 67,800.00")
    books(12, "支付广告费", "借 560102 5,000.00", "借 22210101 300.00", "贷 1002 5,300.00")
    books(
        18,
        "销售办公桌",
        "借 1122/大成办公 355,950.00",
        "贷 5001 315,000.00 存货:办公桌 数量:350*900.00",
        "贷 22210107 40,950.00",
    )
    books(22, "收回货款", "借 1002 200,000.00", "贷 1122/大成办公 200,000.00")
    books(25, "缴纳一月社保", "借 221104 14,250.00", "贷 1002 14,250.00")
    books(28, "支付车间水电费", "借 4101 4,500.00", "借 22210101 585.00", "贷 1002 5,085.00")
    books(
        31,
        "领用板材",
        "借 40010101 109,200.00",
        "借 4101 3,640.00",
        "贷 1403 112,840.00 存货:板材 数量:930",
    )
    _month_end(
        clerk,
        codes,
        JANUARY,
        "60,000.00",
        "9,000.00",
        "借 1405 198,728.92 存货:办公桌 数量:400",
        "贷 40010101 109,714.29",
        "贷 40010102 69,268.29",
        "贷 40010103 19,746.34",
    )


def _february(clerk: Clerk, codes: Codes) -> None:
    """购板材 800 张，领 1,000 张生产、20 张车间用；全部完工 440 张；售 500 张；研发 10,000；缴税、发工资、缴社保。"""

    def books(day: int, summary: str, *entries: str) -> None:
        clerk.books(date(2026, 2, day), summary, *map(codes, entries))

    books(
        3,
        "购进板材",
        "借 1403 101,200.00 存货:板材 数量:800*126.50",
        "借 22210101 13,156.00",
        "贷 220201/林海木业 114,356.00",
    )
    books(6, "支付货款", "借 220201/林海木业 70,060.00", "贷 1002 70,060.00")
    books(10, "发放一月工资", "借 221101 95,000.00", "贷 1002 95,000.00")
    books(11, "支付新漆面研究费", "借 430101 10,000.00 @6", "贷 1002 10,000.00")
    books(
        13,
        "缴纳一月增值税和附加税费",
        "借 222102 32,005.00",
        "借 222112 1,120.17",
        "借 222113 480.07",
        "借 222114 320.05",
        "贷 1002 33,925.29",
    )
    books(
        17,
        "销售办公桌",
        "借 1122/大成办公 514,150.00",
        "贷 5001 455,000.00 存货:办公桌 数量:500*910.00",
        "贷 22210107 59,150.00",
    )
    books(24, "收回货款", "借 1002 300,000.00", "贷 1122/大成办公 300,000.00")
    books(25, "缴纳二月社保", "借 221104 15,150.00", "贷 1002 15,150.00")
    books(27, "支付车间水电费", "借 4101 4,800.00", "借 22210101 624.00", "贷 1002 5,424.00")
    books(
        28,
        "领用板材",
        "借 40010101 124,350.36",
        "借 4101 2,487.01",
        "贷 1403 126,837.37 存货:板材 数量:1,020",
    )
    _month_end(
        clerk,
        codes,
        FEBRUARY,
        "66,000.00",
        "9,900.00",
        "借 1405 226,348.45 存货:办公桌 数量:440",
        "贷 40010101 129,836.07",
        "贷 40010102 77,631.71",
        "贷 40010103 18,880.67",
    )


def _month_end(clerk: Clerk, codes: Codes, period: Period, wages: str, insurance: str, *finished: str) -> None:
    """月末各步的金额：机器折旧、工资与社保（生产工人的每月不同，其余不变）、完工产品成本。"""
    clerk.gives(period, "depreciation", "accrual", overhead="1,900.00")
    others = {"administrative": "15,000.00", "selling": "12,000.00", "overhead": "8,000.00"}
    clerk.gives(period, "payroll_accrual", "accrual", production=wages, **others)
    others = {"administrative": "2,250.00", "selling": "1,800.00", "overhead": "1,200.00"}
    clerk.gives(period, "social_accrual", "social", production=insurance, **others)
    clerk.gives_lines(period, "production", "结转完工产品成本", *map(codes, finished))


@pytest.mark.parametrize("place, period", [(1, JANUARY), (2, FEBRUARY)], ids=["一月", "二月"])
def test_资产负债表期末与年初每一行都等于手算(told: Told, place: int, period: Period) -> None:
    made = told.months[period]["balance_sheet"]
    assert differences(made, "closing", by_hand(hand.BALANCE_SHEET, place)) == []
    assert differences(made, "year_opening", by_hand(hand.BALANCE_SHEET, 0)) == []


@pytest.mark.parametrize("place, period", [(0, JANUARY), (1, FEBRUARY)], ids=["一月", "二月"])
def test_利润表和现金流量表本月与本年累计每一行都等于手算(told: Told, place: int, period: Period) -> None:
    for statement, table in (("income_statement", hand.INCOME_STATEMENT), ("cash_flow", hand.CASH_FLOW)):
        made = told.months[period][statement]
        assert differences(made, "period", by_hand(table, place)) == []
        assert differences(made, "year_to_date", by_hand(table, 2 * place)) == []


@pytest.mark.parametrize("period", [JANUARY, FEBRUARY], ids=["一月", "二月"])
def test_月末原材料_在产品三项成本_产成品的数量与金额都等于手算_制造费用没有余额(told: Told, period: Period) -> None:
    assert told.clerk.measures(period, "14", "4") == {
        place: (yuan(amount), D("0.00"), yuan(quantity))
        for place, (amount, quantity) in hand.COSTS[period.month].items()
    }


def test_两个月的累计净利润等于手算(told: Told) -> None:
    assert told.profits == [D("103796.11"), D("259613.01")]


def test_同一个一月按企业会计准则_三张报表每一行都等于手算(told_by_asbe: Told) -> None:
    made = told_by_asbe.months[JANUARY]
    assert differences(made["balance_sheet"], "closing", by_hand(hand.ASBE_BALANCE_SHEET, 1)) == []
    assert differences(made["balance_sheet"], "year_opening", by_hand(hand.ASBE_BALANCE_SHEET, 0)) == []
    for column in ("period", "year_to_date"):
        assert differences(made["income_statement"], column, by_hand(hand.ASBE_INCOME_STATEMENT, 0)) == []
        assert differences(made["cash_flow"], column, by_hand(hand.ASBE_CASH_FLOW, 0)) == []
