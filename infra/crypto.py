"""Envelope encryption: a root key wraps a key per firm, a firm's key wraps a fresh key per object (Tink, AES-256-GCM).

Firm keys lie wrapped in the object store and never in the database, so a stolen database backup opens nothing, and
deleting a firm's keys makes all its files unreadable for good. Invariant: a ciphertext opens only for the firm and the
context it was sealed for; anything else, a single flipped bit included, is refused.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import tink  # type: ignore[import-untyped]
from tink import aead, secret_key_access
from tink.proto import tink_pb2  # type: ignore[import-untyped]

from infra.errors import Refusal, Unavailable
from infra.files import FileExists, Files

_PREFIX = "keys"
_AEAD = aead.aead_key_templates.AES256_GCM

aead.register()


class Unreadable(Refusal):
    """The ciphertext was changed, cut, sealed for another context or firm, or its key is gone."""

    status = 422
    code = "crypto.unreadable"
    zh = "文件无法解密：内容被改动，或不属于此账套"
    en = "The file cannot be decrypted: it was changed, or it belongs elsewhere"


class KeyMissing(Unavailable):
    """A key that must be there is not; a new one would make everything sealed before unreadable."""

    code = "crypto.key_missing"
    zh = "加密密钥缺失，请联系运维"
    en = "An encryption key is missing; operations must restore it"
    retryable: ClassVar[bool] = False


class Keyring:
    """The root key and the firm keys it wraps, one per tenant key such as `t_00000042`."""

    def __init__(self, root_keyset_path: Path | str, files: Files) -> None:
        self._files = files
        self._root = _root_aead(Path(root_keyset_path), files)
        self._firms: dict[str, FirmCipher] = {}

    def create_firm_key(self, tenant_key: str) -> None:
        """Make the firm's first key unless it has one; safe when two callers do it at once."""
        with suppress(FileExists):
            _store(self._files, self._root, tenant_key, 1, tink.new_keyset_handle(_AEAD))

    def firm(self, tenant_key: str) -> FirmCipher:
        """The firm's cipher, kept for the life of the process; raises `crypto.key_missing` when it has no key."""
        cipher = self._firms.get(tenant_key)
        if cipher is None:
            cipher = self._firms.setdefault(tenant_key, FirmCipher(self._files, self._root, tenant_key))
        return cipher


@dataclass(frozen=True, slots=True)
class _Keys:
    """One version of a firm's keyset, ready for use."""

    version: int
    handle: tink.KeysetHandle
    envelope: aead.KmsEnvelopeAead


class FirmCipher:
    """Seals and opens the objects of one firm."""

    def __init__(self, files: Files, root: aead.Aead, tenant_key: str) -> None:
        self._files = files
        self._root = root
        self._tenant_key = tenant_key
        self._keys = self._load(_newest(files, tenant_key))

    def seal(self, plaintext: bytes, context: str) -> bytes:
        """Encrypt an object under a fresh key; `context` (`book|object`) must be given again to open it."""
        return bytes(self._keys.envelope.encrypt(plaintext, self._associated(context)))

    def open(self, ciphertext: bytes, context: str) -> bytes:
        """Decrypt an object, or raise `crypto.unreadable`."""
        try:
            return bytes(self._keys.envelope.decrypt(ciphertext, self._associated(context)))
        except tink.TinkError as error:
            # Another process may have rotated the firm's key since it was read here.
            if not self._refresh():
                raise Unreadable() from error
        try:
            return bytes(self._keys.envelope.decrypt(ciphertext, self._associated(context)))
        except tink.TinkError as error:
            raise Unreadable() from error

    def rotate(self) -> None:
        """Seal with a new key from now on; what older keys sealed still opens."""
        self._refresh()
        keys = self._keys
        # When somebody else rotates at the same moment, theirs is as new as ours would have been.
        with suppress(FileExists):
            _store(self._files, self._root, self._tenant_key, keys.version + 1, _with_new_primary(keys.handle))
        self._refresh()

    def _associated(self, context: str) -> bytes:
        return f"{self._tenant_key}|{context}".encode()

    def _refresh(self) -> bool:
        """Take the newest version; says whether it is newer than the one held."""
        newest = _newest(self._files, self._tenant_key)
        if newest <= self._keys.version:
            return False
        self._keys = self._load(newest)
        return True

    def _load(self, version: int) -> _Keys:
        wrapped = self._files.get(_key(self._tenant_key, version)).decode()
        try:
            handle = tink.json_proto_keyset_format.parse_encrypted(wrapped, self._root, self._tenant_key.encode())
        except tink.TinkError as error:
            raise Unreadable() from error
        return _Keys(version, handle, aead.KmsEnvelopeAead(_AEAD, handle.primitive(aead.Aead)))


def _newest(files: Files, tenant_key: str) -> int:
    versions = [int(entry.key.rpartition("/")[2].removesuffix(".json")) for entry in files.list(_folder(tenant_key))]
    if not versions:
        raise KeyMissing(tenant=tenant_key)
    return max(versions)


def _store(files: Files, root: aead.Aead, tenant_key: str, version: int, handle: tink.KeysetHandle) -> None:
    wrapped = tink.json_proto_keyset_format.serialize_encrypted(handle, root, tenant_key.encode())
    files.put(_key(tenant_key, version), wrapped.encode(), content_type="application/json", new=True)


def _folder(tenant_key: str) -> str:
    return f"{_PREFIX}/{tenant_key}/"


def _key(tenant_key: str, version: int) -> str:
    return f"{_folder(tenant_key)}{version:06d}.json"


def _with_new_primary(handle: tink.KeysetHandle) -> tink.KeysetHandle:
    """The keyset with one more key, which seals from now on (Tink has no such verb in Python)."""
    keyset, fresh = _keyset(handle), _keyset(tink.new_keyset_handle(_AEAD))
    taken = {key.key_id for key in keyset.key}
    while fresh.primary_key_id in taken:
        fresh = _keyset(tink.new_keyset_handle(_AEAD))
    keyset.key.append(fresh.key[0])
    keyset.primary_key_id = fresh.primary_key_id
    return tink.proto_keyset_format.parse(keyset.SerializeToString(), secret_key_access.TOKEN)


def _keyset(handle: tink.KeysetHandle) -> tink_pb2.Keyset:
    return tink_pb2.Keyset.FromString(tink.proto_keyset_format.serialize(handle, secret_key_access.TOKEN))


def _root_aead(path: Path, files: Files) -> aead.Aead:
    """The root key of a 0600 file; made when absent, unless firm keys exist that only the lost one can unwrap."""
    if not path.exists():
        try:
            next(files.list(f"{_PREFIX}/"))
        except StopIteration:
            _create_root(path)
        else:
            raise KeyMissing(path=str(path))
    handle = tink.json_proto_keyset_format.parse(path.read_text(), secret_key_access.TOKEN)
    return handle.primitive(aead.Aead)


def _create_root(path: Path) -> None:
    keyset = tink.json_proto_keyset_format.serialize(tink.new_keyset_handle(_AEAD), secret_key_access.TOKEN)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(keyset)
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        path.hardlink_to(draft)  # atomic, and refused when another process was first
    draft.unlink()
