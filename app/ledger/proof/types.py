"""Words of proof: who signs, a seal that waits for its signature, and a signature as it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from infra.ports import Ports
from infra.signing import Signer
from tenants.scope import TenantRef


@dataclass(frozen=True, slots=True)
class Notary:
    """Who signs for a firm: its signing keys, and the ports by which its books and its object store are reached."""

    ports: Ports
    tenant: TenantRef
    signer: Signer

    @classmethod
    def of(cls, ports: Ports, tenant: TenantRef) -> Notary:
        """The notary of a firm, its first key made when it has none; raises `crypto.key_missing`."""
        key = str(tenant.id)
        return cls(ports, tenant, Signer(ports.files, ports.keyring.firm(key), key))


class Unsigned(NamedTuple):
    """A seal without a signature: its place (book and number), and its SHA-256."""

    book_id: int
    number: int
    book_uid: UUID
    hash: bytes


class Signed(NamedTuple):
    """A signature under a seal, by the key of this fingerprint."""

    book_id: int
    number: int
    key: str
    signature: bytes
