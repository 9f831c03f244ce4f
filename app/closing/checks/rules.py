"""The check list before a close (结账检查): what blocks, what warns, and what to do next about each finding.

Checks are pure; the closing transaction runs the very same ones again. A check whose sub-ledger does not exist yet is
not listed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from app.closing import errors
from app.closing.desk.rules import Desk
from app.closing.steps.costs.rules import missing_rates
from app.closing.types import Facts, StepPlan
from app.kernel.money import ZERO, show
from app.standards.lint import Kind, chart_of, lint
from app.standards.loader import load
from app.standards.types import AccountSpec, Side, Standard
from infra.errors import Rule, Violation


class NextAction(NamedTuple):
    """What to do about a finding, and the operation of the API that does it."""

    code: str
    operation: str


NEXT: Mapping[str, NextAction] = {
    "close.previous_open": NextAction("close_previous", "periods_close"),
    "close.period_missing": NextAction("look_at_periods", "periods_list"),
    "close.vouchers_unposted": NextAction("post_vouchers", "vouchers_list"),
    "close.numbers_gap": NextAction("renumber_drafts", "vouchers_list"),
    "close.uploads_unread": NextAction("wait", "jobs_list"),
    "close.documents_unread": NextAction("read_again", "documents_read_again"),
    "close.opening_unbalanced": NextAction("correct_opening", "opening_balances_read"),
    "close.trial_unbalanced": NextAction("correct_opening", "trial_balance_read"),
    "close.articulation": NextAction("look_at_statement", "statements_read"),
    "close.account_unmapped": NextAction("map_account", "accounts_list"),
    "close.account_repeated": NextAction("map_account", "accounts_list"),
    "close.account_unread": NextAction("map_account", "accounts_list"),
    "close.role_missing": NextAction("add_account", "accounts_list"),
    "close.step_unbalanced": NextAction("correct_step", "closing_steps_list"),
    "close.step_account_unknown": NextAction("correct_step", "closing_steps_list"),
    "close.step_unreviewed": NextAction("run_step", "closing_steps_run"),
    "close.step_refused": NextAction("correct_step", "closing_plan_read"),
    "close.result_left": NextAction("transfer_result", "trial_balance_read"),
    "close.profit_differs": NextAction("look_at_profit", "trial_balance_read"),
    "close.currency_rate_missing": NextAction("give_rates", "currency_rates_replace"),
    "close.pending_property": NextAction("settle_pending_property", "trial_balance_read"),
    "close.negative_cash": NextAction("look_at_ledger", "subsidiary_ledger_read"),
    "close.negative_stock": NextAction("look_at_ledger", "subsidiary_ledger_read"),
    "close.quantity_zero": NextAction("look_at_ledger", "subsidiary_ledger_read"),
    "close.reverse_balance": NextAction("look_at_ledger", "subsidiary_ledger_read"),
    "close.stock_missing": NextAction("book_receipts", "vouchers_create"),
    "close.cost_estimated": NextAction("keep_quantities", "accounts_list"),
    "close.estimate_open": NextAction("reverse_estimate", "subsidiary_ledger_read"),
    "close.step_stale": NextAction("run_step", "closing_steps_run"),
    "close.invoices_need_attention": NextAction("look_at_invoices", "invoices_list"),
    "close.quarter_incomplete": NextAction("check_sales", "trial_balance_read"),
    "close.unverified_rate": NextAction("give_own_rate", "books_change"),
    "close.rate_missing": NextAction("give_own_rate", "books_change"),
}
"""The next action of every finding, by its code."""


def before(facts: Facts, standard: Standard) -> Iterator[Violation]:
    """What stands in the way before any step runs (财会〔2024〕12号 Art. 24; 会计基础工作规范 Art. 63)."""
    if facts.previous_open:
        yield errors.PREVIOUS_OPEN.at("/periods", period=facts.previous_open)
    drafts = facts.unposted if facts.drafts is None else facts.drafts
    if drafts:
        yield errors.UNPOSTED.at("/vouchers", count=drafts)
    if facts.unposted > drafts:
        yield errors.NUMBERS_GAP.at("/vouchers", count=facts.unposted - drafts)
    if facts.unread:
        yield errors.UNREAD.at("/documents", count=facts.unread)
    if facts.left_unread:
        yield errors.LEFT_UNREAD.at("/documents", count=facts.left_unread)
    if facts.opening_difference or facts.opening_turnover_difference:
        yield errors.OPENING_UNBALANCED.at(
            "/opening-balances",
            opening=show(facts.opening_difference),
            turnover=show(facts.opening_turnover_difference),
        )
    if facts.trial_difference:
        yield errors.TRIAL_UNBALANCED.at("/trial-balance", difference=show(facts.trial_difference))
    yield from _formulas(facts, standard)


def to_be_reviewed(facts: Facts, step: StepPlan) -> bool:
    """Whether another person reviews what the step books: people wrote it, and the book sets `review_by_other`."""
    return step.by_hand and bool(facts.book.settings.get("review_by_other", False))


def unreviewed(facts: Facts, planned: Iterable[StepPlan]) -> Iterator[Violation]:
    """The steps a close does not post by itself: their vouchers are drafted first, and another person reviews them."""
    for step in planned:
        if step.vouchers and to_be_reviewed(facts, step):
            yield errors.STEP_UNREVIEWED.at("/vouchers", step=step.title_zh)


def _formulas(facts: Facts, standard: Standard) -> Iterator[Violation]:
    """重复取数, 遗漏取数: accounts with a balance that a statement reads twice, or that none reads."""
    faults = _faults(standard.id, standard.edition)
    for held in facts.held:
        if held.standard_code not in standard.above:
            yield errors.ACCOUNT_UNMAPPED.at("/accounts", account=held.account)
        elif faults:
            for rule, statement, lines in faults.get(held.standard_code, ()):
                yield rule.at(f"/statements/{statement}", account=held.account, statement=statement, lines=lines)


@lru_cache(maxsize=16)
def _faults(standard_id: str, edition: str) -> Mapping[str, list[tuple[Rule, str, str]]]:
    """What the lint of a standard's statements says, by account of the standard."""
    standard = load(standard_id, edition)
    rules = {
        Kind.REPEATED: errors.ACCOUNT_REPEATED,
        Kind.UNEVEN: errors.ACCOUNT_REPEATED,
        Kind.UNREAD: errors.ACCOUNT_UNREAD,
    }
    found: dict[str, list[tuple[Rule, str, str]]] = {}
    for fault in lint(standard, chart_of(standard)):
        if fault.kind in rules and fault.code in standard.above:
            listed = found.setdefault(fault.code, [])
            listed.append((rules[fault.kind], fault.statement, ", ".join(fault.lines)))
    return found


