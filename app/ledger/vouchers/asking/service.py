"""From what is asked for to drafts: accounts by code, name or pinyin, one question for any number of vouchers.

Invariant: a request that uses codes only asks the database nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.books.types import BookScope
from app.ledger.vouchers import errors
from app.ledger.vouchers.asking import rules
from app.ledger.vouchers.asking.rules import Asked, Candidate
from app.ledger.vouchers.types import Draft, Line
from app.standards.loader import load

_MEANT = """
SELECT k.w, CASE WHEN a.code = k.w THEN 0 WHEN a.name_zh = k.w THEN 1 WHEN a.pinyin = k.p THEN 2
                 WHEN strpos(a.name_zh, k.w) > 0 THEN 3 ELSE 4 END AS rank, a.code, a.name_zh
  FROM unnest(cast(:words AS text[]), cast(:initials AS text[])) AS k (w, p)
  JOIN tenant.account a ON a.book_id = :book AND a.leaf AND a.active
   AND (a.code = k.w OR strpos(a.name_zh, k.w) > 0 OR (k.p <> '' AND starts_with(a.pinyin, k.p)))
 ORDER BY k.w, rank, a.code
"""

Read = Draft | errors.VoucherRejected


def read_drafts(scope: BookScope, asked: Sequence[Asked]) -> list[Read]:
    """The draft of each `VoucherIn`, or the refusal its reading ended in, in the order given."""
    return [
        lines
        if isinstance(lines, errors.VoucherRejected)
        else Draft(
            scope.book.id,
            one["date"],
            lines,
            word=one["word"],
            attachments=one["attachments"],
            external_id=one.get("external_id"),
            note=one["note"],
        )
        for one, lines in zip(asked, _lines(scope, [one["lines"] for one in asked]), strict=True)
    ]


def read_draft(scope: BookScope, asked: Asked) -> Draft:
    """The draft of one `VoucherIn`; raises `VoucherRejected` for an ambiguous account or an unknown cash-flow item."""
    (found,) = read_drafts(scope, [asked])
    if isinstance(found, errors.VoucherRejected):
        raise found
    return found


def read_lines(scope: BookScope, asked: Sequence[Asked]) -> tuple[Line, ...]:
    """The lines of `VoucherLineIn`s; raises `VoucherRejected` as `read_draft` does."""
    (found,) = _lines(scope, [asked])
    if isinstance(found, errors.VoucherRejected):
        raise found
    return found


def _lines(scope: BookScope, asked: Sequence[Sequence[Asked]]) -> list[tuple[Line, ...] | errors.VoucherRejected]:
    words = {line["account_code"] for lines in asked for line in lines}
    meant = _meant(scope, sorted(word for word in words if not rules.is_code(word)))
    known = load(scope.book.standard, scope.book.edition).cash_items | {None}
    found: list[tuple[Line, ...] | errors.VoucherRejected] = []
    for lines in asked:
        done, broken = rules.settled(lines)
        for index, line in enumerate(done):
            candidates = meant.get(line["account_code"], [])
            if len(candidates) > 1:
                broken.append(rules.ambiguous(f"/lines/{index}", line["account_code"], candidates))
            elif candidates:
                line["account_code"] = candidates[0].code
            if line["cash_item"] not in known:
                broken.append(errors.CASH_ITEM_UNKNOWN.at(f"/lines/{index}/cash_item", item=line["cash_item"]))
        refusal = errors.VoucherRejected(violations=broken, count=len(broken))
        found.append(refusal if broken else tuple(map(_line, done)))
    return found


def _meant(scope: BookScope, words: Sequence[str]) -> dict[str, list[Candidate]]:
    if not words:
        return {}
    initials = [rules.initials_of(word) for word in words]
    return rules.meanings(
        Candidate(row.w, row.rank, row.code, row.name_zh)
        for row in scope.run(_MEANT, book=scope.book.id, words=list(words), initials=initials)
    )


def _line(asked: Mapping[str, Any]) -> Line:
    said = {name: value for name, value in asked.items() if name not in ("account_code", "items")}
    return Line(asked["account_code"], items=tuple(sorted(asked["items"].items())), **said)
