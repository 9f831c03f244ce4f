"""海澜进出口贸易有限公司：一般纳税人、小企业会计准则，2026 年第一季度的存货与外币，三张报表到分相符。

库存商品按存货核算数量，出口收美元、进口付美元，美元户与美元往来月末按期末汇率调汇（一月收益、二月有得有失、三月一笔
应付结清后的尾差），销售成本按全月一次加权平均结转；底稿见 trade_abroad_tables。
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest

from app.closing.types import Outcome
from app.kernel.periods import Period
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.scenarios import trade_abroad_tables as hand
from tests.scenarios.clerk import Clerk, yuan
from tests.scenarios.tables import Figures, by_hand, differences

JANUARY, FEBRUARY, MARCH = Period(2026, 1), Period(2026, 2), Period(2026, 3)
CLOSING_RATES = {JANUARY: "7.05", FEBRUARY: "6.98", MARCH: "7.02"}


class Told:
    """讲完的故事：每月的报表、期末余额、结账的结果。"""

    def __init__(self, clerk: Clerk) -> None:
        self.clerk = clerk
        self.months: dict[Period, dict[str, Figures]] = {}
        self.outcomes: dict[Period, Outcome] = {}

    def ends(self, period: Period) -> None:
        """录入期末汇率，记账，结账，看报表。"""
        self.clerk.rates(period, USD=CLOSING_RATES[period])
        self.clerk.post()
        self.outcomes[period] = self.clerk.close(period)
        self.months[period] = self.clerk.reads(period)


@pytest.fixture(scope="module")
def told(ports: Ports, firm: TenantRef) -> Told:
    """从建账讲到一季度末。"""
    clerk = Clerk(ports, firm, "海澜进出口贸易有限公司", "91330200MA0700001U")
    _chart(clerk)
    assert clerk.opens_with(hand.OPENING, {}) == (D("0.00"), D("0.00"))
    story = Told(clerk)
    for period, month in ((JANUARY, _january), (FEBRUARY, _february), (MARCH, _march)):
        month(clerk)
        _every_month(clerk, period)
        story.ends(period)
    return story


def _chart(clerk: Clerk) -> None:
    """银行分人民币户、美元户；应收分国内、国外；应付加国外供应商；库存商品和主营业务收入按存货核算数量（台）。"""
    clerk.adds("1002", "100201", "人民币户")
    clerk.adds("1002", "100202", "美元户", currencies=("USD",))
    clerk.adds("1122", "112201", "国内客户")
    clerk.adds("1122", "112202", "国外客户", currencies=("USD",))
    clerk.adds("2202", "220203", "国外供应商", currencies=("USD",))
    clerk.names("存货", "电暖器", "咖啡机")
    clerk.keeps("1405", dimensions=("stock_item",), unit="台")
    clerk.keeps("5001", dimensions=("stock_item",), unit="台")


def _every_month(clerk: Clerk, period: Period) -> None:
    """每月末：付房租 6,000 与进项 540，手续费 120，计提工资（管理 20,000，销售 10,000）。"""
    end = period.last_day
    clerk.books(end, "支付房租", "借 560205 6,000.00", "借 22210101 540.00", "贷 100201 6,540.00")
    clerk.books(end, "银行手续费", "借 560304 120.00", "贷 100201 120.00")
    clerk.books(end, "计提工资", "借 560201 20,000.00", "借 560101 10,000.00", "贷 221101 30,000.00")


def _january(clerk: Clerk) -> None:
    """购进、内销、出口各一笔；收回美元 8,000，结汇美元 5,000（银行买入价 7.00，当日汇率 7.03，差额是汇兑损失）。"""
    clerk.books(
        date(2026, 1, 6),
        "购进电暖器",
        "借 1405 210,000.00 存货:电暖器 数量:1000*210.00",
        "借 22210101 27,300.00",
        "贷 220201/宁波电器厂 237,300.00",
    )
    clerk.books(
        date(2026, 1, 12),
        "国内销售",
        "借 112201/苏宁商贸 216,960.00",
        "贷 5001 192,000.00 存货:电暖器 数量:600*320.00",
        "贷 22210107 24,960.00",
    )
    clerk.books(date(2026, 1, 15), "支付货款", "借 220201/宁波电器厂 113,000.00", "贷 100201 113,000.00")
    clerk.books(
        date(2026, 1, 20),
        "出口销售，税率为零",
        "借 112202/Acme 84,240.00 USD:12,000.00*7.02",
        "贷 5001 84,240.00 存货:电暖器 数量:300",
    )
    clerk.books(date(2026, 1, 21), "申报出口退税", "借 122104 8,190.00", "贷 22210108 8,190.00")
    clerk.books(
        date(2026, 1, 25),
        "收回国外货款",
        "借 100202 56,240.00 USD:8,000.00*7.03",
        "贷 112202/Acme 56,240.00 USD:8,000.00*7.03",
    )
    clerk.books(
        date(2026, 1, 28),
        "结汇",
        "借 100201 35,000.00",
        "借 560303 150.00",
        "贷 100202 35,150.00 USD:5,000.00*7.03",
    )


def _february(clerk: Clerk) -> None:
    """从意大利进口咖啡机 100 台（到岸价美元 15,000，关税 10%），内销两笔，缴税、发工资、收退税。"""
    clerk.books(
        date(2026, 2, 5),
        "进口咖啡机",
        "借 1405 105,600.00 存货:咖啡机 数量:100*1056.00",
        "贷 220203/Caffè-Milano 105,600.00 USD:15,000.00*7.04",
    )
    clerk.books(
        date(2026, 2, 5),
        "缴纳关税和进口增值税",
        "借 1405 10,560.00 存货:咖啡机",
        "借 22210101 15,100.80",
        "贷 100201 25,660.80",
    )
    clerk.books(
        date(2026, 2, 10),
        "国内销售",
        "借 112201/苏宁商贸 61,020.00",
        "贷 5001 54,000.00 存货:咖啡机 数量:30*1,800.00",
        "贷 22210107 7,020.00",
    )
    clerk.books(
        date(2026, 2, 12),
        "国内销售",
        "借 112201/苏宁商贸 74,580.00",
        "贷 5001 66,000.00 存货:电暖器 数量:200*330.00",
        "贷 22210107 8,580.00",
    )
    clerk.books(
        date(2026, 2, 15),
        "缴纳一月增值税和附加税费",
        "借 222102 5,310.00",
        "借 222112 185.85",
        "借 222113 79.65",
        "借 222114 53.10",
        "贷 100201 5,628.60",
    )
    clerk.books(date(2026, 2, 16), "发放一月工资", "借 221101 30,000.00", "贷 100201 30,000.00")
    clerk.books(date(2026, 2, 18), "收回货款", "借 100201 200,000.00", "贷 112201/苏宁商贸 200,000.00")
    clerk.books(
        date(2026, 2, 20),
        "收回国外货款",
        "借 100202 70,000.00 USD:10,000.00*7.00",
        "贷 112202/Acme 70,000.00 USD:10,000.00*7.00",
    )
    clerk.books(
        date(2026, 2, 22),
        "购进电暖器",
        "借 1405 143,759.00 存货:电暖器 数量:700*205.37",
        "借 22210101 18,688.67",
        "贷 220201/宁波电器厂 162,447.67",
    )
    clerk.books(date(2026, 2, 24), "支付货款", "借 220201/宁波电器厂 237,300.00", "贷 100201 237,300.00")
    clerk.books(date(2026, 2, 26), "收到出口退税", "借 100201 8,190.00", "贷 122104 8,190.00")


def _march(clerk: Clerk) -> None:
    """出口与内销把电暖器卖完，咖啡机退回 2 台，付清国外货款，结汇美元 20,000（买入价 7.00，当日 7.02）。"""
    clerk.books(
        date(2026, 3, 4),
        "出口销售，税率为零",
        "借 112202/Acme 114,964.00 USD:16,400.00*7.01",
        "贷 5001 114,964.00 存货:电暖器 数量:400",
    )
    clerk.books(date(2026, 3, 5), "申报出口退税", "借 122104 10,679.24", "贷 22210108 10,679.24")
    clerk.books(
        date(2026, 3, 6),
        "国内销售",
        "借 112201/苏宁商贸 249,165.00",
        "贷 5001 220,500.00 存货:电暖器 数量:700*315.00",
        "贷 22210107 28,665.00",
    )
    clerk.books(
        date(2026, 3, 9),
        "销售退回",
        "借 112201/苏宁商贸 -4,068.00",
        "贷 5001 -3,600.00 存货:咖啡机 数量:-2*1,800.00",
        "贷 22210107 -468.00",
    )
    clerk.books(
        date(2026, 3, 10),
        "支付国外货款",
        "借 220203/Caffè-Milano 105,000.00 USD:15,000.00*7.00",
        "贷 100202 105,000.00 USD:15,000.00*7.00",
    )
    clerk.books(date(2026, 3, 12), "收回货款", "借 100201 150,000.00", "贷 112201/苏宁商贸 150,000.00")
    clerk.books(
        date(2026, 3, 15),
        "国内销售",
        "借 112201/华联超市 39,550.00",
        "贷 5001 35,000.00 存货:咖啡机 数量:20*1,750.00",
        "贷 22210107 4,550.00",
    )
    clerk.books(
        date(2026, 3, 18),
        "收回国外货款",
        "借 100202 84,360.00 USD:12,000.00*7.03",
        "贷 112202/Acme 84,360.00 USD:12,000.00*7.03",
    )
    clerk.books(date(2026, 3, 20), "发放二月工资", "借 221101 30,000.00", "贷 100201 30,000.00")
    clerk.books(date(2026, 3, 21), "存款利息", "借 100201 215.60", "借 560302 -215.60")
    clerk.books(
        date(2026, 3, 25),
        "结汇",
        "借 100201 140,000.00",
        "借 560303 400.00",
        "贷 100202 140,400.00 USD:20,000.00*7.02",
    )
    clerk.books(date(2026, 3, 26), "支付货款", "借 220201/宁波电器厂 162,447.67", "贷 100201 162,447.67")


@pytest.mark.parametrize("place, period", [(1, JANUARY), (2, FEBRUARY), (3, MARCH)], ids=["一月", "二月", "三月"])
def test_资产负债表期末与年初每一行都等于手算(told: Told, place: int, period: Period) -> None:
    made = told.months[period]["balance_sheet"]
    assert differences(made, "closing", by_hand(hand.BALANCE_SHEET, place)) == []
    assert differences(made, "year_opening", by_hand(hand.BALANCE_SHEET, 0)) == []


@pytest.mark.parametrize("place, period", [(0, JANUARY), (1, FEBRUARY), (3, MARCH)], ids=["一月", "二月", "三月"])
@pytest.mark.parametrize("statement", ["income_statement", "cash_flow"], ids=["利润表", "现金流量表"])
def test_利润表和现金流量表本月与本年累计每一行都等于手算(
    told: Told, statement: str, place: int, period: Period
) -> None:
    table = {"income_statement": hand.INCOME_STATEMENT, "cash_flow": hand.CASH_FLOW}[statement]
    made = told.months[period][statement]
    assert differences(made, "period", by_hand(table, place)) == []
    assert differences(made, "year_to_date", by_hand(table, {0: 0, 1: 2, 3: 4}[place])) == []


def test_季报的本季金额就是一季度的累计金额(told: Told) -> None:
    quarter = told.clerk.reads(MARCH, "quarter")
    for statement, table in (("income_statement", hand.INCOME_STATEMENT), ("cash_flow", hand.CASH_FLOW)):
        assert differences(quarter[statement], "quarter", by_hand(table, 4)) == []
        assert differences(quarter[statement], "year_to_date", by_hand(table, 4)) == []
    assert differences(quarter["balance_sheet"], "closing", by_hand(hand.BALANCE_SHEET, 3)) == []


@pytest.mark.parametrize("period", [JANUARY, FEBRUARY, MARCH], ids=["一月", "二月", "三月"])
def test_月末每种存货的数量与金额_每个外币户的原币与本位币都等于手算(told: Told, period: Period) -> None:
    assert told.clerk.measures(period, "1002", "1122", "1405", "2202") == {
        place: tuple(yuan(cell) for cell in cells) for place, cells in hand.MEASURES[period.month].items()
    }


def test_月末应交税费每个明细等于手算_留抵三月抵掉(told: Told) -> None:
    for period in (JANUARY, FEBRUARY, MARCH):
        found = told.clerk.balances(period, "2221")
        columns = sum((amount for code, amount in found.items() if code.startswith("222101")), D("0.00"))
        rest = {code: amount for code, amount in found.items() if not code.startswith("222101")}
        expected = {code: yuan(text) for code, text in hand.TAXES[period.month].items()}
        assert (columns, rest) == (expected.pop("222101", D("0.00")), expected)


def test_每月都结了账_净利润就是利润表的净利润(told: Told) -> None:
    assert {period: (one.fate, one.net_profit) for period, one in told.outcomes.items()} == {
        JANUARY: ("closed", D("55411.40")),
        FEBRUARY: ("closed", D("61559.71")),
        MARCH: ("closed", D("137027.81")),
    }
