"""Acts that need two persons."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tenants.naming import APP, BACKUP

revision = "p0007"
down_revision = "p0006"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table; what was proposed can never be changed, only approved and done."""
    op.create_table(
        "two_person_act",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposer", sa.Text(), nullable=False),
        sa.Column("proposed_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approver", sa.Text(), nullable=True),
        sa.Column("approved_at", _INSTANT, nullable=True),
        sa.Column("done_at", _INSTANT, nullable=True),
        sa.CheckConstraint(
            "approved_by <> proposed_by and approver <> proposer", name=op.f("two_person_act_persons_ck")
        ),
        sa.CheckConstraint(
            "expires_at <= proposed_at + interval '24 hours' and approved_at < expires_at",
            name=op.f("two_person_act_times_ck"),
        ),
        sa.CheckConstraint("(approved_by is null) = (approved_at is null)", name=op.f("two_person_act_approval_ck")),
        sa.CheckConstraint("done_at is null or approved_at is not null", name=op.f("two_person_act_done_ck")),
        sa.ForeignKeyConstraint(["tenant_id"], ["platform.tenant.id"], name="two_person_act_tenant_fk"),
        sa.PrimaryKeyConstraint("id", name="two_person_act_pk"),
        schema="platform",
        comment="Proposed by one operator, approved by another within 24 hours, done once",
    )
    op.create_index("two_person_act_tenant_ix", "two_person_act", ["tenant_id", "proposed_at"], schema="platform")
    op.execute(f"GRANT SELECT, INSERT ON platform.two_person_act TO {APP}")
    op.execute(f"GRANT UPDATE (approved_by, approver, approved_at, done_at) ON platform.two_person_act TO {APP}")
    op.execute(f"GRANT SELECT ON platform.two_person_act TO {BACKUP}")


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("two_person_act", schema="platform")
