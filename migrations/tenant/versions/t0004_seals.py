"""The seals: row-level security, the login's rights, and the triggers that keep what was posted.

SQLSTATEs of our own: ZF001 posted or void is never changed, ZF002 born posted, ZF003 not balanced, ZF004 period
closed, ZF005 not reviewed. Functions name their schema; the only transition tables are aggregated into a variable
(scale.md, rule 5).
"""

from __future__ import annotations

from migrations.walls import run, schema, wall
from tenants.naming import APP, BACKUP

revision = "t0004"
down_revision = "t0003"
branch_labels = None
depends_on = None

FIRM = ("book", "book_grant", "job", "job_stage", "outbox", "idempotency_key")
RIGHTS = {
    "account": "SELECT, INSERT, UPDATE, DELETE",
    "audit_event": "SELECT, INSERT",
    "balance": "SELECT, INSERT, UPDATE",
    "book": "SELECT, INSERT, UPDATE",
    "book_grant": "SELECT, INSERT, UPDATE, DELETE",
    "cash_flow": "SELECT, INSERT, UPDATE",
    "closing_step": "SELECT, INSERT, UPDATE, DELETE",
    "currency_rate": "SELECT, INSERT, UPDATE, DELETE",
    "dimension": "SELECT, INSERT, UPDATE",
    "dimension_item": "SELECT, INSERT, UPDATE",
    "dimension_set": "SELECT, INSERT",
    "document": "SELECT, INSERT, UPDATE",
    "idempotency_key": "SELECT, INSERT, DELETE",
    "invoice": "SELECT, INSERT, UPDATE",
    "invoice_line": "SELECT, INSERT, DELETE",
    "job": "SELECT, INSERT, UPDATE",
    "job_item": "SELECT, INSERT, UPDATE",
    "job_stage": "SELECT, INSERT",
    "ledger_head": "SELECT, INSERT, UPDATE",
    "number_counter": "SELECT, INSERT, UPDATE",
    "outbox": "SELECT, INSERT, UPDATE, DELETE",
    "period": "SELECT, INSERT, UPDATE",
    "period_event": "SELECT, INSERT",
    "posting": "SELECT, INSERT",
    "statement_snapshot": "SELECT, INSERT",
    "voucher": "SELECT, INSERT, UPDATE",
    "voucher_line": "SELECT, INSERT, DELETE",
}

