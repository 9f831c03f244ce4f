"""The invariants of the books (INV-01 to INV-10, INV-12) as SQL, one statement each over a whole firm.

Invariant: a statement returns the violating rows (book_id, subject, detail) and none while the books are sound; it
trusts no stored figure that it can compute from posted lines. `tenant.` stands for the firm's schema.
"""

from __future__ import annotations

from app.doctor.types import Check
from app.ledger.proof.rebuild.queries import DIFFERENCES
from tenants.leases import INV_10

_BALANCED = """
SELECT v.book_id, v.period || ' ' || v.word || '-' || v.number AS subject,
       format('%s lines, debit %s, credit %s, %s of them on both sides or neither, periods %s to %s', l.lines, l.debit,
              l.credit, l.unsided, l.first, l.last) AS detail
  FROM tenant.voucher v
  LEFT JOIN (SELECT book_id, voucher_id, count(*) AS lines, sum(debit) AS debit, sum(credit) AS credit,
                    count(*) FILTER (WHERE (debit = 0) = (credit = 0)) AS unsided, min(period) AS first,
                    max(period) AS last
               FROM tenant.voucher_line GROUP BY book_id, voucher_id) l
         ON l.book_id = v.book_id AND l.voucher_id = v.id
 WHERE v.status = 'posted'
   AND (l.lines >= 2 AND l.debit = l.credit AND l.unsided = 0 AND l.first = v.period AND l.last = v.period) IS NOT TRUE
"""

# An opening may be out of balance until the first close freezes it: the difference then stands in every opening.
# Month 00 is what came before the first period; a key without a row has no balance.
_CARRIED = """
WITH difference AS (
  SELECT h.book_id, h.opening_frozen AS frozen, coalesce(sum(b.opening + b.debit - b.credit), 0) AS amount
    FROM tenant.ledger_head h
    LEFT JOIN tenant.balance b ON b.book_id = h.book_id AND right(b.period, 2) = '00'
   GROUP BY h.book_id, h.opening_frozen
), step AS (
  SELECT book_id, period, lag(period) OVER (PARTITION BY book_id ORDER BY period) AS last FROM tenant.period
)
SELECT t.book_id, t.period AS subject,
       format('the trial balance is off: opening %s, debit %s, credit %s', t.opening, t.debit, t.credit) AS detail
  FROM (SELECT book_id, period, sum(opening) AS opening, sum(debit) AS debit, sum(credit) AS credit
          FROM tenant.balance GROUP BY book_id, period) t
  JOIN difference d ON d.book_id = t.book_id
 WHERE (d.frozen OR right(t.period, 2) <> '00')
   AND (t.opening <> CASE WHEN d.frozen THEN 0 ELSE d.amount END OR t.debit <> t.credit)
 UNION ALL
SELECT c.book_id, c.period || ' ' || coalesce(a.code, '?') || '/' || c.dim_set_id || ' ' || c.currency,
       format('closing before %s | %s | %s, opening %s | %s | %s', sum(c.closing), sum(c.closing_fc),
              sum(c.closing_qty), sum(c.opening), sum(c.opening_fc), sum(c.opening_qty))
  FROM (SELECT s.book_id, s.period, b.account_id, b.dim_set_id, b.currency, b.opening + b.debit - b.credit AS closing,
               b.opening_fc + b.debit_fc - b.credit_fc AS closing_fc,
               b.opening_qty + b.debit_qty - b.credit_qty AS closing_qty,
               0 AS opening, 0 AS opening_fc, 0 AS opening_qty
          FROM step s
          JOIN tenant.balance b ON b.book_id = s.book_id AND b.period = coalesce(s.last, left(s.period, 4) || '-00')
         UNION ALL
        SELECT book_id, period, account_id, dim_set_id, currency, 0, 0, 0, opening, opening_fc, opening_qty
          FROM tenant.balance WHERE right(period, 2) <> '00') c
  LEFT JOIN tenant.account a ON a.book_id = c.book_id AND a.id = c.account_id
 GROUP BY c.book_id, c.period, c.account_id, c.dim_set_id, c.currency, a.code
HAVING (sum(c.closing), sum(c.closing_fc), sum(c.closing_qty))
    <> (sum(c.opening), sum(c.opening_fc), sum(c.opening_qty))
 UNION ALL
SELECT book_id, period, 'follows ' || last FROM step
 WHERE to_char(to_date(last, 'YYYY-MM') + interval '1 month', 'YYYY-MM') <> period
"""

