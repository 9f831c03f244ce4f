"""What a checkpoint is made of, what was signed so far, and whether the log still goes on from there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from app.audit.checkpoints.types import Entry, Leaf
from tenants.scope import TenantScope

EVERY_BOOK = (1, 2**63 - 1)

_HEADS = "SELECT chain, seq, encode(hash, 'hex') AS hash FROM tenant.audit_head WHERE seq > 0 ORDER BY chain"
_BROKEN = """
SELECT k.c
  FROM unnest(cast(:chains AS bigint[]), cast(:seqs AS bigint[]), cast(:hashes AS text[])) AS k (c, s, h)
  LEFT JOIN tenant.audit_event e ON e.chain = k.c AND e.seq = k.s
 WHERE e.hash IS DISTINCT FROM decode(k.h, 'hex') ORDER BY k.c LIMIT 1
"""
_INDEX = """
SELECT number, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, chains,
       encode(root, 'hex') AS root, encode(digest, 'hex') AS digest, key, signature
  FROM tenant.audit_checkpoint ORDER BY number
"""
_PAGE = """
SELECT number, at, chains, encode(root, 'hex') AS root, encode(digest, 'hex') AS digest, key,
       encode(signature, 'hex') AS signature
  FROM tenant.audit_checkpoint WHERE number < :before ORDER BY number DESC LIMIT :limit
"""
_COVERING = """
SELECT number FROM tenant.audit_checkpoint WHERE at >= :at ORDER BY number LIMIT 3
"""


class Standing(NamedTuple):
    """All chains of a firm at one instant of the database's clock."""

    at: datetime
    leaves: tuple[Leaf, ...]


def standing(scope: TenantScope) -> Standing:
    """Where all chains of the firm stand."""
    at: datetime = scope.run("SELECT clock_timestamp()").scalar_one()
    return Standing(at, tuple(Leaf(str(row.chain), row.seq, row.hash) for row in scope.run(_HEADS)))


def broken(scope: TenantScope, leaves: Sequence[Leaf]) -> int | None:
    """The first chain whose line at a leaf's place is not the leaf's any more; the scope sees every book from here."""
    scope.narrow(EVERY_BOOK)
    asked = {
        "chains": [int(leaf.name) for leaf in leaves],
        "seqs": [leaf.seq for leaf in leaves],
        "hashes": [leaf.hash for leaf in leaves],
    }
    found: int | None = scope.run(_BROKEN, **asked).scalar()
    return found


def newest(scope: TenantScope) -> int:
    """The number of the newest checkpoint the index knows; 0 when there is none."""
    return int(scope.run("SELECT coalesce(max(number), 0) FROM tenant.audit_checkpoint").scalar_one())


def index(scope: TenantScope) -> dict[int, Entry]:
    """Everything the index says, by number."""
    return {row.number: Entry._make(row) for row in scope.run(_INDEX)}


def page(scope: TenantScope, before: int, limit: int) -> list[dict[str, Any]]:
    """Checkpoints of the index, newest first, below a number."""
    return [dict(row) for row in scope.run(_PAGE, before=before, limit=limit).mappings()]


def covering(scope: TenantScope, at: datetime) -> list[int]:
    """The numbers of the first checkpoints made at or after an instant: one of them covers what was done then."""
    return list(scope.run(_COVERING, at=at).scalars())
