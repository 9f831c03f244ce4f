"""Closing (结账) of any number of books in one go, and reopening (反结账); set-based for the books that are ready.

Invariant: a period is closed exactly once per version, with every step's voucher posted and the statements kept, or it
stays open with none of them: one chunk of books is one transaction, and a bad book leaves before anything is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from app.audit import service as audit
from app.audit.service import Act
from app.batches import service as batches
from app.batches.types import Item
from app.books.door import enter_books
from app.books.types import BookRef, BookScope
from app.closing import errors, queries, rules
from app.closing.checks.rules import to_be_reviewed
from app.closing.runs import service as runs
from app.closing.types import Outcome, Plan, Ran
from app.kernel.jobs import CLOSE
from app.kernel.periods import Period
from app.kernel.permissions import Permission
from app.ledger.periods import queries as period_queries
from app.ledger.periods import service as periods
from app.ledger.periods.errors import PeriodClosed, PeriodNotFound
from app.ledger.periods.types import Mark
from app.ledger.proof.seals import service as seals
from app.ledger.statements import service as statements
from app.standards.loader import load
from infra.errors import Violation
from infra.ids import encode
from tenants.outbox import enqueue
from tenants.scope import TenantScope

_CLOSE = """
UPDATE tenant.period SET state = 'closed', version = version + 1, closed_at = :now, closed_by = :actor
 WHERE book_id = ANY(cast(:books AS bigint[])) AND period = :period AND state = 'open'
RETURNING book_id, version
"""
_REOPEN = """
UPDATE tenant.period SET state = 'open', closed_at = NULL, closed_by = NULL
 WHERE book_id = :book AND period = :period AND state = 'closed'
"""
_FREEZE = "UPDATE tenant.ledger_head SET opening_frozen = true WHERE book_id = ANY(cast(:books AS bigint[]))"


def check_books(scope: TenantScope, books: Sequence[BookRef], period: Period) -> list[Plan]:
    """The plan of each book's month end without doing it: blockers, warnings and the vouchers it would post."""
    return [
        rules.plan(facts, load(facts.book.standard, facts.book.edition))
        for facts in queries.facts_of(scope, books, period)
    ]


def check_period(scope: BookScope, period: Period) -> Plan:
    """The plan of one book's month end, with the cash-flow articulation as it stands now; raises `PeriodNotFound`."""
    (plan,) = check_books(scope, [scope.book], period)
    if plan.facts.state == "missing":
        raise PeriodNotFound(period=str(period))
    kept = statements.snapshot(scope, [scope.book], period)[scope.book.id]
    faults = _articulation(scope.book, period, {"cash_flow": kept["cash_flow"]})
    return replace(plan, blockers=(*plan.blockers, *faults)) if faults else plan


def close_books(scope: TenantScope, books: Sequence[BookRef], period: Period) -> list[Outcome]:
    """Carry forward, post and close one period of these books in one transaction; each gets its own outcome.

    A blocked book is left untouched with every blocker named; closing what is closed changes nothing.
    """
    ids = sorted(book.id for book in books)
    seqs = {book_id: head.seq for book_id, head in periods.lock_heads(scope, ids).items()}
    period_queries.lock(scope, [(book_id, str(period)) for book_id in ids], to_close=True)
    plans = check_books(scope, books, period)
    ready = [plan for plan in plans if plan.facts.state == "open" and not plan.blockers]
    refused: dict[int, list[Violation]] = {}
    while ready:
        faults = runs.refusals(scope, [(plan, step) for plan in ready for step in plan.steps])
        if not faults:
            with scope.connection.begin_nested() as savepoint:
                faults = _close(scope, ready, period, seqs)
                if faults:
                    savepoint.rollback()
        if not faults:
            break
        refused |= faults
        ready = [plan for plan in ready if plan.facts.book.id not in faults]
    return [_outcome(plan, period, refused.get(plan.facts.book.id, [])) for plan in plans]


def _outcome(plan: Plan, period: Period, refused: list[Violation]) -> Outcome:
    facts = plan.facts
    if facts.state == "closed":
        return Outcome(facts.book, "already_closed", 0, plan.net_profit, (), ())
    blockers = (*plan.blockers, *refused)
    if facts.state == "missing":
        blockers = (errors.NOT_REACHED.at("/period", period=str(period)),)
    fate = "blocked" if blockers else "closed"
    return Outcome(facts.book, fate, 0 if blockers else len(plan.vouchers), plan.net_profit, blockers, plan.warnings)


def _close(
    scope: TenantScope, plans: Sequence[Plan], period: Period, seqs: Mapping[int, int]
) -> dict[int, list[Violation]]:
    """Write the month end of ready books; returns the books whose statements do not articulate, by id."""
    books = [plan.facts.book for plan in plans]
    ids = [book.id for book in books]
    drafted = runs.write(scope, [(plan, step) for plan in plans for step in plan.steps], post=True)
    kept = statements.snapshot(scope, books, period)
    faults = {book.id: found for book in books if (found := _articulation(book, period, kept[book.id]))}
    if faults:
        return faults
    versions = {r.book_id: r.version for r in scope.run(_CLOSE, books=ids, period=str(period), **_by(scope))}
    periods.reach(scope, [(book_id, str(period.plus(1))) for book_id in ids])
    scope.run(_FREEZE, books=ids)
    posted = Counter(done.book_id for done in drafted)
    marks = [Mark(b, str(period), versions[b], seqs[b] + posted[b]) for b in ids]
    periods.record(scope, marks, "close")
    statements.keep(scope, marks, kept)
    seals.seal(scope, books, marks)
    audit.record(scope, [_act(book, period, "period.close", version=versions[book.id]) for book in books])
    return {}


