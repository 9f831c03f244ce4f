"""The ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "t0002"
down_revision = "t0001"
branch_labels = None
depends_on = None

NOW = "IMMEDIATE"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "account",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("class", sa.Text(), nullable=False),
        sa.Column("normal_side", sa.Text(), nullable=False),
        sa.Column("parent_code", sa.Text(), nullable=True),
        sa.Column("leaf", sa.Boolean(), nullable=False),
        sa.Column("cash", sa.Boolean(), nullable=False),
        sa.Column("standard_code", sa.Text(), nullable=False),
        sa.Column("pinyin", sa.Text(), nullable=False),
        sa.Column("dimensions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("currencies", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("monetary", sa.Boolean(), nullable=False),
        sa.Column("cash_item_in", sa.Text(), nullable=True),
        sa.Column("cash_item_out", sa.Text(), nullable=True),
        sa.Column("cash_follows", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "class in ('asset','liability','common','equity','cost','profit_and_loss')", name=op.f("account_class_ck")
        ),
        sa.CheckConstraint("normal_side in ('debit','credit')", name=op.f("account_normal_side_ck")),
        sa.ForeignKeyConstraint(
            ["book_id", "parent_code"], ["tenant.account.book_id", "tenant.account.code"], name="account_parent_fk"
        ),
        sa.ForeignKeyConstraint(["book_id"], ["tenant.book.id"], name="account_book_fk"),
        sa.PrimaryKeyConstraint("book_id", "id", name="account_pk"),
        sa.UniqueConstraint("book_id", "code", name="account_code_uq"),
        schema="tenant",
        comment="standard_code is the standard's account that this one is or descends from; no currency means RMB only",
    )
    op.create_table(
        "cash_flow",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=19, scale=2), nullable=False),
        sa.ForeignKeyConstraint(["book_id"], ["tenant.book.id"], name="cash_flow_book_fk"),
        sa.PrimaryKeyConstraint("book_id", "period", "item", name="cash_flow_pk"),
        schema="tenant",
        comment="Cash in (positive) and out (negative) of a period by cash-flow item, kept with posting",
    )
    op.create_table(
        "currency_rate",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("booking", sa.Numeric(precision=19, scale=8), nullable=False),
        sa.Column("closing", sa.Numeric(precision=19, scale=8), nullable=True),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$' and currency <> 'CNY'", name=op.f("currency_rate_currency_ck")),
        sa.CheckConstraint("booking > 0 and closing > 0", name=op.f("currency_rate_positive_ck")),
        sa.ForeignKeyConstraint(["book_id"], ["tenant.book.id"], name="currency_rate_book_fk"),
        sa.PrimaryKeyConstraint("book_id", "period", "currency", name="currency_rate_pk"),
        schema="tenant",
        comment="RMB for one unit of a currency: what a period's vouchers are booked at, and the rate of its last day",
    )
    op.create_table(
        "dimension",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("builtin", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["book_id"], ["tenant.book.id"], name="dimension_book_fk"),
        sa.PrimaryKeyConstraint("book_id", "code", name="dimension_pk"),
        schema="tenant",
    )
    op.create_table(
        "dimension_set",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("item_ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.ForeignKeyConstraint(["book_id"], ["tenant.book.id"], name="dimension_set_book_fk"),
        sa.PrimaryKeyConstraint("book_id", "id", name="dimension_set_pk"),
        sa.UniqueConstraint("book_id", "key", name="dimension_set_key_uq"),
        schema="tenant",
        comment="A combination of items, one a dimension in the order of codes; set 0 of every book is the empty one",
    )
    op.create_table(
        "ledger_head",
        sa.Column("book_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("opening_frozen", sa.Boolean(), nullable=False),
        sa.Column("hash", postgresql.BYTEA(), nullable=False),
        sa.ForeignKeyConstraint(["book_id"], ["tenant.book.id"], name="ledger_head_book_fk"),
        sa.PrimaryKeyConstraint("book_id", name=op.f("ledger_head_pk")),
        schema="tenant",
        comment="The book's lock row, the number of its latest posting and the head of its hash chain",
    )
    op.create_table(
        "period",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.CheckConstraint("period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'", name=op.f("period_key_ck")),
        sa.CheckConstraint("state in ('open','closed')", name=op.f("period_state_ck")),
        sa.ForeignKeyConstraint(["book_id"], ["tenant.book.id"], name="period_book_fk"),
        sa.PrimaryKeyConstraint("book_id", "period", name="period_pk"),
        schema="tenant",
    )
    op.create_table(
        "posting",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", postgresql.BYTEA(), nullable=False),
        sa.CheckConstraint("first_seq > 0 and last_seq >= first_seq", name=op.f("posting_span_ck")),
        sa.ForeignKeyConstraint(["book_id"], ["tenant.book.id"], name="posting_book_fk"),
        sa.PrimaryKeyConstraint("book_id", "last_seq", name="posting_pk"),
        schema="tenant",
        comment="A link of the book's hash chain: SHA-256 of the link before and the content hashes of one posting act",
    )
    op.create_table(
        "balance",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("dim_set_id", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("opening", sa.Numeric(precision=19, scale=2), nullable=False),
        sa.Column("debit", sa.Numeric(precision=19, scale=2), nullable=False),
        sa.Column("credit", sa.Numeric(precision=19, scale=2), nullable=False),
        sa.Column("transfer_debit", sa.Numeric(precision=19, scale=2), nullable=False),
        sa.Column("transfer_credit", sa.Numeric(precision=19, scale=2), nullable=False),
        sa.Column("opening_fc", sa.Numeric(precision=19, scale=2), nullable=False),
        sa.Column("debit_fc", sa.Numeric(precision=19, scale=2), nullable=False),
        sa.Column("credit_fc", sa.Numeric(precision=19, scale=2), nullable=False),
        sa.Column("opening_qty", sa.Numeric(precision=19, scale=6), nullable=False),
        sa.Column("debit_qty", sa.Numeric(precision=19, scale=6), nullable=False),
        sa.Column("credit_qty", sa.Numeric(precision=19, scale=6), nullable=False),
        sa.ForeignKeyConstraint(
            ["book_id", "account_id"], ["tenant.account.book_id", "tenant.account.id"], name="balance_account_fk"
        ),
        sa.ForeignKeyConstraint(
            ["book_id", "dim_set_id"],
            ["tenant.dimension_set.book_id", "tenant.dimension_set.id"],
            name="balance_dim_set_fk",
        ),
        sa.PrimaryKeyConstraint("book_id", "period", "account_id", "dim_set_id", "currency", name="balance_pk"),
        schema="tenant",
        comment="Kept with posting; openings are signed, debit positive; transfer_* is the part of transfer vouchers",
        postgresql_with={"fillfactor": "80"},
    )
    op.create_table(
        "dimension_item",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pinyin", sa.Text(), nullable=False),
        sa.Column("tax_id", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["book_id", "dimension"],
            ["tenant.dimension.book_id", "tenant.dimension.code"],
            name="dimension_item_dimension_fk",
        ),
        sa.PrimaryKeyConstraint("book_id", "id", name="dimension_item_pk"),
        sa.UniqueConstraint("book_id", "dimension", "code", name="dimension_item_code_uq"),
        sa.UniqueConstraint("book_id", "dimension", "name", name="dimension_item_name_uq"),
        schema="tenant",
    )
    op.create_table(
        "number_counter",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("extra", sa.Integer(), nullable=False),
        sa.Column("posted", sa.Integer(), nullable=False),
        sa.Column("voided", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "posted >= 0 and voided >= 0 and extra >= 0 and posted + voided <= last + extra",
            name=op.f("number_counter_counts_ck"),
        ),
        sa.ForeignKeyConstraint(
            ["book_id", "period"], ["tenant.period.book_id", "tenant.period.period"], name="number_counter_period_fk"
        ),
        sa.PrimaryKeyConstraint("book_id", "period", "word", name="number_counter_pk"),
        schema="tenant",
        comment="Numbers given; extra counts the parts beyond the first of numbers split over vouchers (5-1/3)",
    )
    op.create_table(
        "period_event",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("ledger_seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("event in ('close','reopen')", name=op.f("period_event_event_ck")),
        sa.ForeignKeyConstraint(
            ["book_id", "period"], ["tenant.period.book_id", "tenant.period.period"], name="period_event_period_fk"
        ),
        sa.PrimaryKeyConstraint("book_id", "id", name="period_event_pk"),
        schema="tenant",
    )
    op.create_table(
        "statement_snapshot",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("ledger_seq", sa.BigInteger(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["book_id", "period"],
            ["tenant.period.book_id", "tenant.period.period"],
            name="statement_snapshot_period_fk",
        ),
        sa.PrimaryKeyConstraint("book_id", "period", "version", "statement", name="statement_snapshot_pk"),
        schema="tenant",
        comment="The statements as they stood at each close; a reopened period keeps its earlier versions",
    )
    op.create_table(
        "voucher",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), server_default="1", nullable=False),
        sa.Column("parts", sa.Integer(), server_default="1", nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attachments", sa.Integer(), nullable=False),
        sa.Column("source_type", sa.Text(), nullable=True),
        sa.Column("source_id", sa.Text(), nullable=True),
        sa.Column("source_rule", sa.Text(), server_default="", nullable=False),
        sa.Column("transfer", sa.Boolean(), nullable=False),
        sa.Column("hand_changed", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("reverses", sa.Uuid(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("prepared_by", sa.Text(), nullable=False),
        sa.Column("preparer", sa.Text(), nullable=False),
        sa.Column("cashier", sa.Text(), nullable=True),
        sa.Column("reviewed_by", sa.Text(), nullable=True),
        sa.Column("review_rule", sa.Text(), nullable=True),
        sa.Column("posted_by", sa.Text(), nullable=True),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("post_seq", sa.BigInteger(), nullable=True),
        sa.Column("content_hash", postgresql.BYTEA(), nullable=True),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(status = 'posted') = (posted_at is not null)", name=op.f("voucher_posted_ck")),
        sa.CheckConstraint("status in ('draft','reviewed','posted','void')", name=op.f("voucher_status_ck")),
        sa.CheckConstraint("to_char(date, 'YYYY-MM') = period", name=op.f("voucher_date_in_period_ck")),
        sa.CheckConstraint(
            "number > 0 and attachments >= 0 and part >= 1 and part <= parts", name=op.f("voucher_counts_ck")
        ),
        sa.ForeignKeyConstraint(
            ["book_id", "period"], ["tenant.period.book_id", "tenant.period.period"], name="voucher_period_fk"
        ),
        sa.ForeignKeyConstraint(
            ["book_id", "reverses"], ["tenant.voucher.book_id", "tenant.voucher.id"], name="voucher_reverses_fk"
        ),
        sa.PrimaryKeyConstraint("book_id", "id", name="voucher_pk"),
        sa.UniqueConstraint(
            *("book_id", "period", "word", "number", "part"), name="voucher_number_uq", deferrable=True, initially=NOW
        ),
        schema="tenant",
        postgresql_with={"fillfactor": "50"},
    )
    op.create_index(
        "voucher_external_uq",
        "voucher",
        ["book_id", "external_id"],
        unique=True,
        schema="tenant",
        postgresql_where="external_id is not null",
    )
    op.create_index(
        "voucher_reverses_uq",
        "voucher",
        ["book_id", "reverses"],
        unique=True,
        schema="tenant",
        postgresql_where="reverses is not null",
    )
    op.create_index("voucher_order_ix", "voucher", ["book_id", "date", "word", "number", "part"], schema="tenant")
    op.create_index(
        "voucher_source_uq",
        "voucher",
        ["book_id", "source_type", "source_id", "source_rule"],
        unique=True,
        schema="tenant",
        postgresql_where="source_id is not null",
    )
    op.create_table(
        "closing_step",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("voucher_id", sa.Uuid(), nullable=True),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["book_id", "period"], ["tenant.period.book_id", "tenant.period.period"], name="closing_step_period_fk"
        ),
        sa.ForeignKeyConstraint(
            ["book_id", "voucher_id"], ["tenant.voucher.book_id", "tenant.voucher.id"], name="closing_step_voucher_fk"
        ),
        sa.PrimaryKeyConstraint("book_id", "period", "step", name="closing_step_pk"),
        schema="tenant",
        comment="What each month-end step did and the facts it depended on; other facts make it stale",
    )
    op.create_table(
        "voucher_line",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("voucher_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("dim_set_id", sa.BigInteger(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("rate", sa.Numeric(precision=19, scale=8), nullable=True),
        sa.Column("foreign_amount", sa.Numeric(precision=19, scale=2), nullable=True),
        sa.Column("quantity", sa.Numeric(precision=19, scale=6), nullable=True),
        sa.Column("unit_price", sa.Numeric(precision=19, scale=8), nullable=True),
        sa.Column("debit", sa.Numeric(precision=19, scale=2), nullable=False),
        sa.Column("credit", sa.Numeric(precision=19, scale=2), nullable=False),
        sa.Column("cash_item", sa.Text(), nullable=True),
        sa.Column("cash_amount", sa.Numeric(precision=19, scale=2), nullable=True),
        sa.CheckConstraint("(currency = 'CNY') = (foreign_amount is null)", name=op.f("voucher_line_currency_ck")),
        sa.CheckConstraint("(cash_item is null) = (cash_amount is null)", name=op.f("voucher_line_cash_item_ck")),
        sa.CheckConstraint("(debit = 0) <> (credit = 0)", name=op.f("voucher_line_one_side_ck")),
        sa.ForeignKeyConstraint(
            ["book_id", "account_id"], ["tenant.account.book_id", "tenant.account.id"], name="voucher_line_account_fk"
        ),
        sa.ForeignKeyConstraint(
            ["book_id", "dim_set_id"],
            ["tenant.dimension_set.book_id", "tenant.dimension_set.id"],
            name="voucher_line_dim_set_fk",
        ),
        sa.ForeignKeyConstraint(
            ["book_id", "voucher_id"], ["tenant.voucher.book_id", "tenant.voucher.id"], name="voucher_line_voucher_fk"
        ),
        sa.PrimaryKeyConstraint("book_id", "voucher_id", "line_no", name="voucher_line_pk"),
        schema="tenant",
    )
    op.create_index(
        "voucher_line_account_ix", "voucher_line", ["book_id", "period", "account_id"], unique=False, schema="tenant"
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("voucher_line", schema="tenant")
    op.drop_table("closing_step", schema="tenant")
    op.drop_table("voucher", schema="tenant")
    op.drop_table("statement_snapshot", schema="tenant")
    op.drop_table("period_event", schema="tenant")
    op.drop_table("number_counter", schema="tenant")
    op.drop_table("dimension_item", schema="tenant")
    op.drop_table("balance", schema="tenant")
    op.drop_table("posting", schema="tenant")
    op.drop_table("period", schema="tenant")
    op.drop_table("ledger_head", schema="tenant")
    op.drop_table("dimension_set", schema="tenant")
    op.drop_table("dimension", schema="tenant")
    op.drop_table("currency_rate", schema="tenant")
    op.drop_table("cash_flow", schema="tenant")
    op.drop_table("account", schema="tenant")
