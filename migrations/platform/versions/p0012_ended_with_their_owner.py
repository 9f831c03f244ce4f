"""What was begun ends with who began it: an operator's proposal, a code of a session."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tenants.naming import APP

revision = "p0012"
down_revision = "p0011"
branch_labels = None
depends_on = None

_SAID = "Proposed by one operator, approved by another within 24 hours, done once"


def upgrade() -> None:
    """Add when a proposal ended (what is approved ends no more), and which session said yes to a code."""
    op.add_column("oauth_authorization", sa.Column("session_id", sa.Uuid()), schema="platform")
    op.add_column("two_person_act", sa.Column("ended_at", sa.DateTime(timezone=True)), schema="platform")
    op.create_check_constraint(
        op.f("two_person_act_ended_ck"), "two_person_act", "ended_at is null or approved_at is null", schema="platform"
    )
    op.create_table_comment("two_person_act", f"{_SAID}; ended with its proposer", schema="platform")
    op.execute(f"GRANT UPDATE (ended_at) ON platform.two_person_act TO {APP}")


def downgrade() -> None:
    """Forget it; proposals that ended are gone, or they could be approved again."""
    op.drop_column("oauth_authorization", "session_id", schema="platform")
    op.execute("delete from platform.two_person_act where ended_at is not null")
    op.drop_column("two_person_act", "ended_at", schema="platform")
    op.create_table_comment("two_person_act", _SAID, schema="platform")