_NUMBERED = """
SELECT book_id, period || ' ' || word AS subject,
       format('counted %s with %s parts, posted %s, void %s; %s vouchers to number %s, %s posted, %s void', c.last,
              c.extra, c.posted, c.voided, v.vouchers, v.highest, v.posted, v.voided) AS detail
  FROM (SELECT book_id, period, word, count(*) AS vouchers, count(DISTINCT number) AS numbers, max(number) AS highest,
               count(*) FILTER (WHERE status = 'posted') AS posted, count(*) FILTER (WHERE status = 'void') AS voided
          FROM tenant.voucher GROUP BY book_id, period, word) v
  FULL JOIN tenant.number_counter c USING (book_id, period, word)
 WHERE (coalesce(v.vouchers, 0), coalesce(v.numbers, 0), coalesce(v.highest, 0), coalesce(v.posted, 0),
        coalesce(v.voided, 0))
    <> (coalesce(c.last + c.extra, 0), coalesce(c.last, 0), coalesce(c.last, 0), coalesce(c.posted, 0),
        coalesce(c.voided, 0))
"""

# The expression is voucher_guard's, word for word: whoever changes one changes the other.
_SEALED = """
SELECT s.book_id, s.subject, format('sealed as %s, reads %s', encode(s.content_hash, 'hex'), encode(s.reads, 'hex'))
         AS detail
  FROM (SELECT v.book_id, v.period || ' ' || v.word || '-' || v.number AS subject, v.content_hash,
               sha256(convert_to(json_build_array(v.book_id, v.id, v.period, v.date, v.word, v.number, v.part, v.parts,
                 v.attachments, v.source_type, v.source_id, v.source_rule, v.transfer, v.reverses, v.external_id,
                 v.note, v.prepared_by, v.preparer, v.cashier, v.reviewed_by, v.review_rule, v.posted_by,
                 to_char(v.posted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), v.post_seq)::text || l.content,
                 'UTF8')) AS reads
          FROM tenant.voucher v
          LEFT JOIN (SELECT book_id, voucher_id,
                            string_agg(json_build_array(line_no, account_id, dim_set_id, summary, currency, rate,
                              foreign_amount, quantity, unit_price, debit, credit, cash_item, cash_amount)::text, ','
                              ORDER BY line_no) AS content
                       FROM tenant.voucher_line GROUP BY book_id, voucher_id) l
                 ON l.book_id = v.book_id AND l.voucher_id = v.id
         WHERE v.status = 'posted') s
 WHERE s.content_hash IS DISTINCT FROM s.reads
"""

# A close and its reopen carry the same version and the ledger's head of their moment, so no clock is asked: what is
# numbered between the two was posted into a closed period. That holds while the posting order itself is whole.
_AFTER_CLOSE = """
WITH shut AS (
  SELECT c.book_id, c.period, c.version, c.ledger_seq AS closed, r.ledger_seq AS reopened
    FROM tenant.period_event c
    LEFT JOIN tenant.period_event r ON r.book_id = c.book_id AND r.period = c.period AND r.version = c.version
          AND r.event = 'reopen'
   WHERE c.event = 'close'
)
SELECT v.book_id, v.period || ' ' || v.word || '-' || v.number AS subject,
       format('posted as %s, closed at %s, reopened at %s', v.post_seq, s.closed, s.reopened) AS detail
  FROM tenant.voucher v
  JOIN shut s ON s.book_id = v.book_id AND s.period = v.period
 WHERE v.status = 'posted' AND v.post_seq > s.closed AND (s.reopened IS NULL OR v.post_seq <= s.reopened)
 UNION ALL
SELECT p.book_id, p.period, format('is %s in version %s, its events say otherwise', p.state, p.version)
  FROM tenant.period p
  LEFT JOIN shut s ON s.book_id = p.book_id AND s.period = p.period AND s.version = p.version
 WHERE (p.state = 'closed') <> (s.closed IS NOT NULL AND s.reopened IS NULL) OR (p.version > 0 AND s.closed IS NULL)
 UNION ALL
SELECT h.book_id, 'posting order', format('head %s, %s posted, the last as %s', h.seq, v.vouchers, v.highest)
  FROM tenant.ledger_head h
  LEFT JOIN (SELECT book_id, count(*) AS vouchers, count(DISTINCT post_seq) AS seqs, max(post_seq) AS highest
               FROM tenant.voucher WHERE status = 'posted' GROUP BY book_id) v ON v.book_id = h.book_id
 WHERE (coalesce(v.vouchers, 0), coalesce(v.seqs, 0), coalesce(v.highest, 0)) <> (h.seq, h.seq, h.seq)
"""

