"""A proof checked by itself: from what a line says to the root of the checkpoint, without a database or a store."""

from __future__ import annotations

import hashlib

from app.audit import rules
from app.audit.checkpoints import rules as notes
from app.audit.checkpoints.types import Leaf
from app.audit.proofs.types import Proof


def leads_to(proof: Proof) -> str | None:
    """The root a proof leads to, or None when it leads nowhere."""
    line = proof.line
    at = rules.link(line.prev, line.seq, hashlib.sha256(rules.body(line)).digest())
    for seq, digest in enumerate(proof.links, line.seq + 1):
        at = rules.link(at, seq, digest)
    leaf = Leaf(str(line.chain), line.seq + len(proof.links), at.hex())
    root = notes.climbed(notes.hashed(leaf), proof.place, proof.size, proof.path)
    return root.hex() if root else None
