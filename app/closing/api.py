"""Routes of the month end: check, close (one book or many, always a job), reopen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.books.door import enter_books
from app.books.types import BookRef, BookScope
from app.closing import service
from app.closing.checks.rules import NEXT
from app.closing.schemas import (
    AcceptedOut,
    CheckOut,
    ClosingIn,
    PlanOut,
    ReopenedOut,
    ReopenIn,
    RunOut,
    period_of,
)
from app.closing.types import StepPlan
from app.http.blueprint import Blueprint
from app.http.headers import language
from app.kernel.jobs import CLOSE
from app.kernel.periods import Period
from app.kernel.permissions import Permission
from app.ledger.vouchers.types import Line
from infra.errors import Violation, render
from infra.ids import encode
from tenants.scope import TenantScope

blp = Blueprint("closing", __name__, url_prefix="/v1", tag_zh="期末结账")

Accepted = tuple[dict[str, Any], dict[str, str]]


def _accepted(scope: TenantScope, period: Period, books: Sequence[BookRef]) -> Accepted:
    job_id = service.request_close(scope, books, period)
    return {"job_id": job_id}, {"Location": f"/v1/jobs/{encode('job', job_id)}", "Retry-After": "2"}


def _findings(found: Sequence[Violation], severity: str) -> list[dict[str, Any]]:
    return [
        {
            "code": v.code,
            "severity": severity,
            "message": render(v.code, v.params, language()),
            "path": v.path,
            "params": v.params,
            "next_action": NEXT[v.code]._asdict() if v.code in NEXT else None,
        }
        for v in found
    ]


@blp.route(
    "/books/<book_id>/periods/<period>/check",
    needs=Permission.PERIOD_CLOSE,
    scope="book",
    operation="periods_check",
    summary_zh="结账检查",
    summary_en="What closing the period would do now: every blocker, warning and voucher; nothing is written.",
)
@blp.response(200, CheckOut)
def check_period(scope: BookScope, period: str) -> dict[str, Any]:
    """The plan of the month end; raises `PeriodNotFound`."""
    wanted = period_of(period)
    plan = service.check_period(scope, wanted)
    return {
        "period": period,
        "state": plan.facts.state,
        "ready": plan.facts.state == "open" and not plan.blockers,
        "net_profit": plan.net_profit,
        "blockers": _findings(plan.blockers, "blocks"),
        "warnings": _findings(plan.warnings, "warns"),
        "steps": [{"step": v.step, "case": v.case, "summary": v.summary, "figures": v.figures} for v in plan.vouchers],
    }


@blp.route(
    "/books/<book_id>/periods/<period>/closing/steps",
    needs=Permission.PERIOD_CLOSE,
    scope="book",
    operation="closing_plan_read",
    summary_zh="期末结转步骤",
    summary_en="Every step of the month end with its status, its figures and the vouchers it still asks for.",
)
@blp.response(200, PlanOut)
def read_plan(scope: BookScope, period: str) -> dict[str, Any]:
    """Where each step stands; raises `PeriodNotFound`."""
    plan = service.check_period(scope, period_of(period))
    steps = [_step(step) for step in plan.steps]
    return {"period": period, "state": plan.facts.state, "net_profit": plan.net_profit, "steps": steps}


def _step(step: StepPlan) -> dict[str, Any]:
    names = ("id", "number", "title_zh", "title_en", "status", "own", "figures", "changed", "waits_for")
    shown = {name: getattr(step, name) for name in names}
    vouchers = [
        {"case": each.case, "date": each.on.isoformat(), "summary": each.summary, "lines": list(map(_line, each.lines))}
        for each in step.vouchers
    ]
    return {**shown, "takes_amounts": step.given, "vouchers": vouchers}


def _line(line: Line) -> dict[str, Any]:
    quantity = None if line.quantity is None else f"{line.quantity:f}"
    return {**line._asdict(), "account_code": line.account, "items": dict(line.items), "quantity": quantity}


@blp.route(
    "/books/<book_id>/periods/<period>/closing/steps/<step>/run",
    methods=["POST"],
    needs=Permission.PERIOD_CLOSE,
    scope="book",
    operation="closing_steps_run",
    summary_zh="执行结转步骤",
    summary_en="Run one step by itself; its vouchers are posted, or drafted where the book's settings say so.",
    idempotent=True,
    audit="closing.run_step",
)
@blp.response(200, RunOut)
def run_step(scope: BookScope, period: str, step: str) -> dict[str, Any]:
    """What the step wrote; raises `StepNotFound`, `StepSkipped`, `StepWaits`, `ClosingBlocked`, `PeriodClosed`."""
    ran = service.run_step(scope, period_of(period), step)
    return {"step": step, "posted": ran.posted, "vouchers": [done.id for done in ran.vouchers]}


@blp.route(
    "/books/<book_id>/periods/<period>/close",
    methods=["POST"],
    needs=Permission.PERIOD_CLOSE,
    scope="book",
    operation="periods_close",
    summary_zh="结账",
    summary_en="Carry forward, post and close one period of the book; the job's item tells its fate.",
    idempotent=True,
    job_type=CLOSE,
    step_up=True,
    audit="period.close",
)
@blp.response(202, AcceptedOut)
def close_period(scope: BookScope, period: str) -> Accepted:
    """A job that closes one period of this book."""
    return _accepted(scope, period_of(period), [scope.book])


@blp.route(
    "/books/<book_id>/periods/<period>/reopen",
    methods=["POST"],
    needs=Permission.PERIOD_REOPEN,
    scope="book",
    operation="periods_reopen",
    summary_zh="反结账",
    summary_en="Reopen the latest closed period with a reason; nothing is unposted, its statements stay kept.",
    idempotent=True,
    step_up=True,
    audit="period.reopen",
)
@blp.arguments(ReopenIn)
@blp.response(200, ReopenedOut)
def reopen_period(scope: BookScope, payload: dict[str, Any], period: str) -> dict[str, Any]:
    """The period, open again; raises `NotClosed`, `ReopenOrder`."""
    service.reopen_period(scope, period_of(period), payload["reason"])
    return {"period": period, "state": "open"}


def _closable(scope: TenantScope, payload: dict[str, Any]) -> tuple[TenantScope, list[BookRef]]:
    """Inside the books that are to be closed; raises `BookNotFound`, `PermissionMissing`, `BookDisabled`."""
    return enter_books(scope, payload["books"], Permission.PERIOD_CLOSE)


@blp.route(
    "/closings",
    methods=["POST"],
    needs=Permission.BOOK_LIST,
    scope="firm",
    operation="closings_create",
    summary_zh="批量结账",
    summary_en="Close one period over any number of books: one job, one item per book with its fate and every blocker.",
    refs=("body:/books/*",),
    idempotent=True,
    again=blp.arguments(ClosingIn)(_closable),
    job_type=CLOSE,
    step_up=True,
    audit="period.close",
)
@blp.arguments(ClosingIn)
@blp.response(202, AcceptedOut)
def create_closing(scope: TenantScope, payload: dict[str, Any]) -> Accepted:
    """A job over these books; raises `BookNotFound` or `PermissionMissing` when any of them may not be closed."""
    inside, books = _closable(scope, payload)
    return _accepted(inside, payload["period"], books)
