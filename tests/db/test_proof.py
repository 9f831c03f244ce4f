"""Proof of a book: what is sealed, signed and exported is verified alone, and no way of tampering stays unseen."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.closing import service as closing
from app.ledger.proof import verifier
from app.ledger.proof.signing import service as signing
from tests.db.proof_desk import FEBRUARY, REHASH, Desk, codes, desk, story
from tests.factories.breakage import post, sale

__all__ = ["desk"]


@pytest.fixture(scope="module")
def sound(desk: Desk) -> Path:
    """The export of a book nobody touched."""
    return desk.export(story(desk.doors), "sound")


def test_an_untouched_book_is_sound(desk: Desk, sound: Path) -> None:
    assert codes(sound, key=desk.notary.signer.fingerprint) == set()


def test_an_export_taken_earlier_lies_on_the_chain_of_a_later_one(desk: Desk) -> None:
    book = story(desk.doors)
    older = desk.export(book, "older")
    with desk.doors.book(book.uid) as scope:
        post(scope, date(2026, 3, 9), *sale("1.00", "0.13"))
        closing.reopen_period(scope, FEBRUARY, "补记")
        post(scope, date(2026, 2, 27), *sale("500.00", "65.00"))
        closing.close_period(scope, FEBRUARY)
    assert codes(desk.export(book, "newer"), since=older) == set()


LAST = "(SELECT seq FROM tenant.ledger_head WHERE book_id = %(book)s)"
LINE_OF = "book_id = %(book)s AND voucher_id = (SELECT id FROM tenant.voucher WHERE book_id = %(book)s AND post_seq = "
MORE = f"UPDATE tenant.voucher_line SET debit = debit * 2, credit = credit * 2 WHERE {LINE_OF}2)"
SUMMARY = f"UPDATE tenant.voucher_line SET summary = '招待费' WHERE {LINE_OF}1) AND line_no = 1"
SWAP = "UPDATE tenant.voucher SET post_seq = 3 - post_seq WHERE book_id = %(book)s AND post_seq IN (1, 2)"
DROP_LAST = (
    f"DELETE FROM tenant.voucher_line WHERE {LINE_OF}{LAST})",
    f"DELETE FROM tenant.voucher WHERE book_id = %(book)s AND post_seq = {LAST}",
)
INSERT = (
    "INSERT INTO tenant.voucher SELECT (jsonb_populate_record(v, jsonb_build_object('id', gen_random_uuid(),"
    f" 'number', 9, 'post_seq', 1 + {LAST}))).* FROM tenant.voucher v WHERE book_id = %(book)s AND post_seq = 1",
    "INSERT INTO tenant.voucher_line SELECT (jsonb_populate_record(l, jsonb_build_object('voucher_id', n.id))).*"
    " FROM tenant.voucher_line l JOIN tenant.voucher o ON o.book_id = l.book_id AND o.id = l.voucher_id"
    f" JOIN tenant.voucher n ON n.book_id = o.book_id AND n.post_seq = 1 + {LAST}"
    " WHERE o.book_id = %(book)s AND o.post_seq = 1",
)
REHASH_ONE = REHASH.replace(":book", "%(book)s")

TAMPERED = {
    "an amount is doubled": ([MORE], {"voucher.content", "seal.balance", "balance.differs"}),
    "a summary is rewritten": ([SUMMARY], {"voucher.content"}),
    "a line stands on another account": (
        [
            f"UPDATE tenant.voucher_line SET account_id = (SELECT id FROM tenant.account WHERE book_id = %(book)s"
            f" AND code = '1001') WHERE {LINE_OF}2) AND line_no = 1"
        ],
        {"voucher.content", "seal.balance", "balance.differs"},
    ),
    "a body is changed together with its hash": ([SUMMARY, REHASH_ONE], {"chain.link"}),
    "two vouchers are swapped": ([SWAP], {"voucher.content", "chain.link"}),
    "two vouchers are swapped together with their hashes": ([SWAP, REHASH_ONE], {"chain.link"}),
    "a voucher in the middle is deleted": (
        [
            f"DELETE FROM tenant.voucher_line WHERE {LINE_OF}2)",
            "DELETE FROM tenant.voucher WHERE book_id = %(book)s AND post_seq = 2",
        ],
        {"order.broken", "number.broken", "chain.span", "seal.chain", "seal.balance", "balance.differs"},
    ),
    "the last voucher is deleted": (list(DROP_LAST), {"chain.head", "number.broken", "balance.differs"}),
    "a voucher is inserted into a closed month": (
        [*INSERT, REHASH_ONE],
        {"chain.span", "chain.head", "period.closed", "number.broken", "balance.differs"},
    ),
    "a seal is replaced": (
        ["UPDATE tenant.closing_seal SET actor = 'nobody' WHERE book_id = %(book)s AND number = 1"],
        {"seal.hash"},
    ),
    "a seal is deleted": (
        [
            "DELETE FROM tenant.seal_signature WHERE book_id = %(book)s AND number = 2",
            "DELETE FROM tenant.closing_seal WHERE book_id = %(book)s AND number = 2",
        ],
        {"seal.statement", "seal.event"},
    ),
    "a sealed trial balance is changed": (
        ["UPDATE tenant.closing_seal SET trial = '[]' WHERE book_id = %(book)s AND number = 1"],
        {"seal.trial", "seal.balance"},
    ),
    "a kept statement is changed": (
        [
            'UPDATE tenant.statement_snapshot SET content = content || \'{"period": "2026-07"}\''
            " WHERE book_id = %(book)s AND period = '2026-01' AND statement = 'balance_sheet'"
        ],
        {"seal.statement"},
    ),
    "the opening is changed in every period": (
        [
            "UPDATE tenant.balance SET opening = opening + sign(opening) WHERE book_id = %(book)s AND account_id IN"
            " (SELECT id FROM tenant.account WHERE book_id = %(book)s AND code IN ('1002', '3001'))"
        ],
        {"seal.balance"},
    ),
}


@pytest.mark.parametrize("way", TAMPERED)
def test_the_verifier_finds_that(desk: Desk, way: str) -> None:
    sql, noticed = TAMPERED[way]
    book = story(desk.doors)
    desk.export(book)
    desk.break_rows(book, *sql)
    assert codes(desk.export(book)) == noticed


def test_a_tail_deleted_with_everything_set_back_is_found_by_an_older_export(desk: Desk) -> None:
    book = story(desk.doors)
    older = desk.export(book, "older")
    desk.break_rows(
        book,
        "UPDATE tenant.balance b SET debit = b.debit - l.debit, credit = b.credit - l.credit FROM tenant.voucher_line l"
        " JOIN tenant.voucher v ON v.book_id = l.book_id AND v.id = l.voucher_id WHERE b.book_id = l.book_id"
        " AND b.period = l.period AND b.account_id = l.account_id AND b.dim_set_id = l.dim_set_id"
        f" AND v.book_id = %(book)s AND v.post_seq = {LAST}",
        "UPDATE tenant.voucher SET number = 2 WHERE book_id = %(book)s AND period = '2026-03' AND status = 'draft'",
        *DROP_LAST,
        f"DELETE FROM tenant.posting WHERE book_id = %(book)s AND last_seq = {LAST}",
        "UPDATE tenant.ledger_head h SET seq = p.last_seq, hash = p.hash FROM tenant.posting p"
        " WHERE h.book_id = %(book)s AND p.book_id = h.book_id AND p.last_seq = h.seq - 1",
    )
    newer = desk.export(book, "newer")
    assert codes(newer) == set()  # nothing in the book itself can tell: that is why an older export is kept
    assert codes(newer, since=older) == {"since.head"}


def test_a_whole_chain_rewritten_with_all_hashes_made_to_agree_is_found_by_the_signatures(desk: Desk) -> None:
    book = story(desk.doors)
    older = desk.export(book, "older")
    desk.break_rows(book, SUMMARY)
    desk.rehash(book)
    newer = desk.export(book, "newer")
    assert codes(newer) == {"seal.signature"}
    assert codes(newer, since=older) == {"seal.signature", "since.head", "since.seal"}


def test_a_rewritten_seal_is_not_signed_again_when_its_signature_is_deleted(desk: Desk) -> None:
    book = story(desk.doors)
    desk.export(book)
    desk.break_rows(book, SUMMARY, "DELETE FROM tenant.seal_signature WHERE book_id = %(book)s")
    desk.rehash(book)
    with desk.doors.book(book.uid) as scope:
        signed, replaced = signing.sign(desk.notary, signing.waiting(scope, [book.id]))
    assert (signed, [one["code"] for one in replaced]) == ([], ["proof.seal_replaced"] * 2)
    assert codes(desk.export(book)) == {"seal.unsigned"}


def resigned(path: Path, key: Ed25519PrivateKey) -> Path:
    """An export made to agree with itself under another key: what somebody with the file and any key can do."""
    public = key.public_key().public_bytes_raw()
    name = hashlib.sha256(public).hexdigest()
    records = [json.loads(line) for line in path.read_text().splitlines()]
    seals = [bytes.fromhex(record[1]) for record in records if record[0] == "seal"]
    signatures = [key.sign(verifier.SEAL_PURPOSE + one).hex() for one in seals]
    text = path.read_text().splitlines()
    for place, record in enumerate(records):
        if record[0] == "key":
            text[place] = json.dumps(["key", name, public.hex()])
        if record[0] == "signature":
            text[place] = json.dumps(["signature", record[1], name, signatures[record[1] - 1]])
    body = "".join(f"{line}\n" for line in text[:-1]).encode()
    said = json.dumps({"records": len(text) - 1, "sha256": hashlib.sha256(body).hexdigest()})
    end = f'["end", {said}, "{name}", "{key.sign(verifier.EXPORT_PURPOSE + said.encode()).hex()}"]\n'
    forged = path.with_name(f"forged-{path.name}")
    forged.write_bytes(body + end.encode())
    return forged


def test_an_export_signed_by_a_strangers_key_is_found_by_the_fingerprint_and_by_an_older_export(
    desk: Desk, sound: Path, tmp_path: Path
) -> None:
    forged = resigned(sound, Ed25519PrivateKey.generate())
    assert codes(forged) == set()  # it agrees with itself
    assert codes(forged, key=desk.notary.signer.fingerprint) == {"key.unknown"}
    (note := tmp_path / "key.txt").write_text(f"公钥指纹 {desk.notary.signer.fingerprint}\n")
    assert codes(forged, key=str(note)) == {"key.unknown"}
    assert codes(sound, key=str(note)) == set()
    assert codes(forged, since=sound) == {"since.key"}


def test_an_export_of_another_book_or_a_broken_one_proves_nothing_about_this_one(desk: Desk, sound: Path) -> None:
    assert "since.other" in codes(desk.export(story(desk.doors)), since=sound)
    (broken := sound.with_name("broken.ndjson")).write_bytes(sound.read_bytes().replace("客户甲".encode(), b"x"))
    assert codes(sound, since=broken) == {"since.unsound"}


def test_no_byte_of_an_export_can_change_unseen(sound: Path) -> None:
    content = sound.read_bytes()
    changed = sound.with_name("changed.ndjson")

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.integers(0, len(content) - 1), st.integers(1, 255))
    def flip(place: int, mask: int) -> None:
        changed.write_bytes(content[:place] + bytes([content[place] ^ mask]) + content[place + 1 :])
        status, report = verifier.verify(changed)
        assert status in (verifier.FINDINGS, verifier.UNREADABLE)
        assert report["count"] > 0

    flip()
    last = content.rindex(b"\n", 0, -1) + 1
    for place in range(last, len(content)):
        changed.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert verifier.verify(changed)[0] != verifier.SOUND, place


@pytest.mark.parametrize("cut", [0, 1, 100, -1, -2, -400])
def test_a_cut_export_is_no_export(sound: Path, cut: int) -> None:
    (part := sound.with_name("part.ndjson")).write_bytes(sound.read_bytes()[:cut])
    assert verifier.verify(part)[0] == verifier.UNREADABLE


def test_lines_taken_out_repeated_or_exchanged_are_found(sound: Path) -> None:
    lines = sound.read_bytes().splitlines(keepends=True)
    changed = sound.with_name("lines.ndjson")

    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(["out", "twice", "exchanged"]), st.integers(0, len(lines) - 2))
    def rearrange(how: str, place: int) -> None:
        put = {"out": [], "twice": [lines[place]] * 2, "exchanged": [lines[place + 1], lines[place]]}[how]
        after = place + (2 if how == "exchanged" else 1)
        changed.write_bytes(b"".join([*lines[:place], *put, *lines[after:]]))
        assert verifier.verify(changed)[0] != verifier.SOUND

    rearrange()


def test_the_verifier_runs_alone_and_says_how_it_ended(desk: Desk, sound: Path, tmp_path: Path) -> None:
    alone = tmp_path / "verifier.py"
    alone.write_bytes(Path(verifier.__file__).read_bytes())

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", str(alone), *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    well = run(str(sound), "--key", desk.notary.signer.fingerprint, "--since", str(sound))
    assert (well.returncode, well.stderr) == (0, "")
    assert "可信 sound" in well.stdout
    told = run(str(sound), "--key", "00" * 32, "--json")
    assert (told.returncode, [one["code"] for one in json.loads(told.stdout)["findings"]]) == (3, ["key.unknown"])
    assert run(str(tmp_path)).returncode == 2
    assert run(str(tmp_path / "nowhere")).returncode == 2