_REVERSED = """
SELECT book_id, subject, 'does not cancel its original in line ' || line_no AS detail
  FROM (SELECT r.book_id, r.period || ' ' || r.word || '-' || r.number AS subject, l.line_no
          FROM tenant.voucher r
         CROSS JOIN LATERAL (VALUES (r.id), (r.reverses)) AS pair (id)
          JOIN tenant.voucher_line l ON l.book_id = r.book_id AND l.voucher_id = pair.id
         WHERE r.status = 'posted' AND r.reverses IS NOT NULL
         GROUP BY r.book_id, r.id, r.period, r.word, r.number, l.line_no, l.account_id, l.dim_set_id, l.currency,
                  l.cash_item
        HAVING count(*) <> 2 OR sum(l.debit) <> 0 OR sum(l.credit) <> 0 OR sum(coalesce(l.cash_amount, 0)) <> 0
            OR sum(coalesce(l.foreign_amount, 0)) <> 0 OR sum(coalesce(l.quantity, 0)) <> 0) c
 UNION ALL
SELECT r.book_id, r.period || ' ' || r.word || '-' || r.number,
       format('its original is %s, transfer %s against %s', o.status, o.transfer, r.transfer)
  FROM tenant.voucher r
  JOIN tenant.voucher o ON o.book_id = r.book_id AND o.id = r.reverses
 WHERE r.status = 'posted' AND (o.status <> 'posted' OR o.transfer <> r.transfer)
 UNION ALL
SELECT book_id, reverses::text, 'is reversed by ' || count(*) || ' vouchers'
  FROM tenant.voucher WHERE reverses IS NOT NULL GROUP BY book_id, reverses HAVING count(*) > 1
"""

# Before its close a period's profit is still on its accounts, and the equation is the trial balance (INV-02). A book
# may skip a step by its settings. The last list is each standard's profit_for_year and appropriations_of_the_year.
_ARTICULATED = """
WITH leaf AS MATERIALIZED (
  SELECT b.book_id, b.period, a.class, a.standard_code AS code, k.standard,
         k.settings @> '{"closing_skip": ["pl_carry"]}' AS untransferred,
         k.settings @> '{"closing_skip": ["year_end"]}' AS year_unended,
         sum(b.opening + b.debit - b.credit) AS amount
    FROM tenant.period p
    JOIN tenant.balance b ON b.book_id = p.book_id AND b.period = p.period
    JOIN tenant.account a ON a.book_id = b.book_id AND a.id = b.account_id
    JOIN tenant.book k ON k.id = b.book_id
   WHERE p.state = 'closed'
   GROUP BY b.book_id, b.period, a.class, a.standard_code, k.standard, k.settings
)
SELECT book_id, period AS subject, format('assets %s, liabilities and equity %s',
         sum(amount) FILTER (WHERE class IN ('asset', 'cost', 'common')),
         -sum(amount) FILTER (WHERE class IN ('liability', 'equity'))) AS detail
  FROM leaf WHERE class <> 'profit_and_loss' AND NOT untransferred
 GROUP BY book_id, period HAVING sum(amount) <> 0
 UNION ALL
SELECT book_id, period || ' ' || code, 'a profit-and-loss account keeps ' || amount || ' after the close'
  FROM leaf WHERE class = 'profit_and_loss' AND amount <> 0 AND NOT untransferred
 UNION ALL
SELECT l.book_id, l.period || ' ' || l.code, 'keeps ' || l.amount || ' after the year end'
  FROM leaf l
  JOIN (VALUES ('sbe', '3103'), ('sbe', '310402'), ('sbe', '310403'), ('sbe', '310404'), ('sbe', '310405'),
               ('asbe', '4103'), ('asbe', '410402'), ('asbe', '410403'), ('asbe', '410404'), ('asbe', '410405'))
       AS emptied (standard, prefix) ON emptied.standard = l.standard AND starts_with(l.code, emptied.prefix)
 WHERE right(l.period, 2) = '12' AND l.amount <> 0 AND NOT l.year_unended
"""

