"""What proof promises (INV-05C, INV-05S, beside the content hashes of INV-05): the hash chain, and the seals of closes.

Invariant: as in `books`, no row while the books are sound. Content hashes are taken as they are kept, because INV-05
holds them against their vouchers; signatures are looked at outside of the database, by the verifier of an export.
"""

from __future__ import annotations

from app.doctor.types import Check
from app.ledger.proof.queries import SEALED

# Going down the posting order, the last link seen is the one that covers a voucher: no span of a link is believed.
_CHAINED = """
WITH placed AS (
  SELECT book_id, seq, content_hash, voucher,
         min(link) OVER (PARTITION BY book_id ORDER BY seq DESC, link NULLS LAST
                         ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS link
    FROM (SELECT book_id, post_seq AS seq, content_hash, true AS voucher, cast(NULL AS bigint) AS link
            FROM tenant.voucher WHERE status = 'posted'
           UNION ALL
          SELECT book_id, last_seq, NULL, false, last_seq FROM tenant.posting) u
), covered AS (
  SELECT book_id, link, count(*) AS vouchers, min(seq) AS first, string_agg(content_hash, '' ORDER BY seq) AS contents
    FROM placed WHERE voucher GROUP BY book_id, link
), chain AS (
  SELECT book_id, first_seq, last_seq, hash, coalesce(lag(last_seq) OVER book, 0) AS before,
         coalesce(lag(hash) OVER book, decode(repeat('00', 32), 'hex')) AS previous
    FROM tenant.posting WINDOW book AS (PARTITION BY book_id ORDER BY last_seq)
)
SELECT p.book_id, 'link ' || p.first_seq || '-' || p.last_seq AS subject,
       format('follows %s, covers %s vouchers from %s, reads %s', p.before, c.vouchers, c.first,
              encode(sha256(p.previous || c.contents), 'hex')) AS detail
  FROM chain p
  LEFT JOIN covered c ON c.book_id = p.book_id AND c.link = p.last_seq
 WHERE (p.first_seq = p.before + 1 AND c.first = p.first_seq AND c.vouchers = p.last_seq - p.first_seq + 1
        AND sha256(p.previous || c.contents) = p.hash) IS NOT TRUE
 UNION ALL
SELECT book_id, 'posted from ' || first, vouchers || ' vouchers that no link covers' FROM covered WHERE link IS NULL
 UNION ALL
SELECT h.book_id, 'head of the chain', 'is not its last link'
  FROM tenant.ledger_head h
  LEFT JOIN (SELECT DISTINCT ON (book_id) book_id, hash FROM tenant.posting ORDER BY book_id, last_seq DESC) p
         ON p.book_id = h.book_id
 WHERE h.hash <> coalesce(p.hash, decode(repeat('00', 32), 'hex'))
"""

_SEALS = """
WITH seal AS (
  SELECT s.*, row_number() OVER book AS place,
         coalesce(lag(s.hash) OVER book, decode(repeat('00', 32), 'hex')) AS before,
         s.trial_hash = sha256(convert_to(s.trial::text, 'UTF8')) AND jsonb_typeof(s.trial) = 'array' AS readable
    FROM tenant.closing_seal s WINDOW book AS (PARTITION BY s.book_id ORDER BY s.number)
), kept AS (
  SELECT book_id, period, version, jsonb_agg(jsonb_build_array(statement,
           encode(sha256(convert_to(content::text, 'UTF8')), 'hex')) ORDER BY statement COLLATE "C") AS statements
    FROM tenant.statement_snapshot GROUP BY book_id, period, version
), trial AS (
  SELECT s.book_id, s.period, jsonb_array_elements(s.trial) AS row
    FROM seal s
    JOIN tenant.period p ON p.book_id = s.book_id AND p.period = s.period AND p.version = s.version
   WHERE p.state = 'closed' AND s.readable
), sealed AS (
  SELECT book_id, period, row ->> 0 AS code, cast(row ->> 2 AS bigint) AS account_id,
         cast(row ->> 3 AS bigint) AS dim_set_id, row ->> 4 AS currency, cast(row ->> 5 AS numeric) AS opening,
         cast(row ->> 6 AS numeric) AS debit, cast(row ->> 7 AS numeric) AS credit FROM trial
), held AS (
  SELECT b.book_id, b.period, b.account_id, b.dim_set_id, b.currency, b.opening, b.debit, b.credit
    FROM tenant.balance b
    JOIN (SELECT DISTINCT book_id, period FROM trial) t ON t.book_id = b.book_id AND t.period = b.period
   WHERE b.opening <> 0 OR b.debit <> 0 OR b.credit <> 0
)
SELECT s.book_id, 'seal ' || s.number AS subject, 'is not as it was sealed' AS detail
  FROM seal s
 WHERE s.number <> s.place OR s.previous <> s.before OR NOT s.readable OR s.hash <> sha256(convert_to(SEALED, 'UTF8'))
 UNION ALL
SELECT s.book_id, 'seal ' || s.number, 'the chain does not pass through the head that was sealed'
  FROM seal s
  LEFT JOIN tenant.posting p ON p.book_id = s.book_id AND p.last_seq = s.ledger_seq
 WHERE s.chain <> coalesce(p.hash, CASE s.ledger_seq WHEN 0 THEN decode(repeat('00', 32), 'hex') ELSE '' END)
 UNION ALL
SELECT book_id, period || ' version ' || version, 'the statements kept are not the ones that were sealed'
  FROM seal s FULL JOIN kept k USING (book_id, period, version)
 WHERE s.statements IS DISTINCT FROM coalesce(k.statements, '[]')
 UNION ALL
SELECT book_id, period || ' version ' || version, 'the close and its seal differ'
  FROM seal s
  FULL JOIN (SELECT book_id, period, version, ledger_seq FROM tenant.period_event WHERE event = 'close') e
      USING (book_id, period, version)
 WHERE s.ledger_seq IS DISTINCT FROM e.ledger_seq
 UNION ALL
SELECT book_id, period || ' ' || coalesce(s.code, '?') || '/' || dim_set_id || ' ' || currency,
       format('sealed %s | %s | %s, kept %s | %s | %s', s.opening, s.debit, s.credit, h.opening, h.debit, h.credit)
  FROM sealed s FULL JOIN held h USING (book_id, period, account_id, dim_set_id, currency)
 WHERE (coalesce(s.opening, 0), coalesce(s.debit, 0), coalesce(s.credit, 0))
    <> (coalesce(h.opening, 0), coalesce(h.debit, 0), coalesce(h.credit, 0))
""".replace("SEALED", SEALED)

CHECKS = (
    Check("INV-05C", "记账哈希链完整", "The hash chain is whole and covers every posted voucher", _CHAINED),
    Check(
        "INV-05S", "结账封印与账、表一致", "Seals agree with the chain, the trial balances and the statements", _SEALS
    ),
)
