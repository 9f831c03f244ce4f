"""Routes of the voucher words of a book."""

from __future__ import annotations

from typing import Any

from app.books import service as books
from app.books.types import BookRef, BookScope
from app.http import etags
from app.http.blueprint import Blueprint
from app.http.replies import Tagged, tagged
from app.kernel.permissions import Permission
from app.ledger.vouchers.words import rules, service
from app.ledger.vouchers.words.schemas import WordsIn, WordsOut
from app.ledger.vouchers.words.types import PRESETS

blp = Blueprint("voucher-words", __name__, url_prefix="/v1/books/<book_id>/voucher-words", tag_zh="凭证字")

_VIEW = "words"


def _shown(book: BookRef) -> Tagged:
    presets = [{"name": name, "words": rules.written(words)} for name, words in PRESETS.items()]
    etag = etags.tag(book.row_version, _VIEW)
    body = {"words": book.settings.get(service.SETTING) or [], "presets": presets, "etag": etag}
    return tagged(body, book.row_version, _VIEW)


@blp.route(
    "",
    needs=Permission.VOUCHER_READ,
    scope="book",
    operation="voucher_words_read",
    summary_zh="凭证字",
    summary_en="The words the book numbers its vouchers by, their limits, and the usual lists to choose from.",
)
@blp.response(200, WordsOut)
def read_words(scope: BookScope) -> Tagged:
    """The list."""
    return _shown(scope.book)


@blp.route(
    "",
    methods=["PUT"],
    needs=Permission.BOOK_EDIT,
    scope="book",
    operation="voucher_words_put",
    summary_zh="设置凭证字",
    summary_en="Replace the list; a word that vouchers are numbered by stays active.",
    if_match=True,
    audit="word.set",
)
@blp.arguments(WordsIn)
@blp.response(200, WordsOut)
def put_words(scope: BookScope, payload: dict[str, Any]) -> Tagged:
    """The list as it is now."""
    etags.match(books.lock_book(scope).row_version, _VIEW)
    return _shown(service.set_words(scope, rules.read(payload["words"])))
