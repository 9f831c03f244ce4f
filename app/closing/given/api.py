"""Routes of the amounts given for a step of a period."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.books.types import BookScope
from app.closing.given import rules, service
from app.closing.given.schemas import GivenIn, GivenOut
from app.closing.schemas import period_of
from app.http import etags
from app.http.blueprint import Blueprint
from app.http.replies import tagged
from app.kernel.periods import Period
from app.kernel.permissions import Permission
from app.ledger.periods import service as periods
from app.ledger.vouchers.types import Line

blp = Blueprint(
    "closing-amounts",
    __name__,
    url_prefix="/v1/books/<book_id>/periods/<period>/closing/steps/<step>/amounts",
    tag_zh="结转金额",
)

_VIEW = "amounts"


def _shown(scope: BookScope, period: Period, step: str) -> tuple[dict[str, Any], dict[str, str]]:
    found = service.amounts(scope, period, step)
    takes = rules.taken(service.step_of(scope, period, step))
    lines = [{**line._asdict(), "account_code": line.account, "items": dict(line.items)} for line in found.given.lines]
    shown = {"step": step, "period": str(period), "takes": takes, "figures": found.given.figures, "lines": lines}
    content: tuple[dict[str, Any], dict[str, str]] = tagged(shown, found.version, _VIEW)
    return content


@blp.route(
    "",
    needs=Permission.LEDGER_READ,
    scope="book",
    operation="closing_amounts_read",
    summary_zh="查看结转金额",
    summary_en="The amounts given for a step in a period, and the figures it takes.",
)
@blp.response(200, GivenOut)
def read_amounts(scope: BookScope, period: str, step: str) -> tuple[Any, dict[str, str]]:
    """The amounts; raises `StepNotFound`."""
    return _shown(scope, period_of(period), step)


@blp.route(
    "",
    methods=["PUT"],
    needs=Permission.PERIOD_CLOSE,
    scope="book",
    operation="closing_amounts_replace",
    summary_zh="录入结转金额",
    summary_en="Replace the amounts of a step in an open period; a step that ran with others becomes stale.",
    if_match=True,
    audit="closing.set_amounts",
)
@blp.arguments(GivenIn)
@blp.response(200, GivenOut)
def replace_amounts(scope: BookScope, payload: dict[str, Any], period: str, step: str) -> tuple[Any, dict[str, str]]:
    """The amounts as replaced; raises `StepNotFound`, `StepNotGiven`, `PeriodClosed`."""
    wanted = period_of(period)
    periods.lock_heads(scope, [scope.book.id])
    etags.match(service.amounts(scope, wanted, step).version, _VIEW)
    service.set_amounts(scope, wanted, step, payload["figures"], [_line(given) for given in payload["lines"]])
    return _shown(scope, wanted, step)


def _line(given: Mapping[str, Any]) -> Line:
    named = {name: value for name, value in given.items() if name not in ("account_code", "items")}
    return Line(account=given["account_code"], items=tuple(sorted(given["items"].items())), **named)
