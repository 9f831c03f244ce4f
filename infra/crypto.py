"""Envelope encryption: a root key wraps a key per firm, a firm's key wraps a fresh key per object (Tink, AES-256-GCM).

Firm keys lie wrapped in the object store and never in the database, so a stolen database backup opens nothing, and
destroying a firm's keys makes all its files and sealed fields unreadable for good (docs/adr/0018). Invariant: a
ciphertext opens only for the firm and the context it was sealed for; anything else, a single flipped bit included, is
refused.
"""

from __future__ import annotations

import binascii
import re
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path

import tink  # type: ignore[import-untyped]
from tink import aead, prf

from infra.files import Files
from infra.keystore import AEAD, KeyMissing, Keys, KeyShredded, Keystore, Root, Unreadable

__all__ = ["FirmCipher", "KeyMissing", "KeyShredded", "Keyring", "Unreadable"]

PLATFORM = "platform"
"""Whose key seals what belongs to no single firm, such as the one-time codes of a person who serves several."""

FRESH = 60.0
"""Seconds for which a process trusts a key it holds before it looks whether the key still exists."""

_FIELD = re.compile(r"s1\.([0-9a-f]{8})\.([A-Za-z0-9_-]{38,})", re.ASCII)
_TINK = b"\x01"
"""What Tink writes before the id of the key."""


class Keyring:
    """The root key and the firm keys it wraps, one per tenant key such as `t_00000042`."""

    def __init__(self, root_keyset_path: Path | str, files: Files) -> None:
        self.store = Keystore(Root(Path(root_keyset_path), files), files)
        self._firms: dict[str, FirmCipher] = {}

    def create_firm_key(self, tenant_key: str) -> None:
        """Make the firm's first key unless it has one; safe when two callers do it at once."""
        self.store.create(tenant_key)

    def firm(self, tenant_key: str) -> FirmCipher:
        """The firm's cipher; raises `crypto.key_missing` when it has no key, `crypto.key_shredded` when no more."""
        cipher = self._firms.get(tenant_key)
        if cipher is None:
            cipher = self._firms.setdefault(tenant_key, FirmCipher(self.store, tenant_key))
        return cipher

    def platform(self) -> FirmCipher:
        """The cipher of what belongs to no single firm; its first key is made when there is none."""
        if PLATFORM not in self._firms:
            self.store.create(PLATFORM)
        return self.firm(PLATFORM)

    def forget(self, tenant_key: str) -> None:
        """Drop a firm's keys from this process; other processes drop them within `FRESH` seconds."""
        cipher = self._firms.pop(tenant_key, None)
        if cipher is not None:
            cipher.forget()


@dataclass(frozen=True, slots=True)
class _Held:
    """One version of a firm's keys, ready for use; `checked` on the monotonic clock."""

    keys: Keys
    checked: float
    envelope: aead.KmsEnvelopeAead
    field: aead.Aead
    head: str
    index: prf.PrfSet


