"""反结账后更正再结账，结果与一次做对的账一分不差（月结各步只补差额，可增可减）。"""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

from app.invoices.parsing.types import Party
from app.kernel.periods import Period
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.scenarios.clerk import Clerk

US, OURS = "更正有限公司", "91110108MA0600000T"
BUYER = Party("买方有限公司", "91110108MA0600001X")
MARCH, DECEMBER = Period(2026, 3), Period(2026, 12)


def a_december(ports: Ports, firm: TenantRef) -> Clerk:
    """十二月建账：投资 50,000，服务收入 10,000，已结账。"""
    clerk = Clerk(ports, firm, US, OURS, taxpayer="small_scale", industry="service", start_period=DECEMBER)
    clerk.books(date(2026, 12, 1), "投资款", "借 1002 50,000.00", "贷 3001 50,000.00")
    clerk.books(date(2026, 12, 9), "服务收入", "借 1002 10,000.00", "贷 5001 10,000.00")
    clerk.post()
    assert clerk.close(DECEMBER).fate == "closed"
    return clerk


def test_年末反结账补一笔收入_所得税公积金未分配利润等于一次做对(ports: Ports, firm: TenantRef) -> None:
    # 12,000.00：所得税 5% 600.00，净利润 11,400.00，公积金 1,140.00，未分配 10,260.00
    clerk = a_december(ports, firm)
    clerk.reopens(DECEMBER, "漏记一笔收入")
    clerk.books(date(2026, 12, 30), "服务收入", "借 1002 2,000.00", "贷 5001 2,000.00")
    clerk.post()
    assert clerk.close(DECEMBER).fate == "closed"
    assert clerk.balances(DECEMBER, "222115", "31") == {
        "222115": D("-600.00"),
        "310101": D("-1140.00"),
        "310401": D("-10260.00"),
    }


def test_年末反结账补一笔费用_所得税公积金未分配利润等于一次做对(ports: Ports, firm: TenantRef) -> None:
    # 8,000.00：所得税 5% 400.00，净利润 7,600.00，公积金 760.00，未分配 6,840.00
    clerk = a_december(ports, firm)
    clerk.reopens(DECEMBER, "漏记一笔费用")
    clerk.books(date(2026, 12, 30), "咨询费", "借 560212 2,000.00", "贷 1002 2,000.00")
    clerk.post()
    assert clerk.close(DECEMBER).fate == "closed"
    assert clerk.balances(DECEMBER, "222115", "31") == {
        "222115": D("-400.00"),
        "310101": D("-760.00"),
        "310401": D("-6840.00"),
    }


def test_季末反结账补一分钱销售_达到三十万元_免税全部冲回(ports: Ports, firm: TenantRef) -> None:
    # 结账时 299,999.99 免税 3,000.00；补开 0.01 后 300,000.00 全额征 3,000.00，附加 105 + 45 + 30 = 180.00
    # 所得税 (300,000.00 − 180.00) × 5% = 14,991.00
    clerk = Clerk(ports, firm, US, OURS, taxpayer="small_scale", industry="service", start_period=MARCH)
    clerk.sells(date(2026, 3, 5), BUYER, "*现代服务*服务费", "299,999.99", "3,000.00")
    clerk.post()
    assert clerk.close(MARCH).fate == "closed"
    assert clerk.balances(MARCH, "222101") == {}
    clerk.reopens(MARCH, "补开一张发票")
    clerk.sells(date(2026, 3, 31), BUYER, "*现代服务*服务费", "0.01", "0.00")
    clerk.post()
    assert clerk.close(MARCH).fate == "closed"
    assert clerk.balances(MARCH, "2221") == {
        "222101": D("-3000.00"),
        "222112": D("-105.00"),
        "222113": D("-45.00"),
        "222114": D("-30.00"),
        "222115": D("-14991.00"),
    }
