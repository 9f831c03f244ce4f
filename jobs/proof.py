"""Proof in the background and on the command line: signatures, exports, balances rebuilt and compared every night."""

from __future__ import annotations

from collections.abc import Iterator

from app.books import queries as books
from app.books.errors import BookNotFound
from app.ledger.proof.export import service as exports
from app.ledger.proof.signing.service import keep, sign, waiting
from app.ledger.proof.types import Notary, Unsigned
from infra.ports import Ports
from jobs.runner import JobRun
from tenants import registry
from tenants.door import enter_tenant
from tenants.scope import SYSTEM

BATCH = 200


def _waiting(run: JobRun, books: list[int], after: tuple[int, int]) -> list[Unsigned]:
    with run.scope(read_only=True) as scope:
        return waiting(scope, books, after, BATCH)


def sign_seals(run: JobRun) -> None:
    """Sign the seals of `args`' books that nobody signed yet; `proof.seal_replaced` is named and signs nothing."""
    notary, books, replaced = Notary.of(run.ports, run.tenant), run.args["books"], []
    after = (0, 0)
    while unsigned := _waiting(run, books, after):
        signed, refused = sign(notary, unsigned)
        with run.scope() as scope:
            keep(scope, books, signed)
        replaced += refused
        after = unsigned[-1][:2]
        run.checkpoint()
    run.result({"replaced": replaced}, partially=bool(replaced))


def notary_of(ports: Ports, firm: str) -> Notary:
    """The notary of a firm by its short name."""
    with ports.engine.connect() as connection:
        return Notary.of(ports, registry.by_short_name(connection, firm))


def export(ports: Ports, firm: str, code: str) -> Iterator[bytes]:
    """The export of the book of a code, in pieces; raises `BookNotFound` or what the doors raise."""
    notary = notary_of(ports, firm)
    with enter_tenant(ports.engine, notary.tenant, SYSTEM, ports.clock) as scope:
        book = books.by_code(scope, code)
        if book is None:
            raise BookNotFound
        exports.prepare(scope, book, notary)
    return exports.export(notary, SYSTEM, book.uid)
