"""An OAuth client has a version, so that two people who change it do not overwrite one another."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "p0009"
down_revision = "p0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Count the changes of a client; those that are there begin at one."""
    op.add_column(
        "oauth_client", sa.Column("row_version", sa.Integer(), nullable=False, server_default="1"), schema="platform"
    )


def downgrade() -> None:
    """Drop the count."""
    op.drop_column("oauth_client", "row_version", schema="platform")
