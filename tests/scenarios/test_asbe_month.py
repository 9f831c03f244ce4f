"""北辰精工贸易有限公司：企业会计准则、一般纳税人、不是小型微利，2026 年三月一个月的金册（报表主要行）。

与小企业准则不同之处都在这里：坏账准备抵减应收账款、研发费用单列、信用减值损失、合同负债、留抵列其他流动资产
（财会〔2016〕22号，报表格式 财会〔2019〕6号 附件2）、所得税 25%、递延所得税。
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest

from app.invoices.parsing.types import Party
from app.kernel.periods import Period
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.scenarios.clerk import Clerk
from tests.scenarios.tables import by_hand, differences

MARCH = Period(2026, 3)
MILL = Party("丁钢厂", "91130200MA0400001X")
MAKER = Party("戊机械厂", "91130200MA0400002L")
STEEL, SPECIAL = "*黑色金属冶炼压延品*钢材", {"tax_code": "1080207000000000000", "kind": "digital_special"}

# 收入 300,000；成本 210,000；管理费用 工资 30,000；研发 20,000；信用减值 (339,000 − 200,000) × 0.5% = 695.00
# 利润总额 300,000 − 210,000 − 30,000 − 20,000 − 695 = 39,305.00；所得税 25% = 9,826.25；净利润 29,478.75
# 增值税：销项 39,000 − 进项 52,000 = 留抵 13,000.00，无附加
# 货币资金 1,000,000 + 200,000 + 预收 56,500 − 货款 300,000 − 研发 20,000 = 936,500.00
# 项目                       年初      三月末
BALANCE_SHEET = """
cash                货币资金      -   936,500.00
accounts_receivable 应收账款      -   138,305.00  # 139,000 − 坏账准备 695
inventories         存货          -   190,000.00  # 400,000 − 210,000
other_current_assets 其他流动资产 -    13,000.00  # 留抵
current_assets      流动资产合计  - 1,277,805.00
total_assets        资产总计      - 1,277,805.00
accounts_payable    应付账款      -   152,000.00  # 452,000 − 300,000
contract_liabilities 合同负债     -    50,000.00
employee_benefits   应付职工薪酬  -    30,000.00
taxes_payable       应交税费      -     9,826.25
other_current_liabilities 其他流动负债 - 6,500.00  # 预收款里的待转销项税额
current_liabilities 流动负债合计  -   248,326.25
total_liabilities   负债合计      -   248,326.25
paid_in_capital     实收资本      - 1,000,000.00
undistributed       未分配利润    -    29,478.75
equity              所有者权益    - 1,029,478.75
total_liabilities_and_equity 负债和所有者权益 - 1,277,805.00
"""
INCOME_STATEMENT = """
revenue             营业收入        300,000.00
cost                营业成本        210,000.00
administrative      管理费用         30,000.00
research            研发费用         20,000.00
credit_impairment   信用减值损失       -695.00
operating_profit    营业利润         39,305.00
total_profit        利润总额         39,305.00
income_tax          所得税费用        9,826.25
net_profit          净利润           29,478.75
net_profit_continuing 持续经营净利润 29,478.75
comprehensive_income 综合收益总额    29,478.75
"""
CASH_FLOW = """
sales_received      销售商品、提供劳务收到的现金  256,500.00  # 200,000 + 50,000 + 6,500
operating_in        经营活动现金流入小计          256,500.00
purchases_paid      购买商品、接受劳务支付的现金  300,000.00
other_operating_paid 支付其他与经营活动有关的现金  20,000.00
operating_out       经营活动现金流出小计          320,000.00
operating           经营活动产生的现金流量净额    -63,500.00
capital_received    吸收投资收到的现金          1,000,000.00
financing_in        筹资活动现金流入小计        1,000,000.00
financing           筹资活动产生的现金流量净额  1,000,000.00
net_increase        现金及现金等价物净增加额      936,500.00
closing             期末现金及现金等价物余额      936,500.00
"""


def march(ports: Ports, firm: TenantRef) -> Clerk:
    """三月的业务都已记账，还没有结账。"""
    clerk = Clerk(
        ports,
        firm,
        "北辰精工贸易有限公司",
        "91110108MA0400000Q",
        standard="asbe",
        small_low_profit=False,
        start_period=MARCH,
    )
    clerk.books(date(2026, 3, 2), "投资款", "借 1002 1,000,000.00", "贷 4001 1,000,000.00")
    clerk.buys(date(2026, 3, 5), MILL, STEEL, "400,000.00", "52,000.00", **SPECIAL)
    clerk.sells(date(2026, 3, 10), MAKER, STEEL, "300,000.00", "39,000.00", **SPECIAL)
    clerk.books(date(2026, 3, 12), "收货款", "借 1002 200,000.00", "贷 1122/戊机械厂 200,000.00")
    clerk.books(date(2026, 3, 13), "预收货款", "借 1002 56,500.00", "贷 2204/己重工 50,000.00", "贷 222106 6,500.00")
    clerk.books(date(2026, 3, 16), "付货款", "借 220201/丁钢厂 300,000.00", "贷 1002 300,000.00")
    clerk.books(date(2026, 3, 20), "研发费用", "借 660210 20,000.00", "贷 1002 20,000.00")
    clerk.books(date(2026, 3, 31), "计提工资", "借 660201 30,000.00", "贷 221101 30,000.00")
    clerk.books(date(2026, 3, 31), "结转成本", "借 6401 210,000.00", "贷 1405 210,000.00")
    clerk.books(date(2026, 3, 31), "计提坏账准备", "借 6702 695.00", "贷 123102 695.00")
    clerk.post()
    return clerk


@pytest.fixture(scope="module")
def clerk(ports: Ports, firm: TenantRef) -> Clerk:
    """三月已结账。"""
    clerk = march(ports, firm)
    assert clerk.close(MARCH).fate == "closed"
    return clerk


def test_资产负债表每一行都等于手算_留抵列其他流动资产(clerk: Clerk) -> None:
    made = clerk.reads(MARCH)["balance_sheet"]
    assert differences(made, "closing", by_hand(BALANCE_SHEET, 1)) == []
    assert differences(made, "year_opening", by_hand(BALANCE_SHEET, 0)) == []


@pytest.mark.parametrize("column", ["period", "year_to_date"], ids=["本期", "本年累计"])
def test_利润表和现金流量表每一行都等于手算(clerk: Clerk, column: str) -> None:
    made = clerk.reads(MARCH)
    assert differences(made["income_statement"], column, by_hand(INCOME_STATEMENT, 0)) == []
    assert differences(made["cash_flow"], column, by_hand(CASH_FLOW, 0)) == []


def test_确认递延所得税不改变应交所得税(ports: Ports, firm: TenantRef) -> None:
    # 企业会计准则第18号：递延所得税与当期所得税都进 6801；预缴按利润总额 39,305.00 × 25% = 9,826.25
    # 递延所得税资产 695.00 × 25% = 173.75 只进所得税费用：9,826.25 − 173.75 = 9,652.50，应交仍是 9,826.25
    clerk = march(ports, firm)
    clerk.books(date(2026, 3, 31), "确认递延所得税资产", "借 1811 173.75", "贷 6801 173.75")
    clerk.post()
    assert clerk.close(MARCH).fate == "closed"
    assert clerk.balances(MARCH, "1811", "222115") == {"1811": D("173.75"), "222115": D("-9826.25")}
    assert clerk.reads(MARCH)["income_statement"].columns["period"]["income_tax"] == D("9652.50")
