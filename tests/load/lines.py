"""Millions of posted lines and their balances, written by the owner behind the triggers: what P5 reads.

The firm they are written into is good for nothing else afterwards: its foreign keys and triggers are gone.
"""

from __future__ import annotations

from collections.abc import Sequence

import psycopg

LINES = 4  # a voucher
PERIODS = 12
_FILL = (
    "ALTER TABLE tenant.voucher DISABLE TRIGGER USER",
    "ALTER TABLE tenant.voucher_line DISABLE TRIGGER USER",
    "ALTER TABLE tenant.voucher_line DROP CONSTRAINT voucher_line_voucher_fk",
    "ALTER TABLE tenant.voucher_line DROP CONSTRAINT voucher_line_account_fk",
    "ALTER TABLE tenant.voucher_line DROP CONSTRAINT voucher_line_dim_set_fk",
    "INSERT INTO tenant.period (book_id, period, state) SELECT b, '2026-' || lpad(m::text, 2, '0'), 'open'"
    " FROM unnest(%(books)s::bigint[]) b, generate_series(1, 12) m ON CONFLICT DO NOTHING",
    "INSERT INTO tenant.voucher (book_id, id, period, date, word, number, status, attachments, transfer, prepared_by,"
    " preparer, reviewed_by, posted_by, posted_at, post_seq, content_hash, created_at, updated_at)"
    " SELECT b, gen_random_uuid(), p, (p || '-15')::date, '记', n, 'posted', 0, n %% 500 = 0, 'bench', 'bench',"
    " 'bench', 'bench', now(), n, sha256(''), now(), now()"
    " FROM unnest(%(books)s::bigint[]) b, generate_series(1, %(each)s) n,"
    " LATERAL (SELECT '2026-' || lpad((n * 12 / (%(each)s + 1) + 1)::text, 2, '0')) k (p)",
    "CREATE TEMP TABLE leaf AS SELECT book_id, id, row_number() OVER (PARTITION BY book_id ORDER BY id) - 1 AS n,"
    " count(*) OVER (PARTITION BY book_id) AS many FROM tenant.account WHERE leaf AND book_id = ANY(%(books)s)",
    "INSERT INTO tenant.voucher_line (book_id, voucher_id, line_no, period, account_id, dim_set_id, summary, currency,"
    " debit, credit) SELECT v.book_id, v.id, k.line_no, v.period, a.id, 0, '销售商品', 'CNY', k.debit, k.credit"
    " FROM tenant.voucher v CROSS JOIN (VALUES (1, 113.00, 0), (2, 0, 100.00), (3, 0, 12.00), (4, 0, 1.00))"
    " AS k (line_no, debit, credit)"
    " JOIN leaf a ON a.book_id = v.book_id AND a.n = (v.number * 7 + k.line_no * 13) %% a.many"
    " WHERE v.book_id = ANY(%(books)s)",
    "INSERT INTO tenant.balance (book_id, period, account_id, dim_set_id, currency, opening, debit, credit,"
    " transfer_debit, transfer_credit, opening_fc, debit_fc, credit_fc, opening_qty, debit_qty, credit_qty)"
    " SELECT a.book_id, p.period, a.id, 0, 'CNY', coalesce(sum(s.debit - s.credit) OVER (PARTITION BY a.book_id, a.id"
    " ORDER BY p.period ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0), coalesce(s.debit, 0),"
    " coalesce(s.credit, 0), coalesce(s.td, 0), coalesce(s.tc, 0), 0, 0, 0, 0, 0, 0"
    " FROM leaf a JOIN tenant.period p ON p.book_id = a.book_id LEFT JOIN (SELECT l.book_id, l.period, l.account_id,"
    " sum(l.debit) AS debit, sum(l.credit) AS credit, sum(CASE WHEN v.transfer THEN l.debit ELSE 0 END) AS td,"
    " sum(CASE WHEN v.transfer THEN l.credit ELSE 0 END) AS tc FROM tenant.voucher_line l"
    " JOIN tenant.voucher v ON v.book_id = l.book_id AND v.id = l.voucher_id WHERE l.book_id = ANY(%(books)s)"
    " GROUP BY 1, 2, 3) s ON s.book_id = a.book_id AND s.period = p.period AND s.account_id = a.id",
)
_SUMS = (
    "SELECT book_id, period, account_id, dim_set_id, currency, sum(debit), sum(credit)"
    " FROM tenant.voucher_line GROUP BY book_id, period, account_id, dim_set_id, currency"
)


class Lines:
    """The lines of some books in a firm's schema, and the plain sums over them: P5's yardstick."""

    def __init__(self, owner_url: str, schema: str) -> None:
        self.connection = psycopg.connect(owner_url, autocommit=True)
        self.schema = schema

    def fill(self, books: Sequence[int], lines: int) -> None:
        """Give books without vouchers so many posted lines together, over a year, and their balances."""
        values = {"books": list(books), "each": lines // LINES // len(books)}
        for statement in _FILL:
            self.connection.execute(statement.replace("tenant.", f"{self.schema}."), values)
        for table in ("voucher", "voucher_line", "balance"):
            self.connection.execute(f"VACUUM ANALYZE {self.schema}.{table}")

    def sums(self) -> None:
        """The plain GROUP BY, as the owner, without row-level security."""
        self.connection.execute(_SUMS.replace("tenant.", f"{self.schema}.")).fetchall()

    def close(self) -> None:
        """Let go of the connection."""
        self.connection.close()
