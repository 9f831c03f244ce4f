"""Words of the dimensions (辅助核算)."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias, TypedDict

from app.ledger.dimensions.particulars.types import NOTHING, Given

Named: TypeAlias = tuple[tuple[str, str], ...]
"""Items by dimension code and name, in the order of the codes: the content of a dimension set."""

ItemKey: TypeAlias = tuple[int, str, str]
"""(book id, dimension code, item name)."""

SetKey: TypeAlias = tuple[int, Named]
"""(book id, the named items)."""


COUNTERPARTIES = ("customer", "supplier")
"""The dimensions of which a line may name the item as its `counterparty` (往来单位)."""


class Item(NamedTuple):
    """An item (核算项目) as it is found by its name."""

    id: int
    active: bool


class NewItem(NamedTuple):
    """An item to be added to a dimension; a code is optional, a name stands once."""

    name: str
    code: str | None = None
    tax_id: str = ""
    particulars: Given = NOTHING


class ItemRow(NamedTuple):
    """An item as it is kept."""

    id: int
    dimension: str
    code: str | None
    name: str
    pinyin: str
    tax_id: str
    active: bool
    row_version: int


class ItemChange(TypedDict, total=False):
    """What may change of an item; its lines keep naming it, by whatever name it has."""

    name: str
    code: str | None
    tax_id: str


class Dimension(NamedTuple):
    """A dimension of a book: one of the six, or the book's own."""

    code: str
    name_zh: str
    name_en: str
    builtin: bool


def item_id(text: str) -> int:
    """The id of an item as callers write it; 0, which no item has, when it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0


BUILTIN = (
    ("customer", "客户", "Customer"),
    ("supplier", "供应商", "Supplier"),
    ("department", "部门", "Department"),
    ("employee", "员工", "Employee"),
    ("stock_item", "存货", "Stock item"),
    ("project", "项目", "Project"),
)
"""The six dimensions that every book begins with; others are a book's own."""


def split(held: Named) -> tuple[str, dict[str, str]]:
    """A set as a line shows it: its counterparty, or an empty text, and its other items by dimension."""
    items = dict(held)
    counterparty = next((items.pop(each) for each in COUNTERPARTIES if each in items), "")
    return counterparty, items
