"""The log of acts (操作日志): written in the transaction of the act itself, so there is no act without its line.

Invariant: a transaction's lines are written once, right before it ends, with the heads of their chains locked in
ascending order and until the end; so each chain is in the order of commits, without a gap (docs/adr/0017).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from app.audit import rules
from app.audit.types import FIRM, NOTHING, Act, Head, Line
from infra.ids import new_id
from tenants.scope import TenantScope

__all__ = ["Act", "record"]

_KEY = "audit"
_LOCK = """
SELECT chain, seq, hash, clock_timestamp() AS at FROM tenant.audit_head
 WHERE chain = ANY(cast(:chains AS bigint[])) ORDER BY chain FOR UPDATE
"""
_BEGIN = """
INSERT INTO tenant.audit_head (chain, seq, hash)
SELECT c, 0, :nothing FROM unnest(cast(:chains AS bigint[])) AS k (c) ORDER BY c ON CONFLICT (chain) DO NOTHING
"""
_WRITE = """
INSERT INTO tenant.audit_event (seq, prev, hash, id, book_id, at, actor, actor_name, on_behalf, session, address, agent,
                                action, object_type, object_id, reason, details, personal, request_id)
SELECT seq, prev, hash, id, book_id, at, actor, actor_name, on_behalf, session, address, agent,
       action, object_type, object_id, reason, cast(details AS jsonb), personal, request_id
  FROM unnest(cast(:seq AS bigint[]), cast(:prev AS bytea[]), cast(:hash AS bytea[]), cast(:id AS uuid[]),
              cast(:book_id AS bigint[]), cast(:at AS timestamptz[]), cast(:actor AS text[]),
              cast(:actor_name AS text[]), cast(:on_behalf AS text[]), cast(:session AS uuid[]),
              cast(:address AS text[]), cast(:agent AS text[]), cast(:action AS text[]), cast(:object_type AS text[]),
              cast(:object_id AS text[]), cast(:reason AS text[]), cast(:details AS text[]),
              cast(:personal AS bytea[]), cast(:request_id AS text[]))
       AS k (seq, prev, hash, id, book_id, at, actor, actor_name, on_behalf, session, address, agent, action,
             object_type, object_id, reason, details, personal, request_id)
"""
_ADVANCE = """
UPDATE tenant.audit_head h SET seq = k.s, hash = k.h
  FROM unnest(cast(:chains AS bigint[]), cast(:seqs AS bigint[]), cast(:hashes AS bytea[])) AS k (c, s, h)
 WHERE h.chain = k.c
"""


def record(scope: TenantScope, acts: Sequence[Act]) -> None:
    """Let these acts have their lines when the transaction ends (财会〔2024〕12号 Art. 32: operator, time, content).

    Raises `crypto.key_missing` when personal values cannot be sealed.
    """
    if not acts:
        return
    scope.before_commit(_KEY, _Pending())
    pending = scope.last_verbs[_KEY]
    assert isinstance(pending, _Pending)  # noqa: S101  (the type checker's: the key is ours)
    pending.lines += [_line(scope, act) for act in acts]


class _Pending:
    """The lines a transaction will write, in the order of its acts."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    def __call__(self, scope: TenantScope) -> None:
        """Write them: the heads locked, the hashes made, the lines inserted, the heads moved."""
        lines, self.lines = self.lines, []
        chains = sorted({line.chain for line in lines})
        books = [chain for chain in chains if chain != FIRM]
        if books:
            scope.narrow(books)
        heads, at = _locked(scope, chains)
        chained = _chained(lines, heads, at)
        _write(scope, chained)
        _advance(scope, chained)


def _line(scope: TenantScope, act: Act) -> Line:
    """The line of an act, its place still unknown."""
    origin, line_id = scope.origin, new_id()
    return Line(
        seq=0,
        prev=NOTHING,
        hash=NOTHING,
        id=line_id,
        book_id=act.book_id,
        at=scope.now,
        actor=scope.actor.key,
        actor_name=rules.clean(scope.actor.name),
        on_behalf=rules.clean(origin.on_behalf),
        session=origin.session,
        address=rules.clean(origin.address),
        agent=rules.clean(origin.agent),
        action=act.action,
        object_type=act.object_type,
        object_id=rules.clean(act.object_id),
        reason=rules.clean(act.reason),
        details=rules.plain(act.details),
        personal=_sealed(scope, line_id, act.personal) if act.personal else None,
        request_id=rules.clean(scope.request_id),
    )


def _sealed(scope: TenantScope, line_id: UUID, personal: Mapping[str, Any]) -> bytes:
    return scope.cipher.seal(orjson.dumps(rules.plain(personal)), rules.sealing(line_id))


def _locked(scope: TenantScope, chains: Sequence[int]) -> tuple[dict[int, Head], datetime]:
    """The heads of these chains, locked, and the database's clock after the last of them was free."""
    rows = scope.run(_LOCK, chains=list(chains)).all()
    if len(rows) < len(chains):
        scope.run(_BEGIN, chains=list(chains), nothing=NOTHING)
        rows = scope.run(_LOCK, chains=list(chains)).all()
    return {row.chain: Head(row.chain, row.seq, bytes(row.hash)) for row in rows}, max(row.at for row in rows)


def _chained(lines: Sequence[Line], heads: dict[int, Head], at: datetime) -> list[Line]:
    """The lines in their places behind these heads."""
    chained = []
    for line in lines:
        head = heads[line.chain]
        placed = line._replace(seq=head.seq + 1, prev=head.hash, at=at)
        placed = placed._replace(hash=rules.link(placed.prev, placed.seq, rules.digest(placed)))
        heads[line.chain] = Head(line.chain, placed.seq, placed.hash)
        chained.append(placed)
    return chained


def _write(scope: TenantScope, lines: Sequence[Line]) -> None:
    columns: dict[str, list[Any]] = {name: [getattr(line, name) for line in lines] for name in Line._fields}
    columns["details"] = [orjson.dumps(details).decode() for details in columns["details"]]
    scope.run(_WRITE, **columns)


def _advance(scope: TenantScope, lines: Sequence[Line]) -> None:
    last = {line.chain: line for line in lines}
    scope.run(
        _ADVANCE,
        chains=list(last),
        seqs=[line.seq for line in last.values()],
        hashes=[line.hash for line in last.values()],
    )
