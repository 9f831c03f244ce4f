"""Words of checkpoints: what is signed, the note it is kept as, and who signs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from infra.crypto import PLATFORM
from infra.ports import Ports
from infra.signing import Signer
from tenants.scope import TenantRef


class Leaf(NamedTuple):
    """One leaf of a checkpoint's tree: a chain with its last place and hash, or a firm with its last checkpoint."""

    name: str
    seq: int
    hash: str


class Checkpoint(NamedTuple):
    """What all chains of a firm, or all firms of a cell, were at an instant; `previous` is the digest before it.

    `of` says whose it is (`firm:<id>`, `cell:<name>`); hashes are hexadecimal, `at` is UTC to the microsecond.
    """

    of: str
    number: int
    at: str
    previous: str
    leaves: tuple[Leaf, ...]
    root: str


class Note(NamedTuple):
    """A checkpoint as it lies in the store: the line that was signed, its SHA-256, and the signature under it."""

    checkpoint: Checkpoint
    digest: str
    key: str
    signature: bytes


class Entry(NamedTuple):
    """A checkpoint as the database's index has it: everything of its note but the leaves."""

    number: int
    at: str
    chains: int
    root: str
    digest: str
    key: str
    signature: bytes


@dataclass(frozen=True)
class Notary:
    """Who signs the checkpoints of a firm or of a cell, and the folder they lie in."""

    ports: Ports
    of: str
    owner: str
    """Whose keys sign: the id of a firm, or `PLATFORM`."""

    @classmethod
    def of_firm(cls, ports: Ports, tenant: TenantRef) -> Notary:
        """The notary of a firm, signing by the firm's own key."""
        return cls(ports, f"firm:{tenant.id}", str(tenant.id))

    @classmethod
    def of_cell(cls, ports: Ports, cell: str) -> Notary:
        """The notary of a cell, signing by the platform's key."""
        return cls(ports, f"cell:{cell}", PLATFORM)

    @cached_property
    def signer(self) -> Signer:
        """Asked for only to sign and to check; raises `crypto.key_missing`, `crypto.key_shredded`."""
        keyring = self.ports.keyring
        cipher = keyring.platform() if self.owner == PLATFORM else keyring.firm(self.owner)
        return Signer(self.ports.files, cipher, self.owner)

    @property
    def folder(self) -> str:
        """The folder of the checkpoints in the store."""
        return f"checkpoints/{self.of.replace(':', '/')}/"
