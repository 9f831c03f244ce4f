"""锦程食品商贸有限公司：一般纳税人，带着以前年度亏损，年中十月接手代账，第四季度的账与三张报表，到分相符。

进货专票、房租、货运、餐饮专票（不抵扣）、13% 销售、红字销售与红字采购、结转成本、折旧、工资、缴上月增值税
与附加、一个月留抵下月抵掉、季末所得税先补亏、年末提公积金；底稿见 general_trade_tables。
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest

from app.closing.types import Outcome
from app.invoices.parsing.types import Party
from app.kernel.periods import Period
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.scenarios import general_trade_tables as hand
from tests.scenarios.clerk import Clerk, yuan
from tests.scenarios.tables import Figures, by_hand, differences

OCTOBER, NOVEMBER, DECEMBER = Period(2026, 10), Period(2026, 11), Period(2026, 12)
SUPERMARKET = Party("华联超市有限公司", "91110105MA0100001X")
DEALER = Party("乙商行", "92110105MA0100002L")
RETAIL = Party("个人", "")
FACTORY = Party("丙食品厂", "91130100MA0100003J")
LANDLORD = Party("四季物业有限公司", "91110105MA0100004G")
HAULIER = Party("顺达货运有限公司", "91110105MA0100005E")
DINER = Party("得月楼酒家", "92110105MA0100006C")
NUTS, NUTS_CODE = "*坚果加工品*坚果礼盒", "1030108000000000000"
SPECIAL = {"kind": "digital_special"}
GOODS = {"tax_code": NUTS_CODE, "kind": "digital_special"}


class Told:
    """讲完的故事：每月的报表、结账的结果。"""

    def __init__(self, clerk: Clerk) -> None:
        self.clerk = clerk
        self.months: dict[Period, dict[str, Figures]] = {}
        self.outcomes: dict[Period, Outcome] = {}

    def ends(self, period: Period) -> None:
        """记账、结账、看报表。"""
        self.clerk.post()
        self.outcomes[period] = self.clerk.close(period)
        self.months[period] = self.clerk.reads(period)


@pytest.fixture(scope="module")
def told(ports: Ports, firm: TenantRef) -> Told:
    """从建账讲到年末结账。"""
    clerk = Clerk(
        ports,
        firm,
        "锦程食品商贸有限公司",
        "91110105MA01000X08",
        start_period=OCTOBER,
        settings={"loss_carryforward": "20000.00"},
    )
    assert clerk.opens_with(hand.OPENING, hand.CASH_FLOWS) == (D("0.00"), D("0.00"))
    story = Told(clerk)
    bought, sold = _october(clerk)
    story.ends(OCTOBER)
    _november(clerk, bought, sold)
    story.ends(NOVEMBER)
    _december(clerk)
    story.ends(DECEMBER)
    return story


def _every_month(clerk: Clerk, month: int, freight: tuple[str, str]) -> None:
    """房租、货运，发上月工资（扣社保 1,500、个税 30），计提工资、社保、折旧、借款利息（50,000 × 4.8% ÷ 12）。"""

    def on(day: int) -> date:
        return date(2026, month, day)

    clerk.buys(on(10), LANDLORD, "*不动产经营租赁*房租", "4,000.00", "360.00", **SPECIAL)
    clerk.buys(on(16), HAULIER, "*运输服务*货物运输费", *freight, **SPECIAL)
    clerk.books(on(10), "支付房租", "借 220201/四季物业有限公司 4,360.00", "贷 1002 4,360.00")
    clerk.books(
        on(10),
        f"发放{month - 1}月工资",
        "借 221101 15,000.00",
        "贷 224103 1,500.00",
        "贷 222116 30.00",
        "贷 1002 13,470.00",
    )
    clerk.books(on(12), "计提单位社保", "借 560217 3,600.00", "贷 221104 3,600.00")
    clerk.books(on(12), "缴纳社保", "借 221104 3,600.00", "借 224103 1,500.00 @4", "贷 1002 5,100.00")
    clerk.books(on(28), f"计提{month}月工资", "借 560201 10,000.00", "借 560101 5,000.00", "贷 221101 15,000.00")
    clerk.books(on(28), "计提折旧", "借 560106 2,375.00", "贷 1602 2,375.00")
    clerk.books(on(28), "计提借款利息", "借 560301 200.00", "贷 2231 200.00")
    clerk.books(on(28), "银行手续费", "借 560304 40.00", "贷 1002 40.00")


def _october(clerk: Clerk) -> tuple[str, str]:
    _every_month(clerk, 10, ("2,500.00", "225.00"))
    bought = clerk.buys(date(2026, 10, 9), FACTORY, NUTS, "200,000.00", "26,000.00", **GOODS)
    clerk.buys(date(2026, 10, 20), DINER, "*餐饮服务*餐费", "1,000.00", "60.00", **SPECIAL)
    sold = clerk.sells(date(2026, 10, 15), SUPERMARKET, NUTS, "100,000.00", "13,000.00", **GOODS)
    clerk.sells(date(2026, 10, 28), DEALER, NUTS, "40,000.00", "5,200.00", tax_code=NUTS_CODE)
    clerk.books(date(2026, 10, 12), "收回货款", "借 1002 91,000.00", "贷 1122/华联超市有限公司 91,000.00")
    clerk.books(date(2026, 10, 13), "收回货款", "借 1002 20,000.00", "贷 1122/乙商行 20,000.00")
    clerk.books(date(2026, 10, 14), "支付货款", "借 220201/丙食品厂 80,000.00", "贷 1002 80,000.00")
    clerk.books(date(2026, 10, 14), "支付上月运费", "借 220201/顺达货运有限公司 2,180.00", "贷 1002 2,180.00")
    clerk.books(date(2026, 10, 20), "现金支付餐费", "借 220201/得月楼酒家 1,060.00", "贷 1001 1,060.00")
    clerk.books(
        date(2026, 10, 15),
        "缴九月增值税、附加税费、个税和三季度所得税",
        "借 222102 3,500.00",
        "借 222112 122.50",
        "借 222113 52.50",
        "借 222114 35.00",
        "借 222115 613.88",
        "借 222116 30.00",
        "贷 1002 4,353.88",
    )
    clerk.books(date(2026, 10, 31), "结转10月销售成本", "借 5401 95,000.00", "贷 1405 95,000.00")
    return bought, sold


def _november(clerk: Clerk, bought: str, sold: str) -> None:
    _every_month(clerk, 11, ("1,800.00", "162.00"))
    clerk.buys(date(2026, 11, 12), FACTORY, NUTS, "60,000.00", "7,800.00", **GOODS)
    clerk.buys(date(2026, 11, 25), FACTORY, NUTS, "-5,000.00", "-650.00", reverses=bought, **GOODS)
    clerk.sells(date(2026, 11, 6), SUPERMARKET, NUTS, "150,000.00", "19,500.00", **GOODS)
    clerk.sells(date(2026, 11, 21), SUPERMARKET, NUTS, "-10,000.00", "-1,300.00", reverses=sold, **GOODS)
    clerk.books(date(2026, 11, 24), "收回货款", "借 1002 101,700.00", "贷 1122/华联超市有限公司 101,700.00")
    clerk.books(date(2026, 11, 24), "收回货款", "借 1002 30,000.00", "贷 1122/乙商行 30,000.00")
    clerk.books(date(2026, 11, 14), "支付货款", "借 220201/丙食品厂 150,000.00", "贷 1002 150,000.00")
    clerk.books(date(2026, 11, 14), "支付上月运费", "借 220201/顺达货运有限公司 2,725.00", "贷 1002 2,725.00")
    clerk.books(date(2026, 11, 15), "缴个税", "借 222116 30.00", "贷 1002 30.00")
    clerk.books(date(2026, 11, 21), "退货冲回成本", "借 5401 -6,500.00", "贷 1405 -6,500.00")
    clerk.books(date(2026, 11, 30), "结转11月销售成本", "借 5401 98,000.00", "贷 1405 98,000.00")


def _december(clerk: Clerk) -> None:
    _every_month(clerk, 12, ("2,200.00", "198.00"))
    clerk.buys(date(2026, 12, 5), FACTORY, NUTS, "90,000.00", "11,700.00", **GOODS)
    clerk.sells(date(2026, 12, 9), SUPERMARKET, NUTS, "180,000.00", "23,400.00", **GOODS)
    clerk.sells(date(2026, 12, 23), RETAIL, NUTS, "2,000.00", "260.00", tax_code=NUTS_CODE)
    clerk.books(date(2026, 12, 23), "零售收现", "借 1001 2,260.00", "贷 1122/个人 2,260.00")
    clerk.books(date(2026, 12, 24), "收回货款", "借 1002 169,500.00", "贷 1122/华联超市有限公司 169,500.00")
    clerk.books(date(2026, 12, 24), "收回货款", "借 1002 34,200.00", "贷 1122/乙商行 34,200.00")
    clerk.books(date(2026, 12, 14), "支付货款", "借 220201/丙食品厂 100,000.00", "贷 1002 100,000.00")
    clerk.books(date(2026, 12, 14), "支付上月运费", "借 220201/顺达货运有限公司 1,962.00", "贷 1002 1,962.00")
    clerk.books(
        date(2026, 12, 15),
        "缴十一月增值税、附加税费和个税",
        "借 222102 2,143.00",
        "借 222112 75.00",
        "借 222113 32.14",
        "借 222114 21.43",
        "借 222116 30.00",
        "贷 1002 2,301.57",
    )
    clerk.books(date(2026, 12, 16), "税收滞纳金", "借 571107 12.50", "贷 1002 12.50")
    clerk.books(date(2026, 12, 29), "归还借款本金和利息", "借 2001 50,000.00", "借 2231 600.00", "贷 1002 50,600.00")
    clerk.books(date(2026, 12, 21), "存款利息", "借 1002 66.66", "借 560302 -66.66")
    clerk.books(date(2026, 12, 31), "计提四季度印花税", "借 540308 120.75", "贷 222120 120.75")
    clerk.books(date(2026, 12, 31), "结转12月销售成本", "借 5401 118,300.00", "贷 1405 118,300.00")


@pytest.mark.parametrize(
    "place, period", [(1, OCTOBER), (2, NOVEMBER), (3, DECEMBER)], ids=["十月", "十一月", "十二月"]
)
def test_资产负债表期末与年初每一行都等于手算(told: Told, place: int, period: Period) -> None:
    made = told.months[period]["balance_sheet"]
    assert differences(made, "closing", by_hand(hand.BALANCE_SHEET, place)) == []
    assert differences(made, "year_opening", by_hand(hand.BALANCE_SHEET, 0)) == []


@pytest.mark.parametrize(
    "place, period", [(0, OCTOBER), (2, NOVEMBER), (4, DECEMBER)], ids=["十月", "十一月", "十二月"]
)
def test_利润表本月与本年累计每一行都等于手算(told: Told, place: int, period: Period) -> None:
    made = told.months[period]["income_statement"]
    assert differences(made, "period", by_hand(hand.INCOME_STATEMENT, place)) == []
    assert differences(made, "year_to_date", by_hand(hand.INCOME_STATEMENT, place + 1)) == []


@pytest.mark.parametrize(
    "place, period", [(0, OCTOBER), (2, NOVEMBER), (4, DECEMBER)], ids=["十月", "十一月", "十二月"]
)
def test_现金流量表本月与本年累计每一行都等于手算(told: Told, place: int, period: Period) -> None:
    made = told.months[period]["cash_flow"]
    assert differences(made, "period", by_hand(hand.CASH_FLOW, place)) == []
    assert differences(made, "year_to_date", by_hand(hand.CASH_FLOW, place + 1)) == []


@pytest.mark.parametrize("month", [10, 11, 12], ids=["十月留抵", "十一月抵掉留抵后应缴", "十二月"])
def test_月末应交税费每个明细等于手算_应交增值税的净额就是留抵(told: Told, month: int) -> None:
    found = told.clerk.balances(Period(2026, month), "2221")
    columns = sum((amount for code, amount in found.items() if code.startswith("222101")), D("0.00"))
    rest = {code: amount for code, amount in found.items() if not code.startswith("222101")}
    expected = {code: yuan(text) for code, text in hand.TAXES[month].items()}
    assert (columns, rest) == (expected.pop("222101", D("0.00")), expected)


def test_年末本年利润与损益科目都结平_利润分配只剩未分配利润(told: Told) -> None:
    assert told.clerk.balances(DECEMBER, "3103", "3104", "5") == {"310401": D("-88401.28")}


def test_每月都结了账_没有待处理的发票_净利润就是利润表的净利润(told: Told) -> None:
    assert {period: (one.fate, one.net_profit) for period, one in told.outcomes.items()} == {
        OCTOBER: ("closed", D("64988.72")),
        NOVEMBER: ("closed", D("86345.15")),
        DECEMBER: ("closed", D("118223.65")),
    }
    codes = {one.code for outcome in told.outcomes.values() for one in outcome.warnings}
    assert codes <= {"close.unverified_rate"}
