"""The latest seal of a year, and the texts that proof hashes, as SQL: here, and in the trigger that seals a voucher.

Invariant: `HEAD`, `LINE` and `SEALED` are over the aliases `v`, `l` and `s`. A verifier hashes the bytes they print, so
a change of any of them is a new version of the export.
"""

from __future__ import annotations

from tenants.scope import TenantScope

HEAD = """json_build_array(v.book_id, v.id, v.period, v.date, v.word, v.number, v.part, v.parts, v.attachments,
  v.source_type, v.source_id, v.source_rule, v.transfer, v.reverses, v.external_id, v.note, v.prepared_by, v.preparer,
  v.cashier, v.reviewed_by, v.review_rule, v.posted_by,
  to_char(v.posted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), v.post_seq)::text"""
"""A posted voucher's own fields; its content hash is the SHA-256 of this and its lines, joined by commas."""

LINE = """json_build_array(l.line_no, l.account_id, l.dim_set_id, l.summary, l.currency, l.rate, l.foreign_amount,
  l.quantity, l.unit_price, l.debit, l.credit, l.cash_item, l.cash_amount)::text"""

SEALED = """json_build_array(s.book_id, s.number, s.period, s.version, s.ledger_seq, encode(s.chain, 'hex'),
  encode(s.trial_hash, 'hex'), s.statements, s.standard, s.edition, s.fingerprint, encode(s.previous, 'hex'),
  to_char(s.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), s.actor)::text"""
"""What a seal's hash is the SHA-256 of."""

_LATEST = """
SELECT encode(hash, 'hex') FROM tenant.closing_seal
 WHERE book_id = :book AND left(period, 4) = :year ORDER BY number DESC LIMIT 1
"""


def latest_seal(scope: TenantScope, book: int, year: int) -> str:
    """The hash of the latest closing seal of a year (结账封印), or an empty text while no period of it is closed."""
    found = scope.run(_LATEST, book=book, year=f"{year:04d}").scalar()
    return str(found or "")
