"""参考页（regulation.md 6.1、6.2、6.3、6.5）写明的金额，逐个做成账再结账，到分相符。

取法：小规模季度的应纳税额以发票税额之和为准（参考页 6.3：申报系统按发票合计，净额 × 1% 可差一分）；234,788.66 那张实测
申报表未达 30 万元而照缴 2,347.88，所以全是专票，同样的销售额开普票就全免。附加税费先算全额，减半额四舍五入，
缴 = 全额 − 减半额。
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest

from app.invoices.parsing.types import Party
from app.kernel.periods import Period
from infra.ports import Ports
from tenants.scope import TenantRef
from tests.scenarios.clerk import Clerk

SPECIAL, ORDINARY = "digital_special", "digital_ordinary"
BUYER = Party("买方有限公司", "91110108MA0200001X")
VAT, URBAN, EDU, LOCAL_EDU, INCOME_TAX = "222101", "222112", "222113", "222114", "222115"

# 服务 234,788.66：三张发票，各自净额 × 1% 到分：1,000.00 + 1,000.00 + 347.88 = 2,347.88（合计净额 × 1% = 2,347.89）
SERVICES = (("100000.33", "1000.00"), ("100000.33", "1000.00"), ("34788.00", "347.88"))

Sales = Sequence[tuple[str, str, str]]


def of_kind(kind: str, invoices: Sequence[tuple[str, str]]) -> Sales:
    """这些（净额，税额）都开成同一种发票。"""
    return [(kind, net, tax) for net, tax in invoices]


def clerk_of(ports: Ports, firm: TenantRef, **book: Any) -> Clerk:
    """一个 2026 年一月建账的空账套。"""
    return Clerk(ports, firm, "卖方有限公司", "91110108MA0200000Y", **book)


def small_quarter(ports: Ports, firm: TenantRef, sales: Sales, **book: Any) -> Clerk:
    """小规模服务公司的一季度：发票都在三月开出，三个月都结账。"""
    clerk = clerk_of(ports, firm, taxpayer="small_scale", industry="service", **book)
    for kind, net, tax in sales:
        clerk.sells(date(2026, 3, 10), BUYER, "*现代服务*服务费", net, tax, kind=kind)
    clerk.post()
    assert [clerk.close(Period(2026, month)).fate for month in (1, 2, 3)] == ["closed"] * 3
    return clerk


def owed(clerk: Clerk, *codes: str) -> list[str]:
    """三月末这些应交税费科目的欠缴数。"""
    found = clerk.balances(Period(2026, 3), "2221")
    return [str(-found.get(code, D("0.00"))) for code in codes]


def relieved(clerk: Clerk) -> str:
    """一季度计入营业外收入的免征增值税。"""
    return str(clerk.reads(Period(2026, 3))["income_statement"].columns["year_to_date"]["22"])


def test_服务净额234788_66的专票照缴发票税额之和2347_88_附加82_17与35_22与23_48(ports: Ports, firm: TenantRef) -> None:
    clerk = small_quarter(ports, firm, of_kind(SPECIAL, SERVICES))
    assert sum(D(net) for net, _ in SERVICES) == D("234788.66")
    assert owed(clerk, VAT, URBAN, EDU, LOCAL_EDU) == ["2347.88", "82.17", "35.22", "23.48"]
    assert relieved(clerk) == "0.00"


def test_同样的销售额全开普票_未达起征点_税额全部转营业外收入_没有附加(ports: Ports, firm: TenantRef) -> None:
    clerk = small_quarter(ports, firm, of_kind(ORDINARY, SERVICES))
    assert owed(clerk, VAT, URBAN, EDU, LOCAL_EDU) == ["0.00"] * 4
    assert relieved(clerk) == "2347.88"


@pytest.mark.parametrize(
    "last, vat, relief",
    [("99999.99", "0.00", "3000.00"), ("100000.00", "3000.00", "0.00"), ("100000.01", "3000.00", "0.00")],
    ids=["299999.99 全免", "300000.00 全额征", "300000.01 全额征"],
)
def test_季销售额未达到三十万元才免_达到就全额按百分之一征(
    ports: Ports, firm: TenantRef, last: str, vat: str, relief: str
) -> None:
    sales = of_kind(ORDINARY, [("100000.00", "1000.00"), ("100000.00", "1000.00"), (last, "1000.00")])
    clerk = small_quarter(ports, firm, sales)
    assert (owed(clerk, VAT), relieved(clerk)) == ([vat], relief)


def test_专票的销售额也算进三十万元_达到后普票一并征税(ports: Ports, firm: TenantRef) -> None:
    sales = [*of_kind(SPECIAL, [("200000.00", "2000.00")]), *of_kind(ORDINARY, [("100000.00", "1000.00")])]
    assert owed(small_quarter(ports, firm, sales), VAT) == ["3000.00"]


def test_含税八万元的普票_净额79207_92_账上免征792_08(ports: Ports, firm: TenantRef) -> None:
    # 申报表的免税额按 3% 填 2,376.24（79,207.92 × 3%），账上只有发票上的 1%：80,000.00 ÷ 1.01 = 79,207.92，税 792.08
    clerk = small_quarter(ports, firm, of_kind(ORDINARY, [("79207.92", "792.08")]))
    assert (owed(clerk, VAT), relieved(clerk)) == (["0.00"], "792.08")


def test_账套确认适用教育费附加免征时_只缴城建税(ports: Ports, firm: TenantRef) -> None:
    # 财税〔2016〕12号：季销售额不超过 30 万元免征教育费附加和地方教育附加；2026 年未复核，由账套开关决定
    clerk = small_quarter(ports, firm, of_kind(SPECIAL, SERVICES), settings={"education_surcharge_exempt": True})
    assert owed(clerk, URBAN, EDU, LOCAL_EDU) == ["82.17", "0.00", "0.00"]


@pytest.mark.parametrize(
    "location, urban",
    [
        ("city", "82.17"),
        ("county", "58.69"),
        ("other", "11.74"),
    ],  # 2,347.88 × 5% = 117.39 − 58.70；× 1% = 23.48 − 11.74
)
def test_城建税按所在地七五一(ports: Ports, firm: TenantRef, location: str, urban: str) -> None:
    assert owed(small_quarter(ports, firm, of_kind(SPECIAL, SERVICES), location=location), URBAN) == [urban]


def general_month(ports: Ports, firm: TenantRef, net: str, tax: str, **book: Any) -> Clerk:
    """一般纳税人三月只有一笔销售，三月末结账。"""
    clerk = clerk_of(ports, firm, start_period=Period(2026, 3), **book)
    clerk.sells(date(2026, 3, 10), BUYER, "*金属制品*螺丝", net, tax, tax_code="1080399", kind=SPECIAL)
    clerk.post()
    assert clerk.close(Period(2026, 3)).fate == "closed"
    return clerk


def test_附列资料五的例子_增值税56641_53_城建3964_91减1982_46缴1982_45(ports: Ports, firm: TenantRef) -> None:
    # 教育 1,699.25 − 849.63 = 849.62；地方教育 1,132.83 − 566.42 = 566.41
    clerk = general_month(ports, firm, "435704.08", "56641.53")
    assert owed(clerk, "222102", URBAN, EDU, LOCAL_EDU) == ["56641.53", "1982.45", "849.62", "566.41"]


def test_不是小型微利的一般纳税人_附加不减半_所得税百分之二十五(ports: Ports, firm: TenantRef) -> None:
    # 城建 3,964.91 + 教育 1,699.25 + 地方 1,132.83 = 6,796.99；× 25% 于 428,907.09 = 107,226.77
    clerk = general_month(ports, firm, "435704.08", "56641.53", small_low_profit=False)
    assert owed(clerk, URBAN, EDU, LOCAL_EDU, INCOME_TAX) == ["3964.91", "1699.25", "1132.83", "107226.77"]


@pytest.mark.parametrize(
    "profit, tax",
    [("100000.00", "5000.00"), ("3000000.00", "150000.00"), ("3000000.01", "750000.00")],  # 25,000 − 20,000；5%；25%
    ids=["十万元", "正好三百万元", "三百万元零一分"],
)
def test_小型微利按百分之五_超过三百万元全额百分之二十五(ports: Ports, firm: TenantRef, profit: str, tax: str) -> None:
    clerk = clerk_of(ports, firm, start_period=Period(2026, 3))
    clerk.books(date(2026, 3, 31), "投资收益", f"借 1002 {profit}", f"贷 5111 {profit}")
    clerk.post()
    clerk.close(Period(2026, 3))
    assert owed(clerk, INCOME_TAX) == [tax]
