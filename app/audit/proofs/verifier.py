"""Proves one line of a log of acts by itself (验证一条操作日志): `python verifier.py PROOF|- [--key FINGERPRINT]`.

PROOF is an answer of `GET /v1/audit/proof` or `GET /v1/books/{book_id}/audit/proof`. One file, the standard library and
the Ed25519 of `cryptography`, none of the product: an auditor can read it, keep it and run it years later. Invariant:
"proved" is said only when everything that is printed follows from the signature: the checkpoint and whose it is, the
chain, the place, every byte of the line. Exit status: 0 proved, 2 unreadable, 3 does not hold; nothing raises.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

PROVED, UNREADABLE, UNPROVED = 0, 2, 3
UNREADABLE_BY = (AttributeError, LookupError, MemoryError, OSError, RecursionError, TypeError, ValueError)
MOST = 32 * 1024 * 1024
MOST_SEQ = 2**63 - 1
FORMAT = "zhangfang audit checkpoint 1"
PURPOSE = b"zhangfang audit checkpoint\n"
MEMBERS = {"format", "of", "number", "at", "previous", "size", "root"}, {"key", "signature"}
LINE_VERSION = 1
FIRM = "0"
_DIGEST = re.compile("[0-9a-f]{64}")
_SIGNATURE = re.compile("[0-9a-f]{128}")
_BEFORE = re.compile("([0-9a-f]{64})?")
_CHAIN = re.compile("0|[1-9][0-9]{0,18}")
_OF = re.compile("firm:[0-9a-z-]{1,64}")
_AT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")

CODES = {
    "proof.unreadable": ("无法读取，或不是一条操作日志的证明", "It cannot be read, or is no proof of a line"),
    "proof.differs": ("证明所称与检查点所签不符", "The proof says other than what was signed"),
    "key.unknown": ("签名所用公钥不是给定的公钥", "The signing key is not the one that was given"),
    "note.signature": ("检查点的签名不成立", "The signature of the checkpoint does not hold"),
    "line.book": ("该条日志不属于所称的链", "The line is not of the chain that is named"),
    "line.hash": ("日志内容、位置或前一哈希与其哈希不符", "Line, place and the hash before do not make its hash"),
    "line.path": ("由该条推不到检查点所签的根", "The line does not lead to the root that was signed"),
}


class Leaf(NamedTuple):
    """Where a chain stood: its name, its last place and the hash there."""

    chain: str
    seq: int
    hash: str


class Note(NamedTuple):
    """A checkpoint: the line that was signed and what it says, and the signature under it."""

    line: bytes
    of: str
    number: int
    at: str
    size: int
    root: bytes
    key: str
    signature: bytes


class Proof(NamedTuple):
    """A line, the digests of the lines after it up to the chain's head, and the head's way to a signed root."""

    chain: str
    seq: int
    previous: bytes
    hash: bytes
    body: str
    book: str
    links: tuple[bytes, ...]
    place: int
    size: int
    path: tuple[bytes, ...]
    root: bytes
    checkpoint: int
    note: Note
    public_keys: dict[str, bytes]


def _once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        raise ValueError("a member is there twice")
    return found


def _refused(text: str) -> Any:
    raise ValueError(f"{text} is no number")


_READER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_refused)


def _object(text: str) -> dict[str, Any]:
    found = _READER.decode(text)
    if not isinstance(found, dict):
        raise TypeError("not an object")
    return found


def _text(value: Any, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError("a text is not of its form")
    return value


def _digest(value: Any) -> bytes:
    return bytes.fromhex(_text(value, _DIGEST))


def _digests(value: Any) -> tuple[bytes, ...]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return tuple(map(_digest, value))


def _number(value: Any, least: int) -> int:
    if type(value) is not int or not least <= value <= MOST_SEQ:
        raise ValueError("a number is out of range")
    return value


def _written(said: object) -> str:
    """The canonical JSON (RFC 8785) of a note's line: its members are ASCII, its numbers whole."""
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def read_note(text: str) -> Note:
    """The checkpoint of a note; raises one of `UNREADABLE_BY` for whatever is not exactly one."""
    line, below, rest = text.split("\n")
    said, seal = _object(line), _object(below)
    if rest or (_written(said), _written(seal)) != (line, below) or (set(said), set(seal)) != MEMBERS:
        raise ValueError("not written as a checkpoint is")
    if said["format"] != FORMAT:
        raise ValueError("not a checkpoint of this version")
    _text(said["previous"], _BEFORE)
    return Note(
        line.encode(),
        _text(said["of"], _OF),
        _number(said["number"], 1),
        _text(said["at"], _AT),
        _number(said["size"], 1),
        _digest(said["root"]),
        _text(seal["key"], _DIGEST),
        bytes.fromhex(_text(seal["signature"], _SIGNATURE)),
    )


