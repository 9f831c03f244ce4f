"""Break-glass visits of operators."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tenants.naming import APP, BACKUP

revision = "p0006"
down_revision = "p0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "break_glass",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("operator_name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("token_id", sa.Uuid(), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(token_id is null) = (opened_at is null)", name=op.f("break_glass_opened_ck")),
        sa.CheckConstraint("minutes between 1 and 60", name=op.f("break_glass_minutes_ck")),
        sa.CheckConstraint(
            "state in ('requested','approved','refused','open','ended')", name=op.f("break_glass_state_ck")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["platform.tenant.id"], name="break_glass_tenant_fk"),
        sa.PrimaryKeyConstraint("id", name="break_glass_pk"),
        schema="platform",
        comment="What an operator asked to see of a firm, and what the firm said",
    )
    op.create_index("break_glass_tenant_ix", "break_glass", ["tenant_id", "id"], unique=False, schema="platform")
    op.create_index("break_glass_operator_ix", "break_glass", ["operator_id", "id"], unique=False, schema="platform")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON platform.break_glass TO {APP}")
    op.execute(f"GRANT SELECT ON platform.break_glass TO {BACKUP}")


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("break_glass", schema="platform")
