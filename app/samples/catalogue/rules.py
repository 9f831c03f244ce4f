"""What the sample companies sell and buy: star names, 税收分类编码 of 19 digits, rates and price ranges, as data.

Star names of merchandise and of expenses are disjoint, so a star name alone decides how a purchase is booked
(`choices.PURCHASES`); what a book sells is always its principal revenue.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

R13, R9, R6, R1 = Decimal("0.13"), Decimal("0.09"), Decimal("0.06"), Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Good:
    """A good or service: `rate` is what a general seller charges (None 免税), prices are gross yuan a unit.

    `measure` is `whole` (counted), `one` (a single service) or `metered` (a meter reading with many decimals).
    """

    star: str
    name: str
    tax_code: str
    rate: Decimal | None
    low: int
    high: int
    unit: str = ""
    spec: str = ""
    measure: str = "one"

    @property
    def item(self) -> str:
        """The name as an invoice prints it, `*办公用品*复印纸`."""
        return f"*{self.star}*{self.name}"


@dataclass(frozen=True, slots=True)
class Expense:
    """Something every office buys: from whom (`trade`, a `shop` when an individual business) and how often."""

    good: Good
    trade: str
    weight: int
    special: float
    shop: bool = False
    service_only: bool = False  # a trader buying it might as well mean to sell it


@dataclass(frozen=True, slots=True)
class Line:
    """A line of business: the word in the company's name, and what it sells."""

    trade: str
    goods: tuple[Good, ...]


TRADES = (
    Line(
        "五金",
        (
            Good("金属制品", "不锈钢紧固件", "1080409010000000000", R13, 60, 480, "箱", "M8*30", "whole"),
            Good("金属制品", "镀锌钢管", "1080402030000000000", R13, 90, 320, "根", "DN25", "whole"),
        ),
    ),
    Line(
        "塑胶科技",
        (
            Good("塑料制品", "PE包装袋", "1070601010000000000", R13, 15, 90, "卷", "40*60cm", "whole"),
            Good("塑料制品", "塑料周转箱", "1070601990000000000", R13, 40, 180, "只", "600*400", "whole"),
        ),
    ),
    Line(
        "商贸",
        (
            Good("纺织产品", "全棉毛巾", "1040105010000000000", R13, 20, 160, "打", "34*75cm", "whole"),
            Good("纺织产品", "床上四件套", "1040105990000000000", R13, 80, 420, "套", "1.8m", "whole"),
        ),
    ),
    Line(
        "食品",
        (
            Good("方便食品", "方便面", "1030207010000000000", R13, 30, 90, "箱", "24*100g", "whole"),
            Good("方便食品", "速冻水饺", "1030207020000000000", R13, 60, 190, "件", "10kg", "whole"),
        ),
    ),
    Line(
        "电子",
        (
            Good("电子元件", "贴片电阻", "1090510010000000000", R13, 8, 60, "盘", "0603", "whole"),
            Good("电子元件", "连接器", "1090510990000000000", R13, 2, 45, "个", "2.54mm", "whole"),
        ),
    ),
)
SERVICES = (
    Line(
        "信息技术",
        (
            Good("信息技术服务", "软件开发服务", "3040201010000000000", R6, 6000, 60000, "项"),
            Good("信息技术服务", "系统运维服务费", "3040203000000000000", R6, 2000, 20000, "月"),
        ),
    ),
    Line(
        "企业管理咨询",
        (
            Good("鉴证咨询服务", "咨询服务费", "3040603000000000000", R6, 3000, 40000, "次"),
            Good("商务辅助服务", "人力资源服务费", "3040803000000000000", R6, 2000, 30000, "人月"),
        ),
    ),
    Line(
        "广告传媒",
        (
            Good("广告服务", "广告发布费", "3040301020000000000", R6, 3000, 50000, "期"),
            Good("设计服务", "平面设计费", "3040301010000000000", R6, 1000, 12000, "套"),
        ),
    ),
    Line(
        "物流",
        (
            Good("运输服务", "国内道路货物运输", "3010102020100000000", R9, 800, 16000, "次"),
            Good("物流辅助服务", "仓储服务费", "3040407040000000000", R6, 1500, 15000, "月"),
        ),
    ),
)
# 技术开发免税: now and then a technology company sells this without tax
EXEMPT_SERVICE = Good("研发和技术服务", "技术开发", "3040101000000000000", None, 8000, 30000, "项")

