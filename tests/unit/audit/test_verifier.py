"""The verifier of a line by itself: what the product proves is proved, nothing else is, and hostile input is a line."""

from __future__ import annotations

import ast
import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from app.audit import rules
from app.audit.checkpoints import rules as notes
from app.audit.checkpoints.types import Checkpoint, Leaf
from app.audit.proofs import verifier
from app.audit.types import FIRM, NOTHING, Line

FILE = Path(verifier.__file__)
SECRET, STRANGER = (Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2))
AT = datetime(2026, 9, 30, 15, 59, 59, 123456, UTC)
OF = "firm:0190a1b2-0000-7000-8000-000000000000"


def fingerprint(key: Ed25519PrivateKey) -> str:
    """What an auditor writes down."""
    return hashlib.sha256(key.public_key().public_bytes_raw()).hexdigest()


def chained(chain: int, texts: list[str]) -> list[Line]:
    """A chain of lines as the product writes it."""
    found: list[Line] = []
    for seq, text in enumerate(texts, 1):
        line = Line(
            seq=seq,
            prev=found[-1].hash if found else NOTHING,
            hash=b"",
            id=UUID(int=chain << 64 | seq),
            book_id=chain or None,
            at=AT + timedelta(seconds=seq),
            actor="user:u1",
            actor_name="王老板",
            on_behalf="",
            session=None,
            address="203.0.113.9",
            agent=text,
            action="voucher.post",
            object_type="voucher",
            object_id=f"vch_{seq}",
            reason="",
            details={"summary": text},
            personal=None,
            request_id=f"req_{seq}",
        )
        found.append(line._replace(hash=rules.link(line.prev, seq, rules.digest(line))))
    return found


def sealed(line: bytes, key: Ed25519PrivateKey = SECRET, purpose: bytes = notes.PURPOSE) -> str:
    """A note over a line."""
    return notes.sealed(line, fingerprint(key), key.sign(purpose + line)).decode()


def proof(chains: dict[int, list[Line]], chain: int, seq: int, number: int = 7, of: str = OF) -> dict[str, Any]:
    """What the API answers for a line."""
    leaves = tuple(Leaf(str(name), len(lines), lines[-1].hash.hex()) for name, lines in chains.items())
    place, hashes = list(chains).index(chain), [notes.hashed(leaf) for leaf in leaves]
    checkpoint = Checkpoint(of, number, rules.moment(AT), "ab" * 32, leaves, notes.rooted(leaves))
    line, *after = chains[chain][seq - 1 :]
    return {
        "chain": str(chain),
        "seq": seq,
        "previous": line.prev.hex(),
        "hash": line.hash.hex(),
        "body": rules.body(line).decode(),
        "links": [rules.digest(one).hex() for one in after],
        "place": place,
        "size": len(leaves),
        "path": [one.hex() for one in notes.path(hashes, place)],
        "root": checkpoint.root,
        "checkpoint": number,
        "note": sealed(notes.signed_line(checkpoint)),
        "public_keys": {fingerprint(key): key.public_key().public_bytes_raw().hex() for key in (STRANGER, SECRET)},
    }


CHAINS = {chain: chained(chain, ["a", "支付房租", "c", "d"]) for chain in (FIRM, 1, 2, 9, 12)}
GENUINE = proof(CHAINS, 2, 2)


def judged(said: object, key: str | None = None) -> tuple[int, list[str]]:
    """The exit status, and the codes of what is said."""
    status, told = verifier.verify(json.dumps(said).encode(), key)
    return status, [line.split()[0] for line in told]


def test_it_imports_the_standard_library_and_the_signature_and_nothing_of_ours() -> None:
    tree = ast.parse(FILE.read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= {*sys.stdlib_module_names, "cryptography"}
    assert not any(isinstance(node, ast.ImportFrom) and node.level for node in ast.walk(tree))


def test_it_speaks_of_what_the_product_writes() -> None:
    assert (verifier.FORMAT, verifier.PURPOSE) == (notes.FORMAT, notes.PURPOSE)
    assert (rules.VERSION, str(FIRM)) == (verifier.LINE_VERSION, verifier.FIRM)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.integers(0, 2**63 - 1), st.lists(st.text(max_size=20).map(rules.clean), min_size=1, max_size=6), min_size=1
    ),
    st.integers(1, 99_999_999),
    st.data(),
)
def test_every_line_the_product_proves_is_proved(texts: dict[int, list[str]], number: int, draw: st.DataObject) -> None:
    chains = {chain: chained(chain, texts[chain]) for chain in sorted(texts)}
    chain = draw.draw(st.sampled_from(sorted(chains)))
    seq = draw.draw(st.integers(1, len(chains[chain])))
    asked = proof(chains, chain, seq, number)
    status, told = verifier.verify(json.dumps(asked).encode(), fingerprint(SECRET))
    assert (status, told[:3]) == (
        verifier.PROVED,
        [
            f"证明成立 proved: 链 chain {chain}, 第 line {seq}",
            f"检查点 checkpoint: {number} ({OF}, {rules.moment(AT)})",
            f"公钥指纹 key fingerprint: {fingerprint(SECRET)}",
        ],
    )
    assert json.loads(told[-1]) == json.loads(asked["body"]) and len(told) == 4


