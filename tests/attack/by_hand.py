"""Ways in which a person writes amounts into the month end, which the closing desk then books."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.books.types import BookRef
from tests.api.conftest import Caller, address

OWN_STEP = {
    "code": "own-rent",
    "number": 20,
    "title_zh": "计提房租",
    "title_en": "Rent",
    "lines": [
        {"account_code": "560202", "side": "debit", "constant": "888.00"},
        {"account_code": "1002", "side": "credit", "constant": "888.00"},
    ],
}
GIVEN_LINES = {
    "lines": [
        {"account_code": "560202", "summary": "办公费", "debit": "888.00"},
        {"account_code": "1002", "summary": "办公费", "credit": "888.00"},
    ]
}
GIVEN_FIGURES = {"figures": {"accrual": {"administrative": "888.00"}}}


def an_own_step(owner: Caller, book: BookRef) -> str:
    """A step of the book's own with a constant amount."""
    assert owner("POST", address(book.uid, "/closing-steps"), OWN_STEP).status_code == 201
    return "own-rent"


def given(owner: Caller, book: BookRef, amounts: dict[str, Any]) -> str:
    """A step of the standard with amounts that a person gave."""
    place = address(book.uid, "/periods/2026-01/closing/steps/depreciation/amounts")
    assert owner("PUT", place, amounts, If_Match=owner("GET", place).headers["ETag"]).status_code == 200
    return "depreciation"


BY_HAND: dict[str, Callable[[Caller, BookRef], str]] = {
    "own step": an_own_step,
    "given lines": lambda owner, book: given(owner, book, GIVEN_LINES),
    "given figures": lambda owner, book: given(owner, book, GIVEN_FIGURES),
}
