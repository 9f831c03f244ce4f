"""Which documents nobody has read yet is asked at every month end, over hundreds of books at a time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "t0013"
down_revision = "t0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index of the few documents that are kept and not read."""
    op.create_index(
        "document_stored_ix",
        "document",
        ["book_id", "id"],
        unique=False,
        schema="tenant",
        postgresql_where=sa.text("state = 'stored'"),
    )


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("document_stored_ix", table_name="document", schema="tenant")