def read(content: bytes) -> Proof:
    """The proof of some bytes; raises one of `UNREADABLE_BY` for what is none."""
    if len(content) > MOST:
        raise ValueError("longer than any proof")
    said = _object(content.decode())
    body = _object(said["body"])
    if _number(body["v"], 1) != LINE_VERSION or not isinstance(body["book"], str):
        raise ValueError("not a line of this version")
    return Proof(
        _text(said["chain"], _CHAIN),
        _number(said["seq"], 1),
        _digest(said["previous"]),
        _digest(said["hash"]),
        said["body"],
        body["book"],
        _digests(said["links"]),
        _number(said["place"], 0),
        _number(said["size"], 1),
        _digests(said["path"]),
        _digest(said["root"]),
        _number(said["checkpoint"], 1),
        read_note(said["note"]),
        {_text(name, _DIGEST): _digest(key) for name, key in said["public_keys"].items()},
    )


def _sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def linked(before: bytes, seq: int, digest: bytes) -> bytes:
    """The hash of a line: over the hash before, the place (8 bytes, big-endian) and the digest of the body."""
    return _sha(before, seq.to_bytes(8, "big"), digest)


def head(proof: Proof) -> Leaf:
    """Where the chain stood after the last link."""
    at = proof.hash
    for seq, digest in enumerate(proof.links, proof.seq + 1):
        at = linked(at, seq, digest)
    return Leaf(proof.chain, proof.seq + len(proof.links), at.hex())


def _leaf(leaf: Leaf) -> bytes:
    return _sha(b"\0", _written(leaf).encode())


def _node(left: bytes, right: bytes) -> bytes:
    return _sha(b"\1", left, right)


def climbed(leaf: Leaf, place: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a path leads to from a leaf (RFC 9162, 2.1); None when it does not fit a tree of `size` leaves."""
    if place >= size:
        return None
    at, steps = _leaf(leaf), iter(path)
    while size > 1:
        if place ^ 1 < size:
            beside = next(steps, None)
            if beside is None:
                return None
            at = _node(beside, at) if place & 1 else _node(at, beside)
        place, size = place // 2, (size + 1) // 2
    return at if next(steps, None) is None else None


def signed(note: Note, public_keys: dict[str, bytes]) -> bool:
    """Whether the key that the note names, and no other, signed its line."""
    if any(hashlib.sha256(key).hexdigest() != name for name, key in public_keys.items()):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public_keys[note.key]).verify(note.signature, PURPOSE + note.line)
    except (InvalidSignature, KeyError):
        return False
    return True


def examine(proof: Proof, key: str | None = None) -> list[str]:
    """The codes of what does not hold, none when the line is proved; `key` is the fingerprint that must have signed."""
    note = proof.note
    held = {
        "proof.differs": (proof.checkpoint, proof.root, proof.size) == (note.number, note.root, note.size),
        "key.unknown": key in (None, note.key),
        "note.signature": signed(note, proof.public_keys),
        "line.book": proof.book == ("" if proof.chain == FIRM else proof.chain),
        "line.hash": linked(proof.previous, proof.seq, _sha(proof.body.encode())) == proof.hash,
        "line.path": climbed(head(proof), proof.place, note.size, proof.path) == note.root,
    }
    return [code for code, holds in held.items() if not holds]


def _content(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read(MOST + 1)
    with Path(name).open("rb") as file:
        return file.read(MOST + 1)


def fingerprint(given: str) -> str:
    """What `--key` means: a fingerprint may be written in groups and in capitals; raises `ValueError` for none."""
    plain = re.sub(r"[\s:-]", "", given).lower()
    if not _DIGEST.fullmatch(plain):
        raise ValueError("--key is no fingerprint")
    return plain


def verify(content: bytes, given: str | None = None) -> tuple[int, list[str]]:
    """The exit status and what is to be said of some bytes; never raises for what they are."""
    try:
        key = fingerprint(given) if given is not None else None
        proof = read(content)
        codes = examine(proof, key)
    except UNREADABLE_BY as error:
        return UNREADABLE, [_unreadable(error)]
    if codes:
        return UNPROVED, [f"{code:<16} {CODES[code][0]} {CODES[code][1]}" for code in codes]
    return PROVED, list(_say(proof, pinned=key is not None))


def _unreadable(error: BaseException) -> str:
    why = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return f"proof.unreadable {' '.join(CODES['proof.unreadable'])}: {why}"


def _say(proof: Proof, pinned: bool) -> Iterator[str]:
    note = proof.note
    yield f"证明成立 proved: 链 chain {proof.chain}, 第 line {proof.seq}"
    yield f"检查点 checkpoint: {note.number} ({note.of}, {note.at})"
    yield f"公钥指纹 key fingerprint: {note.key}"
    if not pinned:
        yield "请与另行记录的指纹核对，或使用 --key。 Compare it with the one written down elsewhere, or give --key."
    # Whoever acted chose some of these texts: what a terminal would obey is shown by its escape, the same JSON.
    yield "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in proof.body)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="verifier", description="验证一条操作日志 Prove a line of the log of acts.")
    parser.add_argument("proof", help="a file, or - for standard input")
    parser.add_argument("--key", metavar="FINGERPRINT", help="the fingerprint of the key that must have signed")
    asked = parser.parse_args(arguments)
    try:
        status, told = verify(_content(asked.proof), asked.key)
    except UNREADABLE_BY as error:
        status, told = UNREADABLE, [_unreadable(error)]
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.stdout.write("".join(f"{line}\n" for line in told))
    return status


if __name__ == "__main__":
    sys.exit(main())
