"""云帆信息技术（杭州）有限公司：小规模纳税人，年中十月接手代账，第四季度的账与三张报表，到分相符。

开票、收票、发工资、扣个税和社保、退款冲红、买电脑、分利润、季末免税与附加、所得税、年末提公积金；职工薪酬按部门核算；
底稿见 small_service_tables。
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal as D

import pytest

from app.closing.types import Outcome
from app.invoices.parsing.types import Party
from app.kernel.periods import Period
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.scenarios import small_service_tables as hand
from tests.scenarios.clerk import Clerk, yuan
from tests.scenarios.tables import Figures, by_hand, differences, unequal

OCTOBER, NOVEMBER, DECEMBER = Period(2026, 10), Period(2026, 11), Period(2026, 12)
QIANTANG = Party("钱塘商贸有限公司", "91330100MA2A00001X")
XIXI = Party("西溪文化传媒有限公司", "91330106MA2A00002L")
LANDLORD = Party("西湖物业有限公司", "91330106MA2A00003J")
STATIONER = Party("晨光文具行", "92330106MA2A00004G")
DINER = Party("楼外楼餐饮有限公司", "91330106MA2A00005E")
CARRIER = Party("杭州电信分公司", "91330106MA2A00006C")
SHOP = Party("百脑汇电脑城", "91330106MA2A00007A")
BOOKKEEPER = Party("甲代账公司", "91330106MA2A000088")
SERVICE, SERVICE_CODE = "*信息技术服务*系统运维服务费", "3040203000000000000"


@dataclass
class Told:
    """讲完的故事：每月的报表、结账的结果。"""

    clerk: Clerk
    trial: tuple[D, D]
    blocked: Outcome
    months: dict[Period, dict[str, Figures]]
    outcomes: dict[Period, Outcome]


@pytest.fixture(scope="module")
def told(ports: Ports, firm: TenantRef) -> Told:
    """从建账讲到年末结账。"""
    clerk = Clerk(
        ports,
        firm,
        "云帆信息技术（杭州）有限公司",
        "91330106MA2A0000X1",
        taxpayer="small_scale",
        industry="service",
        start_period=OCTOBER,
    )
    clerk.names("部门", "技术部", "行政部")
    clerk.keeps("560201", dimensions=("department",))
    story = Told(clerk, clerk.opens_with(hand.OPENING, hand.CASH_FLOWS), None, {}, {})  # type: ignore[arg-type]
    blue = _october(clerk)
    _end(story, OCTOBER)
    _november(clerk, blue)
    story.blocked = _left_a_draft(clerk)
    _end(story, NOVEMBER)
    _december(clerk)
    _end(story, DECEMBER)
    return story


def _end(story: Told, period: Period) -> None:
    story.clerk.post()
    story.outcomes[period] = story.clerk.close(period)
    story.months[period] = story.clerk.reads(period)


def _left_a_draft(clerk: Clerk) -> Outcome:
    """十一月的手续费凭证只制单、未记账就去结账；之后再记账。"""
    clerk.post()
    clerk.books(date(2026, 11, 30), "银行手续费", "借 560304 50.00", "贷 1002 50.00")
    with clerk.doors.book(clerk.book.uid) as scope:
        (waiting,) = clerk.draft(scope)
    refused = clerk.close(NOVEMBER)
    with clerk.doors.book(clerk.book.uid) as scope:
        clerk.approve(scope, [waiting])
    return refused


def _every_month(clerk: Clerk, month: int) -> None:
    """发上月工资 20,000（两人：社保各 1,000；一人个税 60，见参考页 6.6 例），缴社保，付房租，计提本月工资与社保。"""

    def on(day: int) -> date:
        return date(2026, month, day)

    clerk.buys(on(8), LANDLORD, "*不动产经营租赁*房租", "5,714.29", "285.71")  # 5% 征收率，小规模全额入费用
    clerk.books(on(9), "支付房租", "借 220201/西湖物业有限公司 6,000.00", "贷 1002 6,000.00")
    clerk.books(
        on(10),
        f"发放{month - 1}月工资",
        "借 221101 20,000.00",
        "贷 224103 2,000.00",
        "贷 222116 60.00",
        "贷 1002 17,940.00",
    )
    clerk.books(
        on(31 if month in (10, 12) else 30),
        f"计提{month}月工资",
        "借 560201 14,000.00 部门:技术部",
        "借 560201 6,000.00 部门:行政部",
        "贷 221101 20,000.00",
    )
    clerk.books(on(12), f"计提{month}月单位社保", "借 560217 5,000.00", "贷 221104 5,000.00")
    clerk.books(on(12), f"缴纳{month}月社保", "借 221104 5,000.00", "借 224103 2,000.00", "贷 1002 7,000.00")


def _october(clerk: Clerk) -> str:
    _every_month(clerk, 10)
    clerk.sells(
        date(2026, 10, 12), QIANTANG, SERVICE, "60,000.00", "600.00", tax_code=SERVICE_CODE, kind="digital_special"
    )
    blue = clerk.sells(date(2026, 10, 20), XIXI, SERVICE, "49,504.95", "495.05", tax_code=SERVICE_CODE)
    clerk.buys(date(2026, 10, 15), STATIONER, "*纸制品*打印纸", "442.48", "57.52")
    clerk.buys(date(2026, 10, 22), DINER, "*餐饮服务*餐费", "760.38", "45.62")
    clerk.books(date(2026, 10, 9), "收回货款", "借 1002 30,200.00", "贷 1122/钱塘商贸有限公司 30,200.00")
    clerk.books(date(2026, 10, 26), "收回货款", "借 1002 50,000.00", "贷 1122/西溪文化传媒有限公司 50,000.00")
    clerk.books(date(2026, 10, 9), "支付文具款", "借 220201/晨光文具行 3,880.00", "贷 1002 3,880.00")
    clerk.books(date(2026, 10, 15), "缴个税和三季度所得税", "借 222116 60.00", "借 222115 4,275.00", "贷 1002 4,335.00")
    clerk.books(date(2026, 10, 22), "现金支付餐费", "借 220201/楼外楼餐饮有限公司 806.00", "贷 1001 806.00")
    clerk.books(date(2026, 10, 31), "银行手续费", "借 560304 50.00", "贷 1002 50.00")
    clerk.books(date(2026, 10, 31), "计提折旧", "借 560207 300.00", "贷 1602 300.00")
    return blue


def _november(clerk: Clerk, blue: str) -> None:
    _every_month(clerk, 11)
    clerk.sells(date(2026, 11, 5), XIXI, SERVICE, "80,000.00", "800.00", tax_code=SERVICE_CODE)
    clerk.sells(date(2026, 11, 18), XIXI, SERVICE, "-49,504.95", "-495.05", tax_code=SERVICE_CODE, reverses=blue)
    clerk.sells(date(2026, 11, 25), QIANTANG, SERVICE, "29,702.97", "297.03", tax_code=SERVICE_CODE)
    clerk.buys(date(2026, 11, 6), CARRIER, "*电信服务*宽带费", "183.49", "16.51")
    clerk.buys(date(2026, 11, 20), SHOP, "*电子计算机*笔记本电脑", "5,309.73", "690.27")
    clerk.buys(date(2026, 11, 21), BOOKKEEPER, "*鉴证咨询服务*代理记账费", "1,188.12", "11.88")
    clerk.books(date(2026, 11, 9), "收回货款", "借 1002 96,200.00", "贷 1122/西溪文化传媒有限公司 96,200.00")
    clerk.books(date(2026, 11, 19), "冲红退款", "借 1122/西溪文化传媒有限公司 50,000.00", "贷 1002 50,000.00")
    clerk.books(date(2026, 11, 10), "支付宽带费", "借 220201/杭州电信分公司 200.00", "贷 1002 200.00")
    clerk.books(date(2026, 11, 20), "支付电脑款", "借 220201/百脑汇电脑城 6,000.00 @12", "贷 1002 6,000.00")
    clerk.books(date(2026, 11, 21), "支付代账费", "借 220201/甲代账公司 1,200.00", "贷 1002 1,200.00")
    clerk.books(date(2026, 11, 15), "缴个税", "借 222116 60.00", "贷 1002 60.00")
    clerk.books(date(2026, 11, 23), "提现", "借 1001 1,000.00", "贷 1002 1,000.00")
    clerk.books(date(2026, 11, 30), "计提折旧", "借 560207 300.00", "贷 1602 300.00")


def _december(clerk: Clerk) -> None:
    _every_month(clerk, 12)
    clerk.sells(date(2026, 12, 8), QIANTANG, SERVICE, "99,009.90", "990.10", tax_code=SERVICE_CODE)
    clerk.sells(date(2026, 12, 20), XIXI, SERVICE, "30,010.00", "300.10", tax_code=SERVICE_CODE, kind="digital_special")
    clerk.buys(date(2026, 12, 11), Party(), "", "201.83", "18.17", kind="rail_ticket")  # 小规模：票价全额入差旅费
    clerk.books(date(2026, 12, 11), "报销车票", "借 220201/铁路客运 220.00", "贷 1001 220.00")
    clerk.books(date(2026, 12, 14), "收回货款", "借 1002 60,600.00", "贷 1122/钱塘商贸有限公司 60,600.00")
    clerk.books(date(2026, 12, 28), "收到预付款", "借 1002 20,000.00", "贷 1122/富阳书院 20,000.00")
    clerk.books(date(2026, 12, 15), "缴个税", "借 222116 60.00", "贷 1002 60.00")
    clerk.books(date(2026, 12, 18), "分配以前年度利润", "借 310404 20,000.00", "贷 2232 20,000.00")
    clerk.books(
        date(2026, 12, 25), "支付利润并代扣个税", "借 2232 20,000.00", "贷 222116 4,000.00", "贷 1002 16,000.00"
    )
    clerk.books(date(2026, 12, 21), "存款利息", "借 1002 98.76", "借 560302 -98.76")
    clerk.books(date(2026, 12, 31), "银行手续费", "借 560304 50.00", "贷 1002 50.00")
    clerk.books(date(2026, 12, 31), "计提年终奖", "借 560201 10,000.00 部门:技术部", "贷 221102 10,000.00")
    clerk.books(date(2026, 12, 31), "计提折旧", "借 560207 458.33", "贷 1602 458.33")


def test_期初余额与累计发生额两边都平(told: Told) -> None:
    assert told.trial == (D("0.00"), D("0.00"))


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


@pytest.mark.parametrize("month", [10, 11, 12], ids=["十月", "十一月", "十二月"])
def test_职工薪酬按部门的发生额等于手算_结转后每个部门都没有余额(told: Told, month: int) -> None:
    wages = {department: yuan(text) for department, text in hand.WAGES_BY_DEPARTMENT[month].items()}
    assert told.clerk.spent(Period(2026, month), "560201") == wages
    assert told.clerk.measures(Period(2026, month), "560201") == {}


def test_年末应交税费每个明细等于手算_专票的税留下_普票的免掉(told: Told) -> None:
    assert told.clerk.balances(DECEMBER, "2221") == {code: yuan(sum_) for code, sum_ in hand.TAXES_AT_YEAR_END.items()}


def test_年末本年利润与损益科目都结平_利润分配只剩未分配利润(told: Told) -> None:
    assert told.clerk.balances(DECEMBER, "3103", "3104", "5") == {"310401": D("-387009.41")}


def test_还有凭证未记账就不能结账_并说出是几张(told: Told) -> None:
    assert told.blocked.fate == "blocked"
    assert [(one.code, one.params) for one in told.blocked.blockers] == [("close.vouchers_unposted", {"count": 1})]


def test_每月都结了账_净利润就是利润表的净利润(told: Told) -> None:
    assert {period: (one.fate, one.net_profit) for period, one in told.outcomes.items()} == {
        OCTOBER: ("closed", D("313873.95")),
        NOVEMBER: ("closed", D("341321.97")),
        DECEMBER: ("closed", D("421059.41")),
    }


def test_年末再看十月和十一月的报表_一分也没变(told: Told) -> None:
    for period in (OCTOBER, NOVEMBER):
        again = told.clerk.reads(period)
        assert unequal(list(told.months[period].values()), list(again.values())) == []
