"""Clearing: rows of tokens that ended long ago may be taken away."""

from __future__ import annotations

from alembic import op

from tenants.naming import APP

revision = "p0008"
down_revision = "p0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let the application delete ended tokens; an access token is a row of ten minutes, many times a day."""
    op.execute(f"GRANT DELETE ON platform.token TO {APP}")


def downgrade() -> None:
    """Take the right back."""
    op.execute(f"REVOKE DELETE ON platform.token FROM {APP}")