def _by(scope: TenantScope) -> dict[str, Any]:
    return {"now": scope.now, "actor": scope.actor.name}


def _act(book: BookRef, period: Period, action: str, **details: Any) -> Act:
    return Act(action, "period", str(period), {"book": encode("bk", book.uid), **details}, book.id)


def _articulation(book: BookRef, period: Period, content: Mapping[str, Any]) -> list[Violation]:
    """The articulations that fail; a book opened mid-year may lack the cash flows from before its start."""
    opened_in_year = book.start_period.year == period.year and book.start_period.month > 1
    return [
        errors.ARTICULATION.at(f"/statements/{name}", check=code, column=column)
        for name, statement in content.items()
        for column, code in statement["failed"]
        if not (opened_in_year and name == "cash_flow" and column == "year_to_date")
    ]


def request_close(scope: TenantScope, books: Sequence[BookRef], period: Period) -> UUID:
    """Ask for a job that closes the period over these books, whose rights the caller has checked."""
    args = {"period": str(period), "books": [str(book.uid) for book in books]}
    return enqueue(scope, CLOSE, args, book_id=books[0].id if len(books) == 1 else None)


def close_chunk(scope: TenantScope, job_id: UUID, uids: Sequence[UUID], period: Period, first: int) -> None:
    """Close one chunk of a bulk closing and write each book's fate; `first` is the number of its first item.

    The rights are looked at again: raises `BookNotFound` or `PermissionMissing`.
    """
    inside, books = enter_books(scope, uids, Permission.PERIOD_CLOSE)
    items = [
        Item(
            outcome.book.id,
            first + index,
            outcome.book.name,
            outcome.fate,
            problems=[asdict(found) for found in (*outcome.blockers, *outcome.warnings)],
        )
        for index, outcome in enumerate(close_books(inside, books, period))
    ]
    batches.write_items(inside, job_id, items)


def close_period(scope: BookScope, period: Period) -> Outcome:
    """Close one period of one book (结账); raises `ClosingBlocked` with every blocker."""
    (outcome,) = close_books(scope, [scope.book], period)
    if outcome.blockers:
        raise errors.ClosingBlocked(violations=outcome.blockers, period=str(period), count=len(outcome.blockers))
    return outcome


def run_step(scope: BookScope, period: Period, step_id: str) -> Ran:
    """Run one step of an open period by itself; posts its vouchers, or leaves drafts where the book says so.

    Running what did not change writes nothing. The setting `closing_drafts` leaves the vouchers to be reviewed and
    posted by people; `review_by_other` so leaves those of the steps whose amounts people wrote. Raises
    `PeriodNotFound`, `PeriodClosed`, `StepNotFound`, `StepSkipped`, `StepWaits`, `ClosingBlocked` with what stands in
    the way of this step.
    """
    book = scope.book
    periods.lock_heads(scope, [book.id])
    locked = period_queries.lock(scope, [(book.id, str(period))], to_close=True)
    if not locked:
        raise PeriodNotFound(period=str(period))
    if locked[book.id, str(period)].state == "closed":
        raise PeriodClosed(period=str(period))
    (plan,) = check_books(scope, [book], period)
    step = next((each for each in plan.steps if each.id == step_id), None)
    if step is None:
        raise errors.StepNotFound(period=str(period), step=step_id)
    if step.status == "skipped":
        raise errors.StepSkipped(step=step.title_zh)
    in_the_way = [one for one in plan.blockers if one.path == f"/steps/{step_id}"]
    if step_id == "fx":
        in_the_way += [one for one in plan.blockers if one.path == "/currency-rates"]
    in_the_way = in_the_way or runs.refusals(scope, [(plan, step)]).get(book.id, [])
    if in_the_way:
        raise errors.ClosingBlocked(violations=in_the_way, period=str(period), count=len(in_the_way))
    if step.waits_for:
        titles = [each.title_zh for each in plan.steps if each.id in step.waits_for]
        raise errors.StepWaits(steps="、".join(titles))
    post = not (book.settings.get("closing_drafts", False) or to_be_reviewed(plan.facts, step))
    drafted = runs.write(scope, [(plan, step)], post=post)
    written = {"step": step_id, "vouchers": len(drafted), "posted": post}
    audit.record(scope, [_act(book, period, "closing.run_step", **written)])
    return Ran(drafted, post)


def reopen_period(scope: BookScope, period: Period, reason: str) -> None:
    """Reopen the latest closed period (反结账); nothing is unposted, its statements stay kept.

    Raises `NotClosed`, `ReopenOrder`.
    """
    book = scope.book
    seq = periods.lock_heads(scope, [book.id])[book.id].seq
    states = period_queries.of_book(scope, book.id)
    closed = [state for state in states if state.state == "closed"]
    state = next((s for s in closed if s.period == str(period)), None)
    if state is None:
        raise errors.NotClosed(period=str(period))
    if state.period != closed[-1].period:
        raise errors.ReopenOrder(latest=closed[-1].period)
    period_queries.lock(scope, [(book.id, str(period))], to_close=True)
    scope.run(_REOPEN, book=book.id, period=str(period))
    periods.record(scope, [Mark(book.id, str(period), state.version, seq)], "reopen", reason)
    audit.record(scope, [_act(book, period, "period.reopen", reason=reason, version=state.version)])
