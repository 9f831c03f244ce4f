"""A month of invoices of one book, drawn from a seeded generator: what was sold, what was bought, and the trouble.

Invariant: every line's tax is its net times its rate to the fen, totals are sums of lines, numbers never repeat.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from decimal import Decimal

from app.kernel.money import fen
from app.kernel.periods import Period
from app.samples.catalogue.rules import EXEMPT_SERVICE, EXPENSES, R1, RAIL, Expense, Good, Line
from app.samples.companies.rules import REGIONS, Region, company, shop, tax_id
from app.samples.types import Party, SampleInvoice, SampleLine

_THIRTEEN = Decimal("1e-13")
_LATE_EVERY = 20  # one purchase in twenty arrives a month late
_RAILWAY = Party("中国铁路上海局集团有限公司", "", "铁路客票", "31")


@dataclass
class Draw:
    """The state of one book's draw: its random numbers, its month, its own name and the running invoice number."""

    rng: random.Random
    index: int
    period: Period
    party: Party
    general: bool
    line: Line
    trade: bool
    region: Region
    customers: tuple[Party, ...]
    serial: int = 0
    suppliers: dict[str, list[tuple[Party, bool]]] = field(default_factory=dict)

    def number(self, seller: Party, period: Period) -> str:
        """The next 20-digit number of a 数电票: year, province, channel, then a serial no other draw can give."""
        self.serial += self.rng.randint(1, 9)
        return f"{period.year % 100:02d}{seller.province}2000{self.index:05d}{self.period.month:02d}{self.serial:05d}"

    def moment(self, period: Period, after: datetime | None = None) -> datetime:
        """A working minute of a month, not before `after`."""
        days = (period.last_day - period.first_day).days
        first = (after.date() - period.first_day).days if after else 0
        day = period.first_day + timedelta(days=self.rng.randint(first, days))
        at = datetime.combine(day, time(self.rng.randint(9, 17), self.rng.randint(0, 59), self.rng.randint(0, 59)))
        return max(at, after + timedelta(minutes=1)) if after else at


