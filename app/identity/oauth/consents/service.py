"""The verbs of consents: a person lets a client in, and shows it out again.

Invariant: a client never holds more than its person agreed to; withdrawing ends its tokens at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import RowMapping, update

from app.audit import service as audit
from app.audit.service import Act
from app.identity.models import oauth_consent
from app.identity.oauth.authorizations.service import end
from app.identity.oauth.consents import queries
from app.identity.oauth.errors import ConsentNotFound
from app.identity.oauth.types import Client
from infra.ids import encode, new_id
from tenants.scope import TenantScope


def consent(scope: TenantScope, client: Client, scopes: Sequence[str]) -> None:
    """The acting person lets a client do these things for it (同意授权), besides what it lets it do already."""
    scope.run(
        """
        insert into platform.oauth_consent as held (id, tenant_id, user_id, client_id, scopes, granted_at)
        values (:id, :tenant_id, :user_id, :client_id, :scopes, :now)
            on conflict on constraint oauth_consent_uq do update
           set scopes = case when held.withdrawn_at is not null then excluded.scopes
                             else array(select distinct unnest(held.scopes || excluded.scopes) order by 1) end,
               granted_at = excluded.granted_at, withdrawn_at = null
        """,
        id=new_id(),
        tenant_id=scope.tenant.id,
        user_id=scope.actor.id,
        client_id=client.id,
        scopes=sorted(set(scopes)),
        now=scope.now,
    )
    audit.record(scope, [Act("oauth.consent", "oauth_client", client.public_id, {"scopes": sorted(set(scopes))})])


def rely(scope: TenantScope, client: Client, scopes: Sequence[str]) -> bool:
    """Whether the acting person lets a client do all these things already; it is held until the transaction's end.

    What is relied on leaves a line: the client gets a code for it.
    """
    stands = queries.stands(scope, client.id, scopes)
    if stands:
        audit.record(scope, [Act("oauth.renew", "oauth_client", client.public_id, {"scopes": sorted(set(scopes))})])
    return stands


def withdraw(scope: TenantScope, consent_id: UUID) -> None:
    """The acting person takes a consent back (撤回授权): every token of the client that stands on it is worthless.

    Withdrawing twice is no error; raises `ConsentNotFound`.
    """
    row: RowMapping | None = queries.consent(scope, consent_id)
    if row is None:
        raise ConsentNotFound
    scope.execute(
        update(oauth_consent)
        .where(oauth_consent.c.id == consent_id, oauth_consent.c.withdrawn_at.is_(None))
        .values(withdrawn_at=scope.now)
    )
    end(scope, client_id=row["client_id"], user_id=scope.actor.id)
    audit.record(scope, [Act("oauth.withdraw", "oauth_client", encode("cli", row["client_id"]), {})])
