"""Routes of the versions of a period's statements."""

from __future__ import annotations

from typing import Any

from app.books.types import BookScope
from app.closing.schemas import period_of
from app.closing.versions import service
from app.closing.versions.schemas import DifferenceOut, DifferenceQuery, VersionsOut
from app.closing.versions.types import Version
from app.http.blueprint import Blueprint
from app.kernel.permissions import Permission, internal

blp = Blueprint(
    "statement-versions",
    __name__,
    url_prefix="/v1/books/<book_id>/periods/<period>/statements",
    tag_zh="报表版本",
)


def _shown(scope: BookScope, version: Version) -> dict[str, Any]:
    """A version; the reason was written for the firm, so a client's people do not read it."""
    reason = version.reason if internal(scope.permissions) else None
    return {**version._asdict(), "reason": reason}


@blp.route(
    "/versions",
    needs=Permission.STATEMENT_READ,
    scope="book",
    operation="statement_versions_list",
    summary_zh="报表版本",
    summary_en="Every close of the period whose statements are kept, with who closed it and why it was opened again.",
)
@blp.response(200, VersionsOut)
def list_versions(scope: BookScope, period: str) -> dict[str, Any]:
    """The versions; raises `PeriodNotFound`."""
    found = service.versions(scope, period_of(period))
    return {"period": period, "versions": [_shown(scope, each) for each in found]}


@blp.route(
    "/difference",
    needs=Permission.STATEMENT_READ,
    scope="book",
    operation="statement_versions_compare",
    summary_zh="报表版本对比",
    summary_en="Two versions side by side: rows and columns with both figures, and the vouchers posted in between.",
)
@blp.arguments(DifferenceQuery, location="query")
@blp.response(200, DifferenceOut)
def compare_versions(scope: BookScope, query: dict[str, Any], period: str) -> dict[str, Any]:
    """The difference; raises `PeriodNotFound`, `VersionNotFound`."""
    found = service.difference(scope, period_of(period), query["before"], query["after"])
    vouchers = [{**each, "date": each["date"].isoformat()} for each in found.vouchers]
    return {
        "period": period,
        "before": _shown(scope, found.before),
        "after": _shown(scope, found.after),
        "changes": [each._asdict() for each in found.changes],
        "vouchers": vouchers,
        "more_vouchers": found.more_vouchers,
    }
