"""The authorization server: clients, consents, authorizations with their codes and refresh tokens, used assertions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "p0004"
down_revision = "p0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and let a token say on which authorization it stands."""
    op.create_table(
        "oauth_client",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("auth", sa.Text(), nullable=False),
        sa.Column("redirect_uris", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("books", postgresql.ARRAY(sa.Uuid()), nullable=True),
        sa.Column("secret_hash", postgresql.BYTEA(), nullable=True),
        sa.Column("jwks", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind in ('web','native','service')", name=op.f("oauth_client_kind_ck")),
        sa.CheckConstraint(
            "auth in ('none','client_secret_basic','private_key_jwt')", name=op.f("oauth_client_auth_ck")
        ),
        sa.CheckConstraint("(kind = 'native') = (auth = 'none')", name=op.f("oauth_client_public_ck")),
        sa.CheckConstraint(
            "(auth = 'client_secret_basic') = (secret_hash is not null)", name=op.f("oauth_client_secret_ck")
        ),
        sa.CheckConstraint("(auth = 'private_key_jwt') = (jwks is not null)", name=op.f("oauth_client_jwks_ck")),
        sa.CheckConstraint("(kind = 'service') = (role <> '')", name=op.f("oauth_client_role_ck")),
        sa.ForeignKeyConstraint(["tenant_id"], ["platform.tenant.id"], name="oauth_client_tenant_fk"),
        sa.PrimaryKeyConstraint("id", name="oauth_client_pk"),
        schema="platform",
        comment="Programs that a firm lets in: for a person who consents, or (service) by a role of their own",
    )
    op.create_index("oauth_client_tenant_ix", "oauth_client", ["tenant_id", "id"], schema="platform")
    op.create_table(
        "oauth_consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["platform.oauth_client.id"], name="oauth_consent_client_fk"),
        sa.ForeignKeyConstraint(["user_id"], ["platform.app_user.id"], name="oauth_consent_user_fk"),
        sa.PrimaryKeyConstraint("id", name="oauth_consent_pk"),
        sa.UniqueConstraint("tenant_id", "user_id", "client_id", name="oauth_consent_uq"),
        schema="platform",
        comment="What a person of a firm lets a client do; withdrawing it ends every token that stands on it",
    )
    op.create_table(
        "oauth_authorization",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("challenge", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=True),
        sa.Column("proved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("methods", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code_hash", postgresql.BYTEA(), nullable=False),
        sa.Column("code_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refresh_hash", postgresql.BYTEA(), nullable=True),
        sa.Column("refresh_previous", postgresql.BYTEA(), nullable=True),
        sa.Column("refreshed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["platform.oauth_client.id"], name="oauth_authorization_client_fk"),
        sa.ForeignKeyConstraint(["user_id"], ["platform.app_user.id"], name="oauth_authorization_user_fk"),
        sa.PrimaryKeyConstraint("id", name="oauth_authorization_pk"),
        sa.UniqueConstraint("code_hash", name="oauth_authorization_code_uq"),
        schema="platform",
        comment="One yes of a person to a client: its code, then the family of refresh tokens that grew from it",
    )
    op.create_index("oauth_authorization_client_ix", "oauth_authorization", ["client_id", "user_id"], schema="platform")
    op.create_table(
        "oauth_assertion",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["platform.oauth_client.id"], name="oauth_assertion_client_fk"),
        sa.PrimaryKeyConstraint("client_id", "jti", name="oauth_assertion_pk"),
        schema="platform",
        comment="Ids of client assertions that were used and could still be shown again",
    )
    op.add_column("token", sa.Column("authorization_id", sa.Uuid(), nullable=True), schema="platform")
    op.create_index("token_authorization_ix", "token", ["authorization_id"], schema="platform")
    op.create_index("token_client_ix", "token", ["client_id"], schema="platform")
    op.execute(
        "GRANT SELECT, INSERT, UPDATE ON platform.oauth_client, platform.oauth_consent, platform.oauth_authorization"
        " TO zhangfang_app"
    )
    op.execute("GRANT SELECT, INSERT, DELETE ON platform.oauth_assertion TO zhangfang_app")
    op.execute(
        "GRANT SELECT ON platform.oauth_client, platform.oauth_consent, platform.oauth_authorization,"
        " platform.oauth_assertion TO zhangfang_backup"
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_index("token_client_ix", "token", schema="platform")
    op.drop_index("token_authorization_ix", "token", schema="platform")
    op.drop_column("token", "authorization_id", schema="platform")
    for table in ("oauth_assertion", "oauth_authorization", "oauth_consent", "oauth_client"):
        op.drop_table(table, schema="platform")
