"""Routes of what is printed and bound (打印、装订): vouchers, their covers, and ledgers, as PDF."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Response

from app.books.types import BookScope
from app.http.blueprint import Blueprint
from app.kernel.permissions import Permission
from app.ledger.printing import service
from app.ledger.printing.files.rules import LEDGER_TITLES, PDF, Imprint, covers_pdf, ledger_pdf, vouchers_pdf
from app.ledger.printing.schemas import CoverQuery, LedgerQuery, VouchersQuery
from app.ledger.printing.slips.rules import covers, voucher_pages
from app.ledger.printing.types import LAYOUTS, Wanted
from infra.clock import business_date

blp = Blueprint("printouts", __name__, url_prefix="/v1/books/<book_id>/printouts", tag_zh="打印装订")


def _wanted(query: dict[str, Any]) -> Wanted:
    numbers = query["first_number"], query["last_number"]
    return Wanted(query["first_period"], query["last_period"], query["word"], numbers)


def _imprint(scope: BookScope) -> Imprint:
    return Imprint(scope.book.name, business_date(scope.now))


def _file(scope: BookScope, name: str, made: bytes) -> Response:
    quoted = quote(f"{scope.book.code}_{name}.pdf")
    return Response(made, mimetype=PDF, headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quoted}"})


@blp.route(
    "/vouchers",
    needs=Permission.VOUCHER_READ,
    scope="book",
    operation="printouts_vouchers",
    summary_zh="打印凭证",
    summary_en="Vouchers laid out for paper, one to three on a page, as PDF.",
    rate_class="heavy",
    limits={"vouchers": service.MOST_VOUCHERS, "lines": service.MOST_LINES},
    export="voucher.export",
    produces=(PDF,),
)
@blp.arguments(VouchersQuery, location="query")
@blp.response(200, {"type": "string", "format": "binary"}, content_type=PDF)  # type: ignore[arg-type]  # a document only
def print_vouchers(scope: BookScope, query: dict[str, Any]) -> Response:
    """The vouchers of a range."""
    found = service.vouchers(scope, scope.book, _wanted(query))
    layout = LAYOUTS[query["layout"]]
    made = vouchers_pdf(_imprint(scope), voucher_pages(found, layout), layout)
    return _file(scope, f"凭证_{query['first_period']}_{query['last_period']}", made)


@blp.route(
    "/cover",
    needs=Permission.VOUCHER_READ,
    scope="book",
    operation="printouts_cover",
    summary_zh="打印凭证封面",
    summary_en="The cover of each volume the vouchers of a range are bound in, as PDF.",
    rate_class="heavy",
    limits={"vouchers": service.MOST_VOUCHERS, "lines": service.MOST_LINES},
    export="voucher.export",
    produces=(PDF,),
)
@blp.arguments(CoverQuery, location="query")
@blp.response(200, {"type": "string", "format": "binary"}, content_type=PDF)  # type: ignore[arg-type]  # a document only
def print_cover(scope: BookScope, query: dict[str, Any]) -> Response:
    """The covers of the volumes of a range."""
    found = service.vouchers(scope, scope.book, _wanted(query))
    layout = LAYOUTS[query["layout"]]
    made = covers_pdf(_imprint(scope), covers(found, layout, query["volume"]), layout)
    return _file(scope, f"凭证封面_{query['first_period']}_{query['last_period']}", made)


@blp.route(
    "/ledger",
    needs=Permission.LEDGER_READ,
    scope="book",
    operation="printouts_ledger",
    summary_zh="打印账簿",
    summary_en="A bound ledger of a year: cover, opening form, directory and numbered pages, as PDF.",
    rate_class="heavy",
    limits={"lines": service.MOST_LINES, "pages": service.MOST_PAGES},
    export="ledger.export",
    produces=(PDF,),
)
@blp.arguments(LedgerQuery, location="query")
@blp.response(200, {"type": "string", "format": "binary"}, content_type=PDF)  # type: ignore[arg-type]  # a document only
def print_ledger(scope: BookScope, query: dict[str, Any]) -> Response:
    """The bound ledger of a year."""
    ledger = service.bound_ledger(scope, scope.book, query["kind"], query["year"])
    return _file(scope, f"{LEDGER_TITLES[ledger.kind]}_{ledger.year}", ledger_pdf(_imprint(scope), ledger))