def after(desk: Desk, skipped: Collection[str]) -> Iterator[Violation]:
    """What stands in the way once every step has been worked out."""
    for currency in missing_rates(desk) if "fx" not in skipped else ():
        yield errors.CURRENCY_RATE_MISSING.at("/currency-rates", currency=currency, period=str(desk.facts.period))
    if "pl_carry" not in skipped:
        for account, amount in _by_account(desk, "profit_and_loss").items():
            if amount:
                yield errors.RESULT_LEFT.at("/trial-balance", account=account, amount=show(amount))
    pending = desk.total("pending_property")
    if pending and desk.facts.period.ends_year:
        yield errors.PENDING_PROPERTY.at("/trial-balance", amount=show(pending))


def _by_account(desk: Desk, *account_classes: str) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for leaf in desk.leaves.values():
        if leaf.account_class in account_classes:
            sums[leaf.account] = sums.get(leaf.account, ZERO) + leaf.closing
    return dict(sorted(sums.items()))


def warnings(desk: Desk, planned: Sequence[StepPlan], skipped: Collection[str], profit: Decimal) -> Iterator[Violation]:
    """What the accountant should look at before closing; none of it stands in the way."""
    once = dict.fromkeys((w.code, w.path, tuple(sorted(w.params.items()))) for w in desk.warnings)
    yield from (Violation(code, path, dict(params)) for code, path, params in once)
    facts = desk.facts
    for step in planned:
        if step.status == "stale" and facts.state == "open":
            yield errors.STEP_STALE.at(f"/steps/{step.id}", step=step.title_zh, changed=", ".join(step.changed[:5]))
    yield from _balances(desk)
    pending = desk.total("pending_property")
    if pending and not facts.period.ends_year:
        yield errors.PENDING_PROPERTY.at("/trial-balance", amount=show(pending))
    yield from _estimates(desk, planned)
    yield from _profit(desk, skipped, profit)
    if facts.work_items:
        yield errors.WORK_ITEMS.at("/invoices", count=facts.work_items)


def _estimates(desk: Desk, planned: Sequence[StepPlan]) -> Iterator[Violation]:
    """暂估未冲回: what the month began with on the account of estimates and still stands beside the month's own."""
    fresh = sum((step.figures["receipt"]["total"] for step in planned if "receipt" in step.figures), ZERO)
    before, now = -desk.played("payable_estimated", "opening"), -desk.played("payable_estimated")
    left = min(before, now - fresh)
    if left > 0:
        yield errors.ESTIMATE_OPEN.at("/trial-balance", amount=show(left))


def _profit(desk: Desk, skipped: Collection[str], profit: Decimal) -> Iterator[Violation]:
    """本年利润 = 利润表净利润: what the transfers of the year came to is the net profit of the year."""
    if not desk.standard.groups["profit_for_year"] or desk.facts.period.ends_year or "pl_carry" in skipped:
        return
    carried = -desk.total("profit_for_year")
    if carried != profit:
        yield errors.PROFIT_DIFFERS.at("/trial-balance", carried=show(carried), profit=show(profit))


def _balances(desk: Desk) -> Iterator[Violation]:
    """负现金, 负库存, 数量为零而金额不为零, 余额方向相反."""
    cash = {leaf.account for leaf in desk.held(*desk.standard.groups["cash"])}
    for leaf in desk.leaves.values():
        if not leaf.counted:
            continue
        if leaf.quantity < 0 and leaf.account_class == "asset":
            good = " ".join(name for _, name in leaf.items)
            quantity = f"{leaf.quantity.normalize():f}"
            yield errors.NEGATIVE_STOCK.at("/trial-balance", account=leaf.account, good=good, quantity=quantity)
        elif not leaf.quantity and leaf.closing and leaf.account_class == "asset":
            good = " ".join(name for _, name in leaf.items)
            yield errors.QUANTITY_ZERO.at("/trial-balance", account=leaf.account, good=good, amount=show(leaf.closing))
    specs = _specs(desk.standard.id, desk.standard.edition)
    codes = {leaf.account: leaf.standard_code for leaf in desk.leaves.values()}
    for account, amount in _by_account(desk, "asset", "liability").items():
        spec = specs[codes[account]]
        if account in cash:
            if amount < 0:
                yield errors.NEGATIVE_CASH.at("/trial-balance", account=account, amount=show(-amount))
        elif not spec.opposite_ok and (amount < 0) == (spec.normal_side is Side.DEBIT) and amount:
            yield errors.REVERSE_BALANCE.at("/trial-balance", account=account, amount=show(abs(amount)))


@lru_cache(maxsize=16)
def _specs(standard_id: str, edition: str) -> Mapping[str, AccountSpec]:
    charts = load(standard_id, edition).charts.values()
    return {account.code: account for chart in charts for account in chart}
