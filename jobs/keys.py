"""Keys on the command line and in the background: rotated, wrapped again, fields sealed anew, shredded by two."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection

from app.audit import queries as lines
from app.audit import service as audit
from app.audit.checkpoints import service as checkpoints
from app.audit.checkpoints.types import Notary
from app.audit.service import Act
from app.books.door import enter_granted
from app.identity.break_glass.service import OPERATOR_GONE
from app.identity.tokens.queries import holds
from app.identity.tokens.service import authenticate
from app.kernel.jobs import RESEAL
from app.kernel.permissions import BUILTIN, NOBODY, OPS_ONLY
from app.ledger.dimensions.particulars import service as particulars
from app.sensitive.credentials import service as credentials
from app.sensitive.shredding import service as shredding
from app.sensitive.shredding.types import Certificate
from app.sensitive.two_persons import queries as proposals
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
        if not _holds(connection, operator.key, ports.clock()):
            raise NotAnOperator
        return two_persons.propose(connection, operator, SHRED, tenant.id, reason, ports.clock())


def end_proposals(ports: Ports, proposers: Collection[str]) -> None:
    """End what operators who are none any more (keys of tokens) proposed, with its line in each firm.

    Raises `TenantUpgrading` where a firm takes no line just now; the same again writes what is left.
    """
    with ports.engine.connect() as connection:
        named = proposals.firms_of(connection, proposers, ports.clock())
        firms = [firm for firm in registry.all_tenants(connection, states=registry.STATES) if firm.id in named]
    for firm in firms:
        with enter_tenant(ports.engine, firm, SYSTEM, ports.clock, even_suspended=True) as scope:
            ended = two_persons.end(scope.connection, firm.id, proposers, scope.now)
            audit.record(scope, [_ended(one) for one in ended])


def _end_orphan(ports: Ports, proposal: UUID, now: datetime) -> None:
    """End a proposal whose proposer's token is over: time ends a token and writes no line."""
    with ports.engine.begin() as connection:
        proposer = proposals.locked(connection, proposal).proposed_by
        stands = _holds(connection, proposer, now)
    if not stands:
        end_proposals(ports, {proposer})


def _ended(one: Proposal) -> Act:
    told = {"proposal": str(one.id), "proposer": one.proposer, "reason": one.reason}
    states = {"before": {"state": "proposed"}, "after": {"state": "ended"}}
    return Act("key.shred_end", "key", str(one.tenant_id), told | states, reason=OPERATOR_GONE)


def _holds(connection: Connection, operator: str, now: datetime) -> bool:
    """Whether the token of an operator (its key) holds; it cannot be ended before this is committed."""
    return holds(connection, UUID(operator.partition(":")[2]), now)


def approve_shredding(ports: Ports, operator: Actor, proposal: UUID) -> Certificate:
    """Approve, say so in the firm's log under a last checkpoint, and destroy; cut off, the same approval finishes it.

    A proposal whose proposer's token is over ends by this, with its line. Raises `NotAnOperator`, `ProposalNotFound`,
    what `two_persons.approve` raises, and `HistoryChanged`: keys that can still convict a falsifier are kept.
    """
    now = ports.clock()
    _end_orphan(ports, proposal, now)
    with ports.engine.begin() as connection:
        if not _holds(connection, operator.key, now):
            raise NotAnOperator
        proposed = proposals.locked(connection, proposal)
        stands = _holds(connection, proposed.proposed_by, now)
        approved = two_persons.approve(connection, operator, proposed, now, stands=stands)
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
