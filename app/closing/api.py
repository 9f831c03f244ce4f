"""Routes of the month end: check, close (one book or many, always a job), reopen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.books.door import enter_books
from app.books.types import BookRef, BookScope
from app.closing import service
from app.closing.schemas import AcceptedOut, CheckOut, ClosingIn, ReopenedOut, ReopenIn
from app.http.blueprint import Blueprint
from app.http.headers import language
from app.kernel.jobs import CLOSE
from app.kernel.periods import Period
from app.kernel.permissions import Permission
from app.ledger.periods.errors import PeriodNotFound
from infra.errors import Violation, render
from infra.ids import encode
from tenants.scope import TenantScope

blp = Blueprint("closing", __name__, url_prefix="/v1", tag_zh="期末结账")

Accepted = tuple[dict[str, Any], dict[str, str]]


def _period(text: str) -> Period:
    try:
        period = Period.parse(text)
    except ValueError:
        raise PeriodNotFound(period=text) from None
    if period.month == 0:
        raise PeriodNotFound(period=text)
    return period


def _accepted(scope: TenantScope, period: Period, books: Sequence[BookRef]) -> Accepted:
    job_id = service.request_close(scope, books, period)
    return {"job_id": job_id}, {"Location": f"/v1/jobs/{encode('job', job_id)}", "Retry-After": "2"}


def _findings(found: Sequence[Violation]) -> list[dict[str, Any]]:
    return [
        {"code": v.code, "message": render(v.code, v.params, language()), "path": v.path, "params": v.params}
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
    wanted = _period(period)
    (plan,) = service.check_books(scope, [scope.book], wanted)
    if plan.facts.state == "missing":
        raise PeriodNotFound(period=period)
    return {
        "period": period,
        "state": plan.facts.state,
        "ready": plan.facts.state == "open" and not plan.blockers,
        "net_profit": plan.net_profit,
        "blockers": _findings(plan.blockers),
        "warnings": _findings(plan.warnings),
        "steps": [{"step": v.step, "case": v.case, "summary": v.summary, "figures": v.figures} for v in plan.vouchers],
    }


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
    audit="period.close",
)
@blp.response(202, AcceptedOut)
def close_period(scope: BookScope, period: str) -> Accepted:
    """A job that closes one period of this book."""
    return _accepted(scope, _period(period), [scope.book])


@blp.route(
    "/books/<book_id>/periods/<period>/reopen",
    methods=["POST"],
    needs=Permission.PERIOD_REOPEN,
    scope="book",
    operation="periods_reopen",
    summary_zh="反结账",
    summary_en="Reopen the latest closed period with a reason; nothing is unposted, its statements stay kept.",
    idempotent=True,
    audit="period.reopen",
)
@blp.arguments(ReopenIn)
@blp.response(200, ReopenedOut)
def reopen_period(scope: BookScope, payload: dict[str, Any], period: str) -> dict[str, Any]:
    """The period, open again; raises `NotClosed`, `ReopenOrder`."""
    service.reopen_period(scope, _period(period), payload["reason"])
    return {"period": period, "state": "open"}


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
    job_type=CLOSE,
    audit="period.close",
)
@blp.arguments(ClosingIn)
@blp.response(202, AcceptedOut)
def create_closing(scope: TenantScope, payload: dict[str, Any]) -> Accepted:
    """A job over these books; raises `BookNotFound` or `PermissionMissing` when any of them may not be closed."""
    inside, books = enter_books(scope, payload["books"], Permission.PERIOD_CLOSE)
    return _accepted(inside, payload["period"], books)
