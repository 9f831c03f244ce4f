"""The steps that move costs: production, cost of sales, expensed research, and the revaluation of foreign currency."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from app.closing import errors
from app.closing.desk.rules import Desk
from app.closing.desk.types import Leaf, Move
from app.kernel.money import ZERO, fen, show
from app.standards.types import ClosingStep

STOCK_ITEM = "stock_item"


def production(desk: Desk, step: ClosingStep) -> None:
    """制造费用 to 生产成本, then 生产成本 to 库存商品 (附录 4001, 4101): all of it only where the book says so.

    What of a month's production is finished nobody but the accountant knows, unless the book's setting
    `finished_goods` is `all`.
    """
    desk.entry(step, "overhead", {}, {"balance": desk.moves("manufacturing_overhead")})
    if step.id not in desk.facts.given and desk.setting("finished_goods") == "all":
        moves = [move for move in desk.moves("production_cost") if move.net < 0]
        total = -sum((move.net for move in moves), ZERO)
        if total:
            summary = desk.summary(next(entry.summary_zh for entry in step.entries if entry.case == "finished"))
            stock = desk.blank("inventory")
            lines = [(Move(stock, total).line(summary, debit=True), stock.standard_code)]
            lines += [(move.line(summary, debit=False), move.leaf.standard_code) for move in moves]
            desk.ask("finished", summary, lines, {"total": total})


def cost_of_sales(desk: Desk, step: ClosingStep) -> None:
    """结转销售成本, by the quantities sold at the month's weighted average (小企业会计准则 Art. 13), or by a ratio.

    The ratio of revenue (setting `cost_method` = `ratio`, `cost_ratio`) is an estimate, and is called one.
    """
    method = desk.setting("cost_method", "quantity")
    if method == "quantity":
        moves = _issues(desk)
    elif method == "ratio":
        moves = _by_ratio(desk)
    else:
        moves = []
    desk.entry(step, "issued", {}, {"issued": moves})


def _issues(desk: Desk) -> list[Move]:
    """What is issued from each good: quantity sold x average cost, all that is left when nothing is left of it."""
    sold: defaultdict[str, Decimal] = defaultdict(Decimal)
    for leaf in desk.held(*desk.standard.groups["sales_revenue"]):
        if leaf.moved:
            sold[_good(leaf)] -= leaf.moved
    stock: defaultdict[str, list[Leaf]] = defaultdict(list)
    for leaf in desk.held(*desk.standard.groups["merchandise"]) if sold else ():
        if leaf.counted or leaf.quantity:
            stock[_good(leaf)].append(leaf)
    moves: list[Move] = []
    for good, quantity in sorted(sold.items()):
        desk.note(f"sold {good}", quantity)
        moves += _issue(desk, good, quantity, stock.get(good, []))
    return moves


def _issue(desk: Desk, good: str, quantity: Decimal, leaves: list[Leaf]) -> Iterable[Move]:
    held = [leaf for leaf in leaves if leaf.quantity > 0]
    for leaf in leaves:
        desk.note(f"stock {leaf.account} {good}", f"{leaf.closing} / {leaf.quantity}")
    if quantity and not held:
        desk.warn(errors.STOCK_MISSING.at("/accounts", good=good or "-", quantity=f"{quantity.normalize():f}"))
    left = quantity
    for place, leaf in enumerate(held):
        last = place == len(held) - 1
        taken = left if last else min(left, leaf.quantity)
        if not taken:
            continue
        left -= taken
        cost = leaf.closing if taken == leaf.quantity else fen(leaf.closing * taken / leaf.quantity)
        cost = min(cost, max(leaf.closing, ZERO)) if taken > leaf.quantity else cost
        if cost:
            yield Move(leaf, -cost, quantity=-taken)


def _good(leaf: Leaf) -> str:
    """The stock item a leaf is about, or nothing where it keeps none."""
    return dict(leaf.items).get(STOCK_ITEM, "")


def _by_ratio(desk: Desk) -> list[Move]:
    ratio = Decimal(str(desk.setting("cost_ratio", "0")))
    revenue = ZERO
    for leaf in desk.held(desk.standard.role("revenue", desk.taxpayer)):
        revenue += leaf.month_credit - leaf.month_debit
    desk.note("revenue", revenue)
    cost = fen(revenue * ratio)
    if not cost:
        return []
    stock = [leaf for leaf in desk.held(*desk.standard.groups["merchandise"]) if leaf.closing > 0]
    desk.note("merchandise", sum((leaf.closing for leaf in stock), ZERO))
    desk.warn(errors.COST_ESTIMATED.at("/steps/cogs", ratio=f"{ratio:f}", amount=show(cost)))
    moves: list[Move] = []
    left = cost
    for leaf in stock:
        taken = min(left, leaf.closing)
        if taken:
            moves.append(Move(leaf, -taken))
            left -= taken
    return [*moves, Move(desk.blank("inventory"), -left)] if left else moves


def research(desk: Desk, step: ClosingStep) -> None:
    """费用化研发支出 to 管理费用—研究费用 (附录 4301)."""
    desk.entry(step, "expensed", {}, {"balance": desk.moves("expensed_research")})


def revaluation(desk: Desk, step: ClosingStep) -> None:
    """期末调汇: monetary items in foreign currency at the closing rate, each leaf x items x currency by itself.

    小企业会计准则 Art. 77: gains and losses are told apart. What has no foreign balance left keeps no RMB either.
    A leaf without a rate is left as it is, and blocks the close.
    """
    gains, losses = list[Move](), list[Move]()
    for leaf in desk.foreign():
        rate = desk.facts.closing_rates.get(leaf.currency)
        if rate is None and leaf.foreign:
            continue
        desk.note(f"rate {leaf.currency}", f"{rate or 0:f}")
        desk.note(f"{leaf.account} {leaf.currency} {dict(leaf.items)}", f"{leaf.foreign} / {leaf.closing}")
        change = fen(leaf.foreign * (rate or ZERO)) - leaf.closing
        if change:
            (gains if change > 0 else losses).append(Move(leaf, change))
    desk.entry(step, "gain", {}, {"gain": gains})
    desk.entry(step, "loss", {}, {"loss": losses})


def missing_rates(desk: Desk) -> list[str]:
    """The currencies in which a monetary item has a balance and that have no closing rate."""
    return sorted({leaf.currency for leaf in desk.foreign() if leaf.foreign} - set(desk.facts.closing_rates))
