"""What grows from one yes of a person: a code, an access token, a family of refresh tokens; and how all of it ends.

Invariant: of a code and of every refresh token but the last two generations, a second showing ends the whole family
(RFC 9700, 4.14); the last but one brings the same successor for `GRACE`, to every racer (SEC-032). Each change is made
under the lock of the authorization's row, in one transaction with its tokens.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, insert, update

from app.audit import service as audit
from app.audit.service import Act
from app.identity.models import oauth_authorization, token
from app.identity.oauth.authorizations import queries
from app.identity.oauth.rules import (
    ACCESS_LIFE,
    CODE_LIFE,
    FAMILY_LIFE,
    GRACE,
    IDLE_LIFE,
    digest,
    family_of,
    first_refresh,
    successor,
)
from app.identity.oauth.types import Authorization, Client, Person
from app.identity.tokens.queries import holds
from app.identity.tokens.service import issue
from infra.ids import encode, new_id
from tenants.scope import TenantScope

logger = logging.getLogger("zhangfang.oauth")

_ROW = oauth_authorization.c


def keep_code(
    scope: TenantScope, client: Client, person: Person, code: str, scopes: list[str], asked: Mapping[str, str]
) -> None:
    """Write down what a person agreed to, under a code (授权码) that is good for one use within a minute."""
    scope.execute(
        insert(oauth_authorization).values(
            id=new_id(),
            tenant_id=scope.tenant.id,
            client_id=client.id,
            user_id=person.id,
            scopes=scopes,
            redirect_uri=asked["redirect_uri"],
            challenge=asked["code_challenge"],
            nonce=asked.get("nonce"),
            proved_at=person.proved_at,
            methods=list(person.methods),
            session_id=scope.origin.session,
            created_at=scope.now,
            code_hash=digest(code),
            code_expires_at=scope.now + CODE_LIFE,
            expires_at=scope.now + FAMILY_LIFE,
        )
    )


def by_code(scope: TenantScope, client: Client, code: str) -> Authorization | None:
    """The authorization of a code that may be used now; one shown a second time ends its family.

    A code is over with the session that said yes.
    """
    row = queries.of_code(scope, client.id, digest(code))
    if row is None or row["revoked_at"]:
        return None
    if row["code_used_at"]:
        _replayed(scope, client, row, "code")
        return None
    if not holds(scope.connection, row["session_id"], scope.now):
        return None
    return queries.as_authorization(row, code) if scope.now < row["code_expires_at"] else None


def by_refresh(scope: TenantScope, client: Client, text: str) -> Authorization | None:
    """The authorization of a refresh token that may be used now; one that was followed long ago ends its family."""
    family = family_of(text)
    row = queries.of_family(scope, client.id, family) if family else None
    if row is None or row["revoked_at"] or row["refresh_hash"] is None:
        return None
    if scope.now >= row["expires_at"] or scope.now >= (row["refreshed_at"] or row["created_at"]) + IDLE_LIFE:
        return None
    if not _in_turn(scope, row, digest(text)):
        _replayed(scope, client, row, "refresh_token")
        return None
    return queries.as_authorization(row, text)


def _in_turn(scope: TenantScope, row: RowMapping, shown: bytes) -> bool:
    if hmac.compare_digest(shown, row["refresh_hash"]):
        return True
    previous = row["refresh_previous"]
    return previous is not None and hmac.compare_digest(shown, previous) and scope.now <= row["refreshed_at"] + GRACE


def use_code(scope: TenantScope, authorization: Authorization) -> str | None:
    """The code is spent; the first refresh token, when the person agreed to one."""
    refresh = first_refresh(authorization.id) if "offline_access" in authorization.scopes else None
    scope.execute(
        update(oauth_authorization)
        .where(_ROW.id == authorization.id)
        .values(code_used_at=scope.now, refresh_hash=digest(refresh) if refresh else None, refreshed_at=scope.now)
    )
    return refresh


def grow(scope: TenantScope, authorization: Authorization, house_secret: str) -> str:
    """The successor of the refresh token that was shown, the same one for everybody who shows it within the grace."""
    following = successor(house_secret, authorization.presented)
    shown = digest(authorization.presented)
    scope.execute(
        update(oauth_authorization)
        .where(_ROW.id == authorization.id, _ROW.refresh_hash == shown)
        .values(refresh_previous=shown, refresh_hash=digest(following), refreshed_at=scope.now)
    )
    return following


def access_token(
    scope: TenantScope, client: Client, authorization: Authorization, scopes: list[str], refresh: str | None
) -> dict[str, Any]:
    """An access token of 15 minutes that stands for the person, as the token endpoint says it."""
    issued = issue(
        scope.connection,
        "access",
        scope.now,
        ACCESS_LIFE,
        tenant_id=scope.tenant.id,
        user_id=authorization.user_id,
        client_id=client.id,
        authorization_id=authorization.id,
        name=client.name,
        role="",
        ceiling=sorted(set(scopes)),
    )
    told = {
        "token_type": "Bearer",
        "access_token": issued.secret,
        "expires_in": int(ACCESS_LIFE.total_seconds()),
        "scope": " ".join(scopes),
    }
    return told if refresh is None else {**told, "refresh_token": refresh}


def end(scope: TenantScope, *, client_id: UUID, user_id: UUID | None = None, family: UUID | None = None) -> None:
    """End the authorizations of a client, of one person or one family, and every access token that stands on them."""
    for table, own in ((oauth_authorization, _ROW.id), (token, token.c.authorization_id)):
        ended = update(table).where(
            table.c.tenant_id == scope.tenant.id, table.c.client_id == client_id, table.c.revoked_at.is_(None)
        )
        if user_id is not None:
            ended = ended.where(table.c.user_id == user_id)
        if family is not None:
            ended = ended.where(own == family)
        scope.execute(ended.values(revoked_at=scope.now))


def _replayed(scope: TenantScope, client: Client, row: RowMapping, what: str) -> None:
    """A second showing means that two hold what one should: nobody keeps anything, and the firm is told."""
    end(scope, client_id=client.id, family=row["id"])
    details = {"user": encode("usr", row["user_id"]), "shown_again": what}
    audit.record(scope, [Act("oauth.replay", "oauth_client", client.public_id, details)])
    logger.warning("replay ended a family", extra={"client": client.public_id, "shown_again": what})
