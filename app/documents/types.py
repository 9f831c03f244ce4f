"""Source documents (原始凭证) as values: a file as it comes in, as it is kept, and where it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from infra.crypto import FirmCipher
from infra.files import Files
from infra.ports import Ports
from tenants.scope import TenantRef

MAX_BYTES = 20_000_000
"""The largest file that is kept (API-111)."""

MOST_FILES = 100
"""The most files of one upload, and the most documents that one job reads again."""


@dataclass(frozen=True, slots=True)
class Vault:
    """Where a firm's documents lie: the object store, and the cipher only this firm's files open with."""

    files: Files
    cipher: FirmCipher

    @classmethod
    def of(cls, ports: Ports, tenant: TenantRef) -> Vault:
        """The vault of a firm; raises `crypto.key_missing` when the firm has no key."""
        return cls(ports.files, ports.keyring.firm(str(tenant.id)))


class Incoming(NamedTuple):
    """A file as somebody hands it in; nothing about it is trusted."""

    filename: str
    content_type: str
    content: bytes


class Stored(NamedTuple):
    """A file that is kept; `duplicate` when the book had the same bytes before, under that document."""

    document_id: UUID
    filename: str
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Document:
    """The row of a kept file; `size` in bytes of the original, `problems` what could not be read in it.

    `state` is `stored` while a job is going to read it, `unread` when none is, or what recognition made of it.
    """

    id: UUID
    filename: str
    content_type: str
    size: int
    sha256: bytes
    object_key: str
    state: str
    problems: list[Mapping[str, Any]]
    uploaded_by: str
    uploaded_at: datetime
