"""Signatures of a firm (Ed25519, RFC 8032): what is signed here cannot be signed by whoever only has the database.

The private key lies in the object store, sealed by the firm's own key; its public half is anybody's to know and its
fingerprint is meant to be written down outside. Invariant: a key is made once and never replaced in place; a newer one
signs from then on and the older ones stay known.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from infra.crypto import FirmCipher
from infra.files import FileExists, Files

_PREFIX = "signing"
_CONTEXT = "signing|{version:06d}"


class Signer:
    """The signing keys of one firm; the newest signs."""

    def __init__(self, files: Files, cipher: FirmCipher, tenant_key: str) -> None:
        """Read the firm's signing keys, making the first one when there is none; safe when two do it at once."""
        folder = f"{_PREFIX}/{tenant_key}/"
        if next(iter(files.list(folder)), None) is None:
            _create(files, cipher, folder, 1)
        self._keys: dict[str, Ed25519PrivateKey] = {}
        for entry in files.list(folder):
            version = int(entry.key.removeprefix(folder).removesuffix(".key"))
            secret = cipher.open(files.get(entry.key), _CONTEXT.format(version=version))
            key = Ed25519PrivateKey.from_private_bytes(secret)
            self._keys[fingerprint(key.public_key().public_bytes_raw())] = key
            self._newest = key

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the key that signs now."""
        return fingerprint(self._newest.public_key().public_bytes_raw())

    @property
    def public_keys(self) -> dict[str, bytes]:
        """Every public key of the firm, 32 bytes each, by fingerprint, oldest first."""
        return {name: key.public_key().public_bytes_raw() for name, key in self._keys.items()}

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of a signature; the same key and message always give the same."""
        return self._newest.sign(message)


def fingerprint(public_key: bytes) -> str:
    """What a person compares: the SHA-256 of the 32 bytes of a public key, in hexadecimal."""
    return hashlib.sha256(public_key).hexdigest()


def _create(files: Files, cipher: FirmCipher, folder: str, version: int) -> None:
    secret = cipher.seal(Ed25519PrivateKey.generate().private_bytes_raw(), _CONTEXT.format(version=version))
    with suppress(FileExists):
        files.put(f"{folder}{version:06d}.key", secret, new=True)
