"""Where keys lie: the root key in a private file, every firm's keys in the object store, wrapped by the root key.

A version of a firm's keys is one object with two keysets: the one that seals (AES-256-GCM) and the one that makes blind
indexes (a PRF by HMAC-SHA256). Invariant: an object unwraps only for the firm and the version it was stored for, and a
key that once was is never silently made anew.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import tink  # type: ignore[import-untyped]
from tink import aead, prf, secret_key_access
from tink.proto import tink_pb2  # type: ignore[import-untyped]

from infra.errors import Conflict, Refusal, Unavailable
from infra.files import FileExists, FileNotThere, Files

AEAD = aead.aead_key_templates.AES256_GCM
PRF = prf.prf_key_templates.HMAC_SHA256
_PREFIX = "keys/"
_SHREDDED = "shredded/"
_KINDS = {"seal": AEAD, "index": PRF}

aead.register()
prf.register()


class Unreadable(Refusal):
    """The ciphertext was changed, cut, sealed for another context or firm, or its key is gone."""

    status = 422
    code = "crypto.unreadable"
    zh = "内容无法解密：被改动，或不属于此处"
    en = "The content cannot be decrypted: it was changed, or it belongs elsewhere"


class KeyMissing(Unavailable):
    """A key that must be there is not; a new one would make everything sealed before unreadable."""

    code = "crypto.key_missing"
    zh = "加密密钥缺失，请联系运维"
    en = "An encryption key is missing; operations must restore it"
    retryable: ClassVar[bool] = False


class KeyShredded(KeyMissing):
    """The firm's keys were destroyed on purpose; nothing of it can ever be read again (410)."""

    status = 410
    code = "crypto.key_shredded"
    zh = "该公司的密钥已按规定销毁，内容不可恢复"
    en = "The keys of this firm were destroyed on purpose; nothing can be restored"


class RootInUse(Conflict):
    """An old version of the root key still wraps keys of firms."""

    code = "crypto.root_in_use"
    zh = "仍有 {count} 个密钥由旧的根密钥保护，请先执行 key rewrap --all"
    en = "{count} keys are still wrapped by an older root key; run key rewrap --all first"


@dataclass(frozen=True, slots=True)
class Keys:
    """One version of a firm's keys: the keyset that seals and the one that makes blind indexes."""

    version: int
    seal: tink.KeysetHandle
    index: tink.KeysetHandle


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A version of a firm's keys as it lies in the store: its object, its ids, and the SHA-256 of the wrapped bytes."""

    version: int
    object_key: str
    key_ids: tuple[int, ...]
    sha256: str


class Root:
    """The root key of a 0600 file; older versions in it still unwrap, the newest wraps."""

    def __init__(self, path: Path, files: Files) -> None:
        """Read the root key; made when absent, unless keys exist that only the lost one can unwrap."""
        self._path = path
        if not path.exists():
            if next(iter(files.list(_PREFIX)), None) is not None:
                raise KeyMissing(internal={"path": str(path)})
            _create_root(path)
        self._read()

    def _read(self) -> None:
        self._stamp = self._path.stat().st_mtime_ns
        handle = tink.json_proto_keyset_format.parse(self._path.read_text(), secret_key_access.TOKEN)
        self._aead: aead.Aead = handle.primitive(aead.Aead)
        self.id: int = handle.keyset_info().primary_key_id

    def wrap(self, handle: tink.KeysetHandle, purpose: str) -> dict[str, Any]:
        """The keyset as it may lie anywhere."""
        wrapped: dict[str, Any] = json.loads(
            tink.json_proto_keyset_format.serialize_encrypted(handle, self._aead, purpose.encode())
        )
        return wrapped

    def unwrap(self, wrapped: dict[str, Any], purpose: str) -> tink.KeysetHandle:
        """The keyset again; raises `crypto.unreadable` when it was wrapped by another root or for another purpose."""
        try:
            return self._unwrap(wrapped, purpose)
        except tink.TinkError as error:
            # Operations may have given the file a newer root key since it was read here.
            if self._path.stat().st_mtime_ns == self._stamp:
                raise Unreadable() from error
        self._read()
        try:
            return self._unwrap(wrapped, purpose)
        except tink.TinkError as error:
            raise Unreadable() from error

    def _unwrap(self, wrapped: dict[str, Any], purpose: str) -> tink.KeysetHandle:
        return tink.json_proto_keyset_format.parse_encrypted(json.dumps(wrapped), self._aead, purpose.encode())

    def rotate(self) -> int:
        """Give the file a new root key, which wraps from now on; returns its id."""
        with _locked(self._path):
            handle = tink.json_proto_keyset_format.parse(self._path.read_text(), secret_key_access.TOKEN)
            _write(self._path, with_new_primary(handle, AEAD), new=False)
            self._read()
        return self.id

    def retire(self) -> int:
        """Take every root key but the newest out of the file; returning how many; nothing may need them."""
        with _locked(self._path):
            handle = tink.json_proto_keyset_format.parse(self._path.read_text(), secret_key_access.TOKEN)
            keyset = proto_of(handle)
            newest = [key for key in keyset.key if key.key_id == keyset.primary_key_id]
            retired = len(keyset.key) - 1
            del keyset.key[:]
            keyset.key.extend(newest)
            _write(self._path, handle_of(keyset), new=False)
            self._read()
        return retired


