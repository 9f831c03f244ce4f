"""What keeps books apart and money exact (INV-15, INV-16): rows that name other books' rows, and the schema itself.

Invariant: the lists below are complete; a test compares them with the catalogue, so a new table or key joins them.
"""

from __future__ import annotations

from app.doctor.types import Check

OWNED = (
    "account",
    "audit_event",
    "balance",
    "book_grant",
    "cash_flow",
    "client_request",
    "client_request_document",
    "closing_given",
    "closing_seal",
    "closing_step",
    "confirmation",
    "credential",
    "currency_rate",
    "dimension",
    "dimension_item",
    "dimension_set",
    "document",
    "invoice",
    "invoice_line",
    "job",
    "job_item",
    "ledger_head",
    "number_counter",
    "own_statement",
    "own_step",
    "particular",
    "period",
    "period_event",
    "posting",
    "review_rule",
    "seal_signature",
    "statement_snapshot",
    "voucher",
    "voucher_document",
    "voucher_line",
    "voucher_template",
)
"""The tables whose rows name a book."""

NAMED = (
    ("account", "parent_code", "account", "code"),
    ("balance", "account_id", "account", "id"),
    ("balance", "dim_set_id", "dimension_set", "id"),
    ("client_request_document", "document_id", "document", "id"),
    ("client_request_document", "request_id", "client_request", "id"),
    ("closing_given", "period", "period", "period"),
    ("closing_seal", "period", "period", "period"),
    ("closing_step", "period", "period", "period"),
    ("closing_step", "voucher_id", "voucher", "id"),
    ("confirmation", "period", "period", "period"),
    ("dimension_item", "dimension", "dimension", "code"),
    ("invoice", "document_id", "document", "id"),
    ("invoice", "voucher_id", "voucher", "id"),
    ("invoice_line", "invoice_id", "invoice", "id"),
    ("number_counter", "period", "period", "period"),
    ("particular", "item_id", "dimension_item", "id"),
    ("period_event", "period", "period", "period"),
    ("seal_signature", "number", "closing_seal", "number"),
    ("statement_snapshot", "period", "period", "period"),
    ("voucher", "period", "period", "period"),
    ("voucher", "reverses", "voucher", "id"),
    ("voucher_document", "document_id", "document", "id"),
    ("voucher_document", "voucher_id", "voucher", "id"),
    ("voucher_line", "account_id", "account", "id"),
    ("voucher_line", "dim_set_id", "dimension_set", "id"),
    ("voucher_line", "voucher_id", "voucher", "id"),
)
"""What a row of a book names in the same book: table, column, table named, column there."""

_BOOKLESS = """
SELECT c.book_id, '{table}' AS subject, count(*) || ' rows of a book that does not exist' AS detail
  FROM tenant.{table} c
  LEFT JOIN tenant.book b ON b.id = c.book_id
 WHERE c.book_id IS NOT NULL AND b.id IS NULL
 GROUP BY c.book_id
"""
_ASTRAY = """
SELECT c.book_id, '{table}.{column} ' || c.{column}, count(*) || ' rows name what their book does not have'
  FROM tenant.{table} c
  LEFT JOIN tenant.{named} n ON n.book_id = c.book_id AND n.{key} = c.{column}
 WHERE c.{column} IS NOT NULL AND n.book_id IS NULL
 GROUP BY c.book_id, c.{column}
"""

# What no foreign key can say: month 00 of the first year, the items of a set, the head every posting locks.
_UNKEYED = """
SELECT k.book_id, k.kept || ' ' || k.period, 'a period the book has not reached'
  FROM (SELECT DISTINCT book_id, period, 'balance' AS kept FROM tenant.balance
         UNION ALL
        SELECT DISTINCT book_id, period, 'cash_flow' FROM tenant.cash_flow) k
  JOIN tenant.book b ON b.id = k.book_id
  LEFT JOIN tenant.period p ON p.book_id = k.book_id AND p.period = k.period
 WHERE p.book_id IS NULL AND k.period <> left(b.start_period, 4) || '-00'
 UNION ALL
SELECT s.book_id, 'dimension_set ' || s.id, 'names the item ' || s.item || ', which its book does not have'
  FROM (SELECT book_id, id, unnest(item_ids) AS item FROM tenant.dimension_set) s
  LEFT JOIN tenant.dimension_item i ON i.book_id = s.book_id AND i.id = s.item
 WHERE i.book_id IS NULL
 UNION ALL
SELECT b.id, 'ledger_head', 'the book has none'
  FROM tenant.book b LEFT JOIN tenant.ledger_head h ON h.book_id = b.id WHERE h.book_id IS NULL
"""

