"""The month end as a pure function: facts of a book in, steps with their vouchers, blockers and warnings out.

Steps run in the order of their numbers on simulated balances, so each sees what the ones before it did. A step asks for
the difference between what the period needs in all and what earlier runs booked: running what did not change asks for
nothing, and a reopened period gets exactly the supplement.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from app.closing import errors
from app.closing.checks import rules as checks
from app.closing.desk.rules import Desk
from app.closing.steps import rules as steps
from app.closing.steps.own import rules as own
from app.closing.steps.supplements.rules import supplements
from app.closing.types import Done, Facts, OwnStep, Plan, StepPlan
from app.standards.errors import RateUnknown, RoleUnknown
from app.standards.types import ClosingStep, Standard, Taxpayer
from infra.errors import Refusal, Violation

Step: TypeAlias = ClosingStep | OwnStep
Waiting: TypeAlias = list[tuple[str, frozenset[str]]]


def plan(facts: Facts, standard: Standard) -> Plan:
    """Plan the month end of one book; a blocked book still shows where its steps stand."""
    agenda = list(_agenda(facts, standard))
    skipped = _skipped(facts)
    desk = Desk(facts, standard, frozenset(step.id for step in agenda) - skipped)
    blockers = list(checks.before(facts, standard))
    done: dict[str, list[Done]] = {}
    for one in facts.done:
        done.setdefault(one.rule.partition(".")[0], []).append(one)
    waiting: Waiting = []
    planned = [
        _skip(step) if step.id in skipped else _plan_step(desk, step, done.get(step.id, []), waiting, blockers)
        for step in agenda
    ]
    blockers += checks.unreviewed(facts, planned)
    desk.begin()
    if not any(one.path.startswith("/steps/") for one in blockers):
        blockers += checks.after(desk, skipped)
    profit = -(desk.total("income", "year") + desk.total("expense", "year"))
    warnings = checks.warnings(desk, planned, skipped, profit)
    return Plan(facts, tuple(planned), tuple(blockers), tuple(warnings), profit)


def _agenda(facts: Facts, standard: Standard) -> Iterator[Step]:
    """The steps of this period by number, a book's own after the standard's of the same number."""
    every: list[tuple[int, int, Step]] = [
        (step.number, 0, step) for step in standard.closing if _applies(step, facts)
    ] + [(step.number, 1, step) for step in facts.own if step.applies(facts.period)]
    yield from (step for _, _, step in sorted(every, key=lambda one: one[:2]))


def _applies(step: ClosingStep, facts: Facts) -> bool:
    taxpayer, period = Taxpayer(facts.book.taxpayer), facts.period
    if taxpayer is Taxpayer.SMALL_SCALE and step.id in steps.MONTHLY and steps.files_monthly(facts.book.settings):
        return taxpayer in step.cycles
    return step.applies(taxpayer, ends_quarter=period.ends_quarter, ends_year=period.ends_year)


def _skipped(facts: Facts) -> frozenset[str]:
    listed = facts.book.settings.get("closing_skip")
    return frozenset(map(str, listed)) if isinstance(listed, list | tuple) else frozenset()


def _skip(step: Step) -> StepPlan:
    return StepPlan(step.id, step.number, step.title_zh, step.title_en, "skipped", {}, own=isinstance(step, OwnStep))


def _plan_step(desk: Desk, step: Step, done: list[Done], waiting: Waiting, blockers: list[Violation]) -> StepPlan:
    """Do a step; one whose parameter the law does not give for that day is left to the accountant, and says so."""
    desk.begin()
    try:
        if isinstance(step, OwnStep):
            own.work(desk, step)
        else:
            steps.work(desk, step)
    except RateUnknown as unknown:
        desk.give_up(done)
        desk.warn(errors.RATE_MISSING.at(f"/steps/{step.id}", step=step.title_zh, **unknown.params))
        return _skip(step)
    except (RoleUnknown, errors.RoleUnplayed, errors.StepUnbalanced, errors.StepAccountUnknown) as refusal:
        desk.give_up(done)
        blockers.append(_finding(step, refusal))
        return _standing(desk, step, done, waiting, failed=True)
    return _standing(desk, step, done, waiting)


def _finding(step: Step, refusal: Refusal) -> Violation:
    return Violation(refusal.code, f"/steps/{step.id}", refusal.params)


def _standing(desk: Desk, step: Step, done: list[Done], waiting: Waiting, *, failed: bool = False) -> StepPlan:
    """Where a step stands that was worked out: what it asks for, what it read otherwise, what has to run before it."""
    vouchers = () if failed else tuple(supplements(step.id, desk.targets, done))
    ran = desk.facts.ran.get(step.id)
    changed: tuple[str, ...] = ()
    if ran is not None:
        changed = tuple(sorted(label for label in {*ran, *desk.reads} if ran.get(label) != desk.reads.get(label)))
    if ran is None and not done:
        status = "not_run" if vouchers or failed else "nothing_to_do"
    elif vouchers or changed:
        status = "stale"
    else:
        status = "done" if done else "nothing_to_do"
    waits_for = tuple(earlier for earlier, accounts in waiting if not accounts.isdisjoint(desk.accounts))
    if vouchers:
        waiting.append((step.id, frozenset(line.account for voucher in vouchers for line in voucher.lines)))
    given = isinstance(step, ClosingStep) and any(entry.amounts == "given" for entry in step.entries)
    own_step = isinstance(step, OwnStep)
    return StepPlan(
        step.id,
        step.number,
        step.title_zh,
        step.title_en,
        status,
        dict(desk.reads),
        vouchers,
        {target.case: target.figures for target in desk.targets},
        changed,
        waits_for,
        given=given,
        own=own_step,
        by_hand=own_step or any(label.startswith(steps.GIVEN) for label in {*desk.reads, *(ran or {})}),
    )
