"""What proves a person: by what it was done last, since when older proofs are void, and by whose password.

A session says by what its person last proved who it is. A person counts how often everything of it was ended, and what
is under way (a second step, a linking) carries the count it began with. A membership may have a password of its own.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "p0010"
down_revision = "p0009"
branch_labels = None
depends_on = None

_COUNTED = ("app_user", "challenge", "outside_attempt")


def upgrade() -> None:
    """Sessions that are there name no way, people begin at zero, memberships go by the account's password."""
    op.add_column("token", sa.Column("proved_by", sa.Text(), nullable=False, server_default=""), schema="platform")
    for table in _COUNTED:
        column = sa.Column("generation", sa.Integer(), nullable=False, server_default="0")
        op.add_column(table, column, schema="platform")
    op.add_column("membership", sa.Column("password_hash", sa.Text()), schema="platform")
    op.add_column("membership", sa.Column("password_changed_at", sa.DateTime(timezone=True)), schema="platform")


def downgrade() -> None:
    """Drop them, and let who had a password of its own in a firm go by the account's again."""
    op.drop_column("membership", "password_changed_at", schema="platform")
    op.drop_column("membership", "password_hash", schema="platform")
    for table in _COUNTED:
        op.drop_column(table, "generation", schema="platform")
    op.drop_column("token", "proved_by", schema="platform")
