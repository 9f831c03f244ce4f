"""明州茶业有限公司：2026 年三月成立，一般纳税人，七月年中接手，期初带累计、往来、外币、数量和现金流量。

首年没有年初数，本年累计从三月成立算起；看三季度末的季报和年末的年报；底稿见 first_year_tables。
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest

from app.kernel.periods import Period
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.scenarios import first_year_tables as hand
from tests.scenarios.clerk import Clerk
from tests.scenarios.tables import Figures, by_hand, differences

JULY, SEPTEMBER, DECEMBER = Period(2026, 7), Period(2026, 9), Period(2026, 12)
CLOSING_RATES = {7: "7.06", 8: "7.10", 9: "7.12", 10: "7.09", 11: "7.05", 12: "7.00"}


class Told:
    """讲完的故事：期初试算、三季度季报、全年年报。"""

    def __init__(self, clerk: Clerk, trial: tuple[D, D]) -> None:
        self.clerk, self.trial = clerk, trial
        self.opened = clerk.measures(JULY, "1")
        self.profits: dict[int, D] = {}
        self.quarter: dict[str, Figures] = {}
        self.year: dict[str, Figures] = {}


@pytest.fixture(scope="module")
def told(ports: Ports, firm: TenantRef) -> Told:
    """从七月建账讲到年末。"""
    clerk = Clerk(ports, firm, "明州茶业有限公司", "91330200MA0900001P", start_period=JULY)
    clerk.adds("1002", "100201", "人民币户")
    clerk.adds("1002", "100202", "美元户", currencies=("USD",))
    clerk.adds("1122", "112201", "国内客户")
    clerk.adds("1122", "112202", "国外客户", currencies=("USD",))
    clerk.names("存货", "龙井")
    clerk.keeps("1405", dimensions=("stock_item",), unit="斤")
    clerk.keeps("5001", dimensions=("stock_item",), unit="斤")
    story = Told(clerk, clerk.opens_with(hand.OPENING, hand.CASH_FLOWS))
    for month, tells in enumerate((_july, _august, _september, _october, _november, _december), start=7):
        tells(clerk)
        _every_month(clerk, Period(2026, month))
        _ends(story, Period(2026, month))
    story.year = clerk.reads(DECEMBER, "year")
    return story


def _ends(story: Told, period: Period) -> None:
    story.clerk.rates(period, USD=CLOSING_RATES[period.month])
    story.clerk.post()
    outcome = story.clerk.close(period)
    assert outcome.fate == "closed", outcome.blockers
    story.profits[period.month] = outcome.net_profit
    if period == SEPTEMBER:
        story.quarter = story.clerk.reads(period, "quarter")


def _every_month(clerk: Clerk, period: Period) -> None:
    """发上月工资、计提本月工资，付房租 5,000 与进项 450，计提折旧 950，手续费 80。"""
    end = period.last_day
    clerk.books(end, "发放上月工资", "借 221101 15,000.00", "贷 100201 15,000.00")
    clerk.books(end, "计提本月工资", "借 560201 15,000.00", "贷 221101 15,000.00")
    clerk.books(end, "支付房租", "借 560205 5,000.00", "借 22210101 450.00", "贷 100201 5,450.00")
    clerk.books(end, "计提折旧", "借 560207 950.00", "贷 1602 950.00")
    clerk.books(end, "银行手续费", "借 560304 80.00", "贷 100201 80.00")


def _july(clerk: Clerk) -> None:
    clerk.books(
        date(2026, 7, 8),
        "购进龙井",
        "借 1405 84,000.00 存货:龙井 数量:400*210.00",
        "借 22210101 10,920.00",
        "贷 220201/西湖茶场 94,920.00",
    )
    clerk.books(
        date(2026, 7, 12),
        "国内销售",
        "借 112201/华润超市 142,380.00",
        "贷 5001 126,000.00 存货:龙井 数量:300*420.00",
        "贷 22210107 16,380.00",
    )
    clerk.books(date(2026, 7, 15), "缴纳二季度所得税", "借 222115 3,297.50", "贷 100201 3,297.50")
    clerk.books(date(2026, 7, 20), "收回货款", "借 100201 27,800.00", "贷 112201/天猫茶铺 27,800.00")
    clerk.books(date(2026, 7, 25), "支付货款", "借 220201/西湖茶场 50,800.00", "贷 100201 50,800.00")


def _august(clerk: Clerk) -> None:
    clerk.books(
        date(2026, 8, 6),
        "出口销售，税率为零",
        "借 112202/Acme 46,020.00 USD:6,500.00*7.08",
        "贷 5001 46,020.00 存货:龙井 数量:100",
    )
    clerk.books(
        date(2026, 8, 18),
        "收回国外货款",
        "借 100202 35,450.00 USD:5,000.00*7.09",
        "贷 112202/Acme 35,450.00 USD:5,000.00*7.09",
    )
    clerk.books(date(2026, 8, 20), "收回货款", "借 100201 150,000.00", "贷 112201/华润超市 150,000.00")
    clerk.books(date(2026, 8, 22), "支付货款", "借 220201/西湖茶场 94,920.00", "贷 100201 94,920.00")


def _september(clerk: Clerk) -> None:
    clerk.books(
        date(2026, 9, 5),
        "国内销售",
        "借 112201/天猫茶铺 127,125.00",
        "贷 5001 112,500.00 存货:龙井 数量:250*450.00",
        "贷 22210107 14,625.00",
    )
    clerk.books(
        date(2026, 9, 10),
        "购进龙井",
        "借 1405 102,750.00 存货:龙井 数量:500*205.50",
        "借 22210101 13,357.50",
        "贷 220201/西湖茶场 116,107.50",
    )
    clerk.books(date(2026, 9, 16), "收回货款", "借 100201 100,000.00", "贷 112201/天猫茶铺 100,000.00")
    clerk.books(date(2026, 9, 22), "支付货款", "借 220201/西湖茶场 100,000.00", "贷 100201 100,000.00")
    clerk.books(date(2026, 9, 30), "计提三季度印花税", "借 540308 300.00", "贷 222120 300.00")


def _october(clerk: Clerk) -> None:
    clerk.books(
        date(2026, 10, 12), "缴纳所得税和印花税", "借 222115 4,407.46", "借 222120 300.00", "贷 100201 4,707.46"
    )
    clerk.books(
        date(2026, 10, 15),
        "国内销售",
        "借 112201/华润超市 97,180.00",
        "贷 5001 86,000.00 存货:龙井 数量:200*430.00",
        "贷 22210107 11,180.00",
    )
    clerk.books(date(2026, 10, 20), "收回货款", "借 100201 80,000.00", "贷 112201/华润超市 80,000.00")


def _november(clerk: Clerk) -> None:
    """没有销售；Acme 收清，结汇美元 10,000（买入价 7.03，当日 7.05）。"""
    clerk.books(
        date(2026, 11, 10),
        "缴纳十月增值税和附加税费",
        "借 222102 8,327.50",
        "借 222112 291.46",
        "借 222113 124.91",
        "借 222114 83.27",
        "贷 100201 8,827.14",
    )
    clerk.books(
        date(2026, 11, 12),
        "收回国外货款",
        "借 100202 45,890.00 USD:6,500.00*7.06",
        "贷 112202/Acme 45,890.00 USD:6,500.00*7.06",
    )
    clerk.books(
        date(2026, 11, 18),
        "结汇",
        "借 100201 70,300.00",
        "借 560303 200.00",
        "贷 100202 70,500.00 USD:10,000.00*7.05",
    )


def _december(clerk: Clerk) -> None:
    """华润超市多付、西湖茶场多付：应收的贷方明细列预收账款，应付的借方明细列预付账款。"""
    clerk.books(
        date(2026, 12, 8),
        "国内销售",
        "借 112201/天猫茶铺 155,940.00",
        "贷 5001 138,000.00 存货:龙井 数量:300*460.00",
        "贷 22210107 17,940.00",
    )
    clerk.books(date(2026, 12, 15), "收回货款", "借 100201 150,000.00", "贷 112201/天猫茶铺 150,000.00")
    clerk.books(date(2026, 12, 20), "支付货款", "借 220201/西湖茶场 60,000.00", "贷 100201 60,000.00")
    clerk.books(date(2026, 12, 21), "存款利息", "借 100201 310.25", "借 560302 -310.25")
    clerk.books(date(2026, 12, 28), "收到货款", "借 100201 50,000.00", "贷 112201/华润超市 50,000.00")
    clerk.books(date(2026, 12, 31), "计提四季度印花税", "借 540308 250.00", "贷 222120 250.00")


def test_期初两边都平_往来外币数量各有期初(told: Told) -> None:
    assert told.trial == (D("0.00"), D("0.00"))
    zero = D("0.00")
    assert told.opened == {
        "1001": (D("1800.00"), zero, zero),
        "100201": (D("400690.00"), zero, zero),
        "100202": (D("42480.00"), D("6000.00"), zero),
        "112201/华润超市": (D("21700.00"), zero, zero),
        "112201/天猫茶铺": (D("27800.00"), zero, zero),
        "112202/Acme": (D("35400.00"), D("5000.00"), zero),
        "1405/龙井": (D("60000.00"), zero, D("300")),
        "160104": (D("36000.00"), zero, zero),
        "1602": (D("-1900.00"), zero, zero),
    }


def test_三季度季报_每一行都等于手算_累计从三月成立算起(told: Told) -> None:
    assert differences(told.quarter["balance_sheet"], "closing", by_hand(hand.BALANCE_SHEET, 0)) == []
    assert differences(told.quarter["balance_sheet"], "year_opening", {}) == []
    for statement, table in (("income_statement", hand.INCOME_STATEMENT), ("cash_flow", hand.CASH_FLOW)):
        assert differences(told.quarter[statement], "quarter", by_hand(table, 0)) == []
        assert differences(told.quarter[statement], "year_to_date", by_hand(table, 1)) == []


def test_年报_每一行都等于手算_首年没有年初数和上年数(told: Told) -> None:
    assert differences(told.year["balance_sheet"], "closing", by_hand(hand.BALANCE_SHEET, 1)) == []
    assert differences(told.year["balance_sheet"], "year_opening", {}) == []
    for statement, table in (("income_statement", hand.INCOME_STATEMENT), ("cash_flow", hand.CASH_FLOW)):
        assert differences(told.year[statement], "year_to_date", by_hand(table, 2)) == []
        assert not any(told.year[statement].columns["previous_year"].values())


def test_每月累计净利润等于手算_年末只剩未分配利润和盈余公积(told: Told) -> None:
    assert told.profits == {
        7: D("105688.21"),
        8: D("110676.78"),
        9: D("146394.23"),
        10: D("169223.52"),
        11: D("147293.52"),
        12: D("198509.37"),
    }
    assert told.clerk.balances(DECEMBER, "31", "5") == {"310101": D("-19850.94"), "310401": D("-178658.43")}
