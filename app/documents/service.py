"""The archive of source documents (原始凭证): kept as they came, sealed for their book, each content once a book.

Invariant: a row is written only after its object is safe in the store, and what `load` returns has the hash the row
was written with. Nothing is sent to the store while a row is locked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import update

from app.audit import service as audit
from app.audit.service import Act
from app.books.types import BookRef, BookScope
from app.documents import queries, rules
from app.documents.errors import DocumentAltered
from app.documents.models import document as table
from app.documents.types import Document, Incoming, Stored, Vault
from infra.files import OCTETS
from infra.ids import encode, new_id
from tenants.scope import TenantScope

_INSERT = """
INSERT INTO tenant.document (book_id, id, filename, content_type, size, sha256, object_key, state, uploaded_by,
                             uploaded_at)
SELECT :book, i, f, t, s, h, o, 'stored', :actor, :now
  FROM unnest(cast(:ids AS uuid[]), cast(:names AS text[]), cast(:types AS text[]), cast(:sizes AS integer[]),
              cast(:hashes AS bytea[]), cast(:keys AS text[])) AS k (i, f, t, s, h, o)
 ORDER BY h
ON CONFLICT (book_id, sha256) DO NOTHING
RETURNING id
"""


def store(scope: BookScope, vault: Vault, incoming: Sequence[Incoming]) -> list[Stored]:
    """Keep files: sealed in the store first, then their rows; bytes the book has already are not kept twice.

    Raises `DocumentTooLarge` before anything is kept.
    """
    accepted = [rules.accept(one) for one in incoming]
    digests = [hashlib.sha256(one.content).digest() for one in accepted]
    known = queries.by_digests(scope, digests)
    firsts: dict[bytes, Incoming] = {}
    for digest, one in zip(digests, accepted, strict=True):
        if digest not in known:
            firsts.setdefault(digest, one)
    fresh = [_put(scope, vault, one, digest) for digest, one in firsts.items()]
    written = _insert(scope, fresh) if fresh else set()
    for row in fresh:
        if row.id not in written:  # somebody kept the same bytes between our look and our insert
            vault.files.delete(row.object_key)
    known |= queries.by_digests(scope, firsts)
    audit.record(scope, [_uploaded(scope, row) for row in fresh if row.id in written])
    stored = []
    for one, digest in zip(accepted, digests, strict=True):
        stored.append(Stored(known[digest], one.filename, known[digest] not in written))
        written.discard(known[digest])
    return stored


def _put(scope: BookScope, vault: Vault, one: Incoming, digest: bytes) -> Document:
    document_id = new_id()
    key = f"{scope.tenant.id}/{scope.book.uid}/{document_id}"
    vault.files.put(key, vault.cipher.seal(one.content, _context(scope.book, document_id)), content_type=OCTETS)
    return Document(
        id=document_id,
        filename=one.filename,
        content_type=one.content_type,
        size=len(one.content),
        sha256=digest,
        object_key=key,
        state="stored",
        problems=[],
        uploaded_by=scope.actor.name,
        uploaded_at=scope.now,
    )


def _context(book: BookRef, document_id: UUID) -> str:
    return f"{book.uid}|{document_id}"


def _insert(scope: BookScope, fresh: Collection[Document]) -> set[UUID]:
    rows = scope.run(
        _INSERT,
        book=scope.book.id,
        ids=[row.id for row in fresh],
        names=[row.filename for row in fresh],
        types=[row.content_type for row in fresh],
        sizes=[row.size for row in fresh],
        hashes=[row.sha256 for row in fresh],
        keys=[row.object_key for row in fresh],
        actor=scope.actor.name,
        now=scope.now,
    )
    return set(rows.scalars())


def _uploaded(scope: BookScope, row: Document) -> Act:
    details = {"filename": row.filename, "size": row.size, "sha256": row.sha256.hex()}
    return Act("document.upload", "document", encode("doc", row.id), details, scope.book.id)


def load(vault: Vault, book: BookRef, document: Document) -> bytes:
    """The original bytes of a document; needs no transaction.

    Raises `DocumentAltered`, `crypto.unreadable`, `files.not_found` or `files.unavailable`.
    """
    content = vault.cipher.open(vault.files.get(document.object_key), _context(book, document.id))
    if hashlib.sha256(content).digest() != document.sha256:
        raise DocumentAltered
    return content


def record_download(scope: TenantScope, book: BookRef, document: Document) -> None:
    """Write into the log of acts that somebody took the original (API-112)."""
    details = {"filename": document.filename}
    audit.record(scope, [Act("document.download", "document", encode("doc", document.id), details, book.id)])


def set_state(scope: BookScope, document_id: UUID, state: str, problems: Sequence[Mapping[str, Any]] = ()) -> None:
    """Say what became of a document: `recognised`, `partly_recognised` or `rejected`, and what was wrong with it."""
    row = (table.c.book_id == scope.book.id) & (table.c.id == document_id)
    scope.execute(update(table).where(row).values(state=state, problems=[dict(problem) for problem in problems]))
