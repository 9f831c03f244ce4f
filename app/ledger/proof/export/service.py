"""The export of a book's proof (证据包): everything a verifier needs, one JSON array a line, signed at its end.

Invariant: an export is one snapshot of the book, and its last line signs the SHA-256 of every byte before it; without
that line it is no export. Memory does not grow with the book.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from app.audit import service as audit
from app.audit.service import Act
from app.books.door import enter_book
from app.books.types import BookRef, BookScope
from app.kernel.permissions import Permission
from app.ledger.proof.export import queries
from app.ledger.proof.signing import service as signing
from app.ledger.proof.types import Notary
from app.ledger.proof.verifier import EXPORT_PURPOSE, VERSION
from infra.ids import encode
from tenants.door import enter_tenant
from tenants.scope import Actor, TenantScope

_CHUNK = 64 * 1024


def prepare(scope: TenantScope, book: BookRef, notary: Notary) -> None:
    """Before an export: keep the signatures of seals that still lack one, and log the act."""
    signed, _ = signing.sign(notary, signing.waiting(scope, [book.id]))
    signing.keep(scope, [book.id], signed)
    audit.record(scope, [Act("proof.export", "book", encode("bk", book.uid), {}, book.id)])


def public_keys(notary: Notary) -> list[dict[str, Any]]:
    """The firm's public keys as anybody may see them, oldest first; one of them signs now."""
    signer = notary.signer
    return [
        {"fingerprint": name, "public_key": public.hex(), "signs": name == signer.fingerprint}
        for name, public in signer.public_keys.items()
    ]


def export(notary: Notary, actor: Actor, book: UUID) -> Iterator[bytes]:
    """The export of a book (证据包) in pieces of about 64 kB, through a door of its own: one snapshot, an hour at most.

    Raises what the doors raise.
    """
    ports = notary.ports
    with enter_tenant(
        ports.engine, notary.tenant, actor, ports.clock, read_only=True, statement_seconds=3600, one_snapshot=True
    ) as firm:
        digest, piece, count = hashlib.sha256(), bytearray(), 0
        for record in _records(enter_book(firm, book, Permission.LEDGER_READ), notary):
            count += 1
            piece += record.encode() + b"\n"
            if len(piece) >= _CHUNK:
                digest.update(piece)
                yield bytes(piece)
                piece.clear()
        digest.update(piece)
        yield bytes(piece) + _end(notary, count, digest.hexdigest())


def _records(scope: BookScope, notary: Notary) -> Iterator[str]:
    yield json.dumps(["zhangfang proof", VERSION, _about(scope)], ensure_ascii=False)
    for key, public in notary.signer.public_keys.items():
        yield json.dumps(["key", key, public.hex()])
    yield from queries.records(scope)


def _about(scope: BookScope) -> dict[str, Any]:
    book = scope.book
    return {
        "id": book.id,
        "uid": encode("bk", book.uid),
        "code": book.code,
        "name": book.name,
        "tax_id": book.tax_id,
        "firm": scope.tenant.name,
        "standard": book.standard,
        "edition": book.edition,
        "start_period": str(book.start_period),
        "exported_at": scope.now.isoformat(),
        "exported_by": scope.actor.name,
    }


def _end(notary: Notary, count: int, digest: str) -> bytes:
    said = json.dumps({"records": count, "sha256": digest}).encode()
    signature = notary.signer.sign(EXPORT_PURPOSE + said).hex()
    return b'["end", ' + said + f', "{notary.signer.fingerprint}", "{signature}"]\n'.encode()
