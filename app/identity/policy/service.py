"""The verb of the policy: a firm says what it demands when its people sign in.

Invariant: a firm only tightens; what the installation demands holds whatever the firm says.
"""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import insert

from app.audit import service as audit
from app.audit.service import Act
from app.http.errors import EtagMismatch
from app.identity.policy.models import sign_in_policy
from app.identity.policy.types import SignInPolicy
from infra.ids import encode
from tenants.scope import TenantScope


def demand(scope: TenantScope, before: SignInPolicy, after: SignInPolicy) -> SignInPolicy:
    """Demand from now on what `after` says (登录策略); people who do not meet it yet must, before anything else.

    Raises `EtagMismatch` when somebody else changed it meanwhile.
    """
    values = {
        "second_factor": after.second_factor,
        "password_days": after.password_days,
        "row_version": before.row_version + 1,
        "changed_at": scope.now,
    }
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
    details = {
        "second_factor": [before.second_factor, after.second_factor],
        "password_days": [before.password_days, after.password_days],
    }
    audit.record(scope, [Act("sign_in_policy.change", "firm", encode("firm", scope.tenant.id), details)])
    return SignInPolicy(after.second_factor, after.password_days, before.row_version + 1)
