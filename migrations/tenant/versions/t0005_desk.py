"""The voucher desk: templates, rules of review, attached documents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.walls import run, wall

revision = "t0005"
down_revision = "t0004"
branch_labels = None
depends_on = None

RIGHTS = {
    "voucher_template": "SELECT, INSERT, UPDATE, DELETE",
    "review_rule": "SELECT, INSERT, UPDATE",
    "voucher_document": "SELECT, INSERT, DELETE",
}

# ZF001, as in the seals: what a posted or void voucher was made from stays with it.
_KEPT = """
CREATE FUNCTION tenant.voucher_document_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM tenant.voucher v
              WHERE v.book_id = OLD.book_id AND v.id = OLD.voucher_id AND v.status = 'posted') THEN
    RAISE EXCEPTION 'documents of voucher % are kept', OLD.voucher_id USING ERRCODE = 'ZF001';
  END IF;
  RETURN OLD;
END $$"""
# ZF001: a version of a rule says forever what it said; only its state moves on.
_SAID = """
CREATE FUNCTION tenant.review_rule_said() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.book_id, NEW.id, NEW.version, NEW.name, NEW.source_type, NEW.source_rule, NEW.word, NEW.accounts,
      NEW.proposer, NEW.proposed_at)
     <> (OLD.book_id, OLD.id, OLD.version, OLD.name, OLD.source_type, OLD.source_rule, OLD.word, OLD.accounts,
         OLD.proposer, OLD.proposed_at)
     OR NEW.max_amount IS DISTINCT FROM OLD.max_amount OR OLD.state = 'retired' THEN
    RAISE EXCEPTION 'version % of review rule % cannot change', OLD.version, OLD.id USING ERRCODE = 'ZF001';
  END IF;
  RETURN NEW;
END $$"""
_TRIGGERS = (
    """CREATE TRIGGER voucher_document_kept_tg BEFORE DELETE ON tenant.voucher_document
       FOR EACH ROW EXECUTE FUNCTION tenant.voucher_document_kept()""",
    """CREATE TRIGGER review_rule_said_tg BEFORE UPDATE ON tenant.review_rule
       FOR EACH ROW EXECUTE FUNCTION tenant.review_rule_said()""",
)


def upgrade() -> None:
    """Make the tables and wall them in."""
    op.create_table(
        "review_rule",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source_type", sa.Text(), nullable=False),
        sa.Column("source_rule", sa.Text(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("max_amount", sa.Numeric(precision=19, scale=2), nullable=True),
        sa.Column("accounts", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposer", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_by", sa.Text(), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('proposed','active','retired')", name=op.f("review_rule_state_ck")),
        sa.CheckConstraint("state <> 'active' or approved_at is not null", name=op.f("review_rule_approved_ck")),
        sa.CheckConstraint(
            "version >= 1 and (max_amount is null or max_amount > 0)", name=op.f("review_rule_bounds_ck")
        ),
        sa.ForeignKeyConstraint(["book_id"], ["tenant.book.id"], name="review_rule_book_fk"),
        sa.PrimaryKeyConstraint("book_id", "id", "version", name="review_rule_pk"),
        schema="tenant",
        comment="Which vouchers the system made are reviewed by rule; an edit is a new version, approved by a person",
    )
    op.create_index(
        "review_rule_active_uq",
        "review_rule",
        ["book_id", "id"],
        unique=True,
        schema="tenant",
        postgresql_where="state = 'active'",
    )
    op.create_table(
        "voucher_template",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("lines", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["book_id"], ["tenant.book.id"], name="voucher_template_book_fk"),
        sa.PrimaryKeyConstraint("book_id", "id", name="voucher_template_pk"),
        sa.UniqueConstraint("book_id", "name", name="voucher_template_name_uq"),
        schema="tenant",
        comment="What a recurring voucher says; a line without an amount is asked for when a voucher is made from it",
    )
    op.create_table(
        "voucher_document",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("voucher_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("linked_by", sa.Text(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["book_id", "document_id"],
            ["tenant.document.book_id", "tenant.document.id"],
            name="voucher_document_document_fk",
        ),
        sa.ForeignKeyConstraint(
            ["book_id", "voucher_id"],
            ["tenant.voucher.book_id", "tenant.voucher.id"],
            name="voucher_document_voucher_fk",
        ),
        sa.PrimaryKeyConstraint("book_id", "voucher_id", "document_id", name="voucher_document_pk"),
        schema="tenant",
        comment="The source documents of a voucher; none is taken away once the voucher is posted",
    )
    op.create_index(
        "voucher_document_document_ix", "voucher_document", ["book_id", "document_id"], unique=False, schema="tenant"
    )
    for table, rights in RIGHTS.items():
        wall(table, rights)
    for statement in (_KEPT, _SAID, *_TRIGGERS):
        run(statement)


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("voucher_document", schema="tenant")
    op.drop_table("voucher_template", schema="tenant")
    op.drop_table("review_rule", schema="tenant")
    run("DROP FUNCTION tenant.voucher_document_kept()")
    run("DROP FUNCTION tenant.review_rule_said()")
