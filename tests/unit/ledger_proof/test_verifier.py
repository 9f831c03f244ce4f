"""The verifier by itself: it needs nothing but Python, its signatures are RFC 8032's, hostile files do not hurt it."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.ledger.proof import verifier
from app.ledger.proof.export.queries import SECTIONS
from app.ledger.proof.signing.service import PURPOSE

L = 2**252 + 27742317777372353535851937790883648493
ZERO = "00" * 32
END = f'["end", {{"records": 1, "sha256": "{ZERO}"}}, "{ZERO}", "{"00" * 64}"]\n'
BEGIN = '["zhangfang proof", 1, {"id": 1}]\n'


def test_it_imports_the_standard_library_and_nothing_else() -> None:
    tree = ast.parse(Path(verifier.__file__).read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names
    assert not any(isinstance(node, ast.ImportFrom) and node.level for node in ast.walk(tree))


def test_it_speaks_of_what_the_product_writes() -> None:
    assert ("key", *SECTIONS) == verifier.KINDS
    assert verifier.SEAL_PURPOSE == PURPOSE != verifier.EXPORT_PURPOSE


VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_the_vectors_of_rfc_8032_hold(key: str, message: str, signature: str) -> None:
    assert verifier.signed(*map(bytes.fromhex, (key, message, signature)))


@settings(max_examples=25, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.data())
def test_what_cryptography_signs_holds_and_no_flipped_bit_of_it_does(
    seed: bytes, message: bytes, draw: st.DataObject
) -> None:
    secret = Ed25519PrivateKey.from_private_bytes(seed)
    key, signature = secret.public_key().public_bytes_raw(), secret.sign(message)
    assert verifier.signed(key, message, signature)
    bit = draw.draw(st.integers(0, 8 * 64 - 1))
    flipped = bytearray(signature)
    flipped[bit // 8] ^= 1 << bit % 8
    assert not verifier.signed(key, message, bytes(flipped))
    assert not verifier.signed(key, message + b"\0", signature)
    assert not verifier.signed(Ed25519PrivateKey.generate().public_key().public_bytes_raw(), message, signature)
    twin = signature[:32] + (int.from_bytes(signature[32:], "little") + L).to_bytes(32, "little")
    assert not verifier.signed(key, message, twin)


@pytest.mark.parametrize(
    ("key", "signature"),
    [(b"", b""), (bytes(31), bytes(64)), (bytes(32), bytes(63)), (b"\xff" * 32, bytes(64)), (bytes(32), b"\xff" * 64)],
)
def test_what_is_no_key_or_no_signature_is_refused(key: bytes, signature: bytes) -> None:
    assert not verifier.signed(key, b"", signature)


HOSTILE = {
    "nothing": "",
    "an end without a beginning": END,
    "no end": BEGIN,
    "two ends": BEGIN + END + END,
    "something after the end": BEGIN + END + " ",
    "a newer version": '["zhangfang proof", 2, {}]\n' + END,
    "a beginning that is no object": '["zhangfang proof", 1, []]\n' + END,
    "an unknown record": BEGIN + '["other", 1]\n' + END,
    "records out of order": BEGIN + '["account", 1, "1001"]\n["head", 0, ""]\n' + END,
    "deep nesting": BEGIN + '["account", ' + "[" * 200_000 + "\n" + END,
    "a number of a million digits": BEGIN + '["account", ' + "9" * 1_000_000 + "]\n" + END,
    "an amount beyond all measure": BEGIN + '["opening", 1, 0, "CNY", 1e999999999]\n' + END,
    "not a number": BEGIN + '["opening", 1, 0, "CNY", NaN]\n' + END,
    "too few fields": BEGIN + '["opening", 1]\n' + END,
    "lists where words are due": BEGIN + '["account", [], {}]\n' + END,
    "a hash that is none": BEGIN + '["voucher", "zz", [], []]\n' + END,
    "text after the array": BEGIN + '["account", 1, "1001"] \n' + END,
    "a part beyond its parts": BEGIN + '["number", "2026-01", "记", 1, 5000, 9000, "draft"]\n' + END,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_unreadable_and_nothing_more(name: str, tmp_path: Path) -> None:
    (path := tmp_path / "export").write_text(HOSTILE[name])
    status, report = verifier.verify(path)
    assert (status, [one["code"] for one in report["findings"]]) == (verifier.UNREADABLE, ["export.unreadable"])


def test_a_line_without_end_is_not_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifier, "MOST_LINE", 100)
    (path := tmp_path / "export").write_text(BEGIN + '["account", 1, "' + "x" * 100 + '"]\n' + END)
    status, report = verifier.verify(path)
    assert (status, report["findings"][0]["subject"]) == (verifier.UNREADABLE, "ValueError: a line is too long")


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kinds=st.lists(st.sampled_from(verifier.KINDS), max_size=4),
    anything=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=16) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=40,
    ),
)
def test_records_of_anything_never_raise_and_are_never_sound(
    kinds: list[str], anything: object, tmp_path: Path
) -> None:
    lines = [json.dumps([kind, *(anything if isinstance(anything, list) else [anything])]) + "\n" for kind in kinds]
    (path := tmp_path / "export").write_text(BEGIN + "".join(lines) + END)
    assert verifier.verify(path)[0] != verifier.SOUND


def test_a_key_that_is_none_is_unreadable(tmp_path: Path) -> None:
    (note := tmp_path / "note").write_text("no key here")
    (path := tmp_path / "export").write_text(BEGIN + END)
    assert verifier.verify(path, str(note))[0] == verifier.UNREADABLE
    assert verifier.verify(path, str(tmp_path / "nowhere"))[0] == verifier.UNREADABLE


def test_a_fingerprint_may_be_written_in_groups() -> None:
    written = "AB12" * 16
    assert verifier.keys_of(" ".join(written[at : at + 4] for at in range(0, 64, 4))) == {written.lower()}


def test_the_first_findings_are_named_and_all_are_counted() -> None:
    export = verifier.Export()
    for number in range(verifier.MOST_FINDINGS + 5):
        export.found("voucher.content", number)
    assert (len(export.findings), export.count) == (verifier.MOST_FINDINGS, verifier.MOST_FINDINGS + 5)
    assert set(verifier.CODES) >= {code for code, _ in export.findings}
