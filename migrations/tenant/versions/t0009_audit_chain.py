"""The chains of the log of acts, and their checkpoints.

SQLSTATE of our own: ZF006, a head of the log moves only forwards, along lines that are there.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.walls import run, wall

revision = "t0009"
down_revision = "t0008"
branch_labels = None
depends_on = None

_HEAD_GUARD = """
CREATE FUNCTION tenant.audit_head_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  linked bigint;
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.seq <> 0 OR NEW.hash <> decode(repeat('00', 32), 'hex') THEN
      RAISE EXCEPTION 'chain % begins at 0', NEW.chain USING ERRCODE = 'ZF006';
    END IF;
    RETURN NEW;
  END IF;
  SELECT count(*) INTO linked
    FROM (SELECT e.seq, e.prev, e.hash, lag(e.hash, 1, OLD.hash) OVER (ORDER BY e.seq) AS before
            FROM tenant.audit_event e
           WHERE e.chain = OLD.chain AND e.seq > OLD.seq AND e.seq <= NEW.seq) s
   WHERE s.prev = s.before AND (s.seq < NEW.seq OR s.hash = NEW.hash);
  IF NEW.chain <> OLD.chain OR NEW.seq <= OLD.seq OR linked <> NEW.seq - OLD.seq THEN
    RAISE EXCEPTION 'chain % moves only along its lines', OLD.chain USING ERRCODE = 'ZF006';
  END IF;
  RETURN NEW;
END $$"""


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "audit_head",
        sa.Column("chain", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", postgresql.BYTEA(), nullable=False),
        sa.PrimaryKeyConstraint("chain", name="audit_head_pk"),
        schema="tenant",
        comment="Where each chain of the log stands: 0 is the firm's, any other a book's; locked last in a transaction",
    )
    op.create_table(
        "audit_checkpoint",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("chains", sa.Integer(), nullable=False),
        sa.Column("root", postgresql.BYTEA(), nullable=False),
        sa.Column("digest", postgresql.BYTEA(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("signature", postgresql.BYTEA(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="audit_checkpoint_pk"),
        schema="tenant",
        comment="The index of the firm's checkpoints; the checkpoints themselves lie outside, under object lock",
    )
    wall("audit_head", "SELECT, INSERT, UPDATE", "firm")
    wall("audit_checkpoint", "SELECT, INSERT", "firm")
    run(_HEAD_GUARD)
    run("""CREATE TRIGGER audit_head_guard_tg BEFORE INSERT OR UPDATE ON tenant.audit_head
           FOR EACH ROW EXECUTE FUNCTION tenant.audit_head_guard()""")


def downgrade() -> None:
    """The log is not taken back: drop the schema instead."""
    raise NotImplementedError("the log is not taken back")