FUNCTIONS = (
    """
CREATE FUNCTION tenant.voucher_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  line_count bigint; debits numeric; credits numeric; strays bigint; content text;
BEGIN
  IF OLD.status IN ('posted', 'void') THEN
    RAISE EXCEPTION 'voucher % is % and cannot change', OLD.id, OLD.status USING ERRCODE = 'ZF001';
  END IF;
  IF NEW.book_id <> OLD.book_id OR NEW.id <> OLD.id THEN
    RAISE EXCEPTION 'voucher % cannot change its identity', OLD.id USING ERRCODE = 'ZF001';
  END IF;
  IF NEW.status = 'posted' THEN
    IF NEW.reviewed_by IS NULL THEN
      RAISE EXCEPTION 'voucher % is not reviewed', NEW.id USING ERRCODE = 'ZF005';
    END IF;
    SELECT count(*), sum(l.debit), sum(l.credit), count(*) FILTER (WHERE l.period <> NEW.period),
           string_agg(json_build_array(l.line_no, l.account_id, l.dim_set_id, l.summary, l.currency, l.rate,
                                       l.foreign_amount, l.quantity, l.unit_price, l.debit, l.credit, l.cash_item,
                                       l.cash_amount)::text, ',' ORDER BY l.line_no)
      INTO line_count, debits, credits, strays, content
      FROM tenant.voucher_line l WHERE l.book_id = NEW.book_id AND l.voucher_id = NEW.id;
    IF line_count < 2 OR debits <> credits OR strays > 0 THEN
      RAISE EXCEPTION 'voucher % does not balance: % lines, % against %', NEW.id, line_count, debits, credits
        USING ERRCODE = 'ZF003';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM tenant.period p
                    WHERE p.book_id = NEW.book_id AND p.period = NEW.period AND p.state = 'open') THEN
      RAISE EXCEPTION 'period % is closed', NEW.period USING ERRCODE = 'ZF004';
    END IF;
    NEW.content_hash := sha256(convert_to(json_build_array(NEW.book_id, NEW.id, NEW.period, NEW.date, NEW.word,
      NEW.number, NEW.part, NEW.parts, NEW.attachments, NEW.source_type, NEW.source_id, NEW.source_rule, NEW.transfer,
      NEW.reverses, NEW.external_id, NEW.note, NEW.prepared_by, NEW.preparer, NEW.cashier, NEW.reviewed_by,
      NEW.review_rule, NEW.posted_by, to_char(NEW.posted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
      NEW.post_seq)::text || content, 'UTF8'));
  END IF;
  RETURN NEW;
END $$""",
    """
CREATE FUNCTION tenant.voucher_born() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'voucher % must be drafted before it is %', NEW.id, NEW.status USING ERRCODE = 'ZF002';
END $$""",
    """
CREATE FUNCTION tenant.voucher_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'vouchers are never deleted: %', OLD.id USING ERRCODE = 'ZF001';
END $$""",
    """
CREATE FUNCTION tenant.voucher_in_open_period() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  books bigint[]; periods text[];
BEGIN
  SELECT array_agg(d.book_id), array_agg(d.period) INTO books, periods
    FROM (SELECT DISTINCT f.book_id, f.period FROM fresh f) d;
  IF EXISTS (SELECT 1 FROM unnest(books, periods) AS k (book_id, period)
               JOIN tenant.period p ON p.book_id = k.book_id AND p.period = k.period WHERE p.state = 'closed') THEN
    RAISE EXCEPTION 'period is closed' USING ERRCODE = 'ZF004';
  END IF;
  RETURN NULL;
END $$""",
    """
CREATE FUNCTION tenant.line_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' OR EXISTS (SELECT 1 FROM tenant.voucher v
      WHERE v.book_id = OLD.book_id AND v.id = OLD.voucher_id AND v.status IN ('posted', 'void')) THEN
    RAISE EXCEPTION 'lines of voucher % cannot change', OLD.voucher_id USING ERRCODE = 'ZF001';
  END IF;
  RETURN OLD;
END $$""",
    """
CREATE FUNCTION tenant.line_on_draft() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  books bigint[]; vouchers uuid[];
BEGIN
  SELECT array_agg(d.book_id), array_agg(d.voucher_id) INTO books, vouchers
    FROM (SELECT DISTINCT f.book_id, f.voucher_id FROM fresh f) d;
  IF EXISTS (SELECT 1 FROM unnest(books, vouchers) AS k (book_id, voucher_id)
               JOIN tenant.voucher v ON v.book_id = k.book_id AND v.id = k.voucher_id
              WHERE v.status IN ('posted', 'void')) THEN
    RAISE EXCEPTION 'a posted voucher takes no line' USING ERRCODE = 'ZF001';
  END IF;
  RETURN NULL;
END $$""",
)

TRIGGERS = (
    """CREATE TRIGGER voucher_guard_tg BEFORE UPDATE ON tenant.voucher
       FOR EACH ROW EXECUTE FUNCTION tenant.voucher_guard()""",
    """CREATE TRIGGER voucher_born_tg BEFORE INSERT ON tenant.voucher
       FOR EACH ROW WHEN (NEW.status IN ('posted', 'void')) EXECUTE FUNCTION tenant.voucher_born()""",
    """CREATE TRIGGER voucher_kept_tg BEFORE DELETE ON tenant.voucher
       FOR EACH ROW EXECUTE FUNCTION tenant.voucher_kept()""",
    """CREATE TRIGGER voucher_open_tg AFTER INSERT ON tenant.voucher REFERENCING NEW TABLE AS fresh
       FOR EACH STATEMENT EXECUTE FUNCTION tenant.voucher_in_open_period()""",
    """CREATE TRIGGER voucher_line_guard_tg BEFORE UPDATE OR DELETE ON tenant.voucher_line
       FOR EACH ROW EXECUTE FUNCTION tenant.line_guard()""",
    """CREATE TRIGGER voucher_line_draft_tg AFTER INSERT ON tenant.voucher_line REFERENCING NEW TABLE AS fresh
       FOR EACH STATEMENT EXECUTE FUNCTION tenant.line_on_draft()""",
)


def upgrade() -> None:
    """Wall every table in, give the logins what they need and nothing more, and seal what is posted."""
    for table, rights in RIGHTS.items():
        owner = "firm" if table in FIRM else "either" if table == "audit_event" else "book"
        wall(table, rights, owner)
    run(f"GRANT USAGE ON SCHEMA {schema()} TO {APP}, {BACKUP}")
    for statement in FUNCTIONS + TRIGGERS:
        run(statement)


def downgrade() -> None:
    """Seals are not taken back: drop the schema instead."""
    raise NotImplementedError("seals are not taken back")
