"""Corrections of posted vouchers as 会计基础工作规范 Art. 51(5) prescribes them, linked to what they correct.

A wrong voucher of this year is struck out by a red one (注销某月某日某号凭证) and written again in blue
(订正某月某日某号凭证); where only amounts are wrong, one voucher books the difference. Invariant: the correcting
voucher has the corrected one as its source, so it is sealed with it, and a voucher is corrected at most once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from app.books.types import BookScope
from app.ledger.vouchers import rules as voucher_rules
from app.ledger.vouchers import service as vouchers
from app.ledger.vouchers.acts import service as acts
from app.ledger.vouchers.answers import queries as relations
from app.ledger.vouchers.corrections import errors, rules
from app.ledger.vouchers.errors import AlreadyReversed, VoucherRejected, VoucherState
from app.ledger.vouchers.queries import Row
from app.ledger.vouchers.types import Draft, Drafted, Line, Source
from infra.ids import encode

CORRECTION = "correction"


def correct_by_difference(scope: BookScope, voucher_id: UUID, on: date, right: Sequence[Line]) -> Drafted:
    """Draft the voucher of the differences between a posted one and how it should have been, line by line.

    Raises `VoucherNotFound`, `VoucherState`, `AlreadyCorrected`, `AlreadyReversed`, `OtherYear`, and `VoucherRejected`
    when anything but amounts differs.
    """
    row = _correctable(scope, voucher_id, on)
    words = voucher_rules.summary_of("订正", row)
    lines, broken = rules.differences([voucher_rules.again(line) for line in row["lines"]], right, words)
    if broken:
        raise VoucherRejected(violations=broken, count=len(broken))
    (done,) = vouchers.draft_vouchers(scope, [_draft(scope, row, on, lines, "difference")])
    acts.one(scope, "voucher.correct", voucher_id, by=encode("vch", done.id), how="difference")
    return done


def correct_by_replacement(scope: BookScope, voucher_id: UUID, on: date, right: Sequence[Line]) -> list[Drafted]:
    """Draft the red voucher of a posted one and the blue one that says how it should have been.

    Raises as `correct_by_difference` does, except that anything may differ.
    """
    row = _correctable(scope, voucher_id, on)
    words = voucher_rules.summary_of("订正", row)
    red = vouchers.reverse_voucher(scope, voucher_id, on)
    lines = [rules.marked(line, words) for line in right]
    (blue,) = vouchers.draft_vouchers(scope, [_draft(scope, row, on, lines, "replacement")])
    acts.one(scope, "voucher.correct", voucher_id, by=encode("vch", blue.id), how="replacement")
    return [red, blue]


def _correctable(scope: BookScope, voucher_id: UUID, on: date) -> Row:
    row = vouchers.locked_row(scope, voucher_id)
    if row["status"] != "posted" or row["reverses"] is not None:
        raise VoucherState(status=row["status"])
    if row["date"].year != on.year:
        raise errors.OtherYear
    related = relations.related(scope, scope.book.id, [voucher_id]).get(voucher_id, [])
    if any(relation.kind == "corrected_by" for relation in related):
        raise errors.AlreadyCorrected
    if any(relation.kind == "reversed_by" for relation in related):
        raise AlreadyReversed
    return row


def _draft(scope: BookScope, row: Row, on: date, lines: Sequence[Line], how: str) -> Draft:
    """The correcting draft; a difference falls on the lines that were posted, whatever became of their accounts."""
    source = Source(CORRECTION, encode("vch", row["id"]), how)
    waived = how == "difference"
    return Draft(
        scope.book.id,
        on,
        tuple(lines),
        row["word"] if waived else "",
        source=source,
        transfer=row["transfer"],
        waived=waived,
    )
