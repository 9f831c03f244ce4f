"""知行设计有限公司：2026 年十月成立，小规模纳税人；第一年亏损，第二年盈利，弥补亏损后缴所得税、提盈余公积。

十五个月逐月结账；看第一年末、第二年每季的季报、第二年末的年报（上年金额就是第一年的数）。

依据：小企业会计准则（财会〔2011〕17号）附录 3103、3104；法定盈余公积按弥补以前年度亏损后的 10%，到注册资本 50%
可不再提（公司法）；亏损向以后年度结转（企业所得税法第十八条），预缴时在 A200000 第 24 行弥补；小型微利 5%；
小规模季销售额未达 30 万元免增值税，达到的全额按 1%（财政部 税务总局公告2026年第10号）；
附加税费减半（公告2023年第12号）；折旧次月起（准则第三十一条）。

一、2026 年 10—12月：收入 11月 20,000 + 12月 30,000 = 50,000，免增值税 200 + 300 = 500 计营业外收入
  工资 25,000 × 3 + 房租 8,000 × 3 + 折旧 316.67 × 2（电脑 12,000 × 95% ÷ 36，十一月起）= 99,633.34；手续费 30 × 3 = 90
  50,000 + 500 − 99,633.34 − 90 = 亏损 49,223.34，转入未分配利润，不计所得税，不提公积金
二、2027 年：每月工资 25,000 + 房租 8,000 + 折旧 316.67 = 33,316.67，手续费 30；每季 99,950.01 + 90 = 100,040.01
  一季  90,000 + 免税   900 − 100,040.01 =  −9,140.01                                 所得税 0
  二季 150,000 + 免税 1,500 − 100,040.01 =  51,459.99；累计  42,319.98 < 亏损 49,223.34   所得税 0
  三季 330,000，达到 30 万：增值税 3,300；附加 231 − 115.50 = 115.50，99 − 49.50 = 49.50，66 − 33 = 33，合计 198.00
       330,000 − 198 − 100,040.01 = 229,761.99；累计 272,081.97
       所得税 (272,081.97 − 49,223.34) × 5% = 11,142.93
  四季 280,000 + 免税 2,800 − 100,040.01 = 182,759.99；累计 454,841.96
       所得税 (454,841.96 − 49,223.34) × 5% = 20,280.93 − 11,142.93 = 9,138.00
  净利润 454,841.96 − 20,280.93 = 434,561.03
  公积金 (434,561.03 − 49,223.34) × 10% = 38,533.77，上限 200,000 × 50% = 100,000，没有到
  未分配 −49,223.34 + 434,561.03 − 38,533.77 = 346,803.92
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest

from app.agency.service import BookChange, change_book
from app.kernel.periods import Period
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.scenarios.clerk import Clerk
from tests.scenarios.tables import Figures, by_hand, differences

START, FIRST_END, SECOND_END = Period(2026, 10), Period(2026, 12), Period(2027, 12)
QUARTERS = (Period(2027, 3), Period(2027, 6), Period(2027, 9), Period(2027, 12))

# 行次 项目             2026年末    2027一季末    二季末       三季末      2027年末
BALANCE_SHEET = """
1  货币资金          134,110.00   156,220.00   208,630.00   309,540.00   611,909.07
4  应收账款           30,300.00            -            -   133,300.00            -
15 流动资产合计      164,410.00   156,220.00   208,630.00   442,840.00   611,909.07
18 固定资产原价       12,000.00    12,000.00    12,000.00    12,000.00    12,000.00
19 减：累计折旧          633.34     1,583.35     2,533.36     3,483.37     4,433.38
20 固定资产账面价值   11,366.66    10,416.65     9,466.64     8,516.63     7,566.62
29 非流动资产合计     11,366.66    10,416.65     9,466.64     8,516.63     7,566.62
30 资产总计          175,776.66   166,636.65   218,096.64   451,356.63   619,475.69
35 应付职工薪酬       25,000.00    25,000.00    25,000.00    25,000.00    25,000.00
36 应交税费                   -            -            -    14,640.93     9,138.00
41 流动负债合计       25,000.00    25,000.00    25,000.00    39,640.93    34,138.00
47 负债合计           25,000.00    25,000.00    25,000.00    39,640.93    34,138.00
48 实收资本          200,000.00   200,000.00   200,000.00   200,000.00   200,000.00
50 盈余公积                   -            -            -            -    38,533.77
51 未分配利润        -49,223.34   -58,363.35    -6,903.36   211,715.70   346,803.92
52 所有者权益        150,776.66   141,636.65   193,096.64   411,715.70   585,337.69
53 负债和所有者权益  175,776.66   166,636.65   218,096.64   451,356.63   619,475.69
"""
# 行次 项目            2026年     2027一季       二季         三季         四季       2027年
INCOME_STATEMENT = """
1  营业收入        50,000.00    90,000.00   150,000.00   330,000.00   280,000.00   850,000.00
3  税金及附加              -            -            -       198.00            -       198.00
6  城市维护建设税          -            -            -       115.50            -       115.50
10 教育费附加              -            -            -        82.50            -        82.50
14 管理费用        99,633.34    99,950.01    99,950.01    99,950.01    99,950.01   399,800.04
18 财务费用            90.00        90.00        90.00        90.00        90.00       360.00
21 营业利润       -49,723.34   -10,040.01    49,959.99   229,761.99   179,959.99   449,641.96
22 营业外收入         500.00       900.00     1,500.00            -     2,800.00     5,200.00
30 利润总额       -49,223.34    -9,140.01    51,459.99   229,761.99   182,759.99   454,841.96
31 所得税费用              -            -            -    11,142.93     9,138.00    20,280.93
32 净利润         -49,223.34    -9,140.01    51,459.99   218,619.06   173,621.99   434,561.03
"""
# 1：含税收款；6：(房租 8,000 + 手续费 30) × 3
# 行次 项目              2026年     2027一季       二季         三季         四季       2027年
CASH_FLOW = """
1  销售产成品        20,200.00   121,200.00   151,500.00   200,000.00   416,100.00   888,800.00
4  支付的职工薪酬    50,000.00    75,000.00    75,000.00    75,000.00    75,000.00   300,000.00
5  支付的税费                -            -            -            -    14,640.93    14,640.93
6  支付其他          24,090.00    24,090.00    24,090.00    24,090.00    24,090.00    96,360.00
7  经营活动         -53,890.00    22,110.00    52,410.00   100,910.00   302,369.07   477,799.07
12 购建固定资产      12,000.00            -            -            -            -            -
13 投资活动         -12,000.00            -            -            -            -            -
15 吸收投资者投资   200,000.00            -            -            -            -            -
19 筹资活动         200,000.00            -            -            -            -            -
20 现金净增加额     134,110.00    22,110.00    52,410.00   100,910.00   302,369.07   477,799.07
21 期初现金余额              -   134,110.00   156,220.00   208,630.00   309,540.00   134,110.00
22 期末现金余额     134,110.00   156,220.00   208,630.00   309,540.00   611,909.07   611,909.07
"""


class Told:
    """讲完的故事：第一年末的年报，第二年每季的季报，第二年末的年报。"""

    def __init__(self, clerk: Clerk) -> None:
        self.clerk = clerk
        self.quarters: dict[Period, dict[str, Figures]] = {}
        self.years: dict[int, dict[str, Figures]] = {}
        self.equity: dict[int, dict[str, D]] = {}


@pytest.fixture(scope="module")
def told(ports: Ports, firm: TenantRef) -> Told:
    """从成立讲到第二年末。"""
    kind = {"taxpayer": "small_scale", "industry": "service"}
    story = Told(Clerk(ports, firm, "知行设计有限公司", "91330106MA0B00001J", start_period=START, **kind))
    for number in range(15):
        period = START.plus(number)
        tells(story.clerk, period)
        story.clerk.post()
        outcome = story.clerk.close(period)
        assert outcome.fate == "closed", (period, outcome.blockers)
        if period in QUARTERS:
            story.quarters[period] = story.clerk.reads(period, "quarter")
        if period.ends_year:
            story.years[period.year] = story.clerk.reads(period, "year")
            story.equity[period.year] = story.clerk.balances(period, "31", "5")
        if period == FIRST_END:
            carries_the_loss(story.clerk)
    return story


def carries_the_loss(clerk: Clerk) -> None:
    """第一年的亏损留给第二年预缴所得税时弥补。"""
    with clerk.doors.book(clerk.book.uid) as scope:
        clerk.book = change_book(scope, BookChange(settings={"loss_carryforward": "49223.34"}))


def tells(clerk: Clerk, period: Period) -> None:
    """一个月：付房租、手续费，计提工资与折旧，发上月工资，再加这个月自己的事。"""
    end = period.last_day
    clerk.books(end, "支付房租", "借 560205 8,000.00", "贷 1002 8,000.00")
    clerk.books(end, "银行手续费", "借 560304 30.00", "贷 1002 30.00")
    clerk.books(end, "计提工资", "借 560201 25,000.00", "贷 221101 25,000.00")
    if period > START:
        clerk.books(end, "发放上月工资", "借 221101 25,000.00", "贷 1002 25,000.00")
        clerk.books(end, "计提折旧", "借 560207 316.67", "贷 1602 316.67")
    for day, summary, *entries in HAPPENINGS.get((period.year, period.month), ()):
        clerk.books(date(period.year, period.month, int(day)), summary, *entries)


# (年, 月)：(日, 摘要, 分录...)
HAPPENINGS: dict[tuple[int, int], tuple[tuple[str, ...], ...]] = {
    (2026, 10): (
        ("8", "投资款", "借 1002 200,000.00", "贷 3001 200,000.00"),
        ("12", "购买电脑", "借 160104 12,000.00", "贷 1002 12,000.00"),
    ),
    (2026, 11): (("15", "设计收入", "借 1002 20,200.00", "贷 5001 20,000.00", "贷 222101 200.00"),),
    (2026, 12): (("18", "设计收入", "借 1122/西溪书院 30,300.00", "贷 5001 30,000.00", "贷 222101 300.00"),),
    (2027, 1): (("9", "收回设计费", "借 1002 30,300.00", "贷 1122/西溪书院 30,300.00"),),
    (2027, 2): (("20", "设计收入", "借 1002 90,900.00", "贷 5001 90,000.00", "贷 222101 900.00"),),
    (2027, 5): (("20", "设计收入", "借 1002 151,500.00", "贷 5001 150,000.00", "贷 222101 1,500.00"),),
    (2027, 8): (
        (
            "20",
            "设计收入",
            "借 1002 200,000.00",
            "借 1122/望湖酒店 133,300.00",
            "贷 5001 330,000.00",
            "贷 222101 3,300.00",
        ),
    ),
    (2027, 10): (
        (
            "15",
            "缴纳三季度税费",
            "借 222101 3,300.00",
            "借 222112 115.50",
            "借 222113 49.50",
            "借 222114 33.00",
            "借 222115 11,142.93",
            "贷 1002 14,640.93",
        ),
    ),
    (2027, 11): (
        ("20", "设计收入", "借 1002 282,800.00", "贷 5001 280,000.00", "贷 222101 2,800.00"),
        ("25", "收回设计费", "借 1002 133,300.00", "贷 1122/望湖酒店 133,300.00"),
    ),
}


@pytest.mark.parametrize("place, period", list(enumerate(QUARTERS)), ids=["一季度", "二季度", "三季度", "四季度"])
def test_第二年每季的季报_每一行都等于手算_年初就是亏损后的第一年末(told: Told, place: int, period: Period) -> None:
    made = told.quarters[period]
    assert differences(made["balance_sheet"], "closing", by_hand(BALANCE_SHEET, place + 1)) == []
    assert differences(made["balance_sheet"], "year_opening", by_hand(BALANCE_SHEET, 0)) == []
    for statement, table in (("income_statement", INCOME_STATEMENT), ("cash_flow", CASH_FLOW)):
        assert differences(made[statement], "quarter", by_hand(table, place + 1)) == []


@pytest.mark.parametrize("year, place, before", [(2026, 0, None), (2027, 5, 0)], ids=["亏损年", "盈利年"])
def test_年报的本年累计与上年金额_每一行都等于手算(told: Told, year: int, place: int, before: int | None) -> None:
    for statement, table in (("income_statement", INCOME_STATEMENT), ("cash_flow", CASH_FLOW)):
        made = told.years[year][statement]
        assert differences(made, "year_to_date", by_hand(table, place)) == []
        if before is None:
            assert not any(made.columns["previous_year"].values())
        else:
            assert differences(made, "previous_year", by_hand(table, before)) == []
    made = told.years[year]["balance_sheet"]
    assert differences(made, "closing", by_hand(BALANCE_SHEET, 0 if before is None else 4)) == []


def test_亏损年不提公积金_盈利年补亏后提百分之十_没有到上限(told: Told) -> None:
    assert told.equity == {
        2026: {"310401": D("49223.34")},
        2027: {"310101": D("-38533.77"), "310401": D("-346803.92")},
    }
