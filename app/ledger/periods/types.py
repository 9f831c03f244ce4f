"""Where a book stands: the head of its ledger, and its mark when a period is closed or reopened."""

from __future__ import annotations

from typing import NamedTuple


class Mark(NamedTuple):
    """The version of a period's closing and the number of the book's latest posting then."""

    book_id: int
    period: str
    version: int
    ledger_seq: int


class Head(NamedTuple):
    """The number of a book's latest posting and the head of its hash chain."""

    seq: int
    hash: bytes
