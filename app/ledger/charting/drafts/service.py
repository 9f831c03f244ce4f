"""Unposted vouchers follow the chart: their lines move to the account and items that take over; posted ones never do.

A review is taken back by it, as by any change of a draft. The preparer stays: nobody writes these vouchers anew, the
chart carries them along, and who drafted them answers for what they say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from app.audit import service as audit
from app.audit.service import Act
from app.books.types import BookScope
from infra.ids import encode

_HIT = """
SELECT v.id
  FROM tenant.period p
  JOIN tenant.voucher v ON v.book_id = p.book_id AND v.period = p.period AND v.status IN ('draft', 'reviewed')
 WHERE p.book_id = :book AND p.state = 'open'
   AND EXISTS (SELECT FROM tenant.voucher_line l
                 JOIN unnest(cast(:accounts AS bigint[]), cast(:sets AS bigint[])) AS k (a, s)
                   ON k.a = l.account_id AND k.s = l.dim_set_id
                WHERE l.book_id = v.book_id AND l.voucher_id = v.id)
 ORDER BY v.id
   FOR UPDATE OF v
"""
_PLACES = """
SELECT DISTINCT l.account_id, l.dim_set_id
  FROM tenant.period p
  JOIN tenant.voucher v ON v.book_id = p.book_id AND v.period = p.period AND v.status IN ('draft', 'reviewed')
  JOIN tenant.voucher_line l ON l.book_id = v.book_id AND l.voucher_id = v.id
 WHERE p.book_id = :book AND p.state = 'open'
"""
_BACK = """
UPDATE tenant.voucher
   SET status = 'draft', reviewed_by = NULL, review_rule = NULL, cashier = NULL, row_version = row_version + 1,
       updated_at = :now
 WHERE book_id = :book AND id = ANY(cast(:ids AS uuid[]))
"""
_SWAP = """
WITH gone AS (
  DELETE FROM tenant.voucher_line l
   USING unnest(cast(:accounts AS bigint[]), cast(:sets AS bigint[])) AS k (a, s)
   WHERE l.book_id = :book AND l.voucher_id = ANY(cast(:ids AS uuid[])) AND l.account_id = k.a AND l.dim_set_id = k.s
  RETURNING l.*
)
INSERT INTO tenant.voucher_line (book_id, voucher_id, line_no, period, account_id, dim_set_id, summary, currency, rate,
                                 foreign_amount, quantity, unit_price, debit, credit, cash_item, cash_amount)
SELECT g.book_id, g.voucher_id, g.line_no, g.period, k.na, k.ns, g.summary, g.currency, g.rate, g.foreign_amount,
       g.quantity, g.unit_price, g.debit, g.credit, g.cash_item, g.cash_amount
  FROM gone g
  JOIN unnest(cast(:accounts AS bigint[]), cast(:sets AS bigint[]), cast(:new_accounts AS bigint[]),
              cast(:new_sets AS bigint[])) AS k (a, s, na, ns) ON k.a = g.account_id AND k.s = g.dim_set_id
"""


class Place(NamedTuple):
    """Where a line stands: an account and a set of items."""

    account_id: int
    dim_set_id: int


def places(scope: BookScope) -> set[Place]:
    """Where the lines of unposted vouchers stand."""
    return {Place._make(row) for row in scope.run(_PLACES, book=scope.book.id)}


def move_lines(scope: BookScope, moved: Mapping[Place, Place], by: str) -> int:
    """Move the lines of unposted vouchers to other places; gives the number of vouchers that changed.

    `by` names the act they moved with, in the log.
    """
    if not moved:
        return 0
    old, new = list(moved), list(moved.values())
    where = {"accounts": [each.account_id for each in old], "sets": [each.dim_set_id for each in old]}
    ids = list(scope.run(_HIT, book=scope.book.id, **where).scalars())
    if not ids:
        return 0
    scope.run(_BACK, book=scope.book.id, ids=ids, now=scope.now)
    scope.run(
        _SWAP,
        book=scope.book.id,
        ids=ids,
        new_accounts=[each.account_id for each in new],
        new_sets=[each.dim_set_id for each in new],
        **where,
    )
    audit.record(
        scope, [Act("voucher.change", "voucher", encode("vch", each), {"by": by}, scope.book.id) for each in ids]
    )
    return len(ids)
