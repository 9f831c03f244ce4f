"""Renumbering of drafts (插入凭证, 整理断号): the numbers they hold are permuted among themselves, in one statement.

Invariant (INV-04): reviewed, posted and void vouchers keep their numbers, the set of numbers stays the same, and every
old -> new stands in the log. The unique key of numbers is looked at after the statement, not between its rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from app.audit import service as audit
from app.audit.service import Act
from app.books.types import BookScope
from app.ledger.periods import service as periods
from app.ledger.vouchers import service as vouchers
from app.ledger.vouchers.numbering import rules
from app.ledger.vouchers.numbering.errors import NotMovable
from app.ledger.vouchers.numbering.rules import Renumbering
from app.ledger.vouchers.numbering.types import Held, Move
from infra.ids import encode

_COUNTER = """
SELECT last FROM tenant.number_counter WHERE book_id = :book AND period = :period AND word = :word FOR UPDATE
"""
_HELD = """
SELECT v.id, v.number, v.date FROM tenant.voucher v
 WHERE v.book_id = :book AND v.period = :period AND v.word = :word AND v.status = 'draft'
   AND NOT EXISTS (SELECT 1 FROM tenant.voucher o
                    WHERE o.book_id = :book AND o.period = :period AND o.word = :word AND o.number = v.number
                      AND o.status <> 'draft')
 ORDER BY v.number, v.part
   FOR UPDATE OF v
"""
_RENUMBER = """
UPDATE tenant.voucher v SET number = k.n, row_version = v.row_version + 1, updated_at = :now
  FROM unnest(cast(:olds AS integer[]), cast(:news AS integer[])) AS k (o, n)
 WHERE v.book_id = :book AND v.period = :period AND v.word = :word AND v.number = k.o AND v.status = 'draft'
"""


def insert_before(scope: BookScope, voucher_id: UUID, before: UUID) -> list[Move]:
    """Move a draft, with the parts of its number, to the place of another draft, which follows it from then on.

    Raises `VoucherNotFound`, `NotMovable` when either is no draft or they are not of one period and word.
    """
    what, place = vouchers.locked_row(scope, voucher_id), vouchers.locked_row(scope, before)
    if (what["period"], what["word"]) != (place["period"], place["word"]):
        raise NotMovable

    def deal(held: Sequence[Held]) -> Renumbering:
        numbers = {voucher.number for voucher in held}
        if not {what["number"], place["number"]} <= numbers:
            raise NotMovable
        return rules.inserted(sorted(numbers), what["number"], place["number"])

    return _renumber(scope, what["period"], what["word"], deal)


def tidy(scope: BookScope, period: str, word: str) -> list[Move]:
    """Put the drafts of a period and word in the order of their dates over the numbers they hold (整理断号)."""
    return _renumber(scope, period, word, rules.tidied)


def _renumber(scope: BookScope, period: str, word: str, deal: Callable[[Sequence[Held]], Renumbering]) -> list[Move]:
    series = {"book": scope.book.id, "period": period, "word": word}
    periods.reach(scope, [(scope.book.id, period)])
    scope.run(_COUNTER, **series)
    held = [Held(row.id, row.number, row.date) for row in scope.run(_HELD, **series)]
    dealt = deal(held)
    if not dealt:
        return []
    scope.run(_RENUMBER, **series, olds=list(dealt), news=list(dealt.values()), now=scope.now)
    moves = [Move(one.id, one.number, dealt[one.number]) for one in held if one.number in dealt]
    details = {"period": period, "word": word, "moves": [[encode("vch", m.id), m.before, m.number] for m in moves]}
    audit.record(scope, [Act("voucher.renumber", "voucher", f"{period} {word}", details, scope.book.id)])
    return moves
