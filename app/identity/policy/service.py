"""The verb of the policy: a firm says what it demands when its people sign in.

Invariant: a firm only tightens; what the installation demands holds whatever the firm says.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects.postgresql import insert

from app.audit import service as audit
from app.audit.service import Act
from app.http.errors import EtagMismatch
from app.identity.policy.models import sign_in_policy
from app.identity.policy.types import SignInPolicy
from app.identity.rules import differing
from infra.ids import encode
from tenants.scope import TenantScope


def demand(scope: TenantScope, before: SignInPolicy, after: SignInPolicy) -> SignInPolicy:
    """Demand from now on what `after` says (登录策略); people who do not meet it yet must, before anything else.

    What is demanded already is no change. Raises `EtagMismatch` when somebody else changed it meanwhile.
    """
    details = differing(_demands(before), _demands(after))
    if not details:
        return before
    values = {**_demands(after), "row_version": before.row_version + 1, "changed_at": scope.now}
    told = (
        insert(sign_in_policy)
        .values(tenant_id=scope.tenant.id, **values)
        .on_conflict_do_update(
            constraint="sign_in_policy_pk",
            set_=values,
            where=sign_in_policy.c.row_version == before.row_version,
        )
        .returning(sign_in_policy.c.row_version)
    )
    if scope.execute(told).first() is None:
        raise EtagMismatch
    audit.record(scope, [Act("sign_in_policy.change", "firm", encode("firm", scope.tenant.id), details)])
    return SignInPolicy(after.second_factor, after.password_days, before.row_version + 1)


def _demands(policy: SignInPolicy) -> dict[str, Any]:
    return {"second_factor": policy.second_factor, "password_days": policy.password_days}