class Keystore:
    """The wrapped keys of all firms."""

    def __init__(self, root: Root, files: Files) -> None:
        self.root = root
        self._files = files

    def newest(self, tenant_key: str) -> int:
        """The newest version of a firm's keys; raises `crypto.key_missing` or `crypto.key_shredded`."""
        if self.shredded(tenant_key) is not None:  # asked first: keys put back from a copy stay worthless
            raise KeyShredded(internal={"tenant": tenant_key})
        versions = [_version(entry.key) for entry in self._files.list(_folder(tenant_key))]
        if not versions:
            raise KeyMissing(internal={"tenant": tenant_key})
        return max(versions)

    def create(self, tenant_key: str) -> None:
        """Store the first version unless there is one; raises `crypto.key_shredded`."""
        if self.shredded(tenant_key) is not None:
            raise KeyShredded(internal={"tenant": tenant_key})
        with suppress(FileExists):
            self._put(tenant_key, Keys(1, tink.new_keyset_handle(AEAD), tink.new_keyset_handle(PRF)), new=True)

    def load(self, tenant_key: str, version: int) -> Keys:
        """A version of a firm's keys; raises `crypto.key_missing`, or `crypto.unreadable` when it was tampered with."""
        try:
            stored = self._files.get(_object(tenant_key, version))
        except FileNotThere as error:
            raise KeyMissing(internal={"tenant": tenant_key}) from error
        wrapped = _parsed(stored)
        handles = {kind: self.root.unwrap(wrapped[kind], _purpose(tenant_key, version, kind)) for kind in _KINDS}
        return Keys(version, handles["seal"], handles["index"])

    def succeed(self, tenant_key: str, keys: Keys) -> None:
        """Store the version after this one, with one more key of each kind, which is used from then on.

        When somebody else did so at the same moment, theirs is as new as ours would have been.
        """
        seal, index = with_new_primary(keys.seal, AEAD), with_new_primary(keys.index, PRF)
        with suppress(FileExists):
            self._put(tenant_key, Keys(keys.version + 1, seal, index), new=True)

    def rewrap(self, tenant_key: str) -> int:
        """Wrap every version of a firm's keys by the newest root key; returns how many objects were written.

        Each object is replaced by itself and what it holds stays the same, so it may stop anywhere and run again.
        """
        written = 0
        for entry in list(self._files.list(_folder(tenant_key))):
            if not self._by_newest_root(self._files.get(entry.key)):
                self._put(tenant_key, self.load(tenant_key, _version(entry.key)), new=False)
                written += 1
        return written

    def tenants(self) -> list[str]:
        """Everybody who has a key."""
        return sorted({entry.key.split("/")[1] for entry in self._files.list(_PREFIX)})

    def retire_root(self) -> int:
        """Destroy the older root keys, returning how many; raises `RootInUse` while one of them wraps anything."""
        entries = list(self._files.list(_PREFIX))
        old = sum(not self._by_newest_root(self._files.get(entry.key)) for entry in entries)
        if old:
            raise RootInUse(count=old)
        return self.root.retire()

    def stored(self, tenant_key: str) -> list[StoredKey]:
        """What lies in the store for a firm, without unwrapping anything."""
        found = []
        for entry in self._files.list(_folder(tenant_key)):
            content = self._files.get(entry.key)
            infos = (_parsed(content)[kind]["keysetInfo"]["keyInfo"] for kind in _KINDS)
            ids = tuple(int(one["keyId"]) for info in infos for one in info)
            found.append(StoredKey(_version(entry.key), entry.key, ids, hashlib.sha256(content).hexdigest()))
        return found

    def shredded(self, tenant_key: str) -> bytes | None:
        """What was written down when the firm's keys were destroyed, or None."""
        try:
            return self._files.get(f"{_SHREDDED}{tenant_key}.json")
        except FileNotThere:
            return None

    def shred(self, tenant_key: str, record: bytes) -> bytes:
        """Destroy every version of a firm's keys for good, and what can be told of them stays as `record`.

        The record is written before the first key goes; run again after a stop it keeps the first one and returns it.
        """
        with suppress(FileExists):
            self._files.put(f"{_SHREDDED}{tenant_key}.json", record, content_type="application/json", new=True)
        self._files.destroy(_folder(tenant_key))
        return self._files.get(f"{_SHREDDED}{tenant_key}.json")

    def _by_newest_root(self, content: bytes) -> bool:
        wrapped = _parsed(content)
        return all(_root_id(wrapped[kind]["encryptedKeyset"]) == self.root.id for kind in _KINDS)

    def _put(self, tenant_key: str, keys: Keys, *, new: bool) -> None:
        handles = {"seal": keys.seal, "index": keys.index}
        wrapped = {kind: self.root.wrap(handles[kind], _purpose(tenant_key, keys.version, kind)) for kind in _KINDS}
        body = json.dumps(wrapped).encode()
        self._files.put(_object(tenant_key, keys.version), body, content_type="application/json", new=new)