def every_change(said: Any) -> Iterator[tuple[str, Any]]:
    """A JSON value with one thing in it changed, taken out, put twice or made another type."""
    if isinstance(said, dict):
        for name in said:
            yield f"without {name}", {other: value for other, value in said.items() if other != name}
            yield from ((f"{name}: {why}", {**said, name: inner}) for why, inner in every_change(said[name]))
    elif isinstance(said, list):
        yield "one more", [*said, *(said[-1:] or ["00" * 32])]
        for at in range(len(said)):
            yield f"without [{at}]", said[:at] + said[at + 1 :]
            for why, inner in every_change(said[at]):
                yield f"[{at}] {why}", [*said[:at], inner, *said[at + 1 :]]
    elif isinstance(said, int):
        others = [said + 1, said - 1, -said - 1, said + 2**64, 10**4000, said + 0.5]
        yield from ((str(other), other) for other in others)
    else:
        yield from ((f"at {at}", said[:at] + chr(ord(said[at]) ^ 1) + said[at + 1 :]) for at in range(len(said)))
        yield from [("longer", said + "0"), ("shorter", said[:-1]), ("in capitals", said.upper())][: 2 + said.islower()]
    types: list[Any] = [None, True, [], {}, "", "x", 0.0]
    yield from ((f"as {other!r}", other) for other in types if other != said)


def with_note(change: Callable[[Any], Iterator[tuple[str, Any]]], place: int) -> Iterator[tuple[str, Any]]:
    """The proof with its note's line, or the seal below it, changed and written canonically again."""
    parts = GENUINE["note"].split("\n")
    for why, changed in change(json.loads(parts[place])):
        try:
            written = rfc8785.dumps(changed).decode()
        except rfc8785.CanonicalizationError:  # beyond what JSON holds exactly
            continue
        yield why, {**GENUINE, "note": "\n".join([*parts[:place], written, *parts[place + 1 :]])}


def test_every_member_changed_in_turn_is_refused(record_property: Callable[[str, object], None]) -> None:
    unused = fingerprint(STRANGER)  # a key that signed nothing here is not spoken of
    tried = {f"proof {why}": said for why, said in every_change(GENUINE) if why != f"public_keys: without {unused}"}
    tried |= {f"line {why}": said for why, said in with_note(every_change, 0)}
    tried |= {f"seal {why}": said for why, said in with_note(every_change, 1)}
    body = json.loads(GENUINE["body"])
    tried |= {f"body {why}": {**GENUINE, "body": json.dumps(one)} for why, one in every_change(body)}
    accepted = [why for why, said in tried.items() if judged(said)[0] == verifier.PROVED]
    record_property("changed proofs", len(tried))
    assert accepted == [] and judged(GENUINE)[0] == verifier.PROVED
    assert len(tried) > 2500


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_changed_byte_is_refused_or_says_the_same(draw: st.DataObject) -> None:
    content = bytearray(json.dumps(GENUINE).encode())
    at = draw.draw(st.integers(0, len(content) - 1))
    content[at] = draw.draw(st.integers(0, 255))
    status, _ = verifier.verify(bytes(content))
    assert status != verifier.PROVED or verifier.read(bytes(content)) == verifier.read(json.dumps(GENUINE).encode())


def noted(**changes: Any) -> dict[str, Any]:
    """The proof under a checkpoint that says something else and is signed all the same."""
    said = {**json.loads(GENUINE["note"].split("\n")[0]), **changes}
    return {**GENUINE, "note": sealed(rfc8785.dumps(said))}


def signed_by(key: Ed25519PrivateKey, purpose: bytes = notes.PURPOSE) -> dict[str, Any]:
    """The proof under a checkpoint that somebody signed, for some purpose."""
    return {**GENUINE, "note": sealed(GENUINE["note"].split("\n")[0].encode(), key, purpose)}


