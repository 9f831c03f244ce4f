"""A route that does not say what it needs does not exist."""

from __future__ import annotations

from typing import Any

import pytest

from app.http.blueprint import Blueprint
from app.http.schemas import RequestSchema
from app.http.types import PUBLIC
from app.kernel.permissions import Permission

FULL: dict[str, Any] = {
    "needs": Permission.VOUCHER_READ,
    "scope": "book",
    "operation": "vouchers_list",
    "summary_zh": "凭证",
    "summary_en": "Vouchers.",
}


@pytest.mark.parametrize("forgotten", list(FULL))
def test_a_module_whose_route_forgets_to_declare_itself_does_not_import(forgotten: str) -> None:
    blp = Blueprint("vouchers", __name__, url_prefix="/v1/books/<book_id>/vouchers", tag_zh="凭证")
    with pytest.raises(TypeError):
        blp.route("", **{name: value for name, value in FULL.items() if name != forgotten})


@pytest.mark.parametrize(
    "wrong", [{"methods": ["GET", "POST"]}, {"methods": ["TRACE"]}, {"scope": "public"}, {"idempotent": True}]
)
def test_a_route_that_contradicts_itself_does_not_import(wrong: dict[str, Any]) -> None:
    blp = Blueprint("vouchers", __name__, url_prefix="/v1/books/<book_id>/vouchers", tag_zh="凭证")
    with pytest.raises(ValueError):
        blp.route("", **{**FULL, **wrong})(lambda scope: None)


def test_a_route_of_a_book_names_the_book() -> None:
    blp = Blueprint("vouchers", __name__, url_prefix="/v1/vouchers", tag_zh="凭证")
    with pytest.raises(ValueError):
        blp.route("", **FULL)


def test_a_route_tells_its_hints() -> None:
    blp = Blueprint("vouchers", __name__, url_prefix="/v1/books/<book_id>/vouchers", tag_zh="凭证")

    @blp.route("", **FULL, methods=["POST"], idempotent=True, refs=("body:/account_id",), rate_class="bulk")
    @blp.arguments(RequestSchema)
    def create(scope: object, payload: object) -> None:
        """Nothing."""

    assert blp.operations["vouchers_list"].hints() == {
        "x-permission": "voucher.read",
        "x-scope": "book",
        "x-object-refs": ["body:/account_id"],
        "x-idempotent": True,
        "x-if-match": False,
        "x-job-type": None,
        "x-rate-class": "bulk",
        "x-audit-event": None,
        "x-step-up": False,
        "x-person": False,
        "x-limits": {"max_bytes": 5_000_000},
    }
    assert PUBLIC.value == "public"
