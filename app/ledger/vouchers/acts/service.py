"""The log lines of the voucher desk: every verb leaves its line in its own transaction (财会〔2024〕12号 Art. 32).

A bulk act leaves one line a book that names its vouchers exactly and shortly: the numbers a drafting took and the
places a posting took are without gaps, because both come from a counter under its lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import UUID

from app.audit import service as audit
from app.audit.service import Act
from app.books.types import BookScope
from app.kernel.money import RMB, ZERO
from app.ledger.vouchers import rules
from app.ledger.vouchers.types import Draft, Drafted, Line, Posted
from infra.ids import encode
from tenants.scope import TenantScope


def drafted(scope: TenantScope, written: Sequence[Drafted]) -> None:
    """`voucher.draft`: one line for each book, period and word, with the numbers taken."""
    acts = []
    for (book, period, word), group in groupby(sorted(written, key=_series), key=_series):
        numbers = [(each.number, each.id) for each in group]
        (first, voucher_id), (last, _) = min(numbers), max(numbers)
        named = encode("vch", voucher_id) if first == last else f"{period} {word}-{first}..{last}"
        details = {"period": period, "word": word, "first": first, "last": last}
        acts.append(Act("voucher.draft", "voucher", named, details, book))
    audit.record(scope, acts)


def _series(written: Drafted) -> tuple[int, str, str]:
    return written.book_id, written.period, written.word


def posted(scope: TenantScope, done: Sequence[Posted]) -> None:
    """`voucher.post`: one line for each book, with the places in its posting order."""
    acts = []
    for book, group in groupby(sorted(done, key=_book), key=_book):
        places = [(each.post_seq, each.id) for each in group]
        (first, voucher_id), (last, _) = min(places), max(places)
        named = encode("vch", voucher_id) if first == last else f"post_seq {first}..{last}"
        acts.append(Act("voucher.post", "voucher", named, {"first": first, "last": last}, book))
    audit.record(scope, acts)


def _book(done: Posted) -> int:
    return done.book_id


def reviewed(scope: BookScope, ids: Sequence[UUID]) -> None:
    """`voucher.review`: one line a voucher."""
    each(scope, "voucher.review", ids)


def changed(scope: BookScope, before: dict[str, Any], after: Draft) -> None:
    """`voucher.change`: what it said before and what it says now, and who answers for it as its preparer (制单人)."""
    old_lines = [rules.again(line) for line in before["lines"]]
    was = _said(before["date"].isoformat(), before["attachments"], before["note"], old_lines)
    now = _said(after.date.isoformat(), after.attachments, after.note, after.lines)
    details = {
        "before": was | {"prepared_by": before["prepared_by"]},
        "after": now | {"prepared_by": scope.actor.name},
    }
    audit.record(scope, [_act(scope, "voucher.change", before["id"], details)])


_UNSAID = (None, "", (), ZERO, RMB)


def _shown(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value


def _said(day: str, attachments: int, note: str, lines: Iterable[Line]) -> dict[str, Any]:
    shown = [{name: _shown(value) for name, value in line._asdict().items() if value not in _UNSAID} for line in lines]
    return {"date": day, "attachments": attachments, "note": note, "lines": shown}


def one(scope: BookScope, action: str, voucher_id: UUID, **details: Any) -> None:
    """A verb on one voucher."""
    audit.record(scope, [_act(scope, action, voucher_id, details)])


def each(scope: BookScope, action: str, ids: Iterable[UUID], **details: Any) -> None:
    """A verb on several vouchers: one line a voucher."""
    audit.record(scope, [_act(scope, action, voucher_id, details) for voucher_id in ids])


def _act(scope: BookScope, action: str, voucher_id: UUID, details: dict[str, Any]) -> Act:
    return Act(action, "voucher", encode("vch", voucher_id), details, scope.book.id)
