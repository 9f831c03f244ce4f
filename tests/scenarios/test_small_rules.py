"""一条规则一本小账：每本只有几笔业务，金额手算，依据写在每个测试里。"""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

from app.invoices.parsing.types import Party
from app.kernel.periods import Period
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.scenarios.clerk import Clerk

US, OURS = "规则有限公司", "91110108MA0500000W"
BUYER = Party("买方有限公司", "91110108MA0500001X")
SELLER = Party("卖方有限公司", "91110108MA0500002L")
SERVICE = "*现代服务*服务费"
MARCH, JUNE, DECEMBER = Period(2026, 3), Period(2026, 6), Period(2026, 12)


def amounts(clerk: Clerk, period: Period, statement: str, column: str, *lines: str) -> list[str]:
    """一张报表一栏里这几行的金额。"""
    cells = clerk.reads(period)[statement].columns[column]
    return [str(cells[line]) for line in lines]


def test_上季免税的普票在本季红冲_不冲减本季专票的税额(ports: Ports, firm: TenantRef) -> None:
    # 参考页 6.3：未达起征点时，专票销售额留在第 1—2 行照缴，普票（连同红字）在第 10 行免税栏。
    # 一季普票 20,000.00 税 200.00 免；二季专票 60,000.00 税 600.00，红冲一季普票 −200.00：
    # 应缴 600.00，城建 42.00 → 21.00，教育 18.00 → 9.00，地方 12.00 → 6.00；免征收入全年 200.00 − 200.00 = 0.00
    clerk = Clerk(ports, firm, US, OURS, taxpayer="small_scale", industry="service")
    blue = clerk.sells(date(2026, 3, 10), BUYER, SERVICE, "20,000.00", "200.00")
    clerk.post()
    assert [clerk.close(Period(2026, month)).fate for month in (1, 2, 3)] == ["closed"] * 3
    assert clerk.balances(MARCH, "222101") == {}
    clerk.sells(date(2026, 4, 10), BUYER, SERVICE, "60,000.00", "600.00", kind="digital_special")
    clerk.sells(date(2026, 5, 10), BUYER, SERVICE, "-20,000.00", "-200.00", reverses=blue)
    clerk.post()
    assert [clerk.close(Period(2026, month)).fate for month in (4, 5, 6)] == ["closed"] * 3
    owed = clerk.balances(JUNE, "222101", "222112", "222113", "222114")
    assert owed == {"222101": D("-600.00"), "222112": D("-21.00"), "222113": D("-9.00"), "222114": D("-6.00")}
    assert amounts(clerk, JUNE, "income_statement", "year_to_date", "22") == ["0.00"]


def test_当月预缴了增值税_附加税费仍按当期应纳税额计提(ports: Ports, firm: TenantRef) -> None:
    # 参考页第 3 节 60b、70：已交税金 1,000.00 只减少未交增值税，附加税费的税基是当期应纳税额（申报表第 24 行）。
    # 应纳 5,200.00 − 3,900.00 = 1,300.00，未交 300.00；城建 91.00 → 45.50，教育 39.00 → 19.50，地方 26.00 → 13.00
    clerk = Clerk(ports, firm, US, OURS, start_period=MARCH)
    clerk.sells(date(2026, 3, 5), BUYER, "*金属制品*螺丝", "40,000.00", "5,200.00", tax_code="1080399")
    clerk.buys(date(2026, 3, 6), SELLER, "*金属制品*螺丝", "30,000.00", "3,900.00", kind="digital_special")
    clerk.books(date(2026, 3, 7), "投资款", "借 1002 5,000.00", "贷 3001 5,000.00")
    clerk.books(date(2026, 3, 20), "缴纳当月增值税", "借 22210103 1,000.00", "贷 1002 1,000.00")
    clerk.post()
    assert clerk.close(MARCH).fate == "closed"
    assert clerk.balances(MARCH, "222102") == {"222102": D("-300.00")}
    owed = clerk.balances(MARCH, "222112", "222113", "222114")
    assert owed == {"222112": D("-45.50"), "222113": D("-19.50"), "222114": D("-13.00")}


