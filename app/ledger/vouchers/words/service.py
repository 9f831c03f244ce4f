"""The list of voucher words (凭证字) of a book, kept among the book's settings so that drafting reads it for nothing.

Invariant: a word that numbers a voucher stays active, so its series can go on and be read as one.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.audit import service as audit
from app.audit.service import Act
from app.books import service as books
from app.books.types import BookRef, BookScope
from app.ledger.vouchers.words import errors, rules
from app.ledger.vouchers.words.types import UNKEPT, Word
from infra.ids import encode
from tenants.scope import TenantScope

SETTING = "voucher_words"
_OF_BOOKS = """
SELECT id, settings -> 'voucher_words' AS words FROM tenant.book
 WHERE id = ANY(cast(:books AS bigint[])) AND settings -> 'voucher_words' IS NOT NULL
"""
_USED = "SELECT DISTINCT word FROM tenant.number_counter WHERE book_id = :book AND last > 0"


def of_books(scope: TenantScope, ids: Sequence[int]) -> dict[int, tuple[Word, ...]]:
    """The words of those of these books that keep a list; inside one book its settings are known already."""
    if isinstance(scope, BookScope) and list(ids) == [scope.book.id]:
        kept = scope.book.settings.get(SETTING)
        return {scope.book.id: rules.read(kept)} if kept else {}  # type: ignore[arg-type]
    return {row.id: rules.read(row.words) for row in scope.run(_OF_BOOKS, books=list(ids))}


def set_words(scope: BookScope, words: Sequence[Word]) -> BookRef:
    """Replace the book's list of words; an empty one takes the book back to having none of its own.

    Raises `WordsRejected`, `WordUsed` when a word with vouchers would be no longer active.
    """
    broken = rules.check(words) if words else []
    if broken:
        raise errors.WordsRejected(violations=broken, count=len(broken))
    before = books.lock_book(scope)
    left = {word.word for word in words if word.active} if words else UNKEPT
    for row in scope.run(_USED, book=scope.book.id):
        if row.word not in left:
            raise errors.WordUsed(word=row.word)
    settings = {name: value for name, value in before.settings.items() if name != SETTING}
    if words:
        settings[SETTING] = rules.written(words)
    after = books.update_book(scope, {"settings": settings})
    details = {"before": before.settings.get(SETTING), "after": after.settings.get(SETTING)}
    audit.record(scope, [Act("word.set", "book", encode("bk", after.uid), details, after.id)])
    return after
