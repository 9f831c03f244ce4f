"""The hash chain of a book: every posting act adds one link over the vouchers it posted, in posting order.

Invariant: a link's hash is SHA-256(hash of the link before, then the content hashes of its vouchers in posting order),
the first one's predecessor being 32 zero bytes; `ledger_head.hash` is the hash of the last link. The head is locked by
whoever posts, so links of one book never fork.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from itertools import groupby

from app.ledger.periods.types import Head
from app.ledger.vouchers.chain.types import Link
from tenants.scope import TenantScope

_EXTEND = """
WITH link AS (
  SELECT b, f, l, h
    FROM unnest(cast(:books AS bigint[]), cast(:firsts AS bigint[]), cast(:lasts AS bigint[]), cast(:hashes AS bytea[]))
         AS k (b, f, l, h)
), moved AS (
  UPDATE tenant.ledger_head e SET seq = k.l, hash = k.h FROM link k WHERE e.book_id = k.b
)
INSERT INTO tenant.posting (book_id, first_seq, last_seq, hash) SELECT b, f, l, h FROM link ORDER BY b
"""


def extend(scope: TenantScope, heads: Mapping[int, Head], posted: Iterable[Link]) -> None:
    """Move the locked heads of these books over what one act posted, and write the act's link of each book."""
    links = []
    for book, group in groupby(sorted(posted), key=lambda link: link.book_id):
        of_book = list(group)
        digest = hashlib.sha256(heads[book].hash)
        for link in of_book:
            digest.update(link.content_hash)
        links.append((book, of_book[0].post_seq, of_book[-1].post_seq, digest.digest()))
    books, firsts, lasts, hashes = (list(column) for column in zip(*links, strict=True))
    scope.run(_EXTEND, books=books, firsts=firsts, lasts=lasts, hashes=hashes)