def test_当月多缴的增值税转出多交_以已交税金为限(ports: Ports, firm: TenantRef) -> None:
    # 财会〔2016〕22号 二(五)：X = 5,200.00 − 3,900.00 − 2,000.00 = −700.00，借未交增值税 贷转出多交增值税 700.00
    clerk = Clerk(ports, firm, US, OURS, start_period=MARCH)
    clerk.sells(date(2026, 3, 5), BUYER, "*金属制品*螺丝", "40,000.00", "5,200.00", tax_code="1080399")
    clerk.buys(date(2026, 3, 6), SELLER, "*金属制品*螺丝", "30,000.00", "3,900.00", kind="digital_special")
    clerk.books(date(2026, 3, 7), "投资款", "借 1002 5,000.00", "贷 3001 5,000.00")
    clerk.books(date(2026, 3, 20), "缴纳当月增值税", "借 22210103 2,000.00", "贷 1002 2,000.00")
    clerk.post()
    assert clerk.close(MARCH).fate == "closed"
    moved = clerk.balances(MARCH, "222102", "22210110")
    assert moved == {"222102": D("700.00"), "22210110": D("-700.00")}


def test_简易计税的税额也是附加税费的税基(ports: Ports, firm: TenantRef) -> None:
    # 申报表第 24 行 = 第 19 行一般计税 + 第 21 行简易计税：出租旧仓库简易计税 300.00，没有一般计税应纳税额
    # 城建 21.00 → 10.50，教育 9.00 → 4.50，地方 6.00 → 3.00
    clerk = Clerk(ports, firm, US, OURS, start_period=MARCH)
    clerk.books(date(2026, 3, 5), "简易计税收入", "借 1002 6,300.00", "贷 5051 6,000.00", "贷 222108 300.00")
    clerk.post()
    assert clerk.close(MARCH).fate == "closed"
    owed = clerk.balances(MARCH, "222108", "222112", "222113", "222114")
    assert owed == {"222108": D("-300.00"), "222112": D("-10.50"), "222113": D("-4.50"), "222114": D("-3.00")}


def test_付现购电脑的进项税额跟着电脑走购建固定资产(ports: Ports, firm: TenantRef) -> None:
    # 参考 cashflow_default_mapping.csv：付出的进项税额随同一凭证的另一借方；对方是固定资产时入第 12 行。
    # 电脑 5,000.00 + 650.00 = 5,650.00 全在第 12 行；办公费 100.00 + 13.00 = 113.00 全在第 6 行；第 3 行为零
    clerk = Clerk(ports, firm, US, OURS, start_period=MARCH)
    clerk.books(date(2026, 3, 1), "投资款", "借 1002 9,000.00", "贷 3001 9,000.00")
    clerk.books(date(2026, 3, 2), "购电脑", "借 160104 5,000.00", "借 22210101 650.00", "贷 1002 5,650.00")
    clerk.books(date(2026, 3, 3), "购办公用品", "借 560202 100.00", "借 22210101 13.00", "贷 1002 113.00")
    clerk.post()
    assert amounts(clerk, MARCH, "cash_flow", "period", "3", "6", "12") == ["0.00", "113.00", "5650.00"]


def test_前三季已计提所得税_第四季度亏损_不再计提也不冲回(ports: Ports, firm: TenantRef) -> None:
    # A200000 第 32 行不小于零：累计利润 60,000.00 × 5% = 3,000.00 < 已计提 5,000.00，差额留待汇算清缴
    clerk = Clerk(ports, firm, US, OURS, start_period=DECEMBER)
    opening = """
        1002   -   100,000.00 -
        5001   -   100,000.00 100,000.00
        5801   -   5,000.00   5,000.00
        222115 -   -          5,000.00
        3103   -   5,000.00   100,000.00
    """
    assert clerk.opens_with(opening, {"1": "100,000.00"}) == (D("0.00"), D("0.00"))
    clerk.books(date(2026, 12, 9), "咨询费", "借 560212 40,000.00", "贷 1002 40,000.00")
    clerk.post()
    assert clerk.close(DECEMBER).fate == "closed"
    assert clerk.balances(DECEMBER, "222115") == {"222115": D("-5000.00")}
    # 净利润 60,000.00 − 5,000.00 = 55,000.00；没有实收资本，公积金上限为零，不提
    assert amounts(clerk, DECEMBER, "income_statement", "year_to_date", "30", "31", "32") == [
        "60000.00",
        "5000.00",
        "55000.00",
    ]
    assert clerk.balances(DECEMBER, "3") == {"310401": D("-55000.00")}