OTHER_LINE = {name: proof(CHAINS, 9, 2)[name] for name in ("body", "hash", "previous", "links")}
UNPROVED: dict[str, tuple[dict[str, Any], str]] = {
    "another number than the one signed": ({**GENUINE, "checkpoint": 8}, "proof.differs"),
    "another root than the one signed": ({**GENUINE, "root": "00" * 32}, "proof.differs"),
    "another size than the tree's": ({**GENUINE, "size": 2**40}, "proof.differs"),
    "a number signed that is not said": (noted(number=8), "proof.differs"),
    "a root signed that is another": ({**noted(root="00" * 32), "root": "00" * 32}, "line.path"),
    "a size signed that is another": ({**noted(size=3), "size": 3}, "line.path"),
    "the line alone under a root of many": ({**noted(size=1), "size": 1, "place": 0, "path": []}, "line.path"),
    "a place outside of the tree": ({**GENUINE, "place": 5}, "line.path"),
    "the place of another chain": ({**GENUINE, "place": 3}, "line.path"),
    "a place beyond all places": ({**GENUINE, "place": 2**63 - 1}, "line.path"),
    "a path too long": ({**GENUINE, "path": [*GENUINE["path"], "00" * 32]}, "line.path"),
    "a path too short": ({**GENUINE, "path": GENUINE["path"][:-1]}, "line.path"),
    "a line of another chain": ({**GENUINE, **OTHER_LINE}, "line.book"),
    "the name of another chain": ({**GENUINE, "chain": "9"}, "line.book"),
    "a book's line on the firm's chain": ({**GENUINE, "chain": "0"}, "line.book"),
    "another place on the chain": ({**GENUINE, "seq": 3}, "line.hash"),
    "the last place there is": ({**GENUINE, "seq": 2**63 - 1}, "line.hash"),
    "another line's hash": ({**GENUINE, "hash": OTHER_LINE["hash"]}, "line.hash"),
    "a link left out": ({**GENUINE, "links": GENUINE["links"][1:]}, "line.path"),
    "links exchanged": ({**GENUINE, "links": GENUINE["links"][::-1]}, "line.path"),
    "a signature for another purpose": (signed_by(SECRET, b"zhangfang closing seal\n"), "note.signature"),
    "a key that is not shown": ({**GENUINE, "public_keys": {}}, "note.signature"),
    "a key under the name of another": (
        {**signed_by(STRANGER), "public_keys": dict.fromkeys(GENUINE["public_keys"], "00" * 32)},
        "note.signature",
    ),
}


@pytest.mark.parametrize("name", UNPROVED)
def test_what_does_not_follow_from_the_signature_is_named(name: str) -> None:
    said, code = UNPROVED[name]
    status, codes = judged(said)
    assert status == verifier.UNPROVED and code in codes


def test_a_line_claimed_at_another_place_with_its_hash_made_anew_does_not_lead_to_the_head() -> None:
    body = GENUINE["body"].replace("voucher.post", "voucher.read")
    made = rules.link(bytes.fromhex(GENUINE["previous"]), 2, hashlib.sha256(body.encode()).digest()).hex()
    assert judged({**GENUINE, "body": body, "hash": made}) == (verifier.UNPROVED, ["line.path"])
    assert judged({**GENUINE, "chain": "01"})[0] == verifier.UNREADABLE


def test_only_the_signer_that_was_written_down_will_do() -> None:
    said = signed_by(STRANGER)
    assert judged(said)[0] == verifier.PROVED
    assert judged(said, fingerprint(SECRET)) == (verifier.UNPROVED, ["key.unknown"])
    grouped = " ".join(fingerprint(STRANGER)[at : at + 4].upper() for at in range(0, 64, 4))
    assert judged(said, grouped)[0] == verifier.PROVED
    for none in ("", "x", "00" * 31, str(FILE)):
        assert judged(said, none)[0] == verifier.UNREADABLE


def text(**changes: Any) -> str:
    """The proof with members changed, as a text."""
    return json.dumps({**GENUINE, **changes})