_GENERATED = """
SELECT book_id, concat_ws(' ', source_type, source_id, source_rule) AS subject, count(*) || ' vouchers' AS detail
  FROM tenant.voucher WHERE source_id IS NOT NULL AND status <> 'void'
 GROUP BY book_id, source_type, source_id, source_rule HAVING count(*) > 1
 UNION ALL
SELECT s.book_id, s.period || ' ' || s.step, 'its voucher is not the posted one of this step'
  FROM tenant.closing_step s
  JOIN tenant.voucher v ON v.book_id = s.book_id AND v.id = s.voucher_id
 WHERE (v.status = 'posted' AND v.source_type = 'closing' AND v.source_id = s.period
        AND split_part(v.source_rule, '#', 1) = s.step) IS NOT TRUE
 UNION ALL
SELECT v.book_id, v.source_id || ' ' || v.source_rule, 'a voucher of the month end that no step names'
  FROM tenant.voucher v
  LEFT JOIN tenant.closing_step s ON s.book_id = v.book_id AND s.period = v.source_id
        AND s.step = split_part(v.source_rule, '#', 1)
 WHERE v.source_type = 'closing' AND v.status = 'posted' AND s.book_id IS NULL
"""

_JOBS = """
SELECT j.book_id, j.id::text AS subject, j.type || ' is ' || j.state || ', its stages say otherwise' AS detail
  FROM (BROKEN) AS broken
  JOIN tenant.job j ON j.id = broken.id
""".replace("BROKEN", INV_10)

_ONCE = """
SELECT book_id, 'external id ' || external_id AS subject, count(*) || ' vouchers' AS detail
  FROM tenant.voucher WHERE external_id IS NOT NULL GROUP BY book_id, external_id HAVING count(*) > 1
 UNION ALL
SELECT book_id, 'invoice ' || source_id, count(*) || ' vouchers'
  FROM tenant.voucher WHERE source_type = 'invoice' AND source_id IS NOT NULL AND status <> 'void'
 GROUP BY book_id, source_id HAVING count(*) > 1
 UNION ALL
SELECT book_id, concat_ws(' ', 'invoice', code, number), count(*) || ' rows'
  FROM tenant.invoice GROUP BY book_id, code, number HAVING count(*) > 1
 UNION ALL
SELECT book_id, 'document ' || encode(sha256, 'hex'), count(*) || ' rows'
  FROM tenant.document GROUP BY book_id, sha256 HAVING count(*) > 1
 UNION ALL
SELECT min(book_id), 'job ' || dedupe_key, count(*) || ' rows'
  FROM tenant.job WHERE dedupe_key IS NOT NULL GROUP BY dedupe_key HAVING count(*) > 1
 UNION ALL
SELECT cast(NULL AS bigint), concat_ws(' ', 'idempotency key', principal, route, key), count(*) || ' rows'
  FROM tenant.idempotency_key GROUP BY principal, route, key HAVING count(*) > 1
"""

CHECKS = (
    Check("INV-01", "凭证借贷平衡", "Posted vouchers balance", _BALANCED),
    Check("INV-02", "试算平衡，期初承上期期末", "Trial balances are zero and are carried forward", _CARRIED),
    Check("INV-03", "余额与分录一致", "Balances equal the fold over posted lines", DIFFERENCES),
    Check("INV-04", "凭证号连续", "Voucher numbers have no gap", _NUMBERED),
    Check("INV-05", "已记账凭证未被改动", "Posted vouchers are as they were sealed", _SEALED),
    Check("INV-06", "结账后无记账", "Nothing was posted into a closed period", _AFTER_CLOSE),
    Check("INV-07", "红字凭证逐行冲销原凭证", "Reversals cancel their originals", _REVERSED),
    Check("INV-08", "资产=负债+所有者权益，损益已结转", "The books articulate after a close", _ARTICULATED),
    Check("INV-09", "自动凭证不重复", "One generated voucher per source and rule", _GENERATED),
    Check("INV-10", "任务与其阶段一致", "Jobs agree with their stages", _JOBS),
    Check("INV-12", "同一请求只生效一次", "One effect per key, external id and invoice", _ONCE),
)