RAIL = Good("旅客运输服务", "铁路客运服务", "3010101010200000000", R9, 60, 700, "张")

EXPENSES = (
    Expense(Good("办公用品", "复印纸", "1060105010000000000", R13, 18, 150, "箱", "A4", "whole"), "办公用品", 9, 0.4),
    Expense(Good("餐饮服务", "餐费", "3070401000000000000", R6, 120, 2600, "次"), "餐饮管理", 9, 0.15),
    Expense(Good("餐饮服务", "餐饮服务", "3070401000000000000", R6, 60, 900), "餐馆", 7, 0.0, shop=True),
    Expense(Good("经营租赁", "房租", "3040502020200000000", R9, 4000, 20000, "月"), "物业", 3, 0.8),
    Expense(Good("信息技术服务", "软件服务费", "3040203000000000000", R6, 300, 6000, "年"), "网络科技", 4, 0.6),
    Expense(Good("运输服务", "货物运输服务", "3010102020100000000", R9, 200, 4200, "次"), "货运", 7, 0.8),
    Expense(Good("物流辅助服务", "收派服务费", "3040409030000000000", R6, 30, 900, "件"), "速递", 6, 0.5),
    Expense(Good("住宿服务", "住宿费", "3070402000000000000", R6, 180, 650, "天", "", "whole"), "酒店管理", 7, 0.6),
    Expense(Good("电信服务", "通信服务费", "3030200000000000000", R6, 90, 800, "月"), "通信", 4, 0.5),
    Expense(Good("供电", "电费", "1100101020200000000", R13, 1, 2, "千瓦时", "", "metered"), "供电", 3, 0.7),
    Expense(Good("水冰雪", "水费", "1100301010000000000", R9, 4, 7, "立方米", "", "metered"), "自来水", 2, 0.3),
    Expense(Good("企业管理服务", "物业管理费", "3040801010000000000", R6, 600, 3600, "月"), "物业服务", 3, 0.6),
    Expense(Good("成品油", "92号汽油", "1070101010100000000", R13, 7, 9, "升", "92", "metered"), "石油销售", 6, 0.5),
    Expense(Good("鉴证咨询服务", "审计费", "3040602000000000000", R6, 2000, 9000, "次"), "会计咨询", 2, 0.7),
    Expense(Good("商务辅助服务", "代理记账服务费", "3040802040000000000", R6, 300, 900, "月"), "财税服务", 3, 0.3),
    Expense(Good("广告服务", "推广服务费", "3040301020000000000", R6, 500, 9000, "次"), "传媒", 4, 0.6),
    Expense(Good("会展服务", "展位费", "3040304000000000000", R6, 3000, 16000, "个"), "会展", 1, 0.7),
    Expense(Good("修理修配劳务", "车辆维修费", "2020000000000000000", R13, 200, 2800, "次"), "汽车服务", 3, 0.3),
    Expense(Good("直接收费金融服务", "账户管理费", "3060201000000000000", R6, 20, 300, "次"), "支付科技", 2, 0.2),
    Expense(Good("贷款服务", "利息", "3060100000000000000", R6, 300, 2600, "月"), "小额贷款", 1, 0.0),
    Expense(Good("娱乐服务", "会议娱乐费", "3070301020000000000", R6, 300, 1800, "次"), "文化娱乐", 1, 0.2),
    Expense(
        Good("计算机外部设备", "打印机", "1090511030000000000", R13, 1200, 6800, "台"),
        "办公设备",
        1,
        0.8,
        service_only=True,
    ),
    Expense(Good("印刷品", "专业图书", "1060201030000000000", None, 30, 120, "册"), "书店", 2, 0.0, shop=True),
    Expense(Good("教育服务", "培训费", "3070201020000000000", R6, 300, 4800, "人"), "职业培训", 2, 0.3),
)
