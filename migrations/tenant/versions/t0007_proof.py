"""Proof: the seals of closed periods."""

from __future__ import annotations

revision = "t0007"
down_revision = "t0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and wall them in."""


def downgrade() -> None:
    """Drop the tables."""
