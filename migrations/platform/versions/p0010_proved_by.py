"""A session says by what its person last proved who it is, so that an ID token claims no more than that."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "p0010"
down_revision = "p0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep the way of the last proof; sessions that are there name none."""
    op.add_column("token", sa.Column("proved_by", sa.Text(), nullable=False, server_default=""), schema="platform")


def downgrade() -> None:
    """Drop the way."""
    op.drop_column("token", "proved_by", schema="platform")
