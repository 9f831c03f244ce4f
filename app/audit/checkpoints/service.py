"""Checkpoints (检查点): what all chains were, signed and laid where the database's logins cannot reach.

Invariant: a number is written once; the next checkpoint names the digest of the one before, and is signed only when
every chain still passes through it. Whoever dies between the store and the index leaves a note that the next run
finds; nothing is sent while a row is locked (docs/adr/0017).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.audit import rules as lines
from app.audit.checkpoints import queries, rules
from app.audit.checkpoints.errors import HistoryChanged
from app.audit.checkpoints.types import Checkpoint, Leaf, Notary, Note
from infra.anchors import Anchors
from infra.files import FileExists
from tenants.door import enter_tenant
from tenants.scope import SYSTEM, TenantRef, TenantScope

KEPT = timedelta(days=10 * 366)
"""How long nobody can delete a checkpoint: as long as the shortest of the accounting archives (会计档案, 10 years)."""
_BLOCK = 1000
_INDEX = """
INSERT INTO tenant.audit_checkpoint (number, at, chains, root, digest, key, signature)
VALUES (:number, cast(:at AS timestamptz), :chains, decode(:root, 'hex'), decode(:digest, 'hex'), :key, :signature)
ON CONFLICT (number) DO NOTHING
"""


def anchor(notary: Notary, tenant: TenantRef) -> Note | None:
    """The newest checkpoint of a firm, a fresh one when any chain moved since; None while nothing was ever done.

    Raises `HistoryChanged` when a chain does not go on from the newest checkpoint.
    """
    ports = notary.ports
    with enter_tenant(
        *(ports.engine, tenant, SYSTEM, ports.clock), read_only=True, one_snapshot=True, even_suspended=True
    ) as scope:
        before = newest(notary, queries.newest(scope))
        now = queries.standing(scope)
        if before is not None:
            _check_continued(scope, before, now.leaves)
    note = _next(notary, before, now.leaves, now.at)
    if note is not None:
        with enter_tenant(ports.engine, tenant, SYSTEM, ports.clock, even_suspended=True) as scope:
            for one in (before, note):  # of the one before, whoever made it may have died before this line
                _index(scope, one or note)
    return note


def anchor_cell(notary: Notary, firms: Sequence[Note]) -> Note | None:
    """The newest checkpoint over the newest ones of a cell's firms, a fresh one when any of them is newer."""
    leaves = [Leaf(note.checkpoint.of, note.checkpoint.number, note.digest) for note in firms]
    return _next(notary, newest(notary), tuple(sorted(leaves)), notary.ports.clock())


def fetched(notary: Notary, number: int) -> bytes:
    """The bytes of a checkpoint as they lie in the store; raises `files.not_found`."""
    return notary.ports.anchors.first(place(notary, number))


def place(notary: Notary, number: int) -> str:
    """The key of a checkpoint in the store."""
    return f"{notary.folder}{number:08d}"


def newest(notary: Notary, hint: int = 0) -> Note | None:
    """The newest checkpoint in the store; `hint` says where to begin to look, and may be wrong."""
    anchors, block = notary.ports.anchors, hint // _BLOCK
    found = _block(anchors, notary, block)
    while above := _block(anchors, notary, block + 1):
        found, block = above, block + 1
    while not found and block > 0:
        block -= 1
        found = _block(anchors, notary, block)
    return rules.read(anchors.first(found[-1])) if found else None


def _block(anchors: Anchors, notary: Notary, block: int) -> list[str]:
    return list(anchors.history(f"{notary.folder}{block:05d}"))


def _check_continued(scope: TenantScope, before: Note, leaves: tuple[Leaf, ...]) -> None:
    chain = queries.broken(scope, before.checkpoint.leaves)
    reached = {leaf.name: leaf.seq for leaf in leaves}
    behind = [int(leaf.name) for leaf in before.checkpoint.leaves if reached.get(leaf.name, 0) < leaf.seq]
    for wrong in [chain, *behind]:
        if wrong is not None:
            raise HistoryChanged(number=before.checkpoint.number, chain=wrong)


def _next(notary: Notary, before: Note | None, leaves: tuple[Leaf, ...], at: datetime) -> Note | None:
    """Sign and keep the checkpoint after `before`, or give that one back when it says the same."""
    if not leaves or (before is not None and before.checkpoint.leaves == leaves):
        return before
    number, previous = (before.checkpoint.number + 1, before.digest) if before else (1, "")
    made = Checkpoint(notary.of, number, lines.moment(at), previous, leaves, rules.rooted(leaves))
    line = rules.signed_line(made)
    content = rules.written(made, notary.signer.fingerprint, notary.signer.sign(rules.PURPOSE + line))
    try:
        notary.ports.anchors.keep(place(notary, number), content, at + KEPT)
    except FileExists:  # somebody else was as quick: theirs counts
        content = fetched(notary, number)
    return rules.read(content)


def _index(scope: TenantScope, note: Note) -> None:
    scope.run(_INDEX, **rules.entry(note)._asdict())
