"""An account belongs to one firm (docs/adr/0021), and counts how often everything of it was ended.

Who served several firms keeps the account in the firm it joined first, and the others invite it anew: what it held
there was held by an account whose password or second factor another firm may have set. What is under way (a second
step, a linking) carries the count it began with. Builds between p0010 and this one had the counts, and passwords of
memberships, without a revision of their own, so these columns may be there.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tenants.naming import APP, BACKUP

revision = "p0011"
down_revision = "p0010"
branch_labels = None
depends_on = None

_COUNTED = (
    "alter table platform.app_user add column if not exists generation integer not null default 0",
    "alter table platform.challenge add column if not exists generation integer not null default 0",
    "alter table platform.outside_attempt add column if not exists generation integer not null default 0",
)
_OWN_PASSWORDS = (
    "alter table platform.membership add column if not exists password_hash text",
    "alter table platform.membership add column if not exists password_changed_at timestamptz",
)
_FIRST = """
update platform.app_user u
   set tenant_id = m.tenant_id, role = m.role, active = u.active and m.active,
       name = coalesce(nullif(m.name, ''), u.name),
       password_hash = coalesce(m.password_hash, u.password_hash),
       password_changed_at = coalesce(m.password_changed_at, u.password_changed_at)
  from (select distinct on (user_id) * from platform.membership order by user_id, created_at, tenant_id) m
 where m.user_id = u.id
"""
_ELSEWHERE = (
    "delete from platform.token x using platform.app_user u"
    " where u.id = x.user_id and u.tenant_id is distinct from x.tenant_id",
    "delete from platform.oauth_consent x using platform.app_user u"
    " where u.id = x.user_id and u.tenant_id is distinct from x.tenant_id",
    "delete from platform.oauth_authorization x using platform.app_user u"
    " where u.id = x.user_id and u.tenant_id is distinct from x.tenant_id",
    "delete from platform.challenge x using platform.app_user u"
    " where u.id = x.user_id and u.tenant_id is distinct from x.tenant_id",
    "delete from platform.password_reset x using platform.app_user u"
    " where u.id = x.user_id and u.tenant_id is distinct from x.tenant_id",
    "delete from platform.outside_link x using platform.app_user u, platform.outside_provider p"
    " where u.id = x.user_id and p.id = x.provider_id and u.tenant_id is distinct from p.tenant_id",
)
_WITHOUT_OWNER = """
select t.short_name from platform.tenant t
 where exists (select from platform.membership m where m.tenant_id = t.id and m.role = 'owner' and m.active)
   and not exists (select from platform.app_user u where u.tenant_id = t.id and u.role = 'owner' and u.active)
"""
_AGAIN = """
insert into platform.membership (tenant_id, user_id, name, role, active, created_at)
select tenant_id, id, name, role, active, created_at from platform.app_user
"""


def upgrade() -> None:
    """Fold the memberships into the accounts; refused while a firm would lose its last owner."""
    for statement in (*_COUNTED, *_OWN_PASSWORDS):
        op.execute(statement)
    op.add_column("app_user", sa.Column("tenant_id", sa.Uuid()), schema="platform")
    op.add_column("app_user", sa.Column("role", sa.Text()), schema="platform")
    op.drop_constraint("app_user_email_uq", "app_user", schema="platform")
    op.execute(_FIRST)
    left = op.get_bind().exec_driver_sql(_WITHOUT_OWNER).scalars().all()
    if left:
        raise RuntimeError(f"give these firms an owner who serves no other firm, then upgrade: {', '.join(left)}")
    for statement in _ELSEWHERE:
        op.execute(statement)
    op.drop_table("membership", schema="platform")
    op.execute("delete from platform.app_user where tenant_id is null")
    op.alter_column("app_user", "tenant_id", nullable=False, schema="platform")
    op.alter_column("app_user", "role", nullable=False, schema="platform")
    op.create_unique_constraint("app_user_email_uq", "app_user", ["tenant_id", "email"], schema="platform")
    op.create_foreign_key(
        *("app_user_tenant_fk", "app_user", "tenant", ["tenant_id"], ["id"]),
        source_schema="platform",
        referent_schema="platform",
    )
    op.create_table_comment(
        "app_user", "People of firms, each with an account of its own in each firm", schema="platform"
    )
    op.drop_column("invitation", "tries", schema="platform")


def downgrade() -> None:
    """Make memberships of the accounts again; the database refuses it once an e-mail has accounts in two firms."""
    tries = sa.Column("tries", sa.Integer(), server_default="0", nullable=False)
    op.add_column("invitation", tries, schema="platform")
    op.drop_constraint("app_user_email_uq", "app_user", schema="platform")
    op.create_unique_constraint("app_user_email_uq", "app_user", ["email"], schema="platform")
    op.create_table(
        "membership",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["platform.tenant.id"], name="membership_tenant_fk"),
        sa.ForeignKeyConstraint(["user_id"], ["platform.app_user.id"], name="membership_user_fk"),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", name="membership_pk"),
        schema="platform",
    )
    op.create_index("membership_user_ix", "membership", ["user_id"], unique=False, schema="platform")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON platform.membership TO {APP}")
    op.execute(f"GRANT SELECT ON platform.membership TO {BACKUP}")
    op.execute(_AGAIN)
    op.drop_table_comment("app_user", schema="platform")
    op.drop_constraint("app_user_tenant_fk", "app_user", schema="platform")
    op.drop_column("app_user", "role", schema="platform")
    op.drop_column("app_user", "tenant_id", schema="platform")
    for table in ("app_user", "challenge", "outside_attempt"):
        op.drop_column(table, "generation", schema="platform")
