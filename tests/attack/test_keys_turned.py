"""A-KEY: keys turned, wrapped again and destroyed while somebody works, kills or brings copies back."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from infra import crypto
from infra.crypto import Keyring, KeyShredded, Unreadable
from infra.files import Files
from infra.keystore import RootInUse
from tests.attack.vault import KEY, PLACE, VALUE, Buckets, Vault


class Killed(BaseException):
    """Stands for kill -9."""


def test_a_rewrap_killed_anywhere_loses_no_key(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    firms = [vault.firm() for _ in range(3)]
    for _, cipher in firms:
        cipher.rotate()
    sealed = [cipher.seal_field(VALUE, PLACE) for _, cipher in firms]
    vault.keyring.store.root.rotate()
    real, left = vault.files.put, 0

    def put(*args: object, **named: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed
        real(*args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(vault.files, "put", put)
    kills = 0
    while True:
        left = 1  # each attempt writes one object and dies at the next
        other = vault.again()
        opened = [other.firm(name).open_field(one, PLACE) for (name, _), one in zip(firms, sealed, strict=True)]
        assert opened == [VALUE] * 3
        try:
            for name, _ in firms:
                other.store.rewrap(name)
            break
        except Killed:
            kills += 1
        with pytest.raises(RootInUse):
            other.store.retire_root()
    assert kills == 5
    assert vault.keyring.store.retire_root() == 1
    assert vault.again().firm(firms[0][0]).open_field(sealed[0], PLACE) == VALUE


def test_a_copy_of_a_key_from_before_the_root_was_retired_is_worthless(vault: Vault) -> None:
    name, _ = vault.firm()
    copy = vault.files.get(KEY.format(name, 1))
    running = vault.again()
    vault.keyring.store.root.rotate()
    vault.keyring.store.rewrap(name)
    assert running.firm(name).blind(VALUE, "phone")  # a process that read the root before reads it again
    vault.keyring.store.retire_root()
    vault.files.put(KEY.format(name, 1), copy)
    with pytest.raises(Unreadable):
        vault.again().firm(name)


def test_keys_turn_under_load_without_an_error(vault: Vault) -> None:
    name, cipher = vault.firm()
    ended = Event()

    def work(keyring: Keyring) -> int:
        own, done, kept = keyring.firm(name), 0, [cipher.seal_field(VALUE, PLACE)]
        while not ended.is_set() or done < 50:
            kept = [*kept[-3:], own.seal_field(VALUE, PLACE)]
            assert all(own.open_field(one, PLACE) == VALUE for one in kept)
            assert own.open(own.seal(b"invoice", PLACE), PLACE) == b"invoice"
            assert own.blind(VALUE, "phone") in cipher.blinds(VALUE, "phone")
            done += 1
        return done

    with ThreadPoolExecutor(3) as pool:
        working = [pool.submit(work, keyring) for keyring in (vault.keyring, vault.again(), vault.again())]
        for _ in range(4):
            vault.again().firm(name).rotate()
            vault.keyring.store.root.rotate()
            vault.keyring.store.rewrap(name)
        ended.set()
        assert all(one.result() >= 50 for one in working)
    assert len(vault.keyring.store.stored(name)) == 5


# ---- shredding


@pytest.fixture(params=["plain", "versioned"])
def bucket(request: pytest.FixtureRequest, new_bucket: Buckets) -> Iterator[Files]:
    """A bucket that forgets, and one that keeps every version."""
    files = new_bucket()
    if request.param == "versioned":
        files._client.put_bucket_versioning(Bucket=files.bucket, VersioningConfiguration={"Status": "Enabled"})
    yield files


def test_shredded_keys_are_gone_in_every_version_and_come_back_by_no_copy(
    bucket: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = Vault(bucket, tmp_path / "root.json")
    (name, cipher), (neighbour, other) = vault.firm(), vault.firm()
    running = vault.again().firm(name)
    cipher.rotate()
    sealed, theirs = cipher.seal_field(VALUE, PLACE), other.seal_field(VALUE, PLACE)
    copies = {entry.key: bucket.get(entry.key) for entry in bucket.list(f"keys/{name}/")}
    vault.keyring.store.shred(name, b"{}")
    vault.keyring.forget(name)
    monkeypatch.setattr(crypto, "FRESH", 0)

    def everything_is_closed() -> None:
        verbs = (
            lambda: cipher.open_field(sealed, PLACE),
            lambda: running.open_field(sealed, PLACE),
            lambda: vault.keyring.firm(name),
            lambda: vault.again().firm(name),
            lambda: vault.again().create_firm_key(name),
        )
        for verb in verbs:
            with pytest.raises(KeyShredded):
                verb()

    everything_is_closed()
    left = bucket._client.list_object_versions(Bucket=bucket.bucket, Prefix=f"keys/{name}/")
    assert not left.get("Versions") and not left.get("DeleteMarkers")
    for key, copy in copies.items():
        bucket.put(key, copy)
    everything_is_closed()
    assert vault.again().firm(neighbour).open_field(theirs, PLACE) == VALUE
