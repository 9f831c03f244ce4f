"""Inclusion proofs (包含证明): that a line is the one a signed checkpoint has seen."""

from __future__ import annotations

from app.audit import queries
from app.audit.checkpoints import queries as index
from app.audit.checkpoints import rules as notes
from app.audit.checkpoints.service import fetched
from app.audit.checkpoints.types import Notary
from app.audit.errors import LineNotFound, NotAnchoredYet
from app.audit.proofs.types import Proof
from tenants.scope import TenantScope


def prove(scope: TenantScope, notary: Notary, chain: int, seq: int) -> Proof:
    """The proof of a line by the first checkpoint that has seen it; raises `LineNotFound`, `NotAnchoredYet`."""
    line = queries.line(scope, chain, seq)
    if line is None:
        raise LineNotFound
    for number in index.covering(scope, line.at):
        note = notes.read(fetched(notary, number))
        leaves = note.checkpoint.leaves
        for place, leaf in enumerate(leaves):
            if leaf.name == str(chain) and leaf.seq >= seq:
                hashes = [notes.hashed(one) for one in leaves]
                return Proof(
                    line,
                    tuple(queries.digests(scope, chain, seq + 1, leaf.seq)),
                    place,
                    len(leaves),
                    tuple(notes.path(hashes, place)),
                    note.checkpoint.root,
                    number,
                    notes.shown(note),
                )
    raise NotAnchoredYet
