"""Who may do what in the control plane."""

from __future__ import annotations

from alembic import op

from tenants.naming import APP, BACKUP, OPS

revision = "p0002"
down_revision = "p0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Grant the service logins their rights."""
    op.execute(f"GRANT USAGE ON SCHEMA platform TO {APP}, {BACKUP}, {OPS}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA platform TO {APP}")
    op.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA platform TO {BACKUP}")
    op.execute(f"GRANT SELECT ON platform.cell, platform.tenant TO {OPS}")


def downgrade() -> None:
    """Take the rights back."""
    op.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA platform FROM {APP}, {BACKUP}, {OPS}")
    op.execute(f"REVOKE USAGE ON SCHEMA platform FROM {APP}, {BACKUP}, {OPS}")
