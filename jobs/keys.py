"""Keys on the command line and in the background: rotated, wrapped again, fields sealed anew, shredded by two."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from typing import Any, TypeVar
from uuid import UUID

from app.audit import queries as lines
from app.audit import service as audit
from app.audit.checkpoints import service as checkpoints
from app.audit.checkpoints.types import Notary
from app.audit.service import Act
from app.books.door import enter_granted
from app.identity.tokens.service import authenticate
from app.kernel.jobs import RESEAL
from app.kernel.permissions import BUILTIN, NOBODY, OPS_ONLY
from app.ledger.dimensions.particulars import service as particulars
from app.sensitive.credentials import service as credentials
from app.sensitive.shredding import service as shredding
from app.sensitive.shredding.types import Certificate
from app.sensitive.two_persons import service as two_persons
from app.sensitive.two_persons.types import SHRED, Proposal
from app.sensitive.types import Resealed
from infra.keystore import KeyMissing, KeyShredded
from infra.ports import Ports
from jobs.errors import NotAnOperator
from jobs.runner import JobRun
from tenants import registry
from tenants.door import enter_tenant
from tenants.outbox import enqueue
from tenants.scope import SYSTEM, Actor, TenantRef, TenantScope

BATCH = 500

Place = TypeVar("Place")


def reseal(run: JobRun) -> None:
    """Seal every field again that an older key of the firm sealed; what does not open is counted and an alarm."""
    done = _all(run, particulars.reseal, (0, 0, "")) + _all(run, credentials.reseal, UUID(int=0))
    run.result(done._asdict(), partially=bool(done.unreadable))


def _all(
    run: JobRun, verb: Callable[[TenantScope, Place, int], tuple[Resealed, Place | None]], first: Place
) -> Resealed:
    done, place = Resealed(0, 0), first
    while True:
        with run.scope() as scope:
            enter_granted(scope)
            some, after = verb(scope, place, BATCH)
        done += some
        run.checkpoint()
        if after is None:
            return done
        place = after


def firm_of(ports: Ports, name: str) -> TenantRef:
    """The firm of a short name; raises `TenantUnknown`."""
    with ports.engine.connect() as connection:
        return registry.by_short_name(connection, name)


def stored(ports: Ports, tenant: TenantRef) -> list[dict[str, Any]]:
    """The versions of a firm's keys as they lie in the store, without unwrapping them."""
    return [asdict(one) for one in ports.keyring.store.stored(str(tenant.id))]


def rotate(ports: Ports, tenant: TenantRef) -> int:
    """Give a firm a new key, which seals from now on, and let its fields be sealed again; returns the version."""
    ports.keyring.firm(str(tenant.id)).rotate()
    version = ports.keyring.store.newest(str(tenant.id))
    with enter_tenant(ports.engine, tenant, SYSTEM, ports.clock, keyring=ports.keyring) as scope:
        audit.record(scope, [Act("key.rotate", "key", str(tenant.id), {"version": version})])
        enqueue(scope, RESEAL, {}, dedupe_key=f"{RESEAL}:{version}")
    return version


def rewrap(ports: Ports, tenants: list[str]) -> dict[str, int]:
    """Wrap the keys of these holders by the newest root key; how many objects of each were written."""
    return {tenant: ports.keyring.store.rewrap(tenant) for tenant in tenants}


def operator_of(ports: Ports, token: str) -> Actor:
    """The person behind an operator's token; it must hold every right of the operators' plane.

    Raises `NotAnOperator`.
    """
    caller = authenticate(ports.engine, token, ports.clock())
    role = BUILTIN.get(caller.actor.role, NOBODY) if caller and caller.tenant is None else NOBODY
    if caller is None or not role.permissions >= OPS_ONLY:
        raise NotAnOperator
    return caller.actor


def propose_shredding(ports: Ports, operator: Actor, tenant: TenantRef, reason: str) -> Proposal:
    """Propose to destroy a firm's keys; another operator has 24 hours to approve."""
    with ports.engine.begin() as connection:
        return two_persons.propose(connection, operator, SHRED, tenant.id, reason, ports.clock())


def approve_shredding(ports: Ports, operator: Actor, proposal: UUID) -> Certificate:
    """Approve, say so in the firm's log under a last checkpoint, and destroy; cut off, the same approval finishes it.

    Raises what `two_persons.approve` raises, and `HistoryChanged`: keys that can still convict a falsifier are kept.
    """
    with ports.engine.begin() as connection:
        approved = two_persons.approve(connection, operator, proposal, ports.clock())
        tenant = registry.by_id(connection, approved.tenant_id)
    with enter_tenant(ports.engine, tenant, operator, ports.clock, even_suspended=True) as scope:
        told = {"proposal": str(approved.id), "proposer": approved.proposer, "approver": approved.approver}
        if not lines.told(scope, "key.shred", told):
            audit.record(scope, [Act("key.shred", "key", str(tenant.id), told, reason=approved.reason)])
    with suppress(KeyMissing, KeyShredded):  # nobody can sign for the firm, or somebody did before this was cut off
        checkpoints.anchor(Notary.of_firm(ports, tenant), tenant)
    made = shredding.shred(ports, tenant, approved)
    with ports.engine.begin() as connection:
        two_persons.done(connection, proposal, ports.clock())
    return made
