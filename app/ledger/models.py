"""The ledger's tables, in one place because they hold each other by composite keys.

Invariant: every row has `book_id` in its primary key and in every foreign key, so Postgres itself refuses a line of
one book on another book's account. What seals a posted voucher are the triggers of the same migration.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB

from tenants.models import Instant, tenant
from tenants.naming import TENANT

Amount = Numeric(19, 2)
Quantity = Numeric(19, 6)
Rate = Numeric(19, 8)

account = Table(
    "account",
    tenant,
    Column("book_id", BigInteger, nullable=False),
    Column("id", BigInteger, Identity(always=True), nullable=False),
    Column("code", Text, nullable=False),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("class", Text, nullable=False),
    Column("normal_side", Text, nullable=False),
    Column("parent_code", Text),
    Column("leaf", Boolean, nullable=False),
    Column("cash", Boolean, nullable=False),
    Column("standard_code", Text, nullable=False),
    Column("pinyin", Text, nullable=False),
    Column("dimensions", ARRAY(Text), nullable=False),
    Column("currencies", ARRAY(Text), nullable=False),
    Column("unit", Text),
    Column("monetary", Boolean, nullable=False),
    Column("cash_item_in", Text),
    Column("cash_item_out", Text),
    Column("cash_follows", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("row_version", Integer, nullable=False, server_default="1"),
    PrimaryKeyConstraint("book_id", "id", name="account_pk"),
    ForeignKeyConstraint(["book_id"], [f"{TENANT}.book.id"], name="account_book_fk"),
    ForeignKeyConstraint(
        ["book_id", "parent_code"], [f"{TENANT}.account.book_id", f"{TENANT}.account.code"], name="account_parent_fk"
    ),
    UniqueConstraint("book_id", "code", name="account_code_uq"),
    CheckConstraint("normal_side in ('debit','credit')", name="normal_side"),
    CheckConstraint("class in ('asset','liability','common','equity','cost','profit_and_loss')", name="class"),
    comment="standard_code is the standard's account that this one is or descends from; no currency means RMB only",
)

dimension = Table(
    "dimension",
    tenant,
    Column("book_id", BigInteger, nullable=False),
    Column("code", Text, nullable=False),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("builtin", Boolean, nullable=False),
    PrimaryKeyConstraint("book_id", "code", name="dimension_pk"),
    ForeignKeyConstraint(["book_id"], [f"{TENANT}.book.id"], name="dimension_book_fk"),
)

dimension_item = Table(
    "dimension_item",
    tenant,
    Column("book_id", BigInteger, nullable=False),
    Column("id", BigInteger, Identity(always=True), nullable=False),
    Column("dimension", Text, nullable=False),
    Column("code", Text),
    Column("name", Text, nullable=False),
    Column("pinyin", Text, nullable=False),
    Column("tax_id", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("row_version", Integer, nullable=False, server_default="1"),
    PrimaryKeyConstraint("book_id", "id", name="dimension_item_pk"),
    ForeignKeyConstraint(
        ["book_id", "dimension"],
        [f"{TENANT}.dimension.book_id", f"{TENANT}.dimension.code"],
        name="dimension_item_dimension_fk",
    ),
    UniqueConstraint("book_id", "dimension", "name", name="dimension_item_name_uq"),
    UniqueConstraint("book_id", "dimension", "code", name="dimension_item_code_uq"),
)

dimension_set = Table(
    "dimension_set",
    tenant,
    Column("book_id", BigInteger, nullable=False),
    Column("id", BigInteger, Identity(always=False), nullable=False),
    Column("key", Text, nullable=False),
    Column("item_ids", ARRAY(BigInteger), nullable=False),
    PrimaryKeyConstraint("book_id", "id", name="dimension_set_pk"),
    ForeignKeyConstraint(["book_id"], [f"{TENANT}.book.id"], name="dimension_set_book_fk"),
    UniqueConstraint("book_id", "key", name="dimension_set_key_uq"),
    comment="A combination of items, one a dimension in the order of codes; set 0 of every book is the empty one",
)

currency_rate = Table(
    "currency_rate",
    tenant,
    Column("book_id", BigInteger, nullable=False),
    Column("period", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("booking", Rate, nullable=False),
    Column("closing", Rate),
    Column("row_version", Integer, nullable=False, server_default="1"),
    PrimaryKeyConstraint("book_id", "period", "currency", name="currency_rate_pk"),
    ForeignKeyConstraint(["book_id"], [f"{TENANT}.book.id"], name="currency_rate_book_fk"),
    CheckConstraint("booking > 0 and closing > 0", name="positive"),
    CheckConstraint("currency ~ '^[A-Z]{3}$' and currency <> 'CNY'", name="currency"),
    comment="RMB for one unit of a currency: what a period's vouchers are booked at, and the rate of its last day",
)

period = Table(
    "period",
    tenant,
    Column("book_id", BigInteger, nullable=False),
    Column("period", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False, server_default="0"),
    Column("closed_at", Instant),
    Column("closed_by", Text),
    PrimaryKeyConstraint("book_id", "period", name="period_pk"),
    ForeignKeyConstraint(["book_id"], [f"{TENANT}.book.id"], name="period_book_fk"),
    CheckConstraint("state in ('open','closed')", name="state"),
    CheckConstraint("period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'", name="key"),
)

period_event = Table(
    "period_event",
    tenant,
    Column("book_id", BigInteger, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("period", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("ledger_seq", BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    PrimaryKeyConstraint("book_id", "id", name="period_event_pk"),
    ForeignKeyConstraint(
        ["book_id", "period"], [f"{TENANT}.period.book_id", f"{TENANT}.period.period"], name="period_event_period_fk"
    ),
    CheckConstraint("event in ('close','reopen')", name="event"),
)

ledger_head = Table(
    "ledger_head",
    tenant,
    Column("book_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("opening_frozen", Boolean, nullable=False),
    Column("hash", BYTEA, nullable=False),
    ForeignKeyConstraint(["book_id"], [f"{TENANT}.book.id"], name="ledger_head_book_fk"),
    comment="The book's lock row, the number of its latest posting and the head of its hash chain",
)

posting = Table(
    "posting",
    tenant,
    Column("book_id", BigInteger, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("first_seq", BigInteger, nullable=False),
    Column("hash", BYTEA, nullable=False),
    PrimaryKeyConstraint("book_id", "last_seq", name="posting_pk"),
    ForeignKeyConstraint(["book_id"], [f"{TENANT}.book.id"], name="posting_book_fk"),
    CheckConstraint("first_seq > 0 and last_seq >= first_seq", name="span"),
    comment="A link of the book's hash chain: SHA-256 of the link before and the content hashes of one posting act",
)

number_counter = Table(
    "number_counter",
    tenant,
    Column("book_id", BigInteger, nullable=False),
    Column("period", Text, nullable=False),
    Column("word", Text, nullable=False),
    Column("last", Integer, nullable=False),
    Column("extra", Integer, nullable=False),
    Column("posted", Integer, nullable=False),
    Column("voided", Integer, nullable=False),
    PrimaryKeyConstraint("book_id", "period", "word", name="number_counter_pk"),
    CheckConstraint("posted >= 0 and voided >= 0 and extra >= 0 and posted + voided <= last + extra", name="counts"),
    ForeignKeyConstraint(
        ["book_id", "period"], [f"{TENANT}.period.book_id", f"{TENANT}.period.period"], name="number_counter_period_fk"
    ),
    comment="Numbers given; extra counts the parts beyond the first of numbers split over vouchers (5-1/3)",
)

voucher = Table(
    "voucher",
    tenant,
    Column("book_id", BigInteger, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("period", Text, nullable=False),
    Column("date", Date, nullable=False),
    Column("word", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("part", Integer, nullable=False, server_default="1"),
    Column("parts", Integer, nullable=False, server_default="1"),
    Column("status", Text, nullable=False),
    Column("attachments", Integer, nullable=False),
    Column("source_type", Text),
    Column("source_id", Text),
    Column("source_rule", Text, nullable=False, server_default=""),
    Column("transfer", Boolean, nullable=False),
    Column("hand_changed", Boolean, nullable=False, server_default="false"),
    Column("reverses", Uuid),
    Column("external_id", Text),
    Column("note", Text, nullable=False, server_default=""),
    Column("prepared_by", Text, nullable=False),
    Column("preparer", Text, nullable=False),
    Column("drafter", Text),
    Column("cashier", Text),
    Column("reviewed_by", Text),
    Column("review_rule", Text),
    Column("posted_by", Text),
    Column("posted_at", Instant),
    Column("post_seq", BigInteger),
    Column("content_hash", BYTEA),
    Column("row_version", Integer, nullable=False, server_default="1"),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    PrimaryKeyConstraint("book_id", "id", name="voucher_pk"),
    ForeignKeyConstraint(
        ["book_id", "period"], [f"{TENANT}.period.book_id", f"{TENANT}.period.period"], name="voucher_period_fk"
    ),
    ForeignKeyConstraint(
        ["book_id", "reverses"], [f"{TENANT}.voucher.book_id", f"{TENANT}.voucher.id"], name="voucher_reverses_fk"
    ),
    # deferrable: looked at after each statement, so that drafts can change their numbers among themselves in one
    UniqueConstraint(
        "book_id", "period", "word", "number", "part", name="voucher_number_uq", deferrable=True, initially="IMMEDIATE"
    ),
    Index(
        "voucher_source_uq",
        "book_id",
        "source_type",
        "source_id",
        "source_rule",
        unique=True,
        postgresql_where="source_id is not null",
    ),
    Index("voucher_order_ix", "book_id", "date", "word", "number", "part"),
    Index("voucher_reverses_uq", "book_id", "reverses", unique=True, postgresql_where="reverses is not null"),
    Index("voucher_external_uq", "book_id", "external_id", unique=True, postgresql_where="external_id is not null"),
    CheckConstraint("status in ('draft','reviewed','posted','void')", name="status"),
    CheckConstraint("number > 0 and attachments >= 0 and part >= 1 and part <= parts", name="counts"),
    CheckConstraint("to_char(date, 'YYYY-MM') = period", name="date_in_period"),
    CheckConstraint("(status = 'posted') = (posted_at is not null)", name="posted"),
    postgresql_with={"fillfactor": "50"},
)

voucher_line = Table(
    "voucher_line",
    tenant,
    Column("book_id", BigInteger, nullable=False),
    Column("voucher_id", Uuid, nullable=False),
    Column("line_no", Integer, nullable=False),
    Column("period", Text, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("dim_set_id", BigInteger, nullable=False),
    Column("summary", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("rate", Rate),
    Column("foreign_amount", Amount),
    Column("quantity", Quantity),
    Column("unit_price", Rate),
    Column("debit", Amount, nullable=False),
    Column("credit", Amount, nullable=False),
    Column("cash_item", Text),
    Column("cash_amount", Amount),
    PrimaryKeyConstraint("book_id", "voucher_id", "line_no", name="voucher_line_pk"),
    ForeignKeyConstraint(
        ["book_id", "voucher_id"], [f"{TENANT}.voucher.book_id", f"{TENANT}.voucher.id"], name="voucher_line_voucher_fk"
    ),
    ForeignKeyConstraint(
        ["book_id", "account_id"], [f"{TENANT}.account.book_id", f"{TENANT}.account.id"], name="voucher_line_account_fk"
    ),
    ForeignKeyConstraint(
        ["book_id", "dim_set_id"],
        [f"{TENANT}.dimension_set.book_id", f"{TENANT}.dimension_set.id"],
        name="voucher_line_dim_set_fk",
    ),
    Index("voucher_line_account_ix", "book_id", "period", "account_id"),
    CheckConstraint("(debit = 0) <> (credit = 0)", name="one_side"),
    CheckConstraint("(cash_item is null) = (cash_amount is null)", name="cash_item"),
    CheckConstraint("(currency = 'CNY') = (foreign_amount is null)", name="currency"),
)

balance = Table(
    "balance",
    tenant,
    Column("book_id", BigInteger, nullable=False),
    Column("period", Text, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("dim_set_id", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("opening", Amount, nullable=False),
    Column("debit", Amount, nullable=False),
    Column("credit", Amount, nullable=False),
    Column("transfer_debit", Amount, nullable=False),
    Column("transfer_credit", Amount, nullable=False),
    Column("opening_fc", Amount, nullable=False),
    Column("debit_fc", Amount, nullable=False),
    Column("credit_fc", Amount, nullable=False),
    Column("opening_qty", Quantity, nullable=False),
    Column("debit_qty", Quantity, nullable=False),
    Column("credit_qty", Quantity, nullable=False),
    PrimaryKeyConstraint("book_id", "period", "account_id", "dim_set_id", "currency", name="balance_pk"),
    ForeignKeyConstraint(
        ["book_id", "account_id"], [f"{TENANT}.account.book_id", f"{TENANT}.account.id"], name="balance_account_fk"
    ),
    ForeignKeyConstraint(
        ["book_id", "dim_set_id"],
        [f"{TENANT}.dimension_set.book_id", f"{TENANT}.dimension_set.id"],
        name="balance_dim_set_fk",
    ),
    postgresql_with={"fillfactor": "80"},
    comment="Kept with posting; openings are signed, debit positive; transfer_* is the part of transfer vouchers",
)

cash_flow = Table(
    "cash_flow",
    tenant,
    Column("book_id", BigInteger, nullable=False),
    Column("period", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("amount", Amount, nullable=False),
    PrimaryKeyConstraint("book_id", "period", "item", name="cash_flow_pk"),
    ForeignKeyConstraint(["book_id"], [f"{TENANT}.book.id"], name="cash_flow_book_fk"),
    comment="Cash in (positive) and out (negative) of a period by cash-flow item, kept with posting",
)

closing_step = Table(
    "closing_step",
    tenant,
    Column("book_id", BigInteger, nullable=False),
    Column("period", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("voucher_id", Uuid),
    Column("facts", JSONB, nullable=False),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("book_id", "period", "step", name="closing_step_pk"),
    ForeignKeyConstraint(
        ["book_id", "period"], [f"{TENANT}.period.book_id", f"{TENANT}.period.period"], name="closing_step_period_fk"
    ),
    ForeignKeyConstraint(
        ["book_id", "voucher_id"], [f"{TENANT}.voucher.book_id", f"{TENANT}.voucher.id"], name="closing_step_voucher_fk"
    ),
    comment="What each month-end step did and the facts it depended on; other facts make it stale",
)

statement_snapshot = Table(
    "statement_snapshot",
    tenant,
    Column("book_id", BigInteger, nullable=False),
    Column("period", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("statement", Text, nullable=False),
    Column("ledger_seq", BigInteger, nullable=False),
    Column("content", JSONB, nullable=False),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("book_id", "period", "version", "statement", name="statement_snapshot_pk"),
    ForeignKeyConstraint(
        ["book_id", "period"],
        [f"{TENANT}.period.book_id", f"{TENANT}.period.period"],
        name="statement_snapshot_period_fk",
    ),
    comment="The statements as they stood at each close; a reopened period keeps its earlier versions",
)