def month(draw: Draw, count: int) -> tuple[SampleInvoice, ...]:
    """About `count` invoices of the month, in the order of issue; see the README for the mix."""
    rng = draw.rng
    sales = max(3, count * 2 // 5)
    turnover = rng.randint(*_turnover(draw))
    invoices = [_sale(draw, Decimal(turnover) / sales) for _ in range(sales - 1)]
    invoices += _reds_of_sales(draw, invoices)
    purchases = [_purchase(draw, Decimal(turnover) / sales, i) for i in range(max(3, count - sales - 2))]
    purchases += _odd_purchases(draw, purchases)
    return tuple(sorted([*invoices, *purchases], key=lambda i: (i.issued_at, i.number)))


def _turnover(draw: Draw) -> tuple[int, int]:
    """What a book sells in a month, in yuan; every second small-scale book passes the quarter's threshold."""
    if draw.general:
        return 600_000, 2_200_000
    return (380_000, 520_000) if draw.index % 4 == 3 else (120_000, 280_000)


def red_of(draw: Draw, blue: SampleInvoice) -> SampleInvoice:
    """The full red invoice (红字发票) of a blue one: every figure negative but the price."""
    lines = tuple(
        replace(line, quantity=-line.quantity if line.quantity is not None else None, net=-line.net, tax=-line.tax)
        for line in blue.lines
    )
    issued_at = draw.moment(draw.period, blue.issued_at if blue.issued_at.date() in draw.period else None)
    number = draw.number(blue.seller, draw.period)
    red = replace(blue, number=number, issued_at=issued_at, lines=lines, red_of=blue.number)
    return replace(red, state="normal", late=False)


def customers(rng: random.Random, region: Region) -> tuple[Party, ...]:
    """The dozen customers a book sells to, mostly neighbours."""
    trades = ("贸易", "实业", "科技", "建筑工程", "机械设备", "餐饮管理", "医疗器械", "文化传播")
    return tuple(company(rng, rng.choice(trades), region if rng.random() < 0.6 else None) for _ in range(12))


def _line(draw: Draw, good: Good, rate: Decimal | None, target: Decimal | None) -> SampleLine:
    """One line; with a target (gross yuan) the quantity follows from it, else from the good's measure."""
    rng = draw.rng
    price = Decimal(rng.randint(good.low * 100, good.high * 100)) / 100
    if good.measure == "metered":
        quantity = (Decimal(rng.randint(60, 1500)) / rng.choice((3, 7, 1))).quantize(_THIRTEEN)
    elif good.measure == "whole":
        quantity = Decimal(max(1, int(target / price)) if target else rng.randint(1, 12))
    else:
        quantity = Decimal(1)
        price = fen(target) if target else price
    unit_price = (price / (1 + (rate or 0))).quantize(_THIRTEEN)
    net = fen(quantity * unit_price)
    tax = fen(net * (rate or 0))
    return SampleLine(good.item, good.tax_code, good.spec, good.unit, quantity, unit_price, net, rate, tax)


def _discount(line: SampleLine, percent: int) -> SampleLine:
    """The discount line (折扣行) that follows a line."""
    net = fen(-line.net * percent / 100)
    tax = fen(net * (line.rate or 0))
    return replace(line, spec="", unit="", quantity=None, unit_price=None, net=net, tax=tax)


def _sale(draw: Draw, average: Decimal) -> SampleInvoice:
    rng = draw.rng
    target = average * rng.randint(40, 160) / 100
    lines: list[SampleLine] = []
    exempt = draw.general and draw.line.trade == "信息技术" and rng.random() < 0.08
    count = 1 if exempt else rng.choice((1, 1, 1, 2, 2, 3))
    for _ in range(count):
        good = EXEMPT_SERVICE if exempt else rng.choice(draw.line.goods)
        rate = None if exempt else good.rate if draw.general else R1
        lines.append(_line(draw, good, rate, target / count))
        if rng.random() < 0.12:
            lines.append(_discount(lines[-1], rng.randint(2, 10)))
    private = not exempt and rng.random() < 0.08
    buyer = Party("个人", "") if private else rng.choice(draw.customers)
    special = not private and not exempt and rng.random() < (0.65 if draw.general else 0.25)
    number = draw.number(draw.party, draw.period)
    kind = "special" if special else "ordinary"
    return SampleInvoice("sale", kind, number, "", draw.party, buyer, draw.moment(draw.period), tuple(lines))


def _reds_of_sales(draw: Draw, invoices: list[SampleInvoice]) -> list[SampleInvoice]:
    """A full red of this month's blue, in every second book one of an earlier month's, and a void row."""
    victim = draw.rng.randrange(len(invoices))
    blue = invoices[victim] = replace(invoices[victim], state="reversed")
    average = abs(blue.gross)
    extra = [red_of(draw, blue)]
    if draw.index % 2 == 0:
        earlier = draw.period.plus(-1)
        old = _sale(draw, average)
        old = replace(old, number=draw.number(draw.party, earlier), issued_at=draw.moment(earlier))
        extra.append(red_of(draw, old))
    extra.append(replace(_sale(draw, average), state="void", trouble="void", kind="ordinary"))
    return extra


def _supplier(draw: Draw, trade: str, is_shop: bool) -> tuple[Party, bool]:
    """One of the book's two suppliers of a trade, and whether it is a general taxpayer."""
    known = draw.suppliers.setdefault(trade, [])
    if len(known) < 2:
        party = shop(draw.rng, trade, draw.region) if is_shop else company(draw.rng, trade)
        maker = trade.endswith("制造")  # makers are large enough to charge 13%
        known.append((party, maker or (not is_shop and draw.rng.random() < 0.7)))
    return draw.rng.choice(known)


def _purchase(draw: Draw, average: Decimal, position: int) -> SampleInvoice:
    rng = draw.rng
    if draw.trade and rng.random() < 0.4:
        hoard = 3 if draw.index % 12 == 8 else 1  # one general trader stocks up, and ends with 留抵
        target = average * rng.randint(50, 190) * hoard / 100
        expense = Expense(rng.choice(draw.line.goods), draw.line.trade + "制造", 1, 0.85)
        goods, lines_count = [expense.good, *draw.line.goods], rng.choice((1, 1, 2, 3))
    else:
        usual = [each for each in EXPENSES if not (draw.trade and each.service_only)]
        expense = rng.choices(usual, [each.weight for each in usual])[0]
        target, goods, lines_count = None, [expense.good], rng.choice((1, 1, 1, 1, 2))
    seller, general = _supplier(draw, expense.trade, expense.shop)
    rate = expense.good.rate if general or expense.good.rate is None else R1
    lines = [
        _line(draw, goods[i % len(goods)], rate, target / lines_count if target else None) for i in range(lines_count)
    ]
    if rng.random() < 0.1 and rate is not None:
        lines.append(_discount(lines[-1], rng.randint(2, 8)))
    special = rng.random() < (expense.special if draw.general else expense.special * 0.3)
    late = position % _LATE_EVERY == 0
    period = draw.period.plus(-1) if late else draw.period
    return SampleInvoice(
        "purchase",
        "special" if special else "ordinary",
        draw.number(seller, period),
        "",
        seller,
        draw.party,
        draw.moment(period),
        tuple(lines),
        late=late,
    )


def _odd_purchases(draw: Draw, purchases: list[SampleInvoice]) -> list[SampleInvoice]:
    """A railway ticket, an old e-invoice; in some books a red purchase and an invoice made out to somebody else."""
    rng = draw.rng
    number = draw.number(_RAILWAY, draw.period)
    ticket = (_line(draw, RAIL, RAIL.rate, None),)
    extra = [
        SampleInvoice("purchase", "rail", number, "", _RAILWAY, draw.party, draw.moment(draw.period), ticket),
        _old_e_invoice(draw),
    ]
    if draw.index % 3 == 1:
        position = rng.choice([i for i, purchase in enumerate(purchases) if not purchase.late])
        purchases[position] = replace(purchases[position], state="reversed")
        extra.append(red_of(draw, purchases[position]))
    if draw.index % 3 != 2:
        stray = _purchase(draw, Decimal(3000), 1)
        stranger = tax_id(rng, rng.choice(REGIONS).code)
        extra.append(replace(stray, buyer=replace(draw.party, tax_id=stranger), trouble="other_party"))
    return extra


def _old_e_invoice(draw: Draw) -> SampleInvoice:
    """A 增值税电子普通发票 of the older platform, with a 12-digit code and an 8-digit number, from a shop."""
    expense = draw.rng.choice([e for e in EXPENSES if e.shop])
    seller, _ = _supplier(draw, expense.trade, is_shop=True)
    rate = None if expense.good.rate is None else R1
    lines = (_line(draw, expense.good, rate, None),)
    draw.serial += 1
    code = f"0{seller.province}00{draw.period.year % 100:02d}00111"
    number = f"{draw.period.month:02d}{(draw.index * 1000 + draw.serial) % 1_000_000:06d}"
    return SampleInvoice("purchase", "ordinary", number, code, seller, draw.party, draw.moment(draw.period), lines)
