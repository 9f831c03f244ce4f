"""Chart work: a book's chart is seeded from its standard when the book is opened (建账)."""

from __future__ import annotations

from collections.abc import Sequence

from app.kernel.pinyin import initials
from app.standards.types import AccountSpec
from tenants.scope import TenantScope

_SEED = """
INSERT INTO tenant.account (book_id, code, name_zh, name_en, class, normal_side, parent_code, leaf, cash, standard_code,
                            pinyin, dimensions, currencies, monetary, cash_item_in, cash_item_out, cash_follows, active)
SELECT :book, c, zh, en, class, side, parent, leaf, cash, c, pinyin, string_to_array(dimensions, ';'), '{}', monetary,
       item_in, item_out, follows, true
  FROM unnest(cast(:codes AS text[]), cast(:zh AS text[]), cast(:en AS text[]), cast(:classes AS text[]),
              cast(:sides AS text[]), cast(:parents AS text[]), cast(:leaves AS boolean[]), cast(:cash AS boolean[]),
              cast(:pinyin AS text[]), cast(:dimensions AS text[]), cast(:monetary AS boolean[]),
              cast(:items_in AS text[]), cast(:items_out AS text[]), cast(:follows AS boolean[]))
       AS k (c, zh, en, class, side, parent, leaf, cash, pinyin, dimensions, monetary, item_in, item_out, follows)
"""


def seed(scope: TenantScope, book_id: int, specs: Sequence[AccountSpec]) -> int:
    """Write a standard's chart into a new book in one statement; returns the number of accounts."""
    scope.run(
        _SEED,
        book=book_id,
        codes=[s.code for s in specs],
        zh=[s.name_zh for s in specs],
        en=[s.name_en for s in specs],
        classes=[s.account_class for s in specs],
        sides=[s.normal_side for s in specs],
        parents=[s.parent_code for s in specs],
        leaves=[s.leaf for s in specs],
        cash=[s.cash for s in specs],
        pinyin=[initials(s.name_zh) for s in specs],
        dimensions=[";".join(s.dimensions) for s in specs],
        monetary=[s.monetary for s in specs],
        items_in=[s.cash_item_in for s in specs],
        items_out=[s.cash_item_out for s in specs],
        follows=[s.cash_follows for s in specs],
    )
    return len(specs)
