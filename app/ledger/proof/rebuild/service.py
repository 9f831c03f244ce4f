"""Balances rebuilt from posted lines and compared with the kept ones (余额重算核对); nothing is ever repaired here.

Invariant: one statement, so it sees one moment of the books, and it costs the same few reads for any number of them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from app.ledger.proof.rebuild.queries import DIFFERENCES
from tenants.scope import TenantScope

MOST = 100
"""How many differences a comparison names; it counts them all."""

PATIENCE = (
    "SET LOCAL statement_timeout = '600s'; SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off;"
    "SET LOCAL jit = off; SET LOCAL work_mem = '128MB'"
)
"""What the planner must be told about work over whole books: under row-level security it expects few rows."""

_BOUNDED = """
SELECT f.book_id, f.subject, f.detail, count(*) OVER () AS differences
  FROM (DIFFERENCES) AS f (book_id, subject, detail)
 ORDER BY f.book_id, f.subject LIMIT :most
""".replace("DIFFERENCES", DIFFERENCES)
_EVERY_BOOK = (-(2**63), 2**63 - 1)


class Comparison(NamedTuple):
    """How many balances of a firm differ from their lines, and the first of them."""

    differing: int
    first: list[dict[str, Any]]


def compare(scope: TenantScope) -> Comparison:
    """Rebuild every balance of the firm and compare; the transaction sees all its books from here on."""
    scope.narrow(_EVERY_BOOK)
    scope.connection.exec_driver_sql(PATIENCE)
    rows = scope.run(_BOUNDED, most=MOST).all()
    first = [{"book_id": str(row.book_id), "subject": row.subject, "detail": row.detail} for row in rows]
    return Comparison(rows[0].differences if rows else 0, first)
