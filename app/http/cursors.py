"""Cursors: where a list goes on, sealed so that nobody reads, makes or lends one (API-061).

Invariant: a cursor opens only for the firm, caller, address and filter it was made for, and for 24 hours.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.http.errors import CursorInvalid

LIFE = timedelta(hours=24)
LONGEST = 1000
_NONCE = 12


def _cipher(secret: str) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, None, b"cursor").derive(secret.encode()))


def seal(secret: str, owner: Sequence[str], key: Sequence[Any], now: datetime) -> str:
    """The cursor after the row whose sort key (texts and whole numbers) this is; `owner` says whose list it is."""
    nonce = os.urandom(_NONCE)
    content = orjson.dumps([int(now.timestamp()), list(key)])
    sealed = _cipher(secret).encrypt(nonce, content, orjson.dumps(list(owner)))
    return base64.urlsafe_b64encode(nonce + sealed).decode().rstrip("=")


def unseal(secret: str, owner: Sequence[str], cursor: str, now: datetime) -> list[Any]:
    """The sort key a cursor carries; raises `CursorInvalid` for anything that is not wholly right."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        content = _cipher(secret).decrypt(raw[:_NONCE], raw[_NONCE:], orjson.dumps(list(owner)))
    except (ValueError, InvalidTag) as error:
        raise CursorInvalid from error
    made, key = orjson.loads(content)
    if now.timestamp() - made > LIFE.total_seconds():
        raise CursorInvalid
    return list(key)
