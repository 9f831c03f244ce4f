"""The month end: steps of a book's own, what went stale."""

from __future__ import annotations

revision = "t0006"
down_revision = "t0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and wall them in."""


def downgrade() -> None:
    """Drop the tables."""
