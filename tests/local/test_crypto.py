"""Envelope encryption over a real S3."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.crypto import FirmCipher, KeyMissing, Keyring, Unreadable
from infra.files import Files
from infra.local.stack import Stack

CONTEXTS = st.text(max_size=40)
over_s3 = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def tenant() -> str:
    return f"t_{uuid4().hex}"


@pytest.fixture
def firm(keyring: Keyring, tenant: str) -> FirmCipher:
    keyring.create_firm_key(tenant)
    return keyring.firm(tenant)


@over_s3
@given(plaintext=st.binary(max_size=5_000), context=CONTEXTS)
def test_what_was_sealed_opens_in_its_context(firm: FirmCipher, plaintext: bytes, context: str) -> None:
    assert firm.open(firm.seal(plaintext, context), context) == plaintext


@over_s3
@given(context=CONTEXTS, other=CONTEXTS)
def test_another_context_is_refused(firm: FirmCipher, context: str, other: str) -> None:
    if other != context:
        with pytest.raises(Unreadable):
            firm.open(firm.seal(b"book 7", context), other)


@over_s3
@given(data=st.data(), plaintext=st.binary(max_size=200))
def test_a_flipped_bit_anywhere_is_refused(firm: FirmCipher, data: st.DataObject, plaintext: bytes) -> None:
    sealed = bytearray(firm.seal(plaintext, "1|a"))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Unreadable):
        firm.open(bytes(sealed), "1|a")


@over_s3
@given(data=st.data())
def test_a_cut_or_foreign_ciphertext_is_refused(firm: FirmCipher, data: st.DataObject) -> None:
    sealed = firm.seal(b"invoice", "1|a")
    cut = data.draw(st.integers(0, len(sealed) - 1))
    for broken in (sealed[:cut], data.draw(st.binary(max_size=300))):
        with pytest.raises(Unreadable) as refused:
            firm.open(broken, "1|a")
        assert refused.value.code == "crypto.unreadable"


@over_s3
@given(value=st.text(max_size=200), context=CONTEXTS, other=CONTEXTS)
def test_a_sealed_field_opens_in_its_place_only(firm: FirmCipher, value: str, context: str, other: str) -> None:
    sealed = firm.seal_field(value, context)
    assert sealed.isascii() and sealed.startswith(firm.head)
    assert firm.open_field(sealed, context) == value
    if other != context:
        with pytest.raises(Unreadable):
            firm.open_field(sealed, other)


def test_fields_and_objects_are_never_taken_for_each_other(firm: FirmCipher) -> None:
    sealed = firm.seal_field("6222021234567890123", "1|a")
    with pytest.raises(Unreadable):
        firm.open(sealed.encode(), "1|a")
    with pytest.raises(Unreadable):
        firm.open_field(firm.seal(b"6222021234567890123", "1|a").hex(), "1|a")


def test_the_platform_has_a_key_of_its_own(stack: Stack, files: Files, keyring: Keyring) -> None:
    sealed = keyring.platform().seal_field("JBSWY3DPEHPK3PXP", "app_user|totp|1")
    elsewhere = Keyring(stack.settings["ROOT_KEY_FILE"], files)
    assert elsewhere.platform().open_field(sealed, "app_user|totp|1") == "JBSWY3DPEHPK3PXP"


def test_another_firms_cipher_is_refused(keyring: Keyring, firm: FirmCipher) -> None:
    other = f"t_{uuid4().hex}"
    keyring.create_firm_key(other)
    with pytest.raises(Unreadable):
        keyring.firm(other).open(firm.seal(b"ours", "1|a"), "1|a")


def test_equal_plaintexts_look_different(firm: FirmCipher) -> None:
    assert firm.seal(b"same", "1|a") != firm.seal(b"same", "1|a")


def test_after_a_rotation_old_and_new_open_in_every_process(
    stack: Stack, files: Files, keyring: Keyring, firm: FirmCipher, tenant: str
) -> None:
    elsewhere = Keyring(stack.settings["ROOT_KEY_FILE"], files).firm(tenant)  # read before the rotation
    old = firm.seal(b"old", "1|a")
    firm.rotate()
    new = firm.seal(b"new", "1|a")
    for cipher in (firm, elsewhere, Keyring(stack.settings["ROOT_KEY_FILE"], files).firm(tenant)):
        assert (cipher.open(old, "1|a"), cipher.open(new, "1|a")) == (b"old", b"new")
    assert len(list(files.list(f"keys/{tenant}/"))) == 2


def test_creating_twice_or_at_once_keeps_the_one_key(stack: Stack, files: Files, keyring: Keyring, tenant: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: keyring.create_firm_key(tenant), range(8)))
    sealed = keyring.firm(tenant).seal(b"x", "1|a")
    keyring.create_firm_key(tenant)
    assert Keyring(stack.settings["ROOT_KEY_FILE"], files).firm(tenant).open(sealed, "1|a") == b"x"
    assert len(list(files.list(f"keys/{tenant}/"))) == 1


def test_rotations_at_once_never_lose_a_key(stack: Stack, files: Files, firm: FirmCipher, tenant: str) -> None:
    def rotate_and_seal(_: int) -> bytes:
        cipher = Keyring(stack.settings["ROOT_KEY_FILE"], files).firm(tenant)
        cipher.rotate()
        return cipher.seal(b"x", "1|a")

    with ThreadPoolExecutor(4) as pool:
        sealed = list(pool.map(rotate_and_seal, range(8)))
    assert all(firm.open(one, "1|a") == b"x" for one in sealed)


def test_a_firm_without_a_key_is_refused(keyring: Keyring, tenant: str) -> None:
    with pytest.raises(KeyMissing) as missing:
        keyring.firm(tenant)
    assert (missing.value.code, missing.value.status) == ("crypto.key_missing", 503)


def test_one_firms_wrapped_key_does_not_unwrap_as_anothers(
    keyring: Keyring, files: Files, firm: FirmCipher, tenant: str
) -> None:
    thief = f"t_{uuid4().hex}"
    files.put(f"keys/{thief}/000001.json", files.get(f"keys/{tenant}/000001.json"))
    with pytest.raises(Unreadable):
        keyring.firm(thief)


def test_the_store_holds_keys_only_wrapped(files: Files, firm: FirmCipher, tenant: str) -> None:
    stored = json.loads(files.get(f"keys/{tenant}/000001.json"))
    assert set(stored) == {"seal", "index"}
    assert all(set(one) == {"encryptedKeyset", "keysetInfo"} for one in stored.values())


def test_the_root_key_is_private_and_never_silently_replaced(
    stack: Stack, files: Files, firm: FirmCipher, tmp_path: Path
) -> None:
    assert Path(stack.settings["ROOT_KEY_FILE"]).stat().st_mode & 0o777 == 0o600
    with pytest.raises(KeyMissing):
        Keyring(tmp_path / "lost.json", files)
    assert not (tmp_path / "lost.json").exists()