# A table belongs to books when book_id is part of its primary key; keys between two such tables carry it on both sides.
_KEYS = """
SELECT cast(NULL AS bigint), f.conname::text,
       f.conrelid::regclass || ' names ' || f.confrelid::regclass || ' without book_id'
  FROM pg_constraint f
  JOIN pg_class c ON c.oid = f.conrelid
  JOIN pg_class n ON n.oid = f.confrelid
 WHERE f.contype = 'f'
   AND c.relnamespace = (SELECT b.relnamespace FROM pg_class b WHERE b.oid = cast('tenant.book' AS regclass))
   AND (n.relnamespace <> c.relnamespace
        OR EXISTS (SELECT 1 FROM pg_index i
                     JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
                    WHERE i.indisprimary AND a.attname = 'book_id' AND i.indrelid IN (f.conrelid, f.confrelid)
                   HAVING count(DISTINCT i.indrelid) = (CASE WHEN f.conrelid = f.confrelid THEN 1 ELSE 2 END))
           AND NOT EXISTS (SELECT 1 FROM unnest(f.conkey, f.confkey) AS k (here, there)
                             JOIN pg_attribute h ON h.attrelid = f.conrelid AND h.attnum = k.here
                             JOIN pg_attribute t ON t.attrelid = f.confrelid AND t.attnum = k.there
                            WHERE h.attname = 'book_id' AND t.attname = 'book_id'))
 UNION ALL
SELECT cast(NULL AS bigint), c.relname::text, 'has a book_id that is not part of its primary key'
  FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'book_id' AND a.attnotnull
 WHERE c.relnamespace = (SELECT b.relnamespace FROM pg_class b WHERE b.oid = cast('tenant.book' AS regclass))
   AND c.relkind IN ('r', 'p')
   AND NOT EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY(i.indkey))
"""

_APART = " UNION ALL ".join(
    [_BOOKLESS.format(table=table) for table in OWNED]
    + [_ASTRAY.format(table=table, column=column, named=named, key=key) for table, column, named, key in NAMED]
    + [_UNKEYED, _KEYS]
)

# Quantities, unit prices and rates are no amounts; every other numeric column is one.
_EXACT = """
SELECT cast(NULL AS bigint) AS book_id, s.relname || '.' || s.attname AS subject, 'is ' || s.type AS detail
  FROM (SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) AS type,
               format_type(coalesce(nullif(t.typbasetype, 0), nullif(t.typelem, 0), t.oid), NULL) AS base
          FROM pg_class c
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
          JOIN pg_type t ON t.oid = a.atttypid
         WHERE c.relnamespace = (SELECT b.relnamespace FROM pg_class b WHERE b.oid = cast('tenant.book' AS regclass))
           AND c.relkind IN ('r', 'p', 'v', 'm')) s
 WHERE s.base IN ('real', 'double precision', 'money')
    OR (s.base = 'numeric' AND s.type <> 'numeric(19,2)'
        AND (s.relname, s.attname, s.type) NOT IN (VALUES ('balance', 'opening_qty', 'numeric(19,6)'),
                                                          ('balance', 'debit_qty', 'numeric(19,6)'),
                                                          ('balance', 'credit_qty', 'numeric(19,6)'),
                                                          ('currency_rate', 'booking', 'numeric(19,8)'),
                                                          ('currency_rate', 'closing', 'numeric(19,8)'),
                                                          ('invoice_line', 'quantity', 'numeric(19,6)'),
                                                          ('invoice_line', 'unit_price', 'numeric(25,13)'),
                                                          ('invoice_line', 'tax_rate', 'numeric(7,4)'),
                                                          ('voucher_line', 'rate', 'numeric(19,8)'),
                                                          ('voucher_line', 'quantity', 'numeric(19,6)'),
                                                          ('voucher_line', 'unit_price', 'numeric(19,8)')))
"""

CHECKS = (
    Check("INV-15", "账套之间互不串账", "Every row stays in its own book", _APART),
    Check("INV-16", "金额精确到分，无浮点", "Amounts are exact to the fen", _EXACT),
)