class FirmCipher:
    """Seals and opens the objects and the fields of one firm."""

    def __init__(self, store: Keystore, tenant_key: str) -> None:
        self._store = store
        self._tenant_key = tenant_key
        self._held: _Held | None = self._load(store.newest(tenant_key))

    def seal(self, plaintext: bytes, context: str) -> bytes:
        """Encrypt an object under a fresh key; `context` (`book|object`) must be given again to open it."""
        return bytes(self._fresh().envelope.encrypt(plaintext, self._associated(context)))

    def open(self, ciphertext: bytes, context: str) -> bytes:
        """Decrypt an object, or raise `crypto.unreadable`."""
        held = self._fresh()
        try:
            return bytes(held.envelope.decrypt(ciphertext, self._associated(context)))
        except tink.TinkError as error:
            # Another process may have rotated the firm's key since it was read here.
            newer = self._newer(held)
            if newer is None:
                raise Unreadable() from error
        try:
            return bytes(newer.envelope.decrypt(ciphertext, self._associated(context)))
        except tink.TinkError as error:
            raise Unreadable() from error

    def seal_field(self, value: str, context: str) -> str:
        """Encrypt a short text for a column: `s1.<id of the key>.<nonce, ciphertext and tag>`, 51 characters and more.

        `context` names the place (`book|table|column|row`) and must be given again to open it.
        """
        held = self._fresh()
        sealed = held.field.encrypt(value.encode(), self._of_field(context))
        return held.head + urlsafe_b64encode(sealed[5:]).decode().rstrip("=")

    def open_field(self, sealed: str, context: str) -> str:
        """Decrypt a text that `seal_field` made for the same place, or raise `crypto.unreadable`."""
        ciphertext = _ciphertext(sealed)
        held = self._fresh()
        try:
            return str(held.field.decrypt(ciphertext, self._of_field(context)), "utf-8")
        except tink.TinkError as error:
            newer = None if sealed.startswith(held.head) else self._newer(held)
            if newer is None:
                raise Unreadable() from error
        try:
            return str(newer.field.decrypt(ciphertext, self._of_field(context)), "utf-8")
        except tink.TinkError as error:
            raise Unreadable() from error

    @property
    def head(self) -> str:
        """How every field begins that the newest key sealed; one that begins otherwise is to be sealed again."""
        return self._fresh().head

    def blind(self, value: str, field: str) -> bytes:
        """The blind index of a normalised value: 32 bytes by which equal values of one field of one firm are found."""
        return bytes(self._fresh().index.primary().compute(_indexed(value, field), 32))

    def blinds(self, value: str, field: str) -> list[bytes]:
        """The blind indexes of a value by every key the firm ever had, as a search must ask for them."""
        return [bytes(one.compute(_indexed(value, field), 32)) for one in self._fresh().index.all().values()]

    def rotate(self) -> None:
        """Seal with a new key from now on; what older keys sealed still opens."""
        self._store.succeed(self._tenant_key, self._load(self._store.newest(self._tenant_key)).keys)
        self._held = self._load(self._store.newest(self._tenant_key))

    def forget(self) -> None:
        """Drop the keys; they are read again, if they still exist, at the next use."""
        self._held = None

    def _associated(self, context: str) -> bytes:
        return f"{self._tenant_key}|{context}".encode()

    def _of_field(self, context: str) -> bytes:
        return f"field|{self._tenant_key}|{context}".encode()

    def _fresh(self) -> _Held:
        """The keys, which existed not longer than `FRESH` ago; raises `crypto.key_missing`, `crypto.key_shredded`."""
        held = self._held
        if held is not None and time.monotonic() - held.checked < FRESH:
            return held
        self._held = None  # whatever the store answers, an unchecked key is not used
        self._held = found = self._load(self._store.newest(self._tenant_key))
        return found

    def _newer(self, held: _Held) -> _Held | None:
        """The newest version when it is newer than the one held."""
        newest = self._store.newest(self._tenant_key)
        if newest <= held.keys.version:
            return None
        self._held = found = self._load(newest)
        return found

    def _load(self, version: int) -> _Held:
        checked = time.monotonic()
        keys = self._store.load(self._tenant_key, version)
        field = keys.seal.primitive(aead.Aead)
        return _Held(
            keys=keys,
            checked=checked,
            envelope=aead.KmsEnvelopeAead(AEAD, field),
            field=field,
            head=f"s1.{keys.seal.keyset_info().primary_key_id:08x}.",
            index=keys.index.primitive(prf.PrfSet),
        )


def _indexed(value: str, field: str) -> bytes:
    return f"{len(field)}|{field}|{value}".encode()


def _ciphertext(sealed: str) -> bytes:
    """The bytes Tink knows, or `crypto.unreadable`; only the spelling `seal_field` writes is read."""
    match = _FIELD.fullmatch(sealed)
    if match is None:
        raise Unreadable
    key_id, letters = match.groups()
    try:
        body = urlsafe_b64decode(letters + "=" * (-len(letters) % 4))
    except binascii.Error as error:
        raise Unreadable() from error
    if urlsafe_b64encode(body).decode().rstrip("=") != letters:
        raise Unreadable
    return _TINK + bytes.fromhex(key_id) + body
