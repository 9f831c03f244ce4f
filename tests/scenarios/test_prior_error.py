"""正源咨询有限公司：上年十二月付的房租 6,000 误记押金，次年二月才发现；一月的两张错证在二月更正。两个准则各做一遍。

小企业会计准则第八十八条：会计差错用未来适用法，计入发现当期的损益，不动年初数。
企业会计准则第28号第十二条：重要的前期差错追溯重述，经以前年度损益调整（6901）调整留存收益，年初数按更正后的列示。
凭证的更正按会计基础工作规范第五十一条（五）：当年的错证用红字注销、蓝字订正，只错金额的填差额；以前年度的填蓝字更正凭证。
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest

from app.kernel.periods import Period
from app.ledger.vouchers import service as vouchers
from app.ledger.vouchers.corrections import service as corrections
from app.ledger.vouchers.corrections.errors import OtherYear
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.scenarios.clerk import Clerk, entry
from tests.scenarios.tables import Figures, by_hand, differences

DECEMBER, JANUARY, FEBRUARY = Period(2026, 12), Period(2027, 1), Period(2027, 2)
MONTHS = (DECEMBER, JANUARY, FEBRUARY)

# 12月 投资 100,000，服务收入 40,000 收现，计提工资 10,000；付房租 6,000 误记 122103 押金保证金
#      利润 30,000，所得税 5% 1,500.00，净利润 28,500，公积金 2,850，未分配 25,650（房租记对了是 24,000 × 95% = 22,800）
# 1月  收入 12,000 误记 21,000；办公费 3,000 误记业务招待费；缴所得税 1,500：利润 21,000 − 3,000 = 18,000
# 2月  收入 15,000；差额更正收入 −9,000；招待费红字 −3,000、办公费蓝字 3,000；房租 6,000 记入二月：
#      15,000 − 9,000 − 6,000 = 0.00
# 行次 项目              上年12月末      1月末        2月末
BALANCE_SHEET = """
1  货币资金          134,000.00   150,500.00   156,500.00
8  其他应收款          6,000.00     6,000.00            -
15 流动资产合计      140,000.00   156,500.00   156,500.00
30 资产总计          140,000.00   156,500.00   156,500.00
35 应付职工薪酬       10,000.00    10,000.00    10,000.00
36 应交税费            1,500.00            -            -
41 流动负债合计       11,500.00    10,000.00    10,000.00
47 负债合计           11,500.00    10,000.00    10,000.00
48 实收资本          100,000.00   100,000.00   100,000.00
50 盈余公积            2,850.00     2,850.00     2,850.00
51 未分配利润         25,650.00    43,650.00    43,650.00
52 所有者权益        128,500.00   146,500.00   146,500.00
53 负债和所有者权益  140,000.00   156,500.00   156,500.00
"""
# 行次 项目            12月          1月          2月      1—2月
INCOME_STATEMENT = """
1  营业收入       40,000.00    21,000.00     6,000.00    27,000.00
14 管理费用       10,000.00     3,000.00     6,000.00     9,000.00
16 业务招待费             -     3,000.00    -3,000.00            -
21 营业利润       30,000.00    18,000.00            -    18,000.00
30 利润总额       30,000.00    18,000.00            -    18,000.00
31 所得税费用      1,500.00            -            -            -
32 净利润         28,500.00    18,000.00            -    18,000.00
"""
# 2月 1：15,000 − 9,000；6：红字 −3,000 与蓝字 3,000 抵消。12月 6：房租误记押金也是第 6 行
CASH_FLOW = """
1  销售产成品     40,000.00    21,000.00     6,000.00    27,000.00
5  支付的税费             -     1,500.00            -     1,500.00
6  支付其他        6,000.00     3,000.00            -     3,000.00
7  经营活动       34,000.00    16,500.00     6,000.00    22,500.00
15 吸收投资者投资 100,000.00           -            -            -
19 筹资活动      100,000.00            -            -            -
20 现金净增加额  134,000.00    16,500.00     6,000.00    22,500.00
21 期初现金余额           -   134,000.00   150,500.00   134,000.00
22 期末现金余额  134,000.00   150,500.00   156,500.00   156,500.00
"""

# 企业会计准则（所得税 25%）：12月 利润 30,000，所得税 7,500.00，净利润 22,500，公积金 2,250，未分配 20,250
# 2月 追溯重述：房租 6,000，少缴的所得税 6,000 × 25% = 1,500.00（汇算清缴前），净影响 4,500.00，其中公积金 450.00
#     更正后的年初：其他应收款 0，应交税费 6,000，公积金 1,800，未分配 20,250 − 4,500 + 450 = 16,200
#     二月损益：收入 15,000 − 9,000 = 6,000，不含上年的房租
# 项目                                       年初未更正   年初已更正       2月末
ASBE_BALANCE_SHEET = """
cash                          货币资金         134,000.00   134,000.00   158,000.00
other_receivables             其他应收款         6,000.00            -            -
current_assets                流动资产合计     140,000.00   134,000.00   158,000.00
total_assets                  资产总计         140,000.00   134,000.00   158,000.00
employee_benefits             应付职工薪酬      10,000.00    10,000.00    10,000.00
taxes_payable                 应交税费           7,500.00     6,000.00     6,000.00
current_liabilities           流动负债合计      17,500.00    16,000.00    16,000.00
total_liabilities             负债合计          17,500.00    16,000.00    16,000.00
paid_in_capital               实收资本         100,000.00   100,000.00   100,000.00
surplus_reserve               盈余公积           2,250.00     1,800.00     1,800.00
undistributed                 未分配利润        20,250.00    16,200.00    40,200.00
equity                        所有者权益       122,500.00   118,000.00   142,000.00
total_liabilities_and_equity  负债和所有者权益 140,000.00   134,000.00   158,000.00
"""
# 项目                                       2月        1—2月
ASBE_INCOME_STATEMENT = """
revenue                营业收入          6,000.00    27,000.00
administrative         管理费用                 -     3,000.00
operating_profit       营业利润          6,000.00    24,000.00
total_profit           利润总额          6,000.00    24,000.00
net_profit             净利润            6,000.00    24,000.00
net_profit_continuing  持续经营净利润    6,000.00    24,000.00
comprehensive_income   综合收益总额      6,000.00    24,000.00
"""
ASBE_CASH_FLOW = """
sales_received        销售商品、提供劳务收到的现金      6,000.00    27,000.00
operating_in          经营活动现金流入小计              6,000.00    27,000.00
other_operating_paid  支付其他与经营活动有关的现金             -     3,000.00
operating_out         经营活动现金流出小计                     -     3,000.00
operating             经营活动产生的现金流量净额        6,000.00    24,000.00
net_increase          现金及现金等价物净增加额          6,000.00    24,000.00
opening               期初现金及现金等价物余额        152,000.00   134,000.00
closing               期末现金及现金等价物余额        158,000.00   158,000.00
"""


class Told:
    """讲完的故事：每月的报表，二月更正凭证的摘要。"""

    def __init__(self, clerk: Clerk) -> None:
        self.clerk = clerk
        self.months: dict[Period, dict[str, Figures]] = {}
        self.summaries: list[str] = []

    def ends(self, period: Period) -> None:
        """记账、结账、看报表。"""
        self.clerk.post()
        outcome = self.clerk.close(period)
        assert outcome.fate == "closed", outcome.blockers
        self.months[period] = self.clerk.reads(period)


def wrong_vouchers(told: Told, revenue: str, expense: str) -> None:
    """上年十二月的房租记成押金；一月的收入错了金额、办公费错了科目。`revenue`、`expense` 是两个准则的科目首位。"""
    clerk = told.clerk
    capital = {"5": "3001", "6": "4001"}[revenue]
    clerk.books(date(2026, 12, 1), "投资款", "借 1002 100,000.00", f"贷 {capital} 100,000.00")
    clerk.books(date(2026, 12, 9), "服务收入", "借 1002 40,000.00", f"贷 {revenue}001 40,000.00")
    clerk.books(date(2026, 12, 20), "支付房租", "借 122103 6,000.00", "贷 1002 6,000.00")
    clerk.books(date(2026, 12, 31), "计提工资", f"借 {expense}01 10,000.00", "贷 221101 10,000.00")
    told.ends(DECEMBER)
    clerk.books(date(2027, 1, 15), "服务收入", "借 1002 21,000.00", f"贷 {revenue}001 21,000.00")
    clerk.books(date(2027, 1, 20), "购办公用品", f"借 {expense}04 3,000.00", "贷 1002 3,000.00")


def corrected(told: Told, revenue: str, expense: str) -> None:
    """二月更正一月的两张错证：收入多记的 9,000 填差额，招待费红字注销、办公费蓝字订正；另有收入 15,000。"""
    clerk = told.clerk
    right = [entry("借 1002 12,000.00", "服务收入"), entry(f"贷 {revenue}001 12,000.00", "服务收入")]
    moved = [entry(f"借 {expense}02 3,000.00", "购办公用品"), entry("贷 1002 3,000.00", "购办公用品")]
    with clerk.doors.book(clerk.book.uid) as scope:
        wrong_amount, wrong_account = (clerk.found(scope, date(2027, 1, day)) for day in (15, 20))
        drafted = [
            corrections.correct_by_difference(scope, wrong_amount, date(2027, 2, 3), right),
            *corrections.correct_by_replacement(scope, wrong_account, date(2027, 2, 3), moved),
        ]
        clerk.approve(scope, [each.id for each in drafted])
        told.summaries = [clerk.summary(scope, each.id) for each in drafted]
    clerk.books(date(2027, 2, 18), "服务收入", "借 1002 15,000.00", f"贷 {revenue}001 15,000.00")


@pytest.fixture(scope="module")
def small(ports: Ports, firm: TenantRef) -> Told:
    """小企业会计准则：上年的房租记入二月。"""
    kind = {"taxpayer": "small_scale", "industry": "service", "start_period": DECEMBER}
    told = Told(Clerk(ports, firm, "正源咨询有限公司", "91110108MA0A00001M", **kind))
    wrong_vouchers(told, "5", "5602")
    told.clerk.books(date(2027, 1, 12), "缴纳所得税", "借 222115 1,500.00", "贷 1002 1,500.00")
    told.ends(JANUARY)
    corrected(told, "5", "5602")
    told.clerk.books(date(2027, 2, 10), "订正2026年12月20日记-3号凭证", "借 560205 6,000.00", "贷 122103 6,000.00")
    told.ends(FEBRUARY)
    return told


@pytest.fixture(scope="module")
def general(ports: Ports, firm: TenantRef) -> Told:
    """企业会计准则：上年的房租经以前年度损益调整，追溯重述。"""
    kind = {"taxpayer": "small_scale", "industry": "service", "start_period": DECEMBER}
    kind |= {"standard": "asbe", "small_low_profit": False}
    told = Told(Clerk(ports, firm, "正源咨询集团有限公司", "91110108MA0A00002K", **kind))
    wrong_vouchers(told, "6", "6602")
    told.ends(JANUARY)
    corrected(told, "6", "6602")
    told.clerk.books(
        date(2027, 2, 10),
        "订正2026年12月20日记-3号凭证",
        "借 6901 6,000.00",
        "贷 122103 6,000.00",
        "借 222115 1,500.00",
        "贷 6901 1,500.00",
        "借 410401 4,500.00",
        "贷 6901 4,500.00",
        "借 410101 450.00",
        "贷 410401 450.00",
    )
    told.ends(FEBRUARY)
    return told


@pytest.mark.parametrize("place, period", list(enumerate(MONTHS)), ids=["上年十二月", "一月", "二月"])
def test_小企业准则_年初数不动_资产负债表每一行都等于手算(small: Told, place: int, period: Period) -> None:
    made = small.months[period]["balance_sheet"]
    assert differences(made, "closing", by_hand(BALANCE_SHEET, place)) == []
    opening = by_hand(BALANCE_SHEET, 0) if period.year == 2027 else {}
    assert differences(made, "year_opening", opening) == []


@pytest.mark.parametrize("place, period", list(enumerate(MONTHS)), ids=["上年十二月", "一月", "二月"])
def test_小企业准则_上年的差错进当期损益_利润表和现金流量表每一行都等于手算(
    small: Told, place: int, period: Period
) -> None:
    for statement, table in (("income_statement", INCOME_STATEMENT), ("cash_flow", CASH_FLOW)):
        made = small.months[period][statement]
        assert differences(made, "period", by_hand(table, place)) == []
        assert differences(made, "year_to_date", by_hand(table, {0: 0, 1: 1, 2: 3}[place])) == []


def test_企业准则_更正前年初数照上年末_更正后追溯重述(general: Told) -> None:
    before, after = general.months[JANUARY]["balance_sheet"], general.months[FEBRUARY]["balance_sheet"]
    assert differences(before, "year_opening", by_hand(ASBE_BALANCE_SHEET, 0)) == []
    assert differences(after, "year_opening", by_hand(ASBE_BALANCE_SHEET, 1)) == []
    assert differences(after, "closing", by_hand(ASBE_BALANCE_SHEET, 2)) == []


def test_企业准则_以前年度损益调整不进本期利润表_每一行都等于手算(general: Told) -> None:
    made = general.months[FEBRUARY]
    for statement, table in (("income_statement", ASBE_INCOME_STATEMENT), ("cash_flow", ASBE_CASH_FLOW)):
        assert differences(made[statement], "period", by_hand(table, 0)) == []
        assert differences(made[statement], "year_to_date", by_hand(table, 1)) == []
    assert general.clerk.balances(FEBRUARY, "6901", "41") == {
        "410101": D("-1800.00"),
        "4103": D("-24000.00"),
        "410401": D("-16200.00"),
    }


@pytest.mark.parametrize("standard", ["small", "general"])
def test_更正凭证的摘要是规范写定的(standard: str, request: pytest.FixtureRequest) -> None:
    told: Told = request.getfixturevalue(standard)
    assert told.summaries == [
        "订正1月15日记-1号凭证 服务收入",
        "注销1月20日记-2号凭证",
        "订正1月20日记-2号凭证 购办公用品",
    ]


def test_以前年度的错证不能红字注销或差额更正_要另填蓝字凭证(small: Told) -> None:
    clerk = small.clerk
    right = [entry("借 560205 6,000.00", "支付房租"), entry("贷 1002 6,000.00", "支付房租")]
    with clerk.doors.book(clerk.book.uid) as scope:
        rent = clerk.found(scope, date(2026, 12, 20))
        with pytest.raises(OtherYear):
            corrections.correct_by_replacement(scope, rent, date(2027, 3, 1), right)
        assert vouchers.locked_row(scope, rent)["status"] == "posted"
