"""Seals (结账封印): what a close proves, written in the closing transaction (docs/adr/0013).

Invariant: every close has exactly one seal, and each seal names the one before it.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.books.types import BookRef
from app.kernel.jobs import SIGN
from app.ledger.periods.types import Mark
from app.ledger.proof.queries import SEALED
from app.standards.loader import load
from tenants.outbox import enqueue
from tenants.scope import TenantScope

_SEAL = """
WITH mark AS (
  SELECT b, p, v, f
    FROM unnest(cast(:books AS bigint[]), cast(:periods AS text[]), cast(:versions AS integer[]),
                cast(:fingerprints AS text[])) AS k (b, p, v, f)
), trial AS (
  SELECT m.b, jsonb_agg(jsonb_build_array(a.code, d.key, b.account_id, b.dim_set_id, b.currency, b.opening, b.debit,
                          b.credit, b.transfer_debit, b.transfer_credit, b.opening_fc, b.debit_fc, b.credit_fc,
                          b.opening_qty, b.debit_qty, b.credit_qty)
                        ORDER BY b.account_id, b.dim_set_id, b.currency COLLATE "C") AS rows
    FROM mark m
    JOIN tenant.balance b ON b.book_id = m.b AND b.period = m.p
    JOIN tenant.account a ON a.book_id = b.book_id AND a.id = b.account_id
    JOIN tenant.dimension_set d ON d.book_id = b.book_id AND d.id = b.dim_set_id
   WHERE (b.opening, b.debit, b.credit, b.transfer_debit, b.transfer_credit, b.opening_fc, b.debit_fc, b.credit_fc,
          b.opening_qty, b.debit_qty, b.credit_qty) <> (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
   GROUP BY m.b
), kept AS (
  SELECT m.b, jsonb_agg(jsonb_build_array(c.statement, encode(sha256(convert_to(c.content::text, 'UTF8')), 'hex'))
                        ORDER BY c.statement COLLATE "C") AS hashes
    FROM mark m
    JOIN tenant.statement_snapshot c ON c.book_id = m.b AND c.period = m.p AND c.version = m.v
   GROUP BY m.b
), last AS (
  SELECT DISTINCT ON (c.book_id) c.book_id, c.number, c.hash
    FROM mark m
    JOIN tenant.closing_seal c ON c.book_id = m.b
   ORDER BY c.book_id, c.number DESC
), fresh AS (
  SELECT m.b AS book_id, coalesce(l.number, 0) + 1 AS number, m.p AS period, m.v AS version, h.seq AS ledger_seq,
         h.hash AS chain, coalesce(t.rows, '[]') AS trial,
         sha256(convert_to(coalesce(t.rows, '[]')::text, 'UTF8')) AS trial_hash,
         coalesce(k.hashes, '[]') AS statements, b.standard, b.edition, m.f AS fingerprint,
         coalesce(l.hash, decode(repeat('00', 32), 'hex')) AS previous, cast(:now AS timestamptz) AS at,
         cast(:actor AS text) AS actor
    FROM mark m
    JOIN tenant.book b ON b.id = m.b
    JOIN tenant.ledger_head h ON h.book_id = m.b
    LEFT JOIN trial t ON t.b = m.b
    LEFT JOIN kept k ON k.b = m.b
    LEFT JOIN last l ON l.book_id = m.b
)
INSERT INTO tenant.closing_seal (book_id, number, period, version, ledger_seq, chain, trial, trial_hash, statements,
                                 standard, edition, fingerprint, previous, at, actor, hash)
SELECT s.book_id, s.number, s.period, s.version, s.ledger_seq, s.chain, s.trial, s.trial_hash, s.statements,
       s.standard, s.edition, s.fingerprint, s.previous, s.at, s.actor, sha256(convert_to(SEALED, 'UTF8'))
  FROM fresh s ORDER BY s.book_id
""".replace("SEALED", SEALED)


def seal(scope: TenantScope, books: Sequence[BookRef], marks: Sequence[Mark]) -> None:
    """Seal the close of these books' periods (结账封印): chain head, trial balance, statements kept, seal before.

    Called in the closing transaction, heads locked, after the statements are kept; asks for the signatures' job.
    """
    editions = {book.id: load(book.standard, book.edition).fingerprint for book in books}
    scope.run(
        _SEAL,
        books=[mark.book_id for mark in marks],
        periods=[mark.period for mark in marks],
        versions=[mark.version for mark in marks],
        fingerprints=[editions[mark.book_id] for mark in marks],
        now=scope.now,
        actor=scope.actor.name,
    )
    enqueue(scope, SIGN, {"books": sorted(editions)}, book_id=books[0].id if len(books) == 1 else None)
