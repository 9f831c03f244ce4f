"""The tax classification table (税收分类编码) as content: which business an invoice item is.

Invariant: every row names a business kind every standard can post, and no name or code prefix stands in two rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType

from app.standards.errors import ContentError
from app.standards.fields import Fields, read_yaml
from app.standards.loader import CONTENT
from app.standards.types import Business, Classification, Classified

SALES, PURCHASE = "sales", "purchase"
CODE_LENGTH = 19


class Table:
    """The rows of one direction, indexed by short name, code prefix and word."""

    def __init__(self, rows: tuple[Classification, ...], default: Classification) -> None:
        self.rows, self.default = rows, default
        self._by_name = _index((name, row) for row in rows for name in row.names)
        self._by_code = _index((code, row) for row in rows for code in row.codes)
        self._words = [(word, row) for row in rows for word in row.words]

    def find(self, item: str, tax_code: str) -> tuple[Classification, str]:
        """The row of an item and what found it; the short name comes first, then the code, then words of the item."""
        short_name, text = _split(item)
        if row := self._named(short_name, text):
            return row, "name"
        for length in range(min(len(tax_code), CODE_LENGTH), 0, -1):
            if row := self._by_code.get(tax_code[:length]):
                return row, "code"
        for word, row in self._words:
            if word in text:
                return row, "word"
        return self.default, "default"

    def _named(self, short_name: str, text: str) -> Classification | None:
        if not short_name:
            return None
        head = short_name + "*"
        for name, row in self._by_name.items():
            if name.startswith(head) and name.removeprefix(head) in text:
                return row
        return self._by_name.get(short_name)


def _split(item: str) -> tuple[str, str]:
    """`*办公用品*打印纸` -> (办公用品, 打印纸); an item without stars has no short name."""
    parts = item.strip().split("*", 2)
    return (parts[1].strip(), parts[2]) if len(parts) == 3 and not parts[0] else ("", item)


def classify(direction: str, *, item: str, tax_code: str, business: Business) -> Classified:
    """What an invoice item is for a client of this business; it always answers, `matched_by` says how surely.

    `direction` is `sales` or `purchase`. The kind is one of `posting.yaml`; input VAT by 增值税法 Art.22.
    """
    row, matched_by = tables()[direction].find(item, tax_code)
    return Classified(
        kind=row.by_business.get(business, row.kind),
        creditable=row.creditable,
        review=row.review,
        matched_by=matched_by,
    )


@lru_cache(maxsize=1)
def tables() -> Mapping[str, Table]:
    """The table of each direction."""
    fields = read_yaml(CONTENT / "tax" / "classification.yaml")
    fields.text("source"), fields.text("status")
    defaults = fields.mapping("defaults")
    sides = ((SALES, "sales"), (PURCHASE, "purchases"))
    found = {
        direction: Table(
            tuple(_row(entry) for entry in fields.each(listed)),
            _row(Fields(defaults[direction], f"defaults.{direction}")),
        )
        for direction, listed in sides
    }
    fields.done()
    return MappingProxyType(found)


def _row(fields: Fields) -> Classification:
    by_business = {business: fields.optional_text(business) for business in Business}
    credit = fields.text("credit")
    if credit not in ("full", "blocked"):
        raise ContentError(f"{fields.place}.credit: {credit!r} is neither full nor blocked")
    row = Classification(
        kind=fields.text("kind"),
        by_business=MappingProxyType({business: kind for business, kind in by_business.items() if kind}),
        creditable=credit == "full",
        review=bool(fields.optional_flag("review")),
        names=fields.texts("names"),
        codes=fields.texts("codes"),
        words=fields.texts("words"),
    )
    fields.done()
    return row


def _index(pairs: Iterator[tuple[str, Classification]]) -> dict[str, Classification]:
    index: dict[str, Classification] = {}
    for key, row in pairs:
        if index.setdefault(key, row) is not row:
            raise ContentError(f"classification: {key!r} stands in two rows")
    return index
