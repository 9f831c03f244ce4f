"""Checkpoints as bytes, and the Merkle tree they are the roots of (RFC 9162, 2.1: leaves 0x00, nodes 0x01).

Invariant: a note is three lines of canonical JSON (RFC 8785): what is signed, with the root; the signature over
`PURPOSE` and that line; the leaves that make the root. Whoever holds a public key needs nothing else to judge it, no
part of it can be read in two ways, and the first two lines show nothing of any chain.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.audit.checkpoints.types import Checkpoint, Entry, Leaf, Note

FORMAT = "zhangfang audit checkpoint 1"
PURPOSE = b"zhangfang audit checkpoint\n"
"""What stands before the signed line, so that a signature serves one purpose only."""


def hashed(leaf: Leaf) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(b"\0" + rfc8785.dumps(list(leaf))).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over the hashes of leaves."""
    if not leaves:
        return hashlib.sha256().digest()
    level = list(leaves)
    while len(level) > 1:
        pairs = [_node(*level[at : at + 2]) for at in range(0, len(level) - 1, 2)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0]


def path(leaves: Sequence[bytes], place: int) -> list[bytes]:
    """The inclusion proof of a leaf: the neighbours on its way to the root, the nearest first."""
    level, found = list(leaves), []
    while len(level) > 1:
        if place ^ 1 < len(level):
            found.append(level[place ^ 1])
        pairs = [_node(*level[at : at + 2]) for at in range(0, len(level) - 1, 2)]
        level, place = pairs + level[len(pairs) * 2 :], place // 2
    return found


def climbed(leaf: bytes, place: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """The root that a leaf's inclusion proof leads to, or None when the proof does not fit the tree's size."""
    if not 0 <= place < size:
        return None
    at, steps = leaf, list(proof)
    while size > 1:
        if place ^ 1 < size:
            if not steps:
                return None
            beside = steps.pop(0)
            at = _node(beside, at) if place & 1 else _node(at, beside)
        place, size = place // 2, (size + 1) // 2
    return None if steps else at


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def rooted(leaves: Sequence[Leaf]) -> str:
    """The root over leaves, in hexadecimal."""
    return root([hashed(leaf) for leaf in leaves]).hex()


def signed_line(checkpoint: Checkpoint) -> bytes:
    """The line that is signed."""
    said: dict[str, Any] = {"format": FORMAT, **checkpoint._asdict(), "size": len(checkpoint.leaves)}
    del said["leaves"]
    return rfc8785.dumps(said)


def sealed(line: bytes, key: str, signature: bytes) -> bytes:
    """The signed line and the signature under it: all that a proof shows of a checkpoint."""
    return line + b"\n" + rfc8785.dumps({"key": key, "signature": signature.hex()}) + b"\n"


def shown(note: Note) -> bytes:
    """A note without its leaves."""
    return sealed(signed_line(note.checkpoint), note.key, note.signature)


def written(checkpoint: Checkpoint, key: str, signature: bytes) -> bytes:
    """The bytes of a note."""
    leaves = rfc8785.dumps([list(leaf) for leaf in checkpoint.leaves])
    return sealed(signed_line(checkpoint), key, signature) + leaves + b"\n"


def read(content: bytes) -> Note:
    """The note of some bytes; raises `ValueError` for whatever is not exactly one."""
    try:
        line, below, beneath, rest = content.split(b"\n")
        said, seal = json.loads(line), json.loads(below)
        leaves = tuple(Leaf(str(name), int(seq), str(hash_)) for name, seq, hash_ in json.loads(beneath))
        checkpoint = Checkpoint(
            str(said["of"]), int(said["number"]), str(said["at"]), str(said["previous"]), leaves, str(said["root"])
        )
        note = Note(checkpoint, hashlib.sha256(line).hexdigest(), str(seal["key"]), bytes.fromhex(seal["signature"]))
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("not a checkpoint") from error
    if rest or written(checkpoint, note.key, note.signature) != content:
        raise ValueError("not written as a checkpoint is")
    return note


def entry(note: Note) -> Entry:
    """What the database's index has to say of a note."""
    said = note.checkpoint
    return Entry(said.number, said.at, len(said.leaves), said.root, note.digest, note.key, note.signature)


def genuine(note: Note, public_keys: Mapping[str, bytes]) -> bool:
    """Whether one of these keys signed the note."""
    if note.key not in public_keys:
        return False
    try:
        key = Ed25519PublicKey.from_public_bytes(public_keys[note.key])
        key.verify(note.signature, PURPOSE + signed_line(note.checkpoint))
    except InvalidSignature:
        return False
    return True
