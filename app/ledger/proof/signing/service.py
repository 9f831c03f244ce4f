"""Signatures under seals, made after the commit of the close, by a key the database does not hold (docs/adr/0013).

Invariant: a seal's place is signed once. The first signature is anchored in the object store, where the database's
login cannot reach, and another seal in the same place is never signed. Nothing is sent while a row is locked.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from app.ledger.proof.errors import SealReplaced
from app.ledger.proof.types import Notary, Signed, Unsigned
from infra.files import FileExists
from infra.ids import encode
from tenants.scope import TenantScope

PURPOSE = b"zhangfang closing seal\n"
"""What stands before the hash in the signed message, so that a signature serves one purpose only."""

_WAITING = """
SELECT s.book_id, s.number, b.uid, s.hash
  FROM tenant.closing_seal s
  JOIN tenant.book b ON b.id = s.book_id
  LEFT JOIN tenant.seal_signature g ON g.book_id = s.book_id AND g.number = s.number
 WHERE s.book_id = ANY(cast(:books AS bigint[])) AND g.book_id IS NULL AND (s.book_id, s.number) > (:book, :number)
 ORDER BY s.book_id, s.number LIMIT :most
"""
_KEEP = """
INSERT INTO tenant.seal_signature (book_id, number, key, signature, at)
SELECT b, n, k, g, :now
  FROM unnest(cast(:books AS bigint[]), cast(:numbers AS integer[]), cast(:keys AS text[]),
              cast(:signatures AS bytea[])) AS k (b, n, k, g)
 ORDER BY b, n
ON CONFLICT (book_id, number) DO NOTHING
"""
_BOOKS = "SELECT id FROM tenant.book ORDER BY id"


def every_book(scope: TenantScope) -> list[int]:
    """The ids of all books of the firm."""
    return list(scope.run(_BOOKS).scalars())


def waiting(
    scope: TenantScope, books: Sequence[int], after: tuple[int, int] = (0, 0), most: int = 200
) -> list[Unsigned]:
    """The seals of these books that have no signature, in order, beyond the book and number of `after`."""
    scope.narrow(books)
    rows = scope.run(_WAITING, books=list(books), book=after[0], number=after[1], most=most)
    return [Unsigned._make(row) for row in rows]


def sign(notary: Notary, unsigned: Sequence[Unsigned]) -> tuple[list[Signed], list[dict[str, Any]]]:
    """Sign seals and anchor each signature; no transaction is needed.

    The second list names the seals that are not the ones signed before in their place (`proof.seal_replaced`).
    """
    signed, replaced = [], []
    for one in unsigned:
        try:
            signed.append(_sign(notary, one))
        except SealReplaced as refused:
            replaced.append({"book": encode("bk", one.book_uid), "code": refused.code, "params": refused.params})
    return signed, replaced


def _sign(notary: Notary, one: Unsigned) -> Signed:
    place = f"seals/{notary.tenant.id}/{one.book_uid}/{one.number:06d}.json"
    made = {
        "seal": one.hash.hex(),
        "key": notary.signer.fingerprint,
        "signature": notary.signer.sign(PURPOSE + one.hash).hex(),
    }
    try:
        notary.ports.files.put(place, json.dumps(made).encode(), content_type="application/json", new=True)
    except FileExists:
        made = json.loads(notary.ports.files.get(place))
        if made["seal"] != one.hash.hex():
            raise SealReplaced(number=one.number) from None
    return Signed(one.book_id, one.number, made["key"], bytes.fromhex(made["signature"]))


def keep(scope: TenantScope, books: Sequence[int], signed: Sequence[Signed]) -> None:
    """Keep signatures beside the seals of these books; a seal that has one already keeps it."""
    scope.narrow(books)
    scope.run(
        _KEEP,
        books=[one.book_id for one in signed],
        numbers=[one.number for one in signed],
        keys=[one.key for one in signed],
        signatures=[one.signature for one in signed],
        now=scope.now,
    )
