"""The certificate of a shredding (密钥销毁证明)."""

from __future__ import annotations

from typing import NamedTuple


class Certificate(NamedTuple):
    """What was destroyed, by whom and when, as JSON text, signed with Ed25519 by the installation.

    The signature is over the UTF-8 bytes of `statement`; key and signature are in hexadecimal.
    """

    statement: str
    public_key: str
    signature: str
