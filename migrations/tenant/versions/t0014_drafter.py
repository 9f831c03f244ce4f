"""Who drafted a voucher is kept beside who changed it last, because neither reviews it."""

from __future__ import annotations

from migrations.walls import run

revision = "t0014"
down_revision = "t0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; it is empty where nobody but the drafter changed the voucher."""
    run("ALTER TABLE tenant.voucher ADD COLUMN drafter text")


def downgrade() -> None:
    """Drop the column."""
    run("ALTER TABLE tenant.voucher DROP COLUMN drafter")
