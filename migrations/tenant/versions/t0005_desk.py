"""The voucher desk: templates, rules of review, attached documents."""

from __future__ import annotations

revision = "t0005"
down_revision = "t0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and wall them in."""


def downgrade() -> None:
    """Drop the tables."""