def with_new_primary(handle: tink.KeysetHandle, template: tink_pb2.KeyTemplate) -> tink.KeysetHandle:
    """The keyset with one more key, which is used from now on (Tink has no such verb in Python)."""
    keyset, fresh = proto_of(handle), proto_of(tink.new_keyset_handle(template))
    taken = {key.key_id for key in keyset.key}
    while fresh.primary_key_id in taken:
        fresh = proto_of(tink.new_keyset_handle(template))
    keyset.key.append(fresh.key[0])
    keyset.primary_key_id = fresh.primary_key_id
    return handle_of(keyset)


def proto_of(handle: tink.KeysetHandle) -> tink_pb2.Keyset:
    """The keyset in the clear; it never leaves this process."""
    return tink_pb2.Keyset.FromString(tink.proto_keyset_format.serialize(handle, secret_key_access.TOKEN))


def handle_of(keyset: tink_pb2.Keyset) -> tink.KeysetHandle:
    """The other way round."""
    return tink.proto_keyset_format.parse(keyset.SerializeToString(), secret_key_access.TOKEN)


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        wrapped = json.loads(content)
        if not all(isinstance(wrapped[kind], dict) for kind in _KINDS):
            raise Unreadable
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable() from error
    parsed: dict[str, Any] = wrapped
    return parsed


def _root_id(encrypted: str) -> int:
    """Which root key wrapped this: Tink writes its id after the first byte."""
    return int.from_bytes(base64.b64decode(encrypted)[1:5], "big")


def _folder(tenant_key: str) -> str:
    return f"{_PREFIX}{tenant_key}/"


def _object(tenant_key: str, version: int) -> str:
    return f"{_folder(tenant_key)}{version:06d}.json"


def _version(object_key: str) -> int:
    return int(object_key.rpartition("/")[2].removesuffix(".json"))


def _purpose(tenant_key: str, version: int, kind: str) -> str:
    return f"{tenant_key}|{version}|{kind}"


def _create_root(path: Path) -> None:
    _write(path, tink.new_keyset_handle(AEAD), new=True)


def _write(path: Path, handle: tink.KeysetHandle, *, new: bool) -> None:
    """Write a root key at once or not at all; with `new`, a file that is there stays."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(tink.json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN))
        file.flush()
        os.fsync(file.fileno())
    if not new:
        draft.replace(path)
        return
    with suppress(FileExistsError):
        path.hardlink_to(draft)  # atomic, and refused when another process was first
    draft.unlink()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time changes a root key; the lock ends with the process that holds it."""
    with path.with_name(f".{path.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
