"""A-KEY: attacks on keys and on what they seal, with the hands of somebody who owns the object store and the database.

Every case ends in a coded refusal; none gives the plaintext, and nothing is opened by a key that was destroyed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from infra import crypto
from infra.crypto import KeyMissing, Keyring, KeyShredded, Unreadable
from infra.errors import Refusal
from infra.files import Files, FilesUnavailable
from infra.keystore import RootInUse
from tests.attack.vault import KEY, PLACE, VALUE, Buckets, Vault

OTHER_PLACES = {
    "another book": "2|particular|phone|7",
    "another table": "1|credential|phone|7",
    "another column": "1|particular|address|7",
    "another row": "1|particular|phone|8",
    "a longer row": "1|particular|phone|70",
    "no place": "",
    "the firm said twice": "field|1|particular|phone|7",
}
Strike = Callable[[str], str]


def _body(sealed: str) -> bytes:
    letters = sealed.rpartition(".")[2]
    return base64.urlsafe_b64decode(letters + "=" * (-len(letters) % 4))


def _with(sealed: str, body: bytes) -> str:
    return f"{sealed.rpartition('.')[0]}.{base64.urlsafe_b64encode(body).decode().rstrip('=')}"


def _cut(length: int) -> Strike:
    return lambda sealed: _with(sealed, _body(sealed)[:length])


DAMAGE: dict[str, Strike] = {
    "nothing left": lambda sealed: "",
    "the version only": lambda sealed: sealed[:3],
    "half the id of the key": lambda sealed: sealed[:7],
    "the head only": lambda sealed: sealed[:12],
    "cut inside the nonce": _cut(6),
    "cut after the nonce": _cut(12),
    "cut inside the ciphertext": _cut(17),
    "cut before the tag": _cut(12 + len(VALUE)),
    "cut inside the tag": lambda sealed: _with(sealed, _body(sealed)[:-8]),
    "one byte cut": lambda sealed: _with(sealed, _body(sealed)[:-1]),
    "the first byte cut": lambda sealed: _with(sealed, _body(sealed)[1:]),
    "a byte more": lambda sealed: _with(sealed, _body(sealed) + b"\0"),
    "an unknown version": lambda sealed: "s2" + sealed[2:],
    "no version": lambda sealed: sealed[3:],
    "an unknown key": lambda sealed: f"s1.00000001.{sealed[12:]}",
    "a key in capitals": lambda sealed: sealed[:3] + "ABCDEF01" + sealed[11:],
    "padding": lambda sealed: sealed + "=",
    "a line feed": lambda sealed: sealed + "\n",
    "a space before": lambda sealed: " " + sealed,
    "full-width digits": lambda sealed: "s１" + sealed[2:],
    "twice": lambda sealed: sealed + sealed,
    "plaintext": lambda sealed: VALUE,
    "hexadecimal": lambda sealed: sealed[:12] + _body(sealed).hex(),
    "an empty nonce": lambda sealed: _with(sealed, bytes(12) + _body(sealed)[12:]),
    "nonce and tag swapped": lambda sealed: _with(
        sealed, _body(sealed)[-12:] + _body(sealed)[12:-12] + _body(sealed)[:12]
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_field_does_not_open(vault: Vault, damage: str) -> None:
    _, cipher = vault.firm()
    sealed = cipher.seal_field(VALUE, PLACE)
    with pytest.raises(Unreadable) as refused:
        cipher.open_field(DAMAGE[damage](sealed), PLACE)
    assert VALUE not in str(refused.value)


def test_no_bit_of_a_field_can_be_flipped(vault: Vault, record_property: Callable[[str, object], None]) -> None:
    _, cipher = vault.firm()
    sealed = cipher.seal_field(VALUE, PLACE)
    whole = _body(sealed)
    for place in range(len(whole)):
        with pytest.raises(Unreadable):
            cipher.open_field(_with(sealed, whole[:place] + bytes([whole[place] ^ 0x80]) + whole[place + 1 :]), PLACE)
    record_property("attacks", len(whole))


@pytest.mark.parametrize("other", OTHER_PLACES)
def test_a_field_put_elsewhere_does_not_open(vault: Vault, other: str) -> None:
    _, cipher = vault.firm()
    with pytest.raises(Unreadable):
        cipher.open_field(cipher.seal_field(VALUE, PLACE), OTHER_PLACES[other])
    with pytest.raises(Unreadable):
        cipher.open(cipher.seal(VALUE.encode(), PLACE), OTHER_PLACES[other])


def test_another_firms_key_opens_nothing(vault: Vault) -> None:
    (_, ours), (_, theirs) = vault.firm(), vault.firm()
    for cipher in (theirs, vault.keyring.platform()):
        with pytest.raises(Unreadable):
            cipher.open_field(ours.seal_field(VALUE, PLACE), PLACE)
        with pytest.raises(Unreadable):
            cipher.open(ours.seal(b"invoice", PLACE), PLACE)


def test_a_field_is_no_object_and_an_object_no_field(vault: Vault) -> None:
    _, cipher = vault.firm()
    sealed = cipher.seal_field(VALUE, PLACE)
    for forged in (sealed.encode(), _body(sealed), b"\x01" + bytes.fromhex(sealed[3:11]) + _body(sealed)):
        with pytest.raises(Unreadable):
            cipher.open(forged, PLACE)
    wrapped = cipher.seal(VALUE.encode(), PLACE)
    with pytest.raises(Unreadable):
        cipher.open_field(_with(sealed, wrapped), PLACE)


def test_an_old_version_opens_as_itself_and_not_as_another(vault: Vault) -> None:
    name, cipher = vault.firm()
    old = cipher.seal_field(VALUE, PLACE)
    cipher.rotate()
    new = cipher.seal_field(VALUE, PLACE)
    for keyring in (vault.keyring, vault.again()):
        assert keyring.firm(name).open_field(old, PLACE) == keyring.firm(name).open_field(new, PLACE) == VALUE
    for forged in (new[:12] + old[12:], old[:12] + new[12:]):
        with pytest.raises(Unreadable):
            cipher.open_field(forged, PLACE)


@pytest.mark.parametrize("count", [100_000, pytest.param(1_000_000, marks=pytest.mark.long)])
def test_no_nonce_comes_twice(vault: Vault, count: int) -> None:
    _, cipher = vault.firm()
    nonces = {_body(cipher.seal_field(VALUE, PLACE))[:12] for _ in range(count)}
    assert len(nonces) == count


def _swapped(files: Files, name: str) -> bytes:
    stored = json.loads(files.get(KEY.format(name, 1)))
    return json.dumps({"seal": stored["index"], "index": stored["seal"]}).encode()


def _flipped(files: Files, name: str) -> bytes:
    stored = json.loads(files.get(KEY.format(name, 1)))
    wrapped = bytearray(base64.b64decode(stored["seal"]["encryptedKeyset"]))
    wrapped[len(wrapped) // 2] ^= 1
    stored["seal"]["encryptedKeyset"] = base64.b64encode(wrapped).decode()
    return json.dumps(stored).encode()


REPLACED: dict[str, Callable[[Files, str], bytes]] = {
    "nothing": lambda files, name: b"",
    "no JSON": lambda files, name: b"\x00\xff{",
    "another JSON": lambda files, name: b"[1]",
    "half of it": lambda files, name: json.dumps({"seal": json.loads(files.get(KEY.format(name, 1)))["seal"]}).encode(),
    "a flipped bit": _flipped,
    "its two keysets swapped": _swapped,
    "a key in the clear": lambda files, name: b'{"seal": {"primaryKeyId": 1, "key": []}, "index": {"primaryKeyId": 1}}',
}


@pytest.mark.parametrize("by", REPLACED)
def test_a_replaced_key_is_not_taken(vault: Vault, by: str) -> None:
    name, cipher = vault.firm()
    sealed = cipher.seal_field(VALUE, PLACE)
    vault.files.put(KEY.format(name, 1), REPLACED[by](vault.files, name))
    with pytest.raises(Unreadable):
        vault.again().firm(name).open_field(sealed, PLACE)


def test_a_key_does_not_stand_in_for_another_firms_or_another_version(vault: Vault) -> None:
    (ours, cipher), (theirs, _) = vault.firm(), vault.firm()
    vault.files.put(KEY.format(theirs, 1), vault.files.get(KEY.format(ours, 1)))
    cipher.rotate()
    vault.files.put(KEY.format(ours, 2), vault.files.get(KEY.format(ours, 1)))  # back to the key before
    for name in (theirs, ours):
        with pytest.raises(Unreadable):
            vault.again().firm(name)


def test_a_deleted_key_closes_every_process_and_no_new_one_is_made(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, cipher = vault.firm()
    sealed = cipher.seal_field(VALUE, PLACE)
    vault.files.delete(KEY.format(name, 1))
    with pytest.raises(KeyMissing):
        vault.again().firm(name)
    monkeypatch.setattr(crypto, "FRESH", 0)  # a minute later
    for verb in (
        lambda: cipher.open_field(sealed, PLACE),
        lambda: cipher.seal_field(VALUE, PLACE),
        lambda: cipher.head,
    ):
        with pytest.raises(KeyMissing):
            verb()


def test_a_store_that_does_not_answer_seals_and_opens_nothing(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    _, cipher = vault.firm()
    sealed = cipher.seal_field(VALUE, PLACE)
    monkeypatch.setattr(crypto, "FRESH", 0)
    monkeypatch.setattr(vault.files, "bucket", "no-such-bucket-" + uuid4().hex[:8])
    for verb in (lambda: cipher.open_field(sealed, PLACE), lambda: cipher.seal_field(VALUE, PLACE)):
        with pytest.raises((FilesUnavailable, KeyMissing)) as refused:
            verb()
        assert refused.value.status == 503


def test_a_lost_or_foreign_root_key_opens_nothing_and_is_not_made_anew(
    vault: Vault, new_bucket: Buckets, tmp_path: Path
) -> None:
    name, _ = vault.firm()
    with pytest.raises(KeyMissing):
        Keyring(tmp_path / "lost.json", vault.files)
    assert not (tmp_path / "lost.json").exists()
    vault.root.unlink()
    with pytest.raises(KeyMissing):
        vault.again()
    Keyring(vault.root, new_bucket())  # the root key of another installation
    with pytest.raises(Unreadable):
        vault.again().firm(name)


# ---- blind indexes


def test_a_blind_index_says_nothing_outside_its_firm_and_its_field(vault: Vault) -> None:
    (_, ours), (_, theirs) = vault.firm(), vault.firm()
    fields = [
        ("phone", VALUE),
        ("bank_account", VALUE),
        ("phone", VALUE + "0"),
        ("phone|1", VALUE[1:]),
        ("phon", "e" + VALUE),
    ]
    made = [
        cipher.blind(value, field) for cipher in (ours, theirs, vault.keyring.platform()) for field, value in fields
    ]
    assert len(set(made)) == len(made)
    assert ours.blind(VALUE, "phone") == ours.blind(VALUE, "phone")


def test_a_column_of_blind_indexes_is_not_guessed_without_the_key(
    vault: Vault, record_property: Callable[[str, object], None]
) -> None:
    _, cipher = vault.firm()
    numbers = [f"138{number:08d}" for number in range(2_000)]
    column = {cipher.blind(number, "phone") for number in numbers}
    assert all(len(one) == 32 for one in column)
    keys = (b"", b"phone", b"keys", bytes(32), VALUE.encode())
    forms = ("{n}", "phone|{n}", "5|phone|{n}", "phone{n}")
    tried = 0
    for form in forms:
        for number in numbers:
            said = form.format(n=number).encode()
            guesses = [hashlib.sha256(said).digest(), *(hmac.digest(key, said, hashlib.sha256) for key in keys)]
            assert not column.intersection(guesses)
            tried += len(guesses)
    record_property("attacks", 1)
    assert tried == len(forms) * len(numbers) * (len(keys) + 1)


def test_after_a_rotation_a_value_is_found_by_every_key_it_may_be_indexed_by(vault: Vault) -> None:
    name, cipher = vault.firm()
    old = cipher.blind(VALUE, "phone")
    cipher.rotate()
    assert cipher.blind(VALUE, "phone") != old
    assert set(vault.again().firm(name).blinds(VALUE, "phone")) == {old, cipher.blind(VALUE, "phone")}


def test_every_refusal_of_keys_is_coded() -> None:
    for refusal in (Unreadable, KeyMissing, KeyShredded, RootInUse):
        assert issubclass(refusal, Refusal) and refusal.code and refusal.zh and refusal.en