LINE, SEAL, _ = GENUINE["note"].split("\n")
HOSTILE: dict[str, bytes | str] = {
    "nothing": "",
    "no JSON": "proof",
    "no UTF-8": b"\xff\xfe{}",
    "a list": "[]",
    "a refusal of the API": '{"code": "audit.line_not_found", "status": 404}',
    "deep nesting": "[" * 200_000,
    "deep nesting inside": text(body="[" * 200_000),
    "a number of a million digits": '{"seq": ' + "9" * 1_000_000 + "}",
    "a member twice": '{"seq": 1, ' + text()[1:],
    "a member of the line twice": text(body='{"book": "1", ' + GENUINE["body"][1:]),
    "a place beyond 64 bits": text(seq=2**64 + 2),
    "a place beyond what a database holds": text(seq=2**63),
    "a place below the first": text(seq=0),
    "a place that is true": text(seq=True),
    "a place that is half": text(seq=2.0),
    "no number": text().replace('"seq": 2', '"seq": NaN'),
    "a size of nothing": text(size=0),
    "a negative place in the tree": text(place=-1),
    "links that are a text": text(links="00" * 32),
    "links that are texts of nothing": text(links=[""]),
    "links of spaces and digits": text(links=["0 " * 32]),
    "a hash in capitals": text(hash=GENUINE["hash"].upper()),
    "a hash that ends a line": text(hash=GENUINE["hash"] + "\n"),
    "digits that are not ASCII": text(chain="１"),
    "a chain that climbs": text(chain="../1"),
    "half a character": text(body=GENUINE["body"].replace("支", "\ud800")),
    "a body that is an object": text(body={"book": "2"}),
    "a body that is nobody's": text(body='{"v": 1}'),
    "a line of a newer version": text(body=GENUINE["body"].replace('"v":1', '"v":2')),
    "a checkpoint of a newer version": text(note=sealed(LINE.replace("checkpoint 1", "checkpoint 2").encode())),
    "a checkpoint of the installation": json.dumps(noted(of="cell:main")),
    "a checkpoint that says more": json.dumps(noted(more=1)),
    "a checkpoint written otherwise": text(note=sealed(LINE.replace(",", ", ").encode())),
    "a checkpoint with two roots": text(note=sealed(LINE.replace('"root"', '"root":"","root"').encode())),
    "a signature that says more": text(note=f'{LINE}\n{SEAL[:-1]},"z":1}}\n'),
    "a checkpoint of nothing": json.dumps(noted(size=0)),
    "a note of three lines": text(note=GENUINE["note"] + "\n"),
    "a note of one line": text(note=LINE),
    "no note": text(note=None),
    "keys that are a list": text(public_keys=[1]),
    "a key of 31 bytes": text(public_keys={fingerprint(SECRET): "00" * 31}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_is_unreadable_and_one_line(name: str) -> None:
    content = HOSTILE[name]
    status, told = verifier.verify(content if isinstance(content, bytes) else content.encode())
    assert status == verifier.UNREADABLE and len(told) == 1
    assert told[0].startswith("proof.unreadable ") and told[0].isprintable() and len(told[0]) < 400


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=10,
    ),
    st.sampled_from(sorted(GENUINE)),
)
def test_anything_in_the_place_of_a_member_never_raises_and_is_never_proved(anything: Any, name: str) -> None:
    if anything == GENUINE[name] and type(anything) is type(GENUINE[name]):
        return
    assert judged({**GENUINE, name: anything})[0] != verifier.PROVED
    assert judged(anything)[0] == verifier.UNREADABLE


def test_more_than_any_proof_is_not_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (path := tmp_path / "proof").write_text(text() + " " * 100)
    assert verifier.main([str(path)]) == verifier.PROVED
    monkeypatch.setattr(verifier, "MOST", len(text()))
    assert verifier.main([str(path)]) == verifier.UNREADABLE


def test_what_a_terminal_would_obey_is_shown_by_its_escape() -> None:
    evil = "\x1b[2J\u202e\x9b31m"
    said = proof({1: chained(1, [evil])}, 1, 1)
    status, told = verifier.verify(json.dumps(said).encode(), fingerprint(SECRET))
    assert status == verifier.PROVED and told[-1].isprintable()
    assert json.loads(told[-1])["agent"] == evil == json.loads(said["body"])["agent"]


def alone(*arguments: str, given: bytes = b"", **environ: str) -> tuple[int, str, str]:
    """The file run by itself, with nothing of ours on its path."""
    done = subprocess.run(
        [sys.executable, "-I", str(FILE), *arguments], input=given, capture_output=True, env=environ, check=False
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_the_command_reads_a_file_or_standard_input_and_answers_by_its_exit_status(tmp_path: Path) -> None:
    (path := tmp_path / "proof").write_text(text())
    status, told, wrong = alone(str(path), "--key", fingerprint(SECRET))
    assert (status, wrong) == (0, "") and told.endswith(f"{GENUINE['body']}\n")
    assert alone("-", given=text().encode())[0] == 0
    assert "--key" in alone("-", given=text().encode())[1]
    assert alone("-", given=text(seq=3).encode())[::2] == (3, "")
    for place, content in (("-", b"\xff"), (str(tmp_path), b""), (str(tmp_path / "nowhere"), b""), ("-", b"[" * 10**6)):
        status, told, wrong = alone(place, given=content)
        assert (status, told.count("\n"), wrong) == (2, 1, "")


def test_a_terminal_that_knows_no_chinese_gets_escapes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (path := tmp_path / "proof").write_text(text())
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown := io.BytesIO(), encoding="ascii", write_through=True))
    assert verifier.main([str(path)]) == verifier.PROVED
    assert b"proved" in shown.getvalue() and b"\\u652f" in shown.getvalue()
