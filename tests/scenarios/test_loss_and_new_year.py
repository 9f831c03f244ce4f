"""十二月亏损的公司结转下年：一月的期初等于十二月的期末，三张报表的年初与累计从新年算起。

小企业会计准则附录 3103、3104（年末本年利润转未分配利润）；会计基础工作规范 Art.63(3)（结转下年、上年结转）。
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest

from app.kernel.periods import Period
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.scenarios.clerk import Clerk
from tests.scenarios.tables import by_hand, differences

DECEMBER, JANUARY = Period(2026, 12), Period(2027, 1)

# 十二月 投资 50,000；服务收入 10,000（收现 6,000，甲公司欠 4,000）；工资 18,000 未发；房租 3,000 付现
#        亏损 10,000 − 18,000 − 3,000 = −11,000：不计所得税，不提公积金
# 一月   甲公司付 4,000；发工资 18,000；收入 2,000 收现
# 行次 项目          2026-12 年初  2026-12 期末   2027-01 期末
BALANCE_SHEET = """
1  货币资金                  -     53,000.00      41,000.00
4  应收账款                  -      4,000.00              -
15 流动资产合计              -     57,000.00      41,000.00
30 资产总计                  -     57,000.00      41,000.00
35 应付职工薪酬              -     18,000.00              -
41 流动负债合计              -     18,000.00              -
47 负债合计                  -     18,000.00              -
48 实收资本                  -     50,000.00      50,000.00
51 未分配利润                -    -11,000.00      -9,000.00
52 所有者权益                -     39,000.00      41,000.00
53 负债和所有者权益          -     57,000.00      41,000.00
"""
# 行次 项目           十二月   十二月累计    一月    一月累计
INCOME_STATEMENT = """
1  营业收入     10,000.00   10,000.00   2,000.00   2,000.00
14 管理费用     21,000.00   21,000.00          -          -
21 营业利润    -11,000.00  -11,000.00   2,000.00   2,000.00
30 利润总额    -11,000.00  -11,000.00   2,000.00   2,000.00
32 净利润      -11,000.00  -11,000.00   2,000.00   2,000.00
"""
CASH_FLOW = """
1  销售产成品       6,000.00    6,000.00   6,000.00   6,000.00
4  支付的职工薪酬          -           -  18,000.00  18,000.00
6  支付其他         3,000.00    3,000.00          -          -
7  经营活动         3,000.00    3,000.00 -12,000.00 -12,000.00
15 吸收投资者投资  50,000.00   50,000.00          -          -
19 筹资活动        50,000.00   50,000.00          -          -
20 现金净增加额    53,000.00   53,000.00 -12,000.00 -12,000.00
21 期初现金余额            -           -  53,000.00  53,000.00
22 期末现金余额    53,000.00   53,000.00  41,000.00  41,000.00
"""


@pytest.fixture(scope="module")
def clerk(ports: Ports, firm: TenantRef) -> Clerk:
    """十二月建账即亏损，年结后又做了一月。"""
    clerk = Clerk(
        ports,
        firm,
        "亏损服务有限公司",
        "91110108MA0300000Z",
        taxpayer="small_scale",
        industry="service",
        start_period=DECEMBER,
    )
    clerk.books(date(2026, 12, 1), "投资款", "借 1002 50,000.00", "贷 3001 50,000.00")
    clerk.books(date(2026, 12, 9), "服务收入", "借 1002 6,000.00", "借 1122/甲公司 4,000.00", "贷 5001 10,000.00")
    clerk.books(date(2026, 12, 20), "付房租", "借 560205 3,000.00", "贷 1002 3,000.00")
    clerk.books(date(2026, 12, 31), "计提工资", "借 560201 18,000.00", "贷 221101 18,000.00")
    clerk.post()
    assert clerk.close(DECEMBER).net_profit == D("-11000.00")
    clerk.books(date(2027, 1, 5), "收回欠款", "借 1002 4,000.00", "贷 1122/甲公司 4,000.00")
    clerk.books(date(2027, 1, 10), "发工资", "借 221101 18,000.00", "贷 1002 18,000.00")
    clerk.books(date(2027, 1, 15), "服务收入", "借 1002 2,000.00", "贷 5001 2,000.00")
    clerk.post()
    assert clerk.close(JANUARY).net_profit == D("2000.00")
    return clerk


def test_亏损转入未分配利润_不计所得税_不提公积金(clerk: Clerk) -> None:
    equity = clerk.balances(DECEMBER, "2221", "3")
    assert equity == {"3001": D("-50000.00"), "310401": D("11000.00")}


@pytest.mark.parametrize("place, period", [(1, DECEMBER), (2, JANUARY)], ids=["十二月", "一月"])
def test_资产负债表_一月的年初就是十二月的期末(clerk: Clerk, place: int, period: Period) -> None:
    made = clerk.reads(period)["balance_sheet"]
    assert differences(made, "closing", by_hand(BALANCE_SHEET, place)) == []
    assert differences(made, "year_opening", by_hand(BALANCE_SHEET, place - 1)) == []


@pytest.mark.parametrize("place, period", [(0, DECEMBER), (2, JANUARY)], ids=["十二月", "一月"])
def test_利润表和现金流量表的累计从新年一月重新算起(clerk: Clerk, place: int, period: Period) -> None:
    made = clerk.reads(period)
    for statement, table in (("income_statement", INCOME_STATEMENT), ("cash_flow", CASH_FLOW)):
        assert differences(made[statement], "period", by_hand(table, place)) == []
        assert differences(made[statement], "year_to_date", by_hand(table, place + 1)) == []


def test_一月的科目期初等于十二月的科目期末(clerk: Clerk) -> None:
    with clerk.doors.book(clerk.book.uid, read_only=True) as scope:
        rows = scope.run(
            "SELECT a.code, sum(b.opening) AS opening FROM tenant.balance b"
            " JOIN tenant.account a ON a.book_id = b.book_id AND a.id = b.account_id"
            " WHERE b.book_id = :b AND b.period = :p GROUP BY a.code HAVING sum(b.opening) <> 0",
            b=clerk.book.id,
            p=str(JANUARY),
        ).all()
    assert {row.code: row.opening for row in rows} == clerk.balances(DECEMBER, "")
