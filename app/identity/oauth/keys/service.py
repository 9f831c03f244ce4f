"""The keys that sign ID tokens (ES256): they lie in the object store, sealed by the platform's key.

A key is published a day before it signs and a day after the next one took over, so no reader of the JWKS meets a
signature whose key it cannot know; only keys that may have got out are withdrawn at once. Invariant: a key is made once
and never replaced in place.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from joserfc.jwk import ECKey, KeySet

from app.identity.oauth.keys.rules import CURVE
from infra.crypto import Keyring
from infra.files import FileExists, Files
from infra.ports import Ports

SIGNS_FOR = timedelta(days=90)
AHEAD = timedelta(days=1)
_FOLDER = "oauth-keys/"
_CONTEXT = "oauth-keys|{version:06d}"
_HELD_SECONDS = 300


@dataclass(frozen=True)
class SigningKey:
    """One key, the instant from which it signs, and whether all before it are withdrawn."""

    version: int
    signs_from: datetime
    key: ECKey
    withdraws: bool = False


def published(ports: Ports, now: datetime) -> KeySet:
    """The public keys that a signature made now, lately or tomorrow may need."""
    keys = _keys(ports, now)
    keys = keys[max((place for place, one in enumerate(keys) if one.withdraws), default=0) :]
    ends = [*(later.signs_from + AHEAD for later in keys[1:]), datetime.max.replace(tzinfo=UTC)]
    return KeySet([one.key for one, end in zip(keys, ends, strict=True) if now < end])


def current(ports: Ports, now: datetime) -> ECKey:
    """The key that signs at this instant."""
    return [one for one in _keys(ports, now) if one.signs_from <= now][-1].key


def withdraw(ports: Ports, now: datetime) -> str:
    """Sign by a new key at once and publish none before it, for a key that got out; the name of the new one.

    Other processes follow within five minutes; what they sign until then is not believed by who reads the keys anew.
    """
    version = max((one.version for one in _read(ports.files, ports.keyring)), default=0) + 1
    while not _create(ports.files, ports.keyring, version, now, withdraws=True):
        version += 1
    _loaded.cache_clear()
    return str(current(ports, now).kid)


def _keys(ports: Ports, now: datetime) -> list[SigningKey]:
    """The keys, the first one made when there is none and the next one in time; read again every few minutes."""
    keys = _loaded(ports.files, ports.keyring, int(now.timestamp()) // _HELD_SECONDS)
    if not keys:
        _create(ports.files, ports.keyring, 1, now)
    elif now > keys[-1].signs_from + SIGNS_FOR - AHEAD:
        _create(ports.files, ports.keyring, keys[-1].version + 1, now + AHEAD)
    else:
        return keys
    _loaded.cache_clear()
    return _loaded(ports.files, ports.keyring, int(now.timestamp()) // _HELD_SECONDS)


@lru_cache(maxsize=4)
def _loaded(files: Files, keyring: Keyring, moment: int) -> list[SigningKey]:
    """The keys as they lay in the store in these minutes."""
    return _read(files, keyring)


def _read(files: Files, keyring: Keyring) -> list[SigningKey]:
    found = []
    for name in sorted(entry.key for entry in files.list(_FOLDER)):
        version = int(name.removeprefix(_FOLDER).removesuffix(".key"))
        kept = json.loads(keyring.platform().open(files.get(name), _CONTEXT.format(version=version)))
        key, signs_from = ECKey.import_key(kept["jwk"]), datetime.fromisoformat(kept["signs_from"])
        found.append(SigningKey(version, signs_from, key, kept["withdraws"]))
    return found


def _create(files: Files, keyring: Keyring, version: int, signs_from: datetime, *, withdraws: bool = False) -> bool:
    """Make a key; false when somebody else was first."""
    key = ECKey.generate_key(CURVE, auto_kid=True)
    kept = {"signs_from": signs_from.isoformat(), "jwk": key.as_dict(private=True), "withdraws": withdraws}
    sealed = keyring.platform().seal(json.dumps(kept).encode(), _CONTEXT.format(version=version))
    try:
        files.put(f"{_FOLDER}{version:06d}.key", sealed, new=True)
    except FileExists:
        return False
    return True
