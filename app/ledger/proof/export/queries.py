"""What an export says of a book, as SQL: one row of text a record, in the order in which a verifier needs them.

Invariant: a text that was hashed stands in its record as it was hashed. Accounts and items are as they are called
today; what a seal says of them is in the seal's trial balance.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.books.types import BookScope
from app.ledger.proof.queries import HEAD, LINE, SEALED

_SECTIONS = {
    "head": """
SELECT json_build_array('head', seq, encode(hash, 'hex'))::text FROM tenant.ledger_head WHERE book_id = :book
""",
    "dimension": """
SELECT json_build_array('dimension', code, name_zh, name_en)::text
  FROM tenant.dimension WHERE book_id = :book ORDER BY code
""",
    "account": """
SELECT json_build_array('account', id, code, name_zh, name_en, class, standard_code, parent_code, leaf, unit)::text
  FROM tenant.account WHERE book_id = :book ORDER BY code
""",
    "item": """
SELECT json_build_array('item', id, dimension, code, name)::text
  FROM tenant.dimension_item WHERE book_id = :book ORDER BY id
""",
    "set": """
SELECT json_build_array('set', id, key)::text FROM tenant.dimension_set WHERE book_id = :book ORDER BY id
""",
    "opening": """
SELECT json_build_array('opening', account_id, dim_set_id, currency, opening, debit, credit, transfer_debit,
                        transfer_credit, opening_fc, debit_fc, credit_fc, opening_qty, debit_qty, credit_qty)::text
  FROM tenant.balance WHERE book_id = :book AND right(period, 2) = '00' ORDER BY account_id, dim_set_id, currency
""",
    "seal": """
SELECT '["seal", "' || encode(s.hash, 'hex') || '", ' || SEALED || ']'
  FROM tenant.closing_seal s WHERE s.book_id = :book ORDER BY s.number
""",
    "trial": """
SELECT json_build_array('trial', number, trial)::text FROM tenant.closing_seal WHERE book_id = :book ORDER BY number
""",
    "signature": """
SELECT json_build_array('signature', number, key, encode(signature, 'hex'))::text
  FROM tenant.seal_signature WHERE book_id = :book ORDER BY number
""",
    "statement": """
SELECT json_build_array('statement', period, version, statement, content)::text
  FROM tenant.statement_snapshot WHERE book_id = :book ORDER BY period, version, statement
""",
    "event": """
SELECT json_build_array('event', period, event, version, ledger_seq,
         to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), actor, reason)::text
  FROM tenant.period_event WHERE book_id = :book ORDER BY at, id
""",
    "posting": """
SELECT json_build_array('posting', first_seq, last_seq, encode(hash, 'hex'))::text
  FROM tenant.posting WHERE book_id = :book ORDER BY last_seq
""",
    # A look-up of the lines for each voucher, in posting order: memory stays flat whatever the size of the book.
    "voucher": """
SELECT '["voucher", "' || coalesce(encode(v.content_hash, 'hex'), '') || '", ' || HEAD || coalesce(t.lines, '') || ']'
  FROM tenant.voucher v
 CROSS JOIN LATERAL (SELECT string_agg(', ' || LINE, '' ORDER BY l.line_no) AS lines
                       FROM tenant.voucher_line l WHERE l.book_id = v.book_id AND l.voucher_id = v.id) t
 WHERE v.book_id = :book AND v.status = 'posted' ORDER BY v.post_seq
""",
    "number": """
SELECT json_build_array('number', period, word, number, part, parts, status)::text
  FROM tenant.voucher WHERE book_id = :book AND status <> 'posted' ORDER BY period, word, number, part
""",
    "balance": """
SELECT json_build_array('balance', period, account_id, dim_set_id, currency, opening, debit, credit, transfer_debit,
                        transfer_credit, opening_fc, debit_fc, credit_fc, opening_qty, debit_qty, credit_qty)::text
  FROM tenant.balance WHERE book_id = :book AND right(period, 2) <> '00'
 ORDER BY period, account_id, dim_set_id, currency
""",
}
SECTIONS = {
    name: sql.replace("SEALED", SEALED).replace("HEAD", HEAD).replace("LINE", LINE) for name, sql in _SECTIONS.items()
}
"""The sections of an export, by name, in the order of a verifier's `KINDS`."""


def records(scope: BookScope) -> Iterator[str]:
    """Every record of the book, one JSON array each, by a cursor of the server."""
    for name in SECTIONS:
        yield from (row[0] for row in scope.stream(SECTIONS[name], book=scope.book.id))
